// The levels that the host's processor runs, and its measured limits.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace nncore {

std::vector<std::string> level_names();   // the levels that this processor can run, in rising order
std::string level_name();                 // the active level
void set_level(const std::string& name);  // raises a ValueError that lists the levels
void choose_level();                      // sets the level of NNCORE_ISA, or the highest

// The limits of this machine on the active level.
struct Limits {
  double fma_f32, fma_f64;  // operations per second; a fused multiply-add counts as two
  double triad, read;       // bytes per second; a = b + s * c counts as three arrays, as in STREAM
};

// The best rates within about `seconds` each. bytes: the size of all streams; 0 for four times the
// last-level cache.
Limits measure_limits(int threads, double seconds = 0.1, int64_t bytes = 0);

// The path of a float32 product of this shape on one thread; see docs/products.md.
struct ProductShape {
  int64_t m, n, k;
  bool trans_a, trans_b;
};
const char* product_path(ProductShape shape);

}  // namespace nncore
