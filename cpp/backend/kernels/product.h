// Matrix products.
#pragma once
#include "../cost.h"
#include "../kernel.h"
#include "broadcast.h"

namespace nncore {

// c = activation(op(a) op(b) [+ c] + bias) for each of a grid of products. op(a) is (m, k), op(b) is (k, n);
// op transposes or not. pre stores the values before the activation.
// bias, pre, accumulate and activation occur only beside LinearBwd, RecurrentFwd and RecurrentBwd: a backend
// that lacks these needs plain products alone.
struct Matmul {
  static constexpr Kernel kernel = Kernel::matmul;
  static constexpr int max_batch_axes = max_axes - 2;
  In a, b, bias = {};
  Out c, pre = {};
  int64_t m, n, k;
  int64_t lda, ldb, ldc;  // row lengths
  bool trans_a = false, trans_b = false, accumulate = false;
  int activation = -1;  // index in UnaryOps; -1: none
  int batch_ndim = 0;   // axes of the grid
  int64_t batch_size[max_batch_axes] = {};
  int64_t batch_stride[2][max_batch_axes] = {};  // of a and b, in elements; c is contiguous

  int64_t batch() const {
    int64_t count = 1;
    for (int i = 0; i < batch_ndim; i++) count *= batch_size[i];
    return count;
  }
  double multiply_adds() const { return double(batch() * m) * double(n) * double(k); }
  int64_t cost() const { return flop_cost(multiply_adds()); }
  double flops() const { return 2 * multiply_adds(); }
  std::string text() const;
  bool operator==(const Matmul&) const = default;
};

// The backward of y = activation(z), z = x w^T + bias, with x (m, k), w (n, k) and z (m, n):
// dz = activation'(z) dy, dx = dz w, dw = dz^T x, db = the column sums of dz. Gradients that are not needed
// are absent, as are z and y if the activation does not need them.
struct LinearBwd {
  static constexpr Kernel kernel = Kernel::linear_bwd;
  In z = {}, y = {}, dy, x, w;
  Out dx = {}, dw = {}, db = {};
  int64_t m, n, k;
  int activation = -1;  // index in UnaryOps; -1: none

  int products() const { return bool(dx) + bool(dw); }
  double multiply_adds() const { return double(m) * double(n) * double(k); }  // of one product
  int64_t cost() const { return products() * flop_cost(multiply_adds()) + element_cost(m * n); }
  double flops() const { return 2.0 * products() * multiply_adds(); }
  std::string text() const;
  bool operator==(const LinearBwd&) const = default;
};

}  // namespace nncore
