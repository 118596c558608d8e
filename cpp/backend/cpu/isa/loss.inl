// Rows of softmax, cross-entropy and squared error.
#include "../../math.h"
//
#include "walk.inl"

// max + log(sum(exp(x - max))); an infinite max stands for itself (all -inf, or a +inf)
template <class T>
T row_lse(int64_t n, const T* x) {
  using V = Vec<T>;
  const T top = reduce_chunk<T, MaxJoin>(n, x);
  if (top - top != T(0)) return top;
  const T sum = reduce_terms<T, SumJoin>(
      n, [=](int64_t i, int64_t m) { return exp(load_some<Vec<T>>(x + i, m) - V(top)); });
  return top + log(V(sum)).first();
}

template <class T>
void exp_minus(int64_t n, const T* x, T shift, T scale, T* y) {
  using V = Vec<T>;
  map_row(n, y, [=](int64_t i, int64_t m) { return exp(load_some<Vec<T>>(x + i, m) - V(shift)) * V(scale); });
}

template <class T>
void scale_shift(int64_t n, const T* x, T scale, T shift, T* y) {
  using V = Vec<T>;
  map_row(n, y, [=](int64_t i, int64_t m) { return fma(load_some<Vec<T>>(x + i, m), V(scale), V(shift)); });
}

template <class T>
void scaled_difference(int64_t n, const T* a, const T* b, T scale, T* y) {
  map_row(n, y, [=](int64_t i, int64_t m) {
    return (load_some<Vec<T>>(a + i, m) - load_some<Vec<T>>(b + i, m)) * Vec<T>(scale);
  });
}

template <class T>
void softmax_bwd_row(int64_t n, const T* y, const T* dy, T sum, T* dx) {
  map_row(n, dx, [=](int64_t i, int64_t m) {
    return load_some<Vec<T>>(y + i, m) * (load_some<Vec<T>>(dy + i, m) - Vec<T>(sum));
  });
}

template <class T>
void log_softmax_bwd_row(int64_t n, const T* y, const T* dy, T sum, T* dx) {
  using V = Vec<T>;
  map_row(n, dx, [=](int64_t i, int64_t m) {
    return fma(exp(load_some<Vec<T>>(y + i, m)), V(-sum), load_some<Vec<T>>(dy + i, m));
  });
}

template <class T>
constexpr nncore::LossKernels<T> make_kernels() {
  return {row_lse<T>,           exp_minus<T>,       scale_shift<T>,
          scaled_difference<T>, softmax_bwd_row<T>, log_softmax_bwd_row<T>};
}

constexpr nncore::Family<nncore::LossKernels> kernels = {make_kernels<float>(), make_kernels<double>()};
