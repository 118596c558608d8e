// Estimated costs of calls in nanoseconds on one thread. They decide the number of threads of a call.
#pragma once
#include <cstdint>

namespace nncore {

inline int64_t byte_cost(int64_t bytes) { return bytes / 12; }          // streaming from main memory
inline int64_t flop_cost(double flops) { return int64_t(flops / 64); }  // fused multiply-adds in a product
inline int64_t element_cost(int64_t elements) { return elements / 2; }  // functions such as exp

}  // namespace nncore
