// The limits of one level: as many independent chains as a tile of the matrix product, and plain streams.

// One field per register: compilers keep fields in registers across a loop, but not an array.
template <class R, int count>
struct Chains {
  typename R::Raw sum;
  Chains<R, count - 1> rest;

  template <class T>
  void load(const T* p) {
    sum = R::load(p);
    rest.load(p + R::lanes);
  }
  template <class T>
  void store(T* p) const {
    R::store(p, sum);
    rest.store(p + R::lanes);
  }
  void add_products(typename R::Raw a, typename R::Raw b) {
    R::accumulate(sum, a, b);
    rest.add_products(a, b);
  }
};
template <class R>
struct Chains<R, 0> {
  template <class T>
  void load(const T*) {}
  template <class T>
  void store(T*) const {}
  void add_products(typename R::Raw, typename R::Raw) {}
};

// values: one register per chain. They stay finite, because a chain adds and subtracts a quarter in turn.
template <class T>
int64_t limits_fma(int64_t steps, T* values) {
  using R = Reg<T>;
  constexpr int chains = R::tile_rows * R::tile_regs;
  Chains<R, chains> sums;
  const typename R::Raw half = R::set1(T(0.5)), minus = R::set1(T(-0.5));
  sums.load(values);
  for (int64_t s = 0; s < steps; s++) {
    sums.add_products(half, half);
    sums.add_products(half, minus);
  }
  sums.store(values);
  return steps * 2 * chains * R::lanes * 2;
}

template <class T>
void limits_triad(int64_t n, T s, const T* a, const T* b, T* out) {
  using V = Vec<T>;
  const V scale = V(s);
  int64_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) fma(scale, V::load(b + i), V::load(a + i)).store(out + i);
  for (; i < n; i++) out[i] = a[i] + s * b[i];
}

template <class T>
T limits_read(int64_t n, const T* a) {
  using V = Vec<T>;
  V sum[4] = {V(T(0)), V(T(0)), V(T(0)), V(T(0))};
  for (int64_t i = 0; i + 4 * V::lanes <= n; i += 4 * V::lanes)
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) sum[j] = sum[j] + V::load(a + i + j * V::lanes);
  T lanes[V::lanes];
  (sum[0] + sum[1] + (sum[2] + sum[3])).store(lanes);
  return lanes[0];
}

template <class T>
constexpr nncore::LimitsKernels<T> make_kernels() {
  return {limits_fma<T>, limits_triad<T>, limits_read<T>};
}

constexpr nncore::Family<nncore::LimitsKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
