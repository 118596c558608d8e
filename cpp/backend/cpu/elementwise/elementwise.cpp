// Elementwise kernels: loops of the active level over the rows of a broadcast.
#include "../../kernels/elementwise.h"
#include "../../../core/parallel.h"
#include "../../integer_ops.h"
#include "../dispatch.h"
#include "../report.h"
#include "../stream.h"
#include "broadcast.h"

namespace nncore::cpu {

namespace {

BinaryForm form_of(const BroadcastLoop& loop) {
  const int last = loop.ndim - 1;
  return loop.stride[0][last] == 0 ? a_single : loop.stride[1][last] == 0 ? b_single : both_vectors;
}

// Rows of integers: strides are 0 or 1. A row returns the first position without a result, or n.
template <class T, class Y>
using IntegerRow = int64_t (*)(int64_t n, const T* a, int64_t sa, const T* b, int64_t sb, Y* y);

template <class Op, class T>
int64_t integer_row(int64_t n, const T* a, int64_t sa, const T* b, int64_t sb, T* y) {
  constexpr int op = BinaryOps::index_of<Op>;
  for (int64_t i = 0; i < n; i++) {
    if (is_undefined(op, b[i * sb])) [[unlikely]]
      return i;
    y[i] = integer_op(op, a[i * sa], b[i * sb]);
  }
  return n;
}

template <class Op, class T>
int64_t integer_test(int64_t n, const T* a, int64_t sa, const T* b, int64_t sb, bool* y) {
  for (int64_t i = 0; i < n; i++) y[i] = Op::test(a[i * sa], b[i * sb]);
  return n;
}

template <class Op, class T>
int64_t bits_row(int64_t n, const T* a, int64_t sa, const T* b, int64_t sb, T* y) {
  for (int64_t i = 0; i < n; i++) y[i] = Op::of(a[i * sa], b[i * sb]);
  return n;
}

template <class T, class... Ops>
IntegerRow<T, T> bits_of(int op, OpList<Ops...>) {
  static constexpr IntegerRow<T, T> rows[] = {bits_row<Ops, T>...};
  return rows[op];
}
template <class T, class... Ops>
IntegerRow<T, T> row_of(int op, OpList<Ops...>) {
  static constexpr IntegerRow<T, T> rows[] = {integer_row<Ops, T>...};
  return rows[op];
}
template <class T, class... Ops>
IntegerRow<T, bool> test_of(int op, OpList<Ops...>) {
  static constexpr IntegerRow<T, bool> tests[] = {integer_test<Ops, T>...};
  return tests[op];
}

template <class T, class Y, class K>
void integer_rows(const K& k, IntegerRow<T, Y> row) {
  const T *a = k.a.template as<T>(), *b = k.b.template as<T>();
  Y* y = k.y.template as<Y>();
  const int last = k.loop.ndim - 1;
  const int64_t sa = k.loop.stride[0][last], sb = k.loop.stride[1][last];
  for_broadcast_rows(k.loop, k.n, k.cost(), [&](int64_t to, int64_t n, const int64_t* from) {
    [[maybe_unused]] const int64_t done = row(n, a + from[0], sa, b + from[1], sb, y + to);
    if constexpr (std::is_same_v<K, BinaryFwd>)
      if (done < n) report(k, {.position = to + done});
  });
}

}  // namespace

void run(const UnaryFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.x.as<T>();
    T* y = k.y.as<T>();
    const T scalars[max_scalars] = {T(k.scalars[0]), T(k.scalars[1])};
    const auto row = kernels<T>().elementwise.unary_fwd[k.op];
    parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
      write_out(y, k.n, begin, end, [&](int64_t i, int64_t n, T* to) { row(n, x + i, to, scalars); }, 1, {x});
    });
  });
}

void run(const UnaryBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = k.x.as<T>(), *y = k.y.as<T>(), *dy = k.dy.as<T>();
    T* dx = k.dx.as<T>();
    // an op that does not read x or y may get any numbers
    const T *const any_x = x ? x : dy, *const any_y = y ? y : dy;
    const T scalars[max_scalars] = {T(k.scalars[0]), T(k.scalars[1])};
    const auto row = kernels<T>().elementwise.unary_bwd[k.op];
    parallel_for(k.n, k.cost(), [&](int64_t begin, int64_t end) {
      write_out(dx, k.n, begin, end,
                [&](int64_t i, int64_t n, T* to) { row(n, any_x + i, any_y + i, dy + i, to, scalars); }, 1,
                {x, y, dy});
    });
  });
}

void run(const BinaryFwd& k) {
  visit(k.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) {
      const T *a = k.a.as<T>(), *b = k.b.as<T>();
      T* y = k.y.as<T>();
      const auto row = kernels<T>().elementwise.binary_fwd[k.op][form_of(k.loop)];
      const int last = k.loop.ndim - 1;
      const int64_t sa = k.loop.stride[0][last], sb = k.loop.stride[1][last];
      for_broadcast_rows(k.loop, k.n, k.cost(), [&](int64_t at, int64_t n, const int64_t* from) {
        write_out(y, k.n, at, at + n, [&](int64_t i, int64_t m, T* to) {
          row(m, a + from[0] + (i - at) * sa, b + from[1] + (i - at) * sb, to);
        });
      });
    } else if constexpr (!std::is_same_v<T, bool>) {
      integer_rows(k, row_of<T>(k.op, BinaryOps()));
    }
  });
}

void run(const BinaryBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *a = k.a.as<T>(), *b = k.b.as<T>(), *dy = k.dy.as<T>();
    const T* y = k.y ? k.y.as<T>() : dy;  // an op that does not read y may get any numbers
    T* d = k.d.as<T>();
    const auto& table = kernels<T>().elementwise;
    const auto row = (k.operand == 0 ? table.binary_da : table.binary_db)[k.op][form_of(k.loop)];
    const int last = k.loop.ndim - 1;
    const int64_t sa = k.loop.stride[0][last], sb = k.loop.stride[1][last];
    for_broadcast_rows(k.loop, k.n, k.cost(), [&](int64_t at, int64_t n, const int64_t* from) {
      write_out(d, k.n, at, at + n, [&](int64_t i, int64_t m, T* to) {
        row(m, a + from[0] + (i - at) * sa, b + from[1] + (i - at) * sb, y + i, dy + i, to);
      });
    });
  });
}

void run(const Compare& k) {
  visit(k.a.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) {
      const T *a = k.a.as<T>(), *b = k.b.as<T>();
      uint8_t* y = k.y.as<uint8_t>();
      const auto row = kernels<T>().elementwise.compare[k.op];
      const BinaryForm form = form_of(k.loop);
      for_broadcast_rows(k.loop, k.n, k.cost(), [&](int64_t to, int64_t n, const int64_t* from) {
        row(form, n, a + from[0], b + from[1], y + to);
      });
    } else {
      integer_rows(k, test_of<T>(k.op, CompareOps()));
    }
  });
}

void run(const Bitwise& k) {
  visit_index(k.a.dtype, [&](auto zero) { integer_rows(k, bits_of<decltype(zero)>(k.op, BitwiseOps())); });
}

}  // namespace nncore::cpu
