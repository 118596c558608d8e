#include <algorithm>

#include "../../core/parallel.h"
#include "../backend.h"
#include "kernels.h"

namespace nncore::cpu {
namespace {

// What comes once, which says how many elements there are; and the work on some of them.
struct Slices {
  int64_t (*begin)(const Call&);
  void (*slice)(const Call&, int64_t begin, int64_t end);
};

constexpr Slices slices[] = {
#define NNCORE_KERNEL(name) {},
#define NNCORE_SLICED(name) {name##_begin, name##_slice},
#include "../kernel_list.inl"
#undef NNCORE_KERNEL
};

// The elements of all calls, one after another, are one range: one hand-over to the team.
void together(const Call* const* calls, int count) {
  int64_t ends[max_together], n = 0, cost = 0;
  for (int i = 0; i < count; i++) {
    ends[i] = n += slices[size_t(calls[i]->kernel)].begin(*calls[i]);
    cost += calls[i]->cost;
  }
  parallel_for(n, cost, [&](int64_t begin, int64_t end) {
    for (int i = int(std::upper_bound(ends, ends + count, begin) - ends); begin < end; i++) {
      const int64_t first = i == 0 ? 0 : ends[i - 1], to = std::min(end, ends[i]);
      slices[size_t(calls[i]->kernel)].slice(*calls[i], begin - first, to - first);
      begin = to;
    }
  });
}

void run_sliced(const Call& call) {
  const Call* one = &call;
  together(&one, 1);
}

}  // namespace
}  // namespace nncore::cpu

namespace nncore {

const Backend cpu_backend = {{
#define NNCORE_KERNEL(name) cpu::name,
#define NNCORE_SLICED(name) cpu::run_sliced,
#include "../kernel_list.inl"
#undef NNCORE_KERNEL
                             },
                             {
#define NNCORE_KERNEL(name) false,
#define NNCORE_SLICED(name) true,
#include "../kernel_list.inl"
#undef NNCORE_KERNEL
                             },
                             cpu::together,
                             cpu::piecewise};

}  // namespace nncore
