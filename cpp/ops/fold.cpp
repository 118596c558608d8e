#include "fold.h"

#include <cmath>
#include <numeric>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/fold.h"
#include "../backend/kernels/reduce.h"
#include "../core/default_dtype.h"
#include "axes.h"
#include "composed/composed.h"
#include "elementwise.h"
#include "reduce.h"
#include "shape.h"

namespace nncore::ops {

namespace {

// x seen as (outer, n, inner), where n covers the axes to fold.
struct Grouped {
  Tensor x;
  int64_t outer, n, inner;
  Shape result;

  Grouped(const char* op, const Tensor& input, std::span<const int64_t> axes, bool keepdim) : x(input) {
    check<TypeError>(is_floating(x.dtype()), op, ": expected float32 or float64, got ", x.dtype(),
                     "; convert with .float() or .double()");
    AxisMarks gone = marked(op, x, axes);
    result = without(x.shape(), gone, keepdim);
    int first = x.ndim(), last = 0, count = 0;
    for (int i = 0; i < x.ndim(); i++) {
      if (!gone[i]) continue;
      first = std::min(first, i);
      last = i + 1;
      count++;
    }
    if (count > 0 && last - first != count) {  // the axes to fold are not neighbours: move them to the end
      std::array<int64_t, Shape::max_ndim> order;
      int at = 0;
      for (const bool moves : {false, true})
        for (int i = 0; i < x.ndim(); i++)
          if (gone[i] == moves) order[at++] = i;
      x = permute(x, std::span(order).first(x.ndim()));
      first = x.ndim() - count;
      last = x.ndim();
    }
    if (count == 0) first = last = 0;
    outer = x.shape().span(0, first);
    n = x.shape().span(first, last);
    inner = x.shape().span(last, x.ndim());
  }
};

void plain(Reduction op, const Grouped& g, double scale, const Tensor& y) {
  submit(Reduce{.x = g.x, .y = y, .op = op, .outer = g.outer, .n = g.n, .inner = g.inner, .scale = scale});
}

Tensor fold(const char* op, const Grouped& g, Fold term, FoldEnd end, double scale, double power,
            const Tensor& m) {
  Tensor y = empty(g.result, g.x);
  const Tensor sum = end == FoldEnd::log_plus ? empty(g.result, g.x) : Tensor();
  submit(FoldFwd{.x = g.x,
                 .m = term == Fold::deviation ? State(Out(m)) : State(In(m)),
                 .y = y,
                 .sum = sum,
                 .term = term,
                 .end = end,
                 .outer = g.outer,
                 .n = g.n,
                 .inner = g.inner,
                 .scale = scale,
                 .power = power});
  if (Tape tape{g.x})
    tape.record(op, y,
                [x = g.x.saved(), y = sum.defined() ? sum : y.saved(), m, term, end, outer = g.outer, n = g.n,
                 inner = g.inner, scale, power](const Tensor& dy, InputGrads& dx) {
                  dx[0] = empty_like(x);
                  submit(FoldBwd{.x = x,
                                 .m = m,
                                 .y = y,
                                 .dy = dy,
                                 .dx = dx[0],
                                 .term = term,
                                 .end = end,
                                 .outer = outer,
                                 .n = n,
                                 .inner = inner,
                                 .scale = scale,
                                 .power = power});
                });
  return y;
}

}  // namespace

Tensor variance(const Tensor& x, std::span<const int64_t> axes, double correction, bool keepdim, bool root) {
  const char* op = root ? "std" : "var";
  const Grouped g(op, x, axes, keepdim);
  if (!runs<FoldFwd, FoldBwd>(x)) return composed::variance(x, axes, correction, keepdim, root);
  const Tensor mean = empty({2, g.outer, g.inner}, x);  // the mean and its rounding error
  if (g.inner != 1) plain(Reduction::sum, g, 1 / double(g.n), mean.alias({g.outer, g.inner}));
  const double scale = 1 / std::max(0.0, double(g.n) - correction);
  return fold(op, g, Fold::deviation, root ? FoldEnd::sqrt : FoldEnd::none, scale, 2, mean);
}

Tensor logsumexp(const Tensor& input, std::span<const int64_t> axes, bool keepdim) {
  check_computes("logsumexp", input.dtype());
  const Tensor x = cast(input, real_type(input.dtype()));
  const Grouped g("logsumexp", x, axes, keepdim);
  if (!runs<FoldFwd, FoldBwd>(x)) return composed::logsumexp(x, axes, keepdim);
  const Tensor largest = empty({g.outer, g.inner}, x);
  plain(Reduction::max, g, 1, largest);
  return fold("logsumexp", g, Fold::exp_minus, FoldEnd::log_plus, 1, 1, largest);
}

Tensor norm(const Tensor& x, double p, std::span<const int64_t> axes, bool keepdim) {
  check(!std::isnan(p), "norm: p is NaN");
  if (std::isinf(p)) return extreme_over("norm", apply<formulas::Abs>(x), p > 0, axes, keepdim);
  if (p == 0) return sum(cast(cast(x.detach(), DType::boolean), x.dtype()), axes, keepdim);
  const Grouped g("norm", x, axes, keepdim);
  if (!runs<FoldFwd, FoldBwd>(x)) return composed::norm(x, p, axes, keepdim);
  if (p == 1) return fold("norm", g, Fold::abs, FoldEnd::none, 1, 1, {});
  if (p == 2) return fold("norm", g, Fold::square, FoldEnd::sqrt, 1, 2, {});
  return fold("norm", g, Fold::abs_pow, FoldEnd::root, 1, p, {});
}

}  // namespace nncore::ops
