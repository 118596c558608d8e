// Shapes of up to eight axes, stored in the object.
#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <ostream>

#include "error.h"

namespace nncore {

class Shape {
 public:
  static constexpr int max_ndim = 8;

  Shape() = default;
  Shape(const Shape& o) : ndim_(o.ndim_) { std::copy_n(o.size_, ndim_, size_); }
  Shape& operator=(const Shape& o) {
    ndim_ = o.ndim_;
    std::copy_n(o.size_, ndim_, size_);
    return *this;
  }
  Shape(std::initializer_list<int64_t> sizes) {
    for (int64_t s : sizes) push_back(s);
  }

  int ndim() const { return ndim_; }
  int64_t operator[](int i) const { return size_[i]; }
  int64_t& operator[](int i) { return size_[i]; }
  int64_t back(int i = 1) const { return size_[ndim_ - i]; }
  const int64_t* begin() const { return size_; }
  const int64_t* end() const { return size_ + ndim_; }
  int64_t* begin() { return size_; }
  int64_t* end() { return size_ + ndim_; }
  void push_back(int64_t size) {
    check(ndim_ < max_ndim, "tensor: more than ", max_ndim, " axes are not supported");
    size_[ndim_++] = size;
  }
  void pop_back() { ndim_--; }

  int64_t numel() const {
    int64_t n = 1;
    for (int i = 0; i < ndim_; i++) n *= size_[i];
    return n;
  }
  // The product of the sizes of axes [first, last).
  int64_t span(int first, int last) const {
    int64_t n = 1;
    for (int i = first; i < last; i++) n *= size_[i];
    return n;
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    return a.ndim_ == b.ndim_ && std::equal(a.begin(), a.end(), b.begin());
  }
  friend std::ostream& operator<<(std::ostream& out, const Shape& s) {
    out << '(';
    for (int i = 0; i < s.ndim_; i++) out << (i ? ", " : "") << s[i];
    return out << (s.ndim_ == 1 ? ",)" : ")");
  }

 private:
  int64_t size_[max_ndim];
  int ndim_ = 0;
};

using Strides = Shape;

// Row-major strides in elements.
Strides contiguous_strides(const Shape& shape);
// The shape to which both broadcast (NumPy's rule). Raises a ValueError that names op and both shapes.
Shape broadcast(const char* op, const Shape& a, const Shape& b);
// The strides of `from` broadcast to `to`: zero along the broadcast axes.
Strides broadcast_strides(const Shape& from, const Shape& to);
// A negative axis counts from the end. Raises an IndexError that names op and the range.
int normalize_axis(const char* op, int64_t axis, int ndim);
// Raises a ValueError for a negative size, or if numel() * item_size overflows.
void check_sizes(const char* op, const Shape& shape, size_t item_size);

}  // namespace nncore
