// What the host's processor offers: instruction-set levels and measured limits.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace nncore {

std::vector<std::string> level_names();   // of the levels that this processor can run, lowest first
std::string level_name();                 // of the level in use
void set_level(const std::string& name);  // ValueError lists the choices
void choose_level();                      // the highest, or what NNCORE_ISA asks for

// The most that this machine can do, with the level in use.
struct Limits {
  double fma_f32, fma_f64;  // operations per second; a fused multiply-add counts as two
  double triad, read;       // bytes per second; a = b + s * c counts three arrays, as STREAM does
};

// The best rates seen within about `seconds` each. bytes: of the streams together; 0 for four times the last
// cache.
Limits measure_limits(int threads, double seconds = 0.1, int64_t bytes = 0);

}  // namespace nncore
