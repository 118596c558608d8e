// Dropout of elements or of whole channels (Srivastava et al. 2014), and alpha dropout, which keeps the mean
// and the variance of activations of SELU (Klambauer et al. 2017).
#pragma once
#include "../core/random.h"
#include "../core/tensor.h"

namespace nncore::ops {

// Elements with the same indices along the first `lead` axes are dropped together; with lead 0 each element
// is dropped on its own.
Tensor dropout(const char* op, const Tensor& x, double p, int lead, Generator& generator);
Tensor alpha_dropout(const char* op, const Tensor& x, double p, int lead, Generator& generator);

}  // namespace nncore::ops
