// Shared by forward and backward of a recurrent layer: the order of steps and the division of the work.
#pragma once
#include <algorithm>

#include "../../../core/parallel.h"
#include "../../kernels/recurrent.h"
#include "../span.h"

namespace nncore::cpu {

struct RecurrentOrder {
  const RecurrentSpec& spec;

  // The row of step s in x, y and the saved values; s counts in the direction of the layer.
  int64_t row(int64_t s) const { return (spec.reverse ? spec.steps - 1 - s : s) * spec.batch; }

  // Calls f(s, rows, units) for the given steps in order. Sequences are independent: if there are enough,
  // each thread runs all steps of some sequences, some units at a time, whose weights then stay in the
  // second-level cache for all panels of rows. Else each step is a region of its own, split by units, so that
  // every thread reads only its part of the weights.
  template <class F>
  void walk(int64_t cost, int64_t from, int64_t to, F&& f) const {
    constexpr int64_t rows_enough = 8, unit = 16, most_units = 128;
    const int64_t team = team_size(cost), count = std::abs(to - from), by = from < to ? 1 : -1;
    const int64_t pieces = spec.projected ? 1 : ceil_div(spec.hidden, most_units);
    if (team == 1 || spec.projected || spec.batch >= rows_enough * team) {
      const int64_t parts = std::min(team, spec.batch);
      parallel_for(parts, cost, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++)
          for (int64_t n = 0; n < count * pieces; n++) {
            if (n % 16 == 15 && interrupted()) return;
            f(from + n / pieces * by, part(spec.batch, parts, i),
              part(spec.hidden, pieces, n % pieces, unit));
          }
      });
      return;
    }
    const int64_t parts = std::min(team, ceil_div(spec.hidden, unit));
    for (int64_t n = 0; n < count && !interrupted(); n++)
      parallel_for(parts, cost / count, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++)
          f(from + n * by, Span{0, spec.batch}, part(spec.hidden, parts, i, unit));
      });
  }
};

// The rows of an array. With ld = 0, one row is used for all.
template <class T>
struct Rows {
  T* data;
  int64_t ld;
  T* at(int64_t i) const { return data + i * ld; }
};

}  // namespace nncore::cpu
