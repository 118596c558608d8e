// Rough costs of calls in nanoseconds on one thread: what decides whether a team is worth while.
#pragma once
#include <cstdint>

namespace nncore::ops {

inline int64_t byte_cost(int64_t bytes) { return bytes / 12; }          // out-of-cache streams
inline int64_t flop_cost(double flops) { return int64_t(flops / 64); }  // fused multiply-adds in a product
inline int64_t element_cost(int64_t elements) { return elements / 2; }  // exp and the like

}  // namespace nncore::ops
