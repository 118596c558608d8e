#include "order.h"

#include <bit>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "create.h"
#include "index.h"
#include "shape.h"

namespace nncore::ops {

namespace {

ScanAttrs scan_attrs(Reduction op, const Shape& s, int at, bool reverse) {
  return {op, s.span(0, at), s.ndim() ? s[at] : 1, s.span(std::min(at + 1, s.ndim()), s.ndim()), reverse};
}

Tensor scan(Reduction op, const Tensor& x, int at, bool reverse) {
  Tensor y = empty_like(x);
  submit(Call(Kernel::scan, x.numel(), scan_attrs(op, x.shape(), at, reverse), in(x), out(y)));
  return y;
}

Tensor summable(const Tensor& x) { return is_floating(x.dtype()) ? x : cast(x, DType::int64); }

}  // namespace

Sorted sort(const char* op, const Tensor& x, int64_t k, int64_t axis, bool descending) {
  const int at = normalize_axis(op, axis, x.ndim());
  const Shape& s = x.shape();
  const int64_t n = s.ndim() ? s[at] : 1;
  if (k == -1) k = n;
  check(k >= 0 && k <= n, op, ": k is ", k, " but axis ", at, " of ", s, " has ", n, " elements");
  check(s.ndim() > 0 || k == 1, op, ": k is 0 but a tensor without axes has one element");
  Shape shape = s;
  if (s.ndim()) shape[at] = k;
  Sorted y = {empty(shape, x.dtype()), empty(shape, DType::int64)};
  const SortAttrs attrs = {s.span(0, at), n, s.span(std::min(at + 1, s.ndim()), s.ndim()), k, descending};
  const int64_t cost = x.numel() * 4 * std::bit_width(uint64_t(n));
  submit(Call(Kernel::sort, cost, attrs, in(x), out(y.values), out(y.indices)));
  if (Tape tape{x})
    tape.record(op, y.values,
                [from = s, indices = y.indices.saved(), at, op](const Tensor& dy, InputGrads& dx) {
                  dx[0] = scatter(op, zeros(from, dy.dtype()), at, indices, dy, false);
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
      dx[0] = empty_like(x);
      submit(Call(Kernel::cumprod_bwd, 2 * x.numel(), scan_attrs(Reduction::prod, x.shape(), at, false),
                  in(x), in(y), in(dy), out(dx[0])));
    });
  return y;
}

}  // namespace nncore::ops
