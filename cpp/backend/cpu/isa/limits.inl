// The limits of one level: as many independent chains as a tile of the matrix product has, and plain streams.

// values: a register of each chain. They stay finite, as a chain adds and takes away a quarter in turn.
template <class T>
int64_t limits_fma(int64_t steps, T* values) {
  using R = Reg<T>;
  constexpr int chains = R::tile_rows * R::tile_regs;
  typename R::Raw sum[chains];
  const typename R::Raw half = R::set1(T(0.5)), minus = R::set1(T(-0.5));
  for (int i = 0; i < chains; i++) sum[i] = R::load(values + i * R::lanes);
  for (int64_t s = 0; s < steps; s++) {
#pragma GCC unroll 32
    for (int i = 0; i < chains; i++) R::accumulate(sum[i], half, half);
#pragma GCC unroll 32
    for (int i = 0; i < chains; i++) R::accumulate(sum[i], half, minus);
  }
  for (int i = 0; i < chains; i++) R::store(values + i * R::lanes, sum[i]);
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
constexpr nncore::LimitsKernels<T> limits_kernels() {
  return {limits_fma<T>, limits_triad<T>, limits_read<T>};
}
