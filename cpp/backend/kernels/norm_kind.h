#pragma once

namespace nncore {

// The normalization of a row: to mean 0 and variance 1, to mean square 1, or to norm 1.
enum class NormKind : int { layer, rms, l2 };

}  // namespace nncore
