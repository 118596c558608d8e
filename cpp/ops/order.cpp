#include "order.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/scan.h"
#include "../backend/kernels/sort.h"
#include "axes.h"
#include "create.h"
#include "index.h"
#include "shape.h"

namespace nncore::ops {

namespace {

Tensor scan(Reduction op, const Tensor& x, int at, bool reverse) {
  const AxisView v(x.shape(), at);
  Tensor y = empty_like(x);
  submit(Scan{.x = x, .y = y, .op = op, .outer = v.outer, .n = v.n, .inner = v.inner, .reverse = reverse});
  return y;
}

Tensor summable(const Tensor& x) { return is_floating(x.dtype()) ? x : cast(x, DType::int64); }

}  // namespace

Sorted sort(const char* op, const Tensor& x, int64_t k, int64_t axis, bool descending) {
  const int at = normalize_axis(op, axis, x.ndim());
  const Shape& s = x.shape();
  const AxisView v(s, at);
  if (k == -1) k = v.n;
  check(k >= 0 && k <= v.n, op, ": k is ", k, " but axis ", at, " of ", s, " has ", v.n, " elements");
  check(s.ndim() > 0 || k == 1, op, ": k is 0 but a tensor without axes has one element");
  Shape shape = s;
  if (s.ndim()) shape[at] = k;
  Sorted y = {empty(shape, x), empty(shape, DType::int64, x)};
  submit(Sort{.x = x,
              .values = y.values,
              .indices = y.indices,
              .outer = v.outer,
              .n = v.n,
              .inner = v.inner,
              .k = k,
              .descending = descending});
  if (Tape tape{x})
    tape.record(op, y.values,
                [from = s, indices = y.indices.saved(), at, op](const Tensor& dy, InputGrads& dx) {
                  dx[0] = scatter(op, zeros(from, dy), at, indices, dy, false);
                });
  return y;
}

Tensor cumsum(const Tensor& input, int64_t axis) {
  const Tensor x = summable(input);
  const int at = normalize_axis("cumsum", axis, x.ndim());
  Tensor y = scan(Reduction::sum, x, at, false);
  if (Tape tape{x})
    tape.record("cumsum", y,
                [at](const Tensor& dy, InputGrads& dx) { dx[0] = scan(Reduction::sum, dy, at, true); });
  return y;
}

Tensor cumprod(const Tensor& input, int64_t axis) {
  const Tensor x = summable(input);
  const int at = normalize_axis("cumprod", axis, x.ndim());
  Tensor y = scan(Reduction::prod, x, at, false);
  if (Tape tape{x})
    tape.record("cumprod", y, [x = x.saved(), y = y.saved(), at](const Tensor& dy, InputGrads& dx) {
      const AxisView v(x.shape(), at);
      dx[0] = empty_like(x);
      submit(CumprodBwd{.x = x, .y = y, .dy = dy, .dx = dx[0], .outer = v.outer, .n = v.n, .inner = v.inner});
    });
  return y;
}

}  // namespace nncore::ops
