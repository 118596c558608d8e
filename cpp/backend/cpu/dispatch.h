// The levels of this build, and the active one.
#pragma once
#include "isa/level.h"

namespace nncore::cpu {

extern const Level* active_level;  // chosen once, at import, by the CPU and NNCORE_ISA

inline const Level& level() { return *active_level; }

template <class T>
const LevelKernels<T>& kernels();
template <>
inline const LevelKernels<float>& kernels<float>() {
  return active_level->f32;
}
template <>
inline const LevelKernels<double>& kernels<double>() {
  return active_level->f64;
}

}  // namespace nncore::cpu
