#pragma once

namespace nncore {

// The reduction of the losses of all rows or elements.
enum class LossReduction : int { none, mean, sum };

}  // namespace nncore
