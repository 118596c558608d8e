#include "scan.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/scan.h"
#include "axes.h"
#include "composed/composed.h"
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
      if (!runs<CumprodBwd>(x)) return void(dx[0] = composed::cumprod_gradient(x, y, dy, at));
      const AxisView v(x.shape(), at);
      dx[0] = empty_like(x);
      submit(CumprodBwd{.x = x, .y = y, .dy = dy, .dx = dx[0], .outer = v.outer, .n = v.n, .inner = v.inner});
    });
  return y;
}

}  // namespace nncore::ops
