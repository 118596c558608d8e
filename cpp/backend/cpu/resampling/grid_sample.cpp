// Values of planes at points. The elements around a block of points, with their weights, are found once for
// all channels.
#include "../../../core/parallel.h"
#include "../../kernels/reduce.h"
#include "../dispatch.h"
#include "taps.h"

namespace nncore::cpu {

namespace {

// floor(x) for |x| < 2^63, without a call of the library
template <class T>
T floor_of(T x) {
  const T whole = T(int64_t(x));
  return whole > x ? whole - 1 : whole;
}

// A position on an axis, and its derivative with respect to the coordinate of the grid.
template <class T>
struct Position {
  T at, slope;
};

// The coordinate c of a grid as a position on an axis of n elements; NaN counts as -1. Beyond 1e18 all
// positions are equal, so that each fits in 64 bits.
template <class T>
Position<T> position_of(T c, int64_t n, bool align_corners) {
  if (c != c) return {align_corners ? T(0) : T(-0.5), 0};
  const T at = align_corners ? (c + 1) / 2 * T(n - 1) : ((c + 1) * T(n) - 1) / 2;
  return {std::clamp(at, T(-1e18), T(1e18)), T(align_corners ? n - 1 : n) / 2};
}

template <class T>
Position<T> clipped(const Position<T>& p, int64_t n) {
  if (p.at <= 0) return {0, 0};
  if (p.at >= T(n - 1)) return {T(n - 1), 0};
  return p;
}

// p reflected, until it is inside, at the middles of the first and last element or at their outer edges.
template <class T>
Position<T> reflected(Position<T> p, int64_t n, bool at_middles) {
  const T low = at_middles ? T(0) : T(-0.5), span = T(at_middles ? n - 1 : n);
  if (span == 0) return {0, 0};
  if (p.at < low) p = {2 * low - p.at, -p.slope};
  const T from = p.at - low, rest = std::fmod(from, span);
  const bool backward = std::fmod(from, 2 * span) >= span;
  return backward ? Position<T>{low + (span - rest), -p.slope} : Position<T>{low + rest, p.slope};
}

template <class T>
Position<T> moved_inside(const Position<T>& p, int64_t n, const Sampling& s) {
  if (s.beyond == Beyond::zeros) return p;
  return clipped(s.beyond == Beyond::reflection ? reflected(p, n, s.align_corners) : p, n);
}

// The elements of an axis around a coordinate, with their weights and the derivatives of the weights with
// respect to the coordinate. Those beyond the axis are left out.
template <class T>
struct AxisTaps {
  int count = 0;
  int64_t at[4];
  T weight[4], slope[4];

  AxisTaps() { add(1, 0, 1, 0); }  // an axis that the grid does not have
  AxisTaps(T coordinate, int64_t n, const Sampling& s) {
    Position<T> p = position_of(coordinate, n, s.align_corners);
    if (s.kind != Interpolation::cubic) p = moved_inside(p, n, s);
    const T first = floor_of(p.at), t = p.at - first;
    if (s.kind == Interpolation::nearest) {
      add(n, std::nearbyint(p.at), 1, 0);
    } else if (s.kind == Interpolation::linear) {
      add(n, first, 1 - t, -p.slope);
      add(n, first + 1, t, p.slope);
    } else {
      T w[4], d[4];
      Cubic<T>::weights(t, w);
      Cubic<T>::slopes(t, d);
      for (int k = 0; k < 4; k++)
        add(n, moved_inside(Position<T>{first + T(k - 1), 0}, n, s).at, w[k], d[k] * p.slope);
    }
  }

 private:
  void add(int64_t n, T i, T w, T d) {
    const int64_t index = int64_t(i);
    if (index < 0 || index >= n) return;
    at[count] = index, weight[count] = w, slope[count++] = d;
  }
};

// The elements of a plane around some points, in row-major order: from begin[j] to begin[j + 1] those around
// point j.
template <class T>
struct Surroundings {
  static constexpr int most_points = 32, most = 16 * most_points;
  int begin[most_points + 1];
  int64_t at[most];
  T weight[most], slope[3][most];  // slope[a]: the derivative with respect to coordinate a

