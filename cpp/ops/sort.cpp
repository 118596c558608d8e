#include "sort.h"

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/sort.h"
#include "axes.h"
#include "create.h"
#include "index.h"

namespace nncore::ops {

Sorted sort(const char* op, const Tensor& x, int64_t k, int64_t axis, bool descending) {
  const int at = normalize_axis(op, axis, x.ndim());
  const Shape& s = x.shape();
  const AxisView v(s, at);
  if (k == -1) k = v.n;
  check(k >= 0 && k <= v.n, op, ": k is ", k, " but axis ", at, " of ", s, " has ", v.n, " elements");
  check(s.ndim() > 0 || k == 1, op, ": k is 0 but a 0-dimensional tensor has one element");
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

}  // namespace nncore::ops
