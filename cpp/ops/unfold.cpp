#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "composed/composed.h"
#include "made.h"
#include "pool.h"
#include "rows.h"

namespace nncore::ops {

namespace {

void run_unfold(const Tensor& x, const Tensor& columns, const PoolShape& s) {
  submit(UnfoldFwd{.x = x, .columns = columns, .shape = s});
}
void run_fold(const Tensor& columns, const Tensor& x, const PoolShape& s) {
  submit(UnfoldBwd{.columns = columns, .x = x, .shape = s});
}

}  // namespace

Tensor unfold(const Tensor& x, const WindowSizes& sizes) {
  constexpr const char* op = "unfold";
  check_planes(op, x, 2);
  const PoolShape s = sliding_windows(op, x.shape().span(0, x.ndim() - 2), {x.size(-2), x.size(-1)}, sizes);
  const int64_t rows = x.size(-3) * s.window();
  const Shape shape = x.ndim() == 4 ? Shape{x.size(0), rows, s.out()} : Shape{rows, s.out()};
  if (!runs<UnfoldFwd, UnfoldBwd>(x)) return composed::unfold(x, shape, s);
  Tensor y = made(op, shape, x.dtype(), x.device());
  run_unfold(x, y, s);
  if (Tape tape{x})
    tape.record(op, y, [from = x.shape(), s](const Tensor& dy, InputGrads& d) {
      d[0] = empty(from, dy);
      run_fold(dy, d[0], s);
    });
  return y;
}

Tensor fold(const Tensor& columns, const Shape& output, const WindowSizes& sizes) {
  constexpr const char* op = "fold";
  check(columns.ndim() == 2 || columns.ndim() == 3, op, ": the input has shape ", columns.shape(),
        "; expected (N, C * window, windows) or (C * window, windows)");
  float_only(op, "the input", columns);
  const Shape plane = {size_along(op, "output_size", output, 2, 0, 1),
                       size_along(op, "output_size", output, 2, 1, 1)};
  PoolShape s = sliding_windows(op, 1, plane, sizes);
  const int64_t rows = columns.size(-2), channels = rows / s.window();
  check(rows > 0 && rows % s.window() == 0, op, ": the input has shape ", columns.shape(), " but size ", rows,
        " must be a multiple of ", s.window(), ", the elements of a window of kernel_size ", sizes.kernel);
  check(columns.size(-1) == s.out(), op, ": the input has shape ", columns.shape(), " with ",
        columns.size(-1), " windows, but output_size ", output,
        " with these kernel_size, dilation, padding and "
        "stride has ",
        s.out());
  const bool batched = columns.ndim() == 3;
  s.planes = (batched ? columns.size(0) : 1) * channels;
  const Shape shape =
      batched ? Shape{columns.size(0), channels, plane[0], plane[1]} : Shape{channels, plane[0], plane[1]};
  if (!runs<UnfoldFwd, UnfoldBwd>(columns)) return composed::fold(columns, shape, s);
  Tensor y = made(op, shape, columns.dtype(), columns.device());
  run_fold(columns, y, s);
  if (Tape tape{columns})
    tape.record(op, y, [from = columns.shape(), s](const Tensor& dy, InputGrads& d) {
      d[0] = empty(from, dy);
      run_unfold(dy, d[0], s);
    });
  return y;
}

}  // namespace nncore::ops