  void find(const T* points, int64_t n, const Sampling& s) {
    const auto& [depth, height, width] = s.sizes;
    int e = 0;
    for (int64_t p = 0; p < n; p++, points += s.axes) {
      begin[p] = e;
      const AxisTaps<T> x(points[0], width, s), y(points[1], height, s),
          z = s.axes == 3 ? AxisTaps<T>(points[2], depth, s) : AxisTaps<T>();
      for (int k = 0; k < z.count; k++)
        for (int j = 0; j < y.count; j++)
          for (int i = 0; i < x.count; i++, e++) {
            at[e] = (z.at[k] * height + y.at[j]) * width + x.at[i];
            weight[e] = z.weight[k] * y.weight[j] * x.weight[i];
            slope[0][e] = z.weight[k] * y.weight[j] * x.slope[i];
            slope[1][e] = z.weight[k] * y.slope[j] * x.weight[i];
            slope[2][e] = z.slope[k] * y.weight[j] * x.weight[i];
          }
    }
    begin[n] = e;
  }
};

// Calls f(sample, p, n, around) for the points [begin, end) of all samples, in blocks of n points from p on
// in a sample.
template <class T, class F>
void for_blocks(const Sampling& s, const In& grid, int64_t begin, int64_t end, F f) {
  Surroundings<T> around;
  for (int64_t i = begin; i < end;) {
    const int64_t sample = i / s.points, p = i % s.points;
    const int64_t n = std::min({int64_t(around.most_points), end - i, s.points - p});
    around.find(grid.as<T>() + i * s.axes, n, s);
    f(sample, p, n, around);
    i += n;
  }
}

template <class T>
void input_gradient(const GridSampleBwd& k) {
  const Sampling& s = k.shape;
  parallel_for(s.batch * s.channels, k.cost() / 2, [&](int64_t begin, int64_t end) {
    std::fill(k.dx.as<T>() + begin * s.plane(), k.dx.as<T>() + end * s.plane(), T(0));
    for (int64_t sample = begin / s.channels; sample * s.channels < end; sample++) {
      const int64_t first = std::max(begin, sample * s.channels),
                    last = std::min(end, (sample + 1) * s.channels);
      for_blocks<T>(s, k.grid, sample * s.points, (sample + 1) * s.points,
                    [&](int64_t, int64_t p, int64_t n, const Surroundings<T>& around) {
                      for (int64_t c = first; c < last; c++) {
                        const T* const dy = k.dy.as<T>() + c * s.points + p;
                        T* const dx = k.dx.as<T>() + c * s.plane();
                        for (int64_t j = 0; j < n; j++)
                          for (int e = around.begin[j]; e < around.begin[j + 1]; e++)
                            dx[around.at[e]] += around.weight[e] * dy[j];
                      }
                    });
    }
  });
}

template <class T>
void grid_gradient(const GridSampleBwd& k) {
  const Sampling& s = k.shape;
  parallel_for(s.batch * s.points, k.cost() / 2, [&](int64_t begin, int64_t end) {
    for_blocks<T>(s, k.grid, begin, end,
                  [&](int64_t sample, int64_t p, int64_t n, const Surroundings<T>& around) {
                    T sum[Surroundings<T>::most_points][3] = {};
                    for (int64_t c = sample * s.channels; c < (sample + 1) * s.channels; c++) {
                      const T* const x = k.x.as<T>() + c * s.plane();
                      const T* const dy = k.dy.as<T>() + c * s.points + p;
                      for (int64_t j = 0; j < n; j++)
                        for (int e = around.begin[j]; e < around.begin[j + 1]; e++) {
                          const T value = x[around.at[e]] * dy[j];
                          for (int a = 0; a < 3; a++) sum[j][a] += value * around.slope[a][e];
                        }
                    }
                    T* const dgrid = k.dgrid.as<T>() + (sample * s.points + p) * s.axes;
                    for (int64_t j = 0; j < n; j++) std::copy_n(sum[j], s.axes, dgrid + j * s.axes);
                  });
  });
}

}  // namespace

// The threads split the points.
void run(const GridSampleFwd& k) {
  visit_float(k.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Sampling& s = k.shape;
    parallel_for(s.batch * s.points, k.cost(), [&](int64_t begin, int64_t end) {
      for_blocks<T>(s, k.grid, begin, end,
                    [&](int64_t sample, int64_t p, int64_t n, const Surroundings<T>& around) {
                      for (int64_t c = sample * s.channels; c < (sample + 1) * s.channels; c++) {
                        const T* const x = k.x.as<T>() + c * s.plane();
                        T* const y = k.y.as<T>() + c * s.points + p;
                        for (int64_t j = 0; j < n; j++) {
                          T sum = 0;
                          for (int e = around.begin[j]; e < around.begin[j + 1]; e++)
                            sum += around.weight[e] * x[around.at[e]];
                          y[j] = sum;
                        }
                      }
                    });
    });
  });
}

// The threads split the planes of dx and the points of dgrid.
void run(const GridSampleBwd& k) {
  visit_float(k.dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (k.dx) input_gradient<T>(k);
    if (k.dgrid) grid_gradient<T>(k);
  });
}

}  // namespace nncore::cpu
