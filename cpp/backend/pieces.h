// Elementwise calls, cut into pieces: all calls of a group run on one piece while it is in the cache.
#pragma once
#include "call.h"

namespace nncore {

inline constexpr int64_t piece = 16384;  // elements; reductions are cut at multiples of their chunks

// The number of elements of an elementwise call; 0 if the call cannot be cut. Every operand has as many
// elements, or one for all. The last call of a group may be a reduction of all elements to one.
int64_t elements_of(const Call& call);
inline bool reduces(const Call& call) { return call.kernel() == Kernel::reduce; }

// True if an operand of a call of n elements has n elements.
inline bool is_whole(const Operand& o, int64_t n) { return o.bytes == n * int64_t(size_of(o.dtype)); }

// Restricts the call to the elements [begin, begin + n). Operands that are used within a piece only
// are in `local`.
void cut(Call& call, int64_t begin, int64_t n, std::byte* local);

}  // namespace nncore
