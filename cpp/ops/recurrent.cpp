#include "recurrent.h"

#include <vector>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/product.h"
#include "composed/composed.h"
#include "reduce.h"
#include "shape.h"

namespace nncore::ops {

namespace {

const char* name_of(RecurrentCell cell) {
  return cell == RecurrentCell::lstm ? "LSTM" : cell == RecurrentCell::gru ? "GRU" : "RNN";
}

// The n elements of t from index `from` on; undefined if t is.
Tensor run(const Tensor& t, int64_t from, int64_t n) { return t.defined() ? t.alias({n}, from) : t; }

// A part of a wider matrix: rows of `cols` elements, `ld` elements apart.
struct Matrix {
  Tensor values;
  int64_t at, rows, cols, ld;
  Tensor span() const { return run(values, at, rows > 0 ? (rows - 1) * ld + cols : 0); }
};

// c (+)= op(a) op(b) + bias
void multiply_into(const Matrix& c, const Matrix& a, bool trans_a, const Matrix& b, bool trans_b,
                   bool accumulate, const Tensor& bias = {}) {
  submit(Matmul{.a = a.span(),
                .b = b.span(),
                .bias = bias,
                .c = c.span(),
                .m = c.rows,
                .n = c.cols,
                .k = trans_a ? a.rows : a.cols,
                .lda = a.ld,
                .ldb = b.ld,
                .ldc = c.ld,
                .trans_a = trans_a,
                .trans_b = trans_b,
                .accumulate = accumulate});
}

// One direction of a layer and the values that it saves for backward.
struct Direction {
  RecurrentSpec spec;
  RecurrentWeights w;
  Tensor saved;
  int64_t column;  // the position of its h in a row of y
};

struct Layer {
  std::vector<Direction> directions;
  Tensor x, h0, c0, y;

