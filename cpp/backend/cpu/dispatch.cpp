#include "dispatch.h"

#include <cstdlib>

#include "../../core/cpu.h"
#include "../../core/error.h"
#include "../hardware.h"

extern "C" {
extern const nncore::Level nncore_level_scalar, nncore_level_avx2, nncore_level_avx512, nncore_level_neon;
}

namespace nncore::cpu {

namespace {

// In rising order.
std::vector<const Level*> usable_levels() {
  std::vector<const Level*> levels = {&nncore_level_scalar};
#ifdef NNCORE_HAS_avx2
  if (cpu_features().avx2_level) levels.push_back(&nncore_level_avx2);
#endif
#ifdef NNCORE_HAS_avx512
  if (cpu_features().avx512_level) levels.push_back(&nncore_level_avx512);
#endif
#ifdef NNCORE_HAS_neon
  if (cpu_features().neon) levels.push_back(&nncore_level_neon);
#endif
  return levels;
}

}  // namespace

const Level* active_level = &nncore_level_scalar;

}  // namespace nncore::cpu

namespace nncore {

using namespace cpu;

std::string level_name() { return level().name; }

std::vector<std::string> level_names() {
  std::vector<std::string> names;
  for (const Level* level : usable_levels()) names.push_back(level->name);
  return names;
}

void set_level(const std::string& name) {
  std::string choices;
  for (const Level* level : usable_levels()) {
    if (name == level->name) {
      active_level = level;
      return;
    }
    choices += (choices.empty() ? "" : ", ") + std::string(level->name);
  }
  raise<ValueError>("NNCORE_ISA: '", name,
                    "' is not an instruction-set level of this processor; choose one of ", choices);
}

void choose_level() {
  const char* wanted = std::getenv("NNCORE_ISA");
  if (wanted && *wanted)
    set_level(wanted);
  else
    active_level = usable_levels().back();
}

}  // namespace nncore
