// Elementwise kernels: the level's loops over the rows of a broadcast.
#include <algorithm>

#include "../../core/parallel.h"
#include "broadcast.h"
#include "dispatch.h"
#include "kernels.h"
#include "stream.h"

namespace nncore {
#include "../../ops/elementwise_list.h"
}

namespace nncore::cpu {

namespace {

BinaryForm form_of(const BroadcastLoop& loop) {
  const int last = loop.ndim - 1;
  return loop.stride[0][last] == 0 ? a_single : loop.stride[1][last] == 0 ? b_single : both_vectors;
}

// Integers are exact and need no level; only the ops that mean something for them are defined.
template <class T>
T integer_op(int op, T a, T b) {
  using U = std::make_unsigned_t<T>;  // wraps around, as in NumPy
  if (op == BinaryOps::index_of<formulas::Add>) return T(U(a) + U(b));
  if (op == BinaryOps::index_of<formulas::Sub>) return T(U(a) - U(b));
  if (op == BinaryOps::index_of<formulas::Mul>) return T(U(a) * U(b));
  if (op == BinaryOps::index_of<formulas::Maximum>) return std::max(a, b);
  if (op == BinaryOps::index_of<formulas::Minimum>) return std::min(a, b);
  if (op == BinaryOps::index_of<formulas::Fmod> || op == BinaryOps::index_of<formulas::Remainder> ||
      op == BinaryOps::index_of<formulas::FloorDivide>) {
    check(b != 0,
          op == BinaryOps::index_of<formulas::Fmod>        ? "fmod"
          : op == BinaryOps::index_of<formulas::Remainder> ? "remainder"
                                                           : "floor_divide",
          ": an integer divided by zero");
    const bool negates = std::is_signed_v<T> && b == T(-1);  // the least number has no opposite
    const T m = negates ? T(0) : T(a % b), q = negates ? T(U(0) - U(a)) : T(a / b);
    const bool adjust = m != 0 && (m < 0) != (b < 0);
    if (op == BinaryOps::index_of<formulas::Fmod>) return m;
    if (op == BinaryOps::index_of<formulas::Remainder>) return adjust ? T(m + b) : m;
    return adjust ? T(q - 1) : q;
  }
  T power = 1;
  check(b >= 0, "pow: an integer to a negative power is not an integer; convert with .float()");
  for (; b > 0; b = T(b / 2), a = T(U(a) * U(a)))
    if (b % 2) power = T(U(power) * U(a));
  return power;
}

template <class T, class Y, class F>
void integer_rows(const Call& call, const BinaryAttrs& attrs, F f) {
  const T *a = call.arg<const T>(0), *b = call.arg<const T>(1);
  Y* y = call.arg<Y>(2);
  const int last = attrs.loop.ndim - 1;
  const int64_t sa = attrs.loop.stride[0][last], sb = attrs.loop.stride[1][last];
  for_broadcast_rows(attrs.loop, attrs.n, call.cost, [&](int64_t to, int64_t n, const int64_t* from) {
    for (int64_t i = 0; i < n; i++) y[to + i] = f(a[from[0] + i * sa], b[from[1] + i * sb]);
  });
}

template <class T, class... Ops>
void integer_compare(const Call& call, const BinaryAttrs& attrs, OpList<Ops...>) {
  int op = 0;
  ((op++ == attrs.op ? integer_rows<T, bool>(call, attrs, [](T a, T b) { return bool(Ops::test(a, b)); })
                     : void()),
   ...);
}

}  // namespace

// args: x, y
void unary_fwd(const Call& call) {
  const auto& attrs = call.attrs<UnaryAttrs>();
  visit_float(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.arg<const T>(0);
    T* y = call.arg<T>(1);
    const T scalars[max_scalars] = {T(attrs.scalars[0]), T(attrs.scalars[1])};
    const auto kernel = kernels<T>().elementwise.unary_fwd[attrs.op];
    parallel_for(attrs.n, call.cost, [&](int64_t begin, int64_t end) {
      write_out(y, attrs.n, begin, end, [&](int64_t i, int64_t n, T* to) { kernel(n, x + i, to, scalars); },
                1, {x});
    });
  });
}

