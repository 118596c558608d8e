#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>

namespace nncore {

// Sizes as reports print them: 3x4x5.
inline std::string sizes_text(std::initializer_list<int64_t> sizes) {
  std::string text;
  for (const int64_t size : sizes) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

}  // namespace nncore
