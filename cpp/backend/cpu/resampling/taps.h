// The elements of an axis that give a value between them, and their weights.
#pragma once
#include <algorithm>
#include <cmath>

#include "../../kernels/resample.h"
#include "../scratch.h"

namespace nncore::cpu {

// The weights of four elements for the position t in [0, 1] between the second and the third (Keys 1981), and
// their derivatives.
template <class T>
struct Cubic {
  static constexpr T a = T(-0.75);
  static T near(T x) { return ((a + 2) * x - (a + 3)) * x * x + 1; }       // |x| <= 1
  static T far(T x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; }  // 1 < |x| < 2
  static T near_slope(T x) { return (3 * (a + 2) * x - 2 * (a + 3)) * x; }
  static T far_slope(T x) { return (3 * a * x - 10 * a) * x + 8 * a; }

  static void weights(T t, T* w) { w[0] = far(t + 1), w[1] = near(t), w[2] = near(1 - t), w[3] = far(2 - t); }
  static void slopes(T t, T* d) {
    d[0] = far_slope(t + 1), d[1] = near_slope(t), d[2] = -near_slope(1 - t), d[3] = -far_slope(2 - t);
  }
};

// The taps of all m values along an axis of n elements: `count` of each. Positions are computed in float64,
// but those of the nearest element as PyTorch does, in float32.
template <class T>
class Taps {
 public:
  explicit Taps(const Resampling& s) : count(taps_of(s.kind)), at_(s.m * count), weight_(s.m * count) {
    for (int64_t o = 0; o < s.m; o++) place(s, o, at_.data() + o * count, weight_.data() + o * count);
  }
  const int64_t* at(int64_t o) const { return at_.data() + o * count; }
  const T* weight(int64_t o) const { return weight_.data() + o * count; }

  const int64_t count;

 private:
  static void place(const Resampling& s, int64_t o, int64_t* at, T* weight) {
    const double middle = double(o) + (s.kind == Interpolation::nearest ? 0 : 0.5), scale = s.scale;
    const auto inside = [&](double i) { return int64_t(std::clamp(i, 0.0, double(s.n - 1))); };
    if (taps_of(s.kind) == 1) {
      at[0] = inside(std::floor(float(middle * double(float(scale)))));
      weight[0] = 1;
      return;
    }
    const double position = s.align_corners ? double(o) * scale : middle * scale - 0.5;
    if (s.kind == Interpolation::linear) {
      const double from = std::clamp(position, 0.0, double(s.n - 1)), first = std::floor(from);
      at[0] = inside(first), at[1] = inside(first + 1);
      weight[0] = T(1 - (from - first)), weight[1] = T(from - first);
      return;
    }
    const double first = std::floor(position);
    double w[4];
    Cubic<double>::weights(position - first, w);
    for (int k = 0; k < 4; k++) at[k] = inside(first + k - 1), weight[k] = T(w[k]);
  }
  const Scratch<int64_t> at_;
  const Scratch<T> weight_;
};

}  // namespace nncore::cpu
