// Sums of chunks of k, added in order, beyond most_chunks in float64 (backend/order.h).
#pragma once
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../cost.h"
#include "../../order.h"
#include "../scratch.h"

namespace nncore::cpu {

template <class T>
class ChunkSums {
 public:
  // Each chunk has `size` sums.
  ChunkSums(int64_t chunks, int64_t size)
      : chunks_(chunks),
        size_(size),
        most_(std::min(chunks, most_chunks)),
        sums_(most_ * size),
        totals_(chunks > most_chunks ? size : 0) {}

  // compute(first, count, to) stores the sums of `count` chunks from `first` on, one chunk after another.
  // Returns the totals.
  template <class F>
  const T* add(F compute) const {
    for (int64_t first = 0; first < chunks_; first += most_) {
      const int64_t count = std::min(most_, chunks_ - first);
      compute(first, count, sums_.data());
      join(first, count);
    }
    return sums_.data();
  }

 private:
  void join(int64_t first, int64_t count) const {
    T* const sums = sums_.data();
    double* const totals = totals_.data();
    parallel_for(size_, byte_cost(size_ * count * int64_t(sizeof(T)) * 2), [&](int64_t begin, int64_t end) {
      for (int64_t i = 1; i < count; i++)
        for (int64_t at = begin; at < end; at++) sums[at] += sums[i * size_ + at];
      for (int64_t at = begin; totals && at < end; at++) {
        totals[at] = first ? totals[at] + double(sums[at]) : double(sums[at]);
        sums[at] = T(totals[at]);
      }
    });
  }

  const int64_t chunks_, size_, most_;
  const Scratch<T> sums_;
  const Scratch<double> totals_;
};

}  // namespace nncore::cpu
