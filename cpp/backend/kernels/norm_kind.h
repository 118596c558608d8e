#pragma once

namespace nncore {

// What a row is brought to: mean 0 and variance 1, mean square 1, length 1.
enum class NormKind : int { layer, rms, l2 };

}  // namespace nncore