  // Saves values without history for backward.
  void save() {
    const auto keep = [](Tensor& t) { t = t.defined() ? t.saved() : t; };
    for (Tensor* t : {&x, &h0, &c0, &y}) keep(*t);
    for (Direction& way : directions)
      for (Tensor* t : {&way.w.w_ih, &way.w.w_hh, &way.w.b_ih, &way.w.b_hh, &way.w.w_hr}) keep(*t);
  }
  int64_t features() const { return x.size(-1); }
  Matrix inputs() const { return {x, 0, x.size(0) * x.size(1), features(), features()}; }
  // The part of direction d of a state (directions, batch, size).
  static Tensor state(const Tensor& t, const RecurrentSpec& a, size_t d, int64_t size) {
    return run(t, int64_t(d) * a.batch * size, a.batch * size);
  }
};

void forward(const Layer& layer, size_t d, const Tensor& h_n, const Tensor& c_n) {
  const Direction& way = layer.directions[d];
  const RecurrentSpec& a = way.spec;
  const int64_t width = a.gates() * a.hidden, features = layer.features();
  multiply_into({way.saved, 0, a.rows(), width, width}, layer.inputs(), false,
                {way.w.w_ih, 0, width, features, features}, true, false, way.w.b_ih);
  submit(RecurrentFwd{.w_hh = way.w.w_hh,
                      .b_hh = way.w.b_hh,
                      .w_hr = way.w.w_hr,
                      .h0 = Layer::state(layer.h0, a, d, a.out),
                      .c0 = Layer::state(layer.c0, a, d, a.hidden),
                      .saved = way.saved,
                      .y = run(layer.y, way.column, (a.rows() - 1) * a.ld_y + a.out),
                      .h_n = Layer::state(h_n, a, d, a.out),
                      .c_n = Layer::state(c_n, a, d, a.hidden),
                      .spec = a});
}

// A product with h_before: its gates in the weights, and their position in the work array.
struct GatePart {
  int64_t weight, work, count;
};
std::vector<GatePart> hidden_parts(const RecurrentSpec& a) {
  if (a.cell == RecurrentCell::gru) return {{0, 0, 2}, {2, 3, 1}};  // r and z, then hn instead of n
  return {{0, 0, a.gates()}};
}

// dw_hh = sum over steps of dgates^T h_before, where h_before is y of the step before, and h0 at the first
// step.
void hidden_weight_gradient(const Layer& layer, size_t d, const Tensor& work, const Tensor& dw) {
  const Direction& way = layer.directions[d];
  const RecurrentSpec& a = way.spec;
  const int64_t rows = a.rows() - a.batch, ld = a.grad_gates() * a.hidden;
  const int64_t later = a.reverse ? 0 : a.batch, earlier = a.batch - later, first = a.reverse ? rows : 0;
  for (const GatePart& part : hidden_parts(a)) {
    const int64_t n = part.count * a.hidden, column = part.work * a.hidden;
    const Matrix to = {dw, part.weight * a.hidden * a.out, n, a.out, a.out};
    multiply_into(to, {work, later * ld + column, rows, n, ld}, true,
                  {layer.y, earlier * a.ld_y + way.column, rows, a.out, a.ld_y}, false, false);
    if (layer.h0.defined())
      multiply_into(to, {work, first * ld + column, a.batch, n, ld}, true,
                    {layer.h0, int64_t(d) * a.batch * a.out, a.batch, a.out, a.out}, false, true);
  }
}

// Column sums of the work array: db_ih of all gates; db_hh of a GRU uses hn instead of n.
void bias_gradients(const RecurrentSpec& a, const Tensor& work, Tensor& db_ih, Tensor& db_hh) {
  const int64_t width = a.gates() * a.hidden, grad_width = a.grad_gates() * a.hidden, axis = 0;
  const Tensor dgates = run(work, 0, a.rows() * grad_width).alias({a.rows(), grad_width});
  const Tensor sums = sum(dgates, std::span(&axis, 1), false);
  db_ih = clone(run(sums, 0, width));
  db_hh = sums;
  if (a.cell == RecurrentCell::gru) {
    const Tensor parts[] = {run(sums, 0, 2 * a.hidden), run(sums, 3 * a.hidden, a.hidden)};
    db_hh = cat(parts, 0);
  }
}

// Inputs of the node: x, h0, c0, then w_ih, w_hh, b_ih, b_hh, w_hr of each direction.
void backward(const Layer& layer, std::span<const Tensor> dy, InputGrads& grads) {
  const bool lstm = layer.directions[0].spec.cell == RecurrentCell::lstm;
  if (grads.needs(0)) grads[0] = empty_like(layer.x);
  if (grads.needs(1)) grads[1] = empty_like(layer.h0);
  if (grads.needs(2)) grads[2] = empty_like(layer.c0);
  for (size_t d = 0; d < layer.directions.size(); d++) {
    const Direction& way = layer.directions[d];
    const RecurrentSpec& a = way.spec;
    const RecurrentWeights& w = way.w;
    const size_t at = 3 + 5 * d;
    const int64_t width = a.gates() * a.hidden, ld = a.grad_gates() * a.hidden, features = layer.features();
    const Tensor work = empty({a.work()}, layer.x);
    const int64_t span = (a.rows() - 1) * a.ld_y + a.out;
    submit(RecurrentBwd{.w_hh = w.w_hh,
                        .w_hr = w.w_hr,
                        .h0 = Layer::state(layer.h0, a, d, a.out),
                        .c0 = Layer::state(layer.c0, a, d, a.hidden),
                        .y = run(layer.y, way.column, span),
                        .saved = way.saved,
                        .dy = run(dy[0], way.column, span),
                        .dh_n = Layer::state(dy[1], a, d, a.out),
                        .dc_n = lstm ? Layer::state(dy[2], a, d, a.hidden) : Tensor(),
                        .work = work,
                        .dh0 = Layer::state(grads[1], a, d, a.out),
                        .dc0 = Layer::state(grads[2], a, d, a.hidden),
                        .spec = a});
    const Matrix dgates = {work, 0, a.rows(), width, ld};
    if (grads.needs(0))
      multiply_into({grads[0], 0, a.rows(), features, features}, dgates, false,
                    {w.w_ih, 0, width, features, features}, false, d > 0);
    if (grads.needs(at)) {
      grads[at] = empty_like(w.w_ih);
      multiply_into({grads[at], 0, width, features, features}, dgates, true, layer.inputs(), false, false);
    }
    if (grads.needs(at + 1)) {
      grads[at + 1] = empty_like(w.w_hh);
      hidden_weight_gradient(layer, d, work, grads[at + 1]);
    }
    if (grads.needs(at + 2) || grads.needs(at + 3)) bias_gradients(a, work, grads[at + 2], grads[at + 3]);
    if (grads.needs(at + 4)) {  // h = unprojected w_hr^T
      grads[at + 4] = empty_like(w.w_hr);
      multiply_into({grads[at + 4], 0, a.out, a.hidden, a.hidden},
                    {work, a.grad_h_at(), a.rows(), a.out, a.out}, true,
                    {way.saved, a.unprojected_at(), a.rows(), a.hidden, a.hidden}, false, false);
    }
  }
}

void same_type(const char* op, const char* what, const Tensor& t, const Tensor& x) {
  check<TypeError>(t.dtype() == x.dtype(), op, ": ", what, " is ", t.dtype(), " but the input is ", x.dtype(),
                   "; convert one of them with .to()");
}

void expect(const char* op, const char* what, const Tensor& t, const Tensor& x, const Shape& shape) {
  if (!t.defined()) return;
  same_type(op, what, t, x);
  check(t.shape() == shape, op, ": ", what, " has shape ", t.shape(), "; expected ", shape);
}

}  // namespace

RecurrentResult recurrent(RecurrentCell cell, int activation, const Tensor& x, const Tensor& h0,
                          const Tensor& c0, std::span<const RecurrentWeights> directions) {
  const char* op = name_of(cell);
  check<TypeError>(is_floating(x.dtype()), op, ": the input is ", x.dtype(),
                   "; expected float32 or float64, convert with .float() or .double()");
  check(x.ndim() == 3, op, ": the input has shape ", x.shape(), "; expected (steps, batch, features)");
  check(x.size(0) > 0, op, ": the input ", x.shape(), " has no steps; a sequence needs at least one");
  check(directions.size() == 1 || directions.size() == 2, op, ": expected one or two directions, got ",
        directions.size());
  const bool lstm = cell == RecurrentCell::lstm;
  const RecurrentWeights& first = directions[0];
  check(first.w_hh.ndim() == 2, op, ": weight_hh has shape ", first.w_hh.shape(), "; expected two axes");
  RecurrentSpec a = {cell, activation, x.size(0), x.size(1), 0, first.w_hh.size(1), 0, false, false};
  a.hidden = first.w_hh.size(0) / a.gates();
  a.projected = first.w_hr.defined();
  a.ld_y = a.out * int64_t(directions.size());
  const int64_t count = int64_t(directions.size()), width = a.gates() * a.hidden;
  check(a.hidden > 0 && a.out > 0, op, ": weight_hh ", first.w_hh.shape(), " has no hidden units");
  check(a.projected ? lstm : a.out == a.hidden, op, ": weight_hh has shape ", first.w_hh.shape(),
        "; expected (", width, ", ", a.hidden, ")");
  expect(op, "the initial hidden state", h0, x, {count, a.batch, a.out});
  expect(op, "the initial cell state", c0, x, {count, a.batch, a.hidden});
  for (const RecurrentWeights& w : directions) {
    check(w.w_ih.ndim() == 2 && w.w_ih.size(1) == x.size(2), op, ": the input ", x.shape(), " has ",
          x.size(2), " features but weight_ih has shape ", w.w_ih.shape());
    expect(op, "weight_ih", w.w_ih, x, {width, x.size(2)});
    expect(op, "weight_hh", w.w_hh, x, {width, a.out});
    expect(op, "bias_ih", w.b_ih, x, {width});
    expect(op, "bias_hh", w.b_hh, x, {width});
    check(w.w_hr.defined() == a.projected, op, ": give weight_hr to every direction or to none");
    expect(op, "weight_hr", w.w_hr, x, {a.out, a.hidden});
  }

  if (!runs<RecurrentFwd, RecurrentBwd>(x))
    return composed::recurrent(cell, activation, x, h0, c0, directions);
  std::vector<Tensor> sources = {x, h0, c0};
  Layer layer = {{}, x, h0, c0, {}};
  Tensor results[] = {empty({a.steps, a.batch, a.ld_y}, x), empty({count, a.batch, a.out}, x),
                      lstm ? empty({count, a.batch, a.hidden}, x) : Tensor()};
  layer.y = results[0];
  for (size_t d = 0; d < directions.size(); d++) {
    const RecurrentWeights& w = directions[d];
    for (const Tensor* t : {&w.w_ih, &w.w_hh, &w.b_ih, &w.b_hh, &w.w_hr}) sources.push_back(*t);
    a.reverse = d == 1;
    layer.directions.push_back({a, w, empty({a.saved()}, x), int64_t(d) * a.out});
    forward(layer, d, results[1], results[2]);
  }
  if (Tape tape{std::span<const Tensor>(sources)}) {
    layer.save();
    tape.record(op, std::span(results).first(lstm ? 3 : 2),
                [layer = std::move(layer)](std::span<const Tensor> dy, InputGrads& grads) {
                  backward(layer, dy, grads);
                });
  }
  return {results[0], results[1], results[2]};
}

}  // namespace nncore::ops
