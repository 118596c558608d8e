// A unit of work of a correlation: a strip of some images, for the rows of some panels of a group.
#pragma once
#include "../dispatch.h"
#include "correlation.h"
#include "panels.h"

namespace nncore::cpu {

struct Unit {
  int64_t first_image, images;
  int64_t begin, strip;  // positions along the axis of strips
  int64_t group;
  Span panels;

  // Elements of the output from one position along the axis of strips to the next.
  template <class T>
  static int64_t out_stride(const Correlation<T>& c) {
    int64_t stride = c.axis[c.across()].out_step;
    for (int a = c.across() + 1; a < 3; a++) stride *= c.axis[a].out;
    return stride;
  }
  // The element of the output that position 0 of row 0 in image i writes, but for out_first.
  template <class T>
  int64_t first_output(const Correlation<T>& c, int64_t i = 0) const {
    return ((first_image + i) * c.groups + group) * c.rows * c.outputs() + begin * out_stride(c);
  }

  // The activation, while the strip is in the cache; the forward pass computes whole strips.
  template <class T>
  void activate(const Correlation<T>& c, const Panels<T>& all) const {
    if (c.activation < 0) return;
    const auto f = kernels<T>().elementwise.unary_fwd[c.activation];
    const int64_t end = panels.end == all.count() ? c.rows : all.row(panels.end);
    for (int64_t i = 0; i < images; i++)
      for (int64_t r = all.row(panels.begin); r < end; r++) {
        const int64_t at = first_output(c, i) + r * c.outputs();
        f(strip * out_stride(c), c.z + at, c.y + at, nullptr);
      }
  }
};

}  // namespace nncore::cpu