// args: x or none, y or none, dy, dx
void unary_bwd(const Call& call) {
  const auto& attrs = call.attrs<UnaryAttrs>();
  visit_float(call.args[2].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* dy = call.arg<const T>(2);
    const T *const given_x = call.arg<const T>(0), *const given_y = call.arg<const T>(1);
    const T *x = given_x ? given_x : dy,
            *y = given_y ? given_y : dy;  // what is not read may be anything readable
    T* dx = call.arg<T>(3);
    const T scalars[max_scalars] = {T(attrs.scalars[0]), T(attrs.scalars[1])};
    const auto kernel = kernels<T>().elementwise.unary_bwd[attrs.op];
    parallel_for(attrs.n, call.cost, [&](int64_t begin, int64_t end) {
      write_out(dx, attrs.n, begin, end,
                [&](int64_t i, int64_t n, T* to) { kernel(n, x + i, y + i, dy + i, to, scalars); }, 1,
                {given_x, given_y, dy});
    });
  });
}

// args: a, b, y
void binary_fwd(const Call& call) {
  const auto& attrs = call.attrs<BinaryAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) {
      const T *a = call.arg<const T>(0), *b = call.arg<const T>(1);
      T* y = call.arg<T>(2);
      const auto kernel = kernels<T>().elementwise.binary_fwd[attrs.op][form_of(attrs.loop)];
      const int last = attrs.loop.ndim - 1;
      const int64_t sa = attrs.loop.stride[0][last], sb = attrs.loop.stride[1][last];
      for_broadcast_rows(attrs.loop, attrs.n, call.cost, [&](int64_t at, int64_t n, const int64_t* from) {
        write_out(y, attrs.n, at, at + n, [&](int64_t i, int64_t m, T* to) {
          kernel(m, a + from[0] + (i - at) * sa, b + from[1] + (i - at) * sb, to);
        });
      });
    } else if constexpr (!std::is_same_v<T, bool>) {
      integer_rows<T, T>(call, attrs, [&](T a, T b) { return integer_op(attrs.op, a, b); });
    }
  });
}

// da or db before it is summed over stretched axes; args: a, b, y or none, dy, d
void binary_bwd(const Call& call) {
  const auto& attrs = call.attrs<BinaryAttrs>();
  visit_float(call.args[3].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *a = call.arg<const T>(0), *b = call.arg<const T>(1), *y = call.arg<const T>(2),
            *dy = call.arg<const T>(3);
    T* d = call.arg<T>(4);
    const auto& table = kernels<T>().elementwise;
    const auto kernel =
        (attrs.operand == 0 ? table.binary_da : table.binary_db)[attrs.op][form_of(attrs.loop)];
    const int last = attrs.loop.ndim - 1;
    const int64_t sa = attrs.loop.stride[0][last], sb = attrs.loop.stride[1][last];
    for_broadcast_rows(attrs.loop, attrs.n, call.cost, [&](int64_t at, int64_t n, const int64_t* from) {
      write_out(d, attrs.n, at, at + n, [&](int64_t i, int64_t m, T* to) {
        kernel(m, a + from[0] + (i - at) * sa, b + from[1] + (i - at) * sb, (y ? y : dy) + i, dy + i, to);
      });
    });
  });
}

// args: a, b, y (bool)
void compare(const Call& call) {
  const auto& attrs = call.attrs<BinaryAttrs>();
  visit(call.args[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) {
      const T *a = call.arg<const T>(0), *b = call.arg<const T>(1);
      uint8_t* y = call.arg<uint8_t>(2);
      const auto kernel = kernels<T>().elementwise.compare[attrs.op][form_of(attrs.loop)];
      for_broadcast_rows(attrs.loop, attrs.n, call.cost, [&](int64_t to, int64_t n, const int64_t* from) {
        kernel(n, a + from[0], b + from[1], y + to);
      });
    } else {
      integer_compare<T>(call, attrs, CompareOps());
    }
  });
}

}  // namespace nncore::cpu
