#include "backend/kernels/reduce.h"

#include <algorithm>
#include <vector>

#include "backend/join.h"
#include "backend/kernels/scan.h"
#include "backend/kernels/sort.h"
#include "reference.h"

namespace nncore::reference {

namespace {

// f(lane, start) for each lane of (outer, n, inner), whose first element is `start`.
template <class K, class F>
void for_lanes(const K& k, F f) {
  for (int64_t lane = 0; lane < k.outer * k.inner; lane++)
    f(lane, lane / k.inner * k.n * k.inner + lane % k.inner);
}

// For no elements the sum is 0, the product 1, the maximum of bools (any) 0, and their minimum (all) 1.
template <class T, class Y, class Total>
void reduce(const Reduce& k) {
  const T* x = values<T>(k.x);
  Y* y = values<Y>(k.y);
  for_lanes(k, [&](int64_t lane, int64_t start) {
    const bool is_sum = k.op == Reduction::sum, is_product = k.op == Reduction::prod;
    Total total =
        is_sum || is_product || k.n == 0 ? Total(!is_sum && k.op != Reduction::max) : Total(x[start]);
    for (int64_t i = 0; i < k.n; i++) total = join(k.op, total, Total(x[start + i * k.inner]));
    if constexpr (std::is_floating_point_v<Y>) total *= Total(k.scale);
    y[lane] = Y(total);
  });
}

}  // namespace

void run(const Reduce& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      reduce<T, T, Wide<T>>(k);
    else if (k.op == Reduction::sum || k.op == Reduction::prod)
      reduce<T, int64_t, int64_t>(k);
    else
      reduce<T, T, T>(k);
  });
}

void run(const ArgReduce& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = values<T>(k.x);
    int64_t* y = values<int64_t>(k.y);
    for_lanes(k, [&](int64_t lane, int64_t start) {
      int64_t best = 0;
      for (int64_t i = 1; i < k.n; i++) {
        const T a = x[start + best * k.inner], b = x[start + i * k.inner];
        if (a == a && (b != b || (k.op == Reduction::max ? b > a : b < a))) best = i;
      }
      y[lane] = best;
    });
  });
}

void run(const Scan& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = values<T>(k.x);
    T* y = values<T>(k.y);
    for_lanes(k, [&](int64_t, int64_t start) {
      Wide<T> total = Wide<T>(k.op == Reduction::prod);
      for (int64_t i = 0; i < k.n; i++) {
        const int64_t at = start + (k.reverse ? k.n - 1 - i : i) * k.inner;
        total = join(k.op, total, Wide<T>(x[at]));
        y[at] = T(total);
      }
    });
  });
}

void run(const Sort& k) {
  visit(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = values<T>(k.x);
    T* sorted = values<T>(k.values);
    int64_t* indices = values<int64_t>(k.indices);
    std::vector<int64_t> order(static_cast<size_t>(k.n));
    for_lanes(k, [&](int64_t lane, int64_t start) {
      for (int64_t i = 0; i < k.n; i++) order[size_t(i)] = i;
      std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
        if (k.descending) std::swap(i, j);
        const T a = x[start + i * k.inner], b = x[start + j * k.inner];
        return a < b || (a == a && b != b);
      });
      for (int64_t i = 0; i < k.k; i++) {
        const int64_t to = lane / k.inner * k.k * k.inner + i * k.inner + lane % k.inner;
        indices[to] = order[size_t(i)];
        sorted[to] = x[start + indices[to] * k.inner];
      }
    });
  });
}

}  // namespace nncore::reference
