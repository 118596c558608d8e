#include "elementwise.h"

#include <cfloat>
#include <cmath>
#include <sstream>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/elementwise.h"
#include "../core/default_dtype.h"
#include "../core/interrupt.h"
#include "create.h"
#include "index.h"
#include "shape.h"

namespace nncore::ops {

namespace {

template <class... Ops>
constexpr std::array<UnaryInfo, sizeof...(Ops)> unary_infos(OpList<Ops...>) {
  return {{{Ops::name, Ops::needs, {Ops::scalars, size_t(scalar_count<Ops>)}, Ops::refuses}...}};
}
template <class... Ops>
constexpr std::array<BinaryInfo, sizeof...(Ops)> binary_infos(OpList<Ops...>) {
  return {{{Ops::name, {Ops::da_needs, Ops::db_needs}}...}};
}
template <class... Ops>
constexpr std::array<const char*, sizeof...(Ops)> formula_names(OpList<Ops...>) {
  return {{Ops::name...}};
}

// Whether the op of integers gives floats.
constexpr bool gives_floats(int op) {
  using namespace formulas;
  return op == BinaryOps::index_of<Div> || op == BinaryOps::index_of<Atan2> ||
         op == BinaryOps::index_of<Logaddexp>;
}

// The dtype in which an op on a and b computes.
DType common_type(const char* op, bool real, const Tensor& a, const Tensor& b) {
  check_computes(op, a.dtype());
  check_computes(op, b.dtype());
  const DType dtype = promote(a.dtype(), a.ndim(), b.dtype(), b.ndim());
  check<TypeError>(real || dtype != DType::boolean, op,
                   ": arithmetic on bool tensors is not supported; convert with .to()");
  return real ? real_type(dtype) : dtype;
}

// x in the given dtype. If x must be converted, `held` stores the result.
const Tensor& in_type(const Tensor& x, DType dtype, Tensor& held) {
  return x.dtype() == dtype ? x : held = cast(x, dtype);
}

Tensor binary_grad(int op, int operand, const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy) {
  const Shape& shape = (operand == 0 ? a : b).shape();
  Tensor d = empty(dy.shape(), dy);
  submit(BinaryBwd{.a = a,
                   .b = b,
                   .y = y,
                   .dy = dy,
                   .d = d,
                   .op = op,
                   .operand = operand,
                   .n = dy.numel(),
                   .loop = merged_loop(dy.shape(), {&a, &b})});
  return sum_to(d, shape);
}

}  // namespace

// Merges neighbouring axes if each operand steps through both with one stride.
BroadcastLoop merged_loop(const Shape& shape, std::initializer_list<const Tensor*> operands) {
  BroadcastLoop loop;
  bool is_broadcast = false;
  for (const Tensor* t : operands) is_broadcast = is_broadcast || !(t->shape() == shape);
  if (!is_broadcast) {
    loop.ndim = 1;
    loop.size[0] = shape.numel();
    for (int k = 0; k < 3; k++) loop.stride[k][0] = 1;
    return loop;
  }
  loop = {};
  Strides strides[3];
  int count = 0;
  for (const Tensor* t : operands) strides[count++] = broadcast_strides(t->shape(), shape);
  for (int i = 0; i < shape.ndim(); i++) {
    if (shape[i] == 1) continue;
    const int last = loop.ndim - 1;
    bool joins = last >= 0;
    for (int k = 0; joins && k < count; k++) joins = loop.stride[k][last] == strides[k][i] * shape[i];
    const int at = joins ? last : loop.ndim++;
    loop.size[at] = joins ? loop.size[at] * shape[i] : shape[i];
    for (int k = 0; k < count; k++) loop.stride[k][at] = strides[k][i];
  }
  if (loop.ndim == 0) {
    loop.ndim = 1;
    loop.size[0] = 1;
    for (int k = 0; k < count; k++) loop.stride[k][0] = 1;
  }
  return loop;
}

const std::array<UnaryInfo, UnaryOps::size> unary_info = unary_infos(UnaryOps());
const std::array<BinaryInfo, BinaryOps::size> binary_info = binary_infos(BinaryOps());
const std::array<const char*, CompareOps::size> compare_names = formula_names(CompareOps());
const std::array<const char*, BitwiseOps::size> bitwise_names = formula_names(BitwiseOps());

namespace {

template <class... Op>
bool is_in(int op, OpList<Op...>) {
  return ((op == UnaryOps::index_of<Op>) || ...);
}

// The result if the op maps bools to bools or integers, else an undefined tensor. Raises TypeError for the
// other ops that map integers to integers.
Tensor of_bools(int op, const Tensor& x) {
  using namespace formulas;
  if (is_in(op, OpList<Sign>())) return clone(x.detach());
  if (is_in(op, OpList<Square>())) return apply<Square>(cast(x, DType::int64));
  check<TypeError>(!is_in(op, OpList<Neg>()),
                   "neg: a bool tensor has no negative; invert a mask with ~x or logical_not(), or convert "
                   "it with .long()");
  check<TypeError>(!is_in(op, OpList<Abs, Floor, Ceil, Round, Trunc, Relu, Relu6, Hardtanh, Threshold>()),
                   unary_info[op].name,
                   ": expected numbers, got bools; convert them with .long() or .float()");
  return {};
}

// The exact result if the op maps integers to integers, else an undefined tensor.
Tensor of_integers(int op, const Tensor& x, const Scalars& scalars) {
  using namespace formulas;
  const auto is = [op](auto list) { return is_in(op, list); };
  const auto number = [&](int64_t v) { return full_integer({}, v, x.dtype(), x.device()); };
  const auto between = [&](int64_t low, int64_t high) {
    return apply<Minimum>(apply<Maximum>(x, number(low)), number(high));
  };
  const auto nearest = [range = range_of(x.dtype())](double v) {
    return v <= double(range.least) ? range.least : v >= double(range.most) ? range.most : int64_t(v);
  };
  if (is(OpList<Floor, Ceil, Round, Trunc>())) return clone(x.detach());
  if (is(OpList<Neg>())) return apply<Sub>(number(0), x);
  if (is(OpList<Abs>()))
    return x.dtype() == DType::uint8 ? clone(x.detach()) : apply<Maximum>(x, apply<Sub>(number(0), x));
  if (is(OpList<Square>())) return multiply(x, x);
  if (is(OpList<Sign>())) return between(x.dtype() == DType::uint8 ? 0 : -1, 1);
  if (is(OpList<Relu>())) return apply<Maximum>(x, number(0));
  if (is(OpList<Relu6>())) return between(0, 6);
  const bool whole = std::trunc(scalars[0]) == scalars[0] && std::trunc(scalars[1]) == scalars[1];
  if (is(OpList<Hardtanh>()) && whole) return between(nearest(scalars[0]), nearest(scalars[1]));
  if (is(OpList<Threshold>()) && whole) {
    check_holds(unary_info[op].name, x.dtype(), scalars[1]);
    return where(compare(CompareOps::index_of<Gt>, x, number(nearest(scalars[0]))), x,
                 number(nearest(scalars[1])));
  }
  return {};
}

}  // namespace

void check_scalars(const char* caller, int op, const Scalars& scalars) {
  const UnaryInfo& info = unary_info[op];
  const char* const reason = info.refuses(scalars.data());
  if (!reason) [[likely]]
    return;
  std::ostringstream given;
  for (size_t i = 0; i < info.scalars.size(); i++)
    given << (i ? ", " : "") << info.scalars[i].name << '=' << scalars[i];
  raise<ValueError>(caller, ": ", reason, ", got ", given.str());
}

Tensor unary(int op, const Tensor& input, Scalars scalars) {
  const UnaryInfo& info = unary_info[op];
  check_computes(info.name, input.dtype());
  if (!info.scalars.empty()) check_scalars(info.name, op, scalars);
  if (!is_floating(input.dtype()))
    if (Tensor y = input.dtype() == DType::boolean ? of_bools(op, input) : of_integers(op, input, scalars);
        y.defined())
      return y;
  const Tensor x = cast(input, real_type(input.dtype()));
  if (x.dtype() == DType::float32)
    for (const double s : scalars)
      if (!(std::fabs(s) <= FLT_MAX)) [[unlikely]]
        check_holds(info.name, DType::float32, s);
  Tensor y = empty_like(x);
  submit(UnaryFwd{.x = x, .y = y, .op = op, .n = x.numel(), .scalars = {scalars[0], scalars[1]}});
  if (Tape tape{x})
    tape.record(info.name, y,
                [op, scalars, x = reads(info.needs, Needs::x) ? x.saved() : Tensor(),
                 y = reads(info.needs, Needs::y) ? y.saved() : Tensor()](const Tensor& dy, InputGrads& dx) {
                  dx[0] = unary_gradient(op, x, y, dy, scalars);
                });
  return y;
}

Tensor unary_gradient(int op, const Tensor& x, const Tensor& y, const Tensor& dy, Scalars scalars) {
  const Tensor dx = empty_like(dy);
  submit(UnaryBwd{
      .x = x, .y = y, .dy = dy, .dx = dx, .op = op, .n = dy.numel(), .scalars = {scalars[0], scalars[1]}});
  return dx;
}

namespace {

// The op on bools, or an undefined tensor if it has no bool result.
Tensor of_bools(int op, const Tensor& a, const Tensor& b) {
  using namespace formulas;
  if (op == BinaryOps::index_of<Add> || op == BinaryOps::index_of<Maximum>)
    return compare(CompareOps::index_of<LogicalOr>, a, b);
  if (op == BinaryOps::index_of<Mul> || op == BinaryOps::index_of<Minimum>)
    return compare(CompareOps::index_of<LogicalAnd>, a, b);
  return {};
}

}  // namespace

void check_subtracts(bool has_bools) {
  check<TypeError>(!has_bools,
                   "sub: bools have no difference; use a ^ b or logical_xor() for two masks, ~x or "
                   "logical_not() to invert one, or convert them with .long()");
}

Tensor binary(int op, const Tensor& left, const Tensor& right) {
  const BinaryInfo& info = binary_info[op];
  if (op == BinaryOps::index_of<formulas::Sub>)
    check_subtracts(left.dtype() == DType::boolean || right.dtype() == DType::boolean);
  if (left.dtype() == DType::boolean && right.dtype() == DType::boolean)
    if (Tensor y = of_bools(op, left, right); y.defined()) return y;
  const DType dtype = common_type(info.name, gives_floats(op), left, right);
  Tensor held_a, held_b;
  const Tensor &a = in_type(left, dtype, held_a), &b = in_type(right, dtype, held_b);
  const Shape shape = a.shape() == b.shape() ? a.shape() : broadcast(info.name, a.shape(), b.shape());
  Tensor y = empty(shape, dtype, a);
  submit(BinaryFwd{.a = a, .b = b, .y = y, .op = op, .n = y.numel(), .loop = merged_loop(shape, {&a, &b})});
  if (Tape tape{a, b}) {
    const auto needed = [&](Needs what) {
      return (a.requires_grad() && reads(info.needs[0], what)) ||
             (b.requires_grad() && reads(info.needs[1], what));
    };
    tape.record(info.name, y,
                [op, a = a.saved(needed(Needs::a)), b = b.saved(needed(Needs::b)),
                 y = reads(info.needs[0], Needs::y) || reads(info.needs[1], Needs::y) ? y.saved() : Tensor()](
                    const Tensor& dy, InputGrads& d) {
                  for (int i = 0; i < 2; i++) {
                    if (!d.needs(i)) continue;
                    d[i] = op == BinaryOps::index_of<formulas::Add> ? sum_to(dy, (i ? b : a).shape())
                                                                    : binary_grad(op, i, a, b, y, dy);
                  }
                });
  }
  return y;
}

namespace {

void binary_in_place(int op, const Tensor& y, const Tensor& x) {
  const Uninterrupted whole;
  submit(
      BinaryFwd{.a = y, .b = x, .y = y, .op = op, .n = y.numel(), .loop = merged_loop(y.shape(), {&y, &x})});
}

}  // namespace

void add_(const Tensor& y, const Tensor& x) { binary_in_place(BinaryOps::index_of<formulas::Add>, y, x); }
void mul_(const Tensor& y, const Tensor& x) { binary_in_place(BinaryOps::index_of<formulas::Mul>, y, x); }

Tensor compare(int op, const Tensor& left, const Tensor& right) {
  const DType dtype =
      promote(computing_type(left.dtype()), left.ndim(), computing_type(right.dtype()), right.ndim());
  const Tensor a = cast(left.detach(), dtype), b = cast(right.detach(), dtype);
  const Shape shape = broadcast(compare_names[op], a.shape(), b.shape());
  Tensor y = empty(shape, DType::boolean, a);
  submit(Compare{.a = a, .b = b, .y = y, .op = op, .n = y.numel(), .loop = merged_loop(shape, {&a, &b})});
  return y;
}

Tensor bitwise(int op, const Tensor& left, const Tensor& right) {
  const char* const name = bitwise_names[op];
  const bool shifts = op >= BitwiseOps::index_of<formulas::LeftShift>;
  for (const Tensor* x : {&left, &right}) {
    check_computes(name, x->dtype());
    check<TypeError>(!is_floating(x->dtype()), name, ": expected integers", shifts ? "" : " or bools",
                     ", got ", left.dtype(), " and ", right.dtype(),
                     "; convert with .long(), or compare first");
  }
  const DType dtype = promote(left.dtype(), left.ndim(), right.dtype(), right.ndim());
  check<TypeError>(!shifts || dtype != DType::boolean, name, ": expected integers, got bools");
  if (dtype == DType::boolean) {  // whose bytes may differ from 0 and 1
    constexpr int logical[] = {CompareOps::index_of<formulas::LogicalAnd>,
                               CompareOps::index_of<formulas::LogicalOr>,
                               CompareOps::index_of<formulas::LogicalXor>};
    return compare(logical[op], left, right);
  }
  const Tensor a = cast(left, dtype), b = cast(right, dtype);
  const Shape shape = broadcast(name, a.shape(), b.shape());
  Tensor y = empty(shape, dtype, a);
  submit(Bitwise{.a = a, .b = b, .y = y, .op = op, .n = y.numel(), .loop = merged_loop(shape, {&a, &b})});
  return y;
}

Tensor where(const Tensor& condition, const Tensor& left, const Tensor& right) {
  check<TypeError>(condition.dtype() == DType::boolean, "where: condition is ", condition.dtype(),
                   "; expected bool, e.g. from a comparison");
  const DType dtype = promote(left.dtype(), left.ndim(), right.dtype(), right.ndim());
  const Tensor a = cast(left, dtype), b = cast(right, dtype);
  const Shape shape = broadcast("where", condition.shape(), broadcast("where", a.shape(), b.shape()));
  Tensor y = empty(shape, dtype, a);
  submit(Where{.condition = condition,
               .a = a,
               .b = b,
               .y = y,
               .n = y.numel(),
               .loop = merged_loop(shape, {&condition, &a, &b})});
  if (Tape tape{a, b})
    tape.record(
        "where", y,
        [condition = condition.saved(), as = a.shape(), bs = b.shape()](const Tensor& dy, InputGrads& d) {
          if (d.needs(0)) d[0] = sum_to(masked_fill(dy, condition, {0, 0}, false), as);
          if (d.needs(1)) d[1] = sum_to(masked_fill(dy, condition, {0, 0}, true), bs);
        });
  return y;
}

}  // namespace nncore::ops
