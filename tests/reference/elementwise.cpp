#include "backend/kernels/elementwise.h"

#include <cmath>

#include "backend/conversion.h"
#include "backend/integer_ops.h"
#include "backend/visit_size.h"
#include "broadcast.h"
#include "lanes.h"
#include "reference.h"

namespace nncore::reference {

void run(const UnaryFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    using V = Vec<T, 1>;
    const V scalars[] = {T(k.scalars[0]), T(k.scalars[1])};
    const T* x = values<T>(k.x);
    T* y = values<T>(k.y);
    with_op(UnaryOps(), k.op, [&](auto op) {
      for (int64_t i = 0; i < k.n; i++) op.fwd(V(x[i]), scalars).store(y + i);
    });
  });
}

// Formulas ignore the operands that are absent.
void run(const UnaryBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    using V = Vec<T, 1>;
    const V scalars[] = {T(k.scalars[0]), T(k.scalars[1])};
    const T* dy = values<T>(k.dy);
    const T* x = k.x ? values<T>(k.x) : dy;
    const T* y = k.y ? values<T>(k.y) : dy;
    T* dx = values<T>(k.dx);
    with_op(UnaryOps(), k.op, [&](auto op) {
      for (int64_t i = 0; i < k.n; i++) op.bwd(V(x[i]), V(y[i]), V(dy[i]), scalars).store(dx + i);
    });
  });
}

void run(const BinaryFwd& k) {
  visit(k.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *a = values<T>(k.a), *b = values<T>(k.b);
    T* y = values<T>(k.y);
    if constexpr (std::is_floating_point_v<T>)
      with_op(BinaryOps(), k.op, [&](auto op) {
        using V = Vec<T, 1>;
        for_each(k.loop, k.n,
                 [&](int64_t i, const int64_t* at) { op.fwd(V(a[at[0]]), V(b[at[1]])).store(y + i); });
      });
    else if constexpr (!std::is_same_v<T, bool>)
      for_each(k.loop, k.n, [&](int64_t i, const int64_t* at) {
        check(!is_undefined(k.op, b[at[1]]), "an integer op is not defined for ", +b[at[1]]);
        y[i] = integer_op(k.op, a[at[0]], b[at[1]]);
      });
  });
}

void run(const BinaryBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    using V = Vec<T, 1>;
    const T *a = values<T>(k.a), *b = values<T>(k.b), *dy = values<T>(k.dy);
    const T* y = k.y ? values<T>(k.y) : dy;
    T* d = values<T>(k.d);
    with_op(BinaryOps(), k.op, [&](auto op) {
      for_each(k.loop, k.n, [&](int64_t i, const int64_t* at) {
        const V va(a[at[0]]), vb(b[at[1]]), vy(y[i]), vdy(dy[i]);
        (k.operand == 0 ? op.da(va, vb, vy, vdy) : op.db(va, vb, vy, vdy)).store(d + i);
      });
    });
  });
}

void run(const Compare& k) {
  visit(k.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *a = values<T>(k.a), *b = values<T>(k.b);
    bool* y = values<bool>(k.y);
    with_op(CompareOps(), k.op, [&](auto op) {
      for_each(k.loop, k.n, [&](int64_t i, const int64_t* at) { y[i] = op.test(a[at[0]], b[at[1]]); });
    });
  });
}

void run(const Bitwise& k) {
  visit_index(k.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *a = values<T>(k.a), *b = values<T>(k.b);
    T* y = values<T>(k.y);
    with_op(BitwiseOps(), k.op, [&](auto op) {
      for_each(k.loop, k.n, [&](int64_t i, const int64_t* at) { y[i] = op.of(a[at[0]], b[at[1]]); });
    });
  });
}

void run(const Where& k) {
  visit_size(size_of(k.a.dtype), [&](auto zero) {
    using T = decltype(zero);
    const auto* condition = values<uint8_t>(k.condition);
    const T *a = values<T>(k.a), *b = values<T>(k.b);
    T* y = values<T>(k.y);
    for_each(k.loop, k.n,
             [&](int64_t i, const int64_t* at) { y[i] = condition[at[0]] ? a[at[1]] : b[at[2]]; });
  });
}

void run(const Cast& k) {
  visit_any(k.x.dtype, [&](auto from) {
    visit_any(k.y.dtype, [&](auto to) {
      using From = decltype(from);
      using To = decltype(to);
      const From* x = values<From>(k.x);
      To* y = values<To>(k.y);
      for (int64_t i = 0; i < k.n; i++) y[i] = convert<From, To>(x[i]);
    });
  });
}

void run(const CheckFinite& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    const auto* x = values<decltype(zero)>(k.x);
    for (int64_t i = 0; i < k.n; i++)
      if (!std::isfinite(x[i])) raise<DivergenceError>("became ", std::isnan(x[i]) ? std::abs(x[i]) : x[i]);
  });
}

}  // namespace nncore::reference
