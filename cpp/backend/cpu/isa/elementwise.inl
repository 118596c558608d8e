// The loops around the formulas. Whole vectors and the masked tail use the same code, so the result of an
// element does not depend on its position.
#include "../../elementwise_list.h"

template <class Op, class V, class T>
struct ScalarLanes {
  V s[scalar_count<Op> + 1];
  explicit ScalarLanes(const T* scalars) {
    for (int i = 0; i < scalar_count<Op>; i++) s[i] = V(scalars[i]);
  }
};

template <class Op, class T>
NNCORE_FLATTEN void unary_fwd(int64_t n, const T* x, T* y, const T* scalars) {
  using V = Lanes<T>;
  const ScalarLanes<Op, V, T> s(scalars);
  for (int64_t i = 0; i < n; i += V::lanes)
    store_some(y + i, Op::fwd(load_some<V>(x + i, n - i), s.s), n - i);
}

template <class Op, class T>
NNCORE_FLATTEN void unary_bwd(int64_t n, const T* x, const T* y, const T* dy, T* dx, const T* scalars) {
  using V = Lanes<T>;
  const ScalarLanes<Op, V, T> s(scalars);
  for (int64_t i = 0; i < n; i += V::lanes) {
    const V d = load_some<V>(dy + i, n - i);
    V vx = d, vy = d;
    if constexpr (reads(Op::needs, Needs::x)) vx = load_some<V>(x + i, n - i);
    if constexpr (reads(Op::needs, Needs::y)) vy = load_some<V>(y + i, n - i);
    store_some(dx + i, Op::bwd(vx, vy, d, s.s), n - i);
  }
}

// An operand of a binary op: a vector, or a single value for all elements.
template <bool single, class V, class T>
struct Operand {
  const T* p;
  V all;
  explicit Operand(const T* p) : p(p), all(single ? *p : T(0)) {}
  V at(int64_t i, int64_t left) const { return single ? all : load_some<V>(p + i, left); }
};

template <class Op, int form, class T>
NNCORE_FLATTEN void binary_fwd(int64_t n, const T* a, const T* b, T* y) {
  using V = Lanes<T>;
  if (n == 0) return;
  const Operand<form == nncore::a_single, V, T> va(a);
  const Operand<form == nncore::b_single, V, T> vb(b);
  for (int64_t i = 0; i < n; i += V::lanes)
    store_some(y + i, Op::fwd(va.at(i, n - i), vb.at(i, n - i)), n - i);
}

template <class Op, int form, bool second, class T>
NNCORE_FLATTEN void binary_bwd(int64_t n, const T* a, const T* b, const T* y, const T* dy, T* dx) {
  using V = Lanes<T>;
  constexpr Needs needs = second ? Op::db_needs : Op::da_needs;
  if (n == 0) return;
  constexpr bool use_a = reads(needs, Needs::a), use_b = reads(needs, Needs::b);
  const Operand<form == nncore::a_single, V, T> va(use_a ? a : dy);
  const Operand<form == nncore::b_single, V, T> vb(use_b ? b : dy);
  for (int64_t i = 0; i < n; i += V::lanes) {
    const V d = load_some<V>(dy + i, n - i);
    V xa = d, xb = d, vy = d;
    if constexpr (use_a) xa = va.at(i, n - i);
    if constexpr (use_b) xb = vb.at(i, n - i);
    if constexpr (reads(needs, Needs::y)) vy = load_some<V>(y + i, n - i);
    if constexpr (second)
      store_some(dx + i, Op::db(xa, xb, vy, d), n - i);
    else
      store_some(dx + i, Op::da(xa, xb, vy, d), n - i);
  }
}

// Comparisons and selections are exact, so the compiler may vectorize them. A single operand of a comparison
// is first repeated into a block.
template <class Op, class T>
void compare(nncore::BinaryForm form, int64_t n, const T* a, const T* b, uint8_t* y) {
  constexpr int64_t block = 256;
  T repeated[block];
  if (form != nncore::both_vectors)
    for (int64_t i = 0; i < (n < block ? n : block); i++) repeated[i] = form == nncore::a_single ? *a : *b;
  for (int64_t i = 0; i < n; i += block) {
    const T *va = form == nncore::a_single ? repeated : a + i,
            *vb = form == nncore::b_single ? repeated : b + i;
    const int64_t end = n - i < block ? n - i : block;
    for (int64_t j = 0; j < end; j++) y[i + j] = Op::test(va[j], vb[j]);
  }
}

template <int form, class T>
void select_by(int64_t n, const uint8_t* mask, const T* a, const T* b, T* y) {
  for (int64_t i = 0; i < n; i++)
    y[i] = mask[i] ? (form == nncore::a_single ? *a : a[i]) : (form == nncore::b_single ? *b : b[i]);
}

template <class T>
void fill_with(int64_t n, T value, T* y) {
  for (int64_t i = 0; i < n; i++) y[i] = value;
}

template <class T>
void stream_out(int64_t n, const T* x, T* y) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) V::load(x + i).stream(y + i);
  if (i < n) V::load_n(x + i, n - i).store_n(y + i, n - i);
}

template <class T, class List>
struct UnaryTable;
template <class T, class... Ops>
struct UnaryTable<T, OpList<Ops...>> {
  static constexpr typename nncore::ElementwiseKernels<T>::UnaryFwd fwd[] = {unary_fwd<Ops, T>...};
  static constexpr typename nncore::ElementwiseKernels<T>::UnaryBwd bwd[] = {unary_bwd<Ops, T>...};
};

template <class T, class List>
struct BinaryTable;
template <class T, class... Ops>
struct BinaryTable<T, OpList<Ops...>> {
  using Fwd = typename nncore::ElementwiseKernels<T>::BinaryFwd;
  using Bwd = typename nncore::ElementwiseKernels<T>::BinaryBwd;
  static constexpr Fwd fwd[][3] = {{binary_fwd<Ops, 0, T>, binary_fwd<Ops, 1, T>, binary_fwd<Ops, 2, T>}...};
  static constexpr Bwd da[][3] = {
      {binary_bwd<Ops, 0, false, T>, binary_bwd<Ops, 1, false, T>, binary_bwd<Ops, 2, false, T>}...};
  static constexpr Bwd db[][3] = {
      {binary_bwd<Ops, 0, true, T>, binary_bwd<Ops, 1, true, T>, binary_bwd<Ops, 2, true, T>}...};
};

template <class T, class List>
struct CompareTable;
template <class T, class... Ops>
struct CompareTable<T, OpList<Ops...>> {
  using Compare = typename nncore::ElementwiseKernels<T>::Compare;
  static constexpr Compare test[] = {compare<Ops, T>...};
};

template <class T>
constexpr nncore::ElementwiseKernels<T> make_kernels() {
  using Unary = UnaryTable<T, UnaryOps>;
  using Binary = BinaryTable<T, BinaryOps>;
  return {Unary::fwd,
          Unary::bwd,
          Binary::fwd,
          Binary::da,
          Binary::db,
          CompareTable<T, CompareOps>::test,
          {select_by<0, T>, select_by<1, T>, select_by<2, T>},
          fill_with<T>,
          Reg<T>::lanes * sizeof(T) >= 32 ? stream_out<T> : nullptr};
}

constexpr nncore::Family<nncore::ElementwiseKernels> kernels = {make_kernels<float>(),
                                                                make_kernels<double>()};
