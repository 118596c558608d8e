// Calls that work element by element, cut into pieces: several run on one piece while it is in the cache.
#pragma once
#include "call.h"

namespace nncore {

inline constexpr int64_t piece = 16384;  // elements; reductions are cut at multiples of their chunks

// How many elements the call has, each worked on by itself; 0: it cannot be cut. Every operand has as many,
// or one that serves them all. A reduction of all elements to one may be the last to need them.
int64_t elements_of(const Call& call);
inline bool reduces(const Call& call) { return call.kernel == Kernel::reduce; }

// Whether an operand of a call of n elements has as many.
inline bool is_whole(const Arg& arg, int64_t n) { return arg.bytes == n * int64_t(size_of(arg.dtype)); }

// Makes the call that of elements [begin, begin + n). Operands that exist only while the piece does lie in
// `local`.
void cut(Call& call, int64_t begin, int64_t n, std::byte* local);

}  // namespace nncore
