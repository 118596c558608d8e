#include "linear.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/product.h"
#include "composed/composed.h"
#include "create.h"
#include "elementwise.h"
#include "shape.h"

namespace nncore::ops {

namespace {

struct Factor {
  const Tensor& values;
  bool transposed;
};

// C (m, n) = op(A) op(B) of single matrices.
Tensor matrix_product(Factor a, Factor b, int64_t m, int64_t n, int64_t k) {
  Tensor c = empty({m, n}, a.values);
  submit(Matmul{.a = a.values,
                .b = b.values,
                .c = c,
                .m = m,
                .n = n,
                .k = k,
                .lda = a.transposed ? m : k,
                .ldb = b.transposed ? k : n,
                .ldc = n,
                .trans_a = a.transposed,
                .trans_b = b.transposed});
  return c;
}

void same_float(const char* op, const char* first, const Tensor& a, const char* second, const Tensor& b) {
  check<TypeError>(is_floating(a.dtype()), op, ": ", first, " is ", a.dtype(),
                   "; expected float32 or float64, convert with .float() or .double()");
  check<TypeError>(a.dtype() == b.dtype(), op, ": ", first, " is ", a.dtype(), " but ", second, " is ",
                   b.dtype(), "; convert one of them with .to()");
}

// The strides of x's batch axes, in elements, along the batch shape of the result: 0 where x is broadcast.
Strides batch_strides(const Tensor& x, const Shape& batch) {
  Shape own;
  for (int i = 0; i < x.ndim() - 2; i++) own.push_back(x.shape()[i]);
  Strides strides = broadcast_strides(own, batch);
  for (int64_t& s : strides) s *= x.size(-1) * x.size(-2);
  return strides;
}

Shape batch_of(const Tensor& x) {
  Shape batch;
  for (int i = 0; i < x.ndim() - 2; i++) batch.push_back(x.shape()[i]);
  return batch;
}

// (..., m, k) @ (..., k, n); the last two axes of either operand may be transposed.
Tensor batched_product(Factor a, Factor b) {
  const Shape batch = broadcast("matmul", batch_of(a.values), batch_of(b.values));
  check(batch.ndim() <= Matmul::max_batch_axes, "matmul: more than ", Matmul::max_batch_axes, " batch axes");
  const int64_t m = a.values.size(a.transposed ? -1 : -2), k = a.values.size(a.transposed ? -2 : -1),
                n = b.values.size(b.transposed ? -2 : -1);
  Shape shape = batch;
  shape.push_back(m);
  shape.push_back(n);
  Tensor c = empty(shape, a.values);
  Matmul product = {.a = a.values,
                    .b = b.values,
                    .c = c,
                    .m = m,
                    .n = n,
                    .k = k,
                    .lda = a.transposed ? m : k,
                    .ldb = b.transposed ? k : n,
                    .ldc = n,
                    .trans_a = a.transposed,
                    .trans_b = b.transposed,
                    .batch_ndim = batch.ndim()};
  const Strides sa = batch_strides(a.values, batch), sb = batch_strides(b.values, batch);
  for (int i = 0; i < batch.ndim(); i++) {
    product.batch_size[i] = batch[i];
    product.batch_stride[0][i] = sa[i];
    product.batch_stride[1][i] = sb[i];
  }
  submit(product);
  return c;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  same_float("matmul", "the left operand", a, "the right operand", b);
  check(a.ndim() > 0 && b.ndim() > 0, "matmul: shapes ", a.shape(), " and ", b.shape(),
        ": a 0-dimensional tensor cannot be multiplied; use *");
  if (a.ndim() == 1 || b.ndim() == 1) {  // a vector is a matrix of one row (left) or one column (right)
    Tensor y = matmul(a.ndim() == 1 ? unsqueeze(a, 0) : a, b.ndim() == 1 ? unsqueeze(b, 1) : b);
    Shape shape;
    for (int i = 0; i < y.ndim() - 2; i++) shape.push_back(y.shape()[i]);
    if (a.ndim() > 1) shape.push_back(y.size(-2));
    if (b.ndim() > 1) shape.push_back(y.size(-1));
    return reshape(y, shape);
  }
  check(a.size(-1) == b.size(-2), "matmul: inner dimensions differ: ", a.shape(), " @ ", b.shape(), " needs ",
        a.size(-1), " == ", b.size(-2), "; transpose one operand if its axes are swapped");
  Tensor c = batched_product({a, false}, {b, false});
  if (Tape tape{a, b})  // da = dc b^T, db = a^T dc
    tape.record(
        "matmul", c,
        [a = a.saved(b.requires_grad()), b = b.saved(a.requires_grad())](const Tensor& dc, InputGrads& d) {
          if (d.needs(0)) d[0] = sum_to(batched_product({dc, false}, {b, true}), a.shape());
          if (d.needs(1)) d[1] = sum_to(batched_product({a, true}, {dc, false}), b.shape());
        });
  return c;
}

Tensor product(const Tensor& a, const Tensor& b, bool trans_a, bool trans_b) {
  same_float("product", "the left operand", a, "the right operand", b);
  check(a.ndim() == 2 && b.ndim() == 2 && a.size(trans_a ? 0 : 1) == b.size(trans_b ? 1 : 0),
        "product: ", a.shape(), trans_a ? " transposed" : "", " and ", b.shape(),
        trans_b ? " transposed" : "", " have no product");
  return matrix_product({a, trans_a}, {b, trans_b}, a.size(trans_a ? 1 : 0), b.size(trans_b ? 0 : 1),
                        a.size(trans_a ? 0 : 1));
}

Tensor linear(const Tensor& x, const Tensor& w, const Tensor& b, int activation) {
  same_float("linear", "the input", x, "the weight", w);
  check(w.ndim() == 2, "linear: weight has shape ", w.shape(), "; expected (out_features, in_features)");
  check(x.ndim() > 0 && x.size(-1) == w.size(1), "linear: input ", x.shape(), " has ",
        x.ndim() > 0 ? x.size(-1) : 0, " features but weight ", w.shape(), " expects ", w.size(1),
        "; reshape the input to (..., ", w.size(1), ")");
  const int64_t k = w.size(1), n = w.size(0), m = x.shape().span(0, x.ndim() - 1);
  if (b.defined()) {
    same_float("linear", "the input", x, "the bias", b);
    check(b.ndim() == 1 && b.size(0) == n, "linear: bias has shape ", b.shape(), " but weight ", w.shape(),
          " needs (", n, ",)");
  }
  if (!runs<Matmul, LinearBwd>(x)) return composed::linear(x, w, b, activation);
  Shape shape = x.shape();
  shape[x.ndim() - 1] = n;
  Tensor y = empty(shape, x);
  Tape tape{x, w, b};
  const bool keep_z = tape && activation >= 0 && reads(unary_info[activation].needs, Needs::x);
  const Tensor z = keep_z ? empty(shape, x) : Tensor();
  submit(Matmul{.a = x,
                .b = w,
                .bias = b,
                .c = y,
                .pre = z,
                .m = m,
                .n = n,
                .k = k,
                .lda = k,
                .ldb = k,
                .ldc = n,
                .trans_b = true,
                .activation = activation});
  if (tape)
    tape.record("linear", y,
                [x = x.saved(w.requires_grad()), w = w.saved(x.requires_grad()), z,
                 y = activation >= 0 ? y.saved() : Tensor(), has_bias = b.defined(), activation, m, n,
                 k](const Tensor& dy, InputGrads& d) {
                  // dz = activation'(z) dy, db = column sums of dz, dx = dz w, dw = dz^T x
                  if (d.needs(0)) d[0] = empty_like(x);
                  if (d.needs(1)) d[1] = empty_like(w);
                  if (has_bias && d.needs(2)) d[2] = empty({n}, dy);
                  submit(LinearBwd{.z = z,
                                   .y = y,
                                   .dy = dy,
                                   .x = x,
                                   .w = w,
                                   .dx = d[0],
                                   .dw = d[1],
                                   .db = has_bias ? Out(d[2]) : Out(),
                                   .m = m,
                                   .n = n,
                                   .k = k,
                                   .activation = activation});
                });
  return y;
}

}  // namespace nncore::ops
