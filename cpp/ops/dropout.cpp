#include "dropout.h"

#include <cmath>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/dropout.h"
#include "rows.h"

namespace nncore::ops {

namespace {

struct Change {
  double scale, shift, dropped;
};

Tensor drop(const char* op, const Tensor& x, double p, int lead, Change change, Generator& generator) {
  const int64_t inner = lead ? x.shape().span(lead, x.ndim()) : 1;
  if (p == 0 || x.numel() == 0) return x;
  const Tensor key = empty({2}, DType::int64, x);
  Tensor y = empty_like(x);
  submit(DropoutFwd{.x = x,
                    .y = y,
                    .key = key,
                    .n = x.numel(),
                    .inner = inner,
                    .p = p,
                    .scale = change.scale,
                    .shift = change.shift,
                    .dropped = change.dropped},
         &generator);
  if (Tape tape{x})
    tape.record(op, y, [inner, p, scale = change.scale, key](const Tensor& dy, InputGrads& dx) {
      dx[0] = empty_like(dy);
      submit(DropoutBwd{
          .dy = dy, .key = key, .dx = dx[0], .n = dy.numel(), .inner = inner, .p = p, .scale = scale});
    });
  return y;
}

void check_input(const char* op, const Tensor& x, double p, int lead) {
  float_only(op, "the input", x);
  check(p >= 0 && p <= 1, op, ": p is ", p, " but must lie between 0 and 1");
  check(x.ndim() >= lead, op, ": the input has shape ", x.shape(), "; it needs an axis of channels");
}

}  // namespace

Tensor dropout(const char* op, const Tensor& x, double p, int lead, Generator& generator) {
  check_input(op, x, p, lead);
  return drop(op, x, p, lead, {p == 1 ? 0 : 1 / (1 - p), 0, 0}, generator);
}

Tensor alpha_dropout(const char* op, const Tensor& x, double p, int lead, Generator& generator) {
  check_input(op, x, p, lead);
  constexpr double lowest = -1.7580993408473766;  // SELU's limit at -infinity, -scale * alpha
  const double a = p == 1 ? 0 : 1 / std::sqrt((1 - p) * (1 + p * lowest * lowest));
  const double b = -a * p * lowest;
  return drop(op, x, p, lead, {a, b, a * lowest + b}, generator);
}

}  // namespace nncore::ops
