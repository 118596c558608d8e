// Dropout of elements or of whole channels (Srivastava et al. 2014), and the kind that keeps the mean and the
// variance of SELU's activations (Klambauer et al. 2017).
#pragma once
#include "../core/random.h"
#include "../core/tensor.h"

namespace nncore::ops {

// channels: the first `lead` axes count what falls out as one; 0: each element.
Tensor dropout(const char* op, const Tensor& x, double p, int lead, Generator& generator);
Tensor alpha_dropout(const char* op, const Tensor& x, double p, int lead, Generator& generator);

}  // namespace nncore::ops
