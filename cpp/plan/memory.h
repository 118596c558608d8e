// Where buffers of known lifetimes lie in one arena.
#pragma once
#include <cstdint>
#include <vector>

namespace nncore::plan {

struct Lifetime {
  int first, last;  // the calls between which the buffer is needed, both included
  int64_t bytes;
  int64_t offset = 0;
};

// Gives every buffer an offset, apart from all that live at the same time; returns the bytes of the arena.
// The largest come first, each as low as it fits (Pisarchyk and Lee 2020, "greedy by size").
int64_t place(std::vector<Lifetime>& buffers);

}  // namespace nncore::plan
