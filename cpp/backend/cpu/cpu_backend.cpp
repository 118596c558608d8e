#include "cpu_backend.h"

#include <algorithm>
#include <cstring>

#include "../../core/allocator.h"
#include "../../core/parallel.h"
#include "../kernels/attention.h"
#include "../kernels/conv.h"
#include "../kernels/copy.h"
#include "../kernels/dropout.h"
#include "../kernels/elementwise.h"
#include "../kernels/embedding.h"
#include "../kernels/fold.h"
#include "../kernels/index.h"
#include "../kernels/loss.h"
#include "../kernels/mask.h"
#include "../kernels/norm.h"
#include "../kernels/optim.h"
#include "../kernels/pad.h"
#include "../kernels/pool.h"
#include "../kernels/product.h"
#include "../kernels/random.h"
#include "../kernels/recurrent.h"
#include "../kernels/reduce.h"
#include "../kernels/resample.h"
#include "../kernels/scan.h"
#include "../kernels/softmax.h"
#include "../kernels/sort.h"

namespace nncore::cpu {

#define NNCORE_KERNEL(name, Type) void run(const Type& k);
#define NNCORE_SLICED(name, Type)                        \
  int64_t elements(const Type& k);                       \
  void slice(const Type& k, int64_t begin, int64_t end); \
  void finish(const Type& k);
#include "../kernel_list.inl"
#undef NNCORE_KERNEL

namespace {

template <class K>
void run_kernel(const void* k) {
  run(*static_cast<const K*>(k));
}

template <class K>
void run_sliced(const void* k) {
  const K& s = *static_cast<const K*>(k);
  parallel_for(elements(s), s.cost(), [&](int64_t from, int64_t to) { slice(s, from, to); });
  finish(s);
}

// slice() processes a range of the elements; finish() runs once after all of them.
struct Slices {
  int64_t (*elements)(const void* k);
  void (*slice)(const void* k, int64_t from, int64_t to);
  void (*finish)(const void* k);
};

template <class K>
constexpr Slices slices_of = {
    [](const void* k) { return elements(*static_cast<const K*>(k)); },
    [](const void* k, int64_t from, int64_t to) { slice(*static_cast<const K*>(k), from, to); },
    [](const void* k) { finish(*static_cast<const K*>(k)); }};

constexpr Slices slices[] = {
#define NNCORE_KERNEL(name, Type) {},
#define NNCORE_SLICED(name, Type) slices_of<Type>,
#include "../kernel_list.inl"
#undef NNCORE_KERNEL
};

constexpr bool sliced[] = {
#define NNCORE_KERNEL(name, Type) false,
#define NNCORE_SLICED(name, Type) true,
#include "../kernel_list.inl"
#undef NNCORE_KERNEL
};

}  // namespace

bool is_sliced(Kernel kernel) { return sliced[size_t(kernel)]; }

// The elements of all calls form one range, so the team runs them in one parallel_for.
void together(const Call* const* calls, int count) {
  int64_t ends[max_together], n = 0, cost = 0;
  for (int i = 0; i < count; i++) {
    ends[i] = n += slices[size_t(calls[i]->kernel())].elements(calls[i]->memory);
    cost += calls[i]->cost;
  }
  parallel_for(n, cost, [&](int64_t begin, int64_t end) {
    for (int i = int(std::upper_bound(ends, ends + count, begin) - ends); begin < end; i++) {
      const int64_t first = i == 0 ? 0 : ends[i - 1], to = std::min(end, ends[i]);
      slices[size_t(calls[i]->kernel())].slice(calls[i]->memory, begin - first, to - first);
      begin = to;
    }
  });
  for (int i = 0; i < count; i++) slices[size_t(calls[i]->kernel())].finish(calls[i]->memory);
}

CpuBackend::CpuBackend() : Backend("cpu", true) {
#define NNCORE_KERNEL(name, Type) replace(Kernel::name, run_kernel<Type>);
#define NNCORE_SLICED(name, Type) replace(Kernel::name, run_sliced<Type>);
#include "../kernel_list.inl"
#undef NNCORE_KERNEL
}

void* CpuBackend::allocate(size_t bytes) { return nncore::allocate(bytes); }
void CpuBackend::release(void* block, size_t bytes) noexcept { nncore::release(block, bytes); }
void CpuBackend::upload(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
void CpuBackend::download(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }

}  // namespace nncore::cpu

namespace nncore {

Device& host() {
  static cpu::CpuBackend& backend = *new cpu::CpuBackend;  // never destroyed: tensors may outlive statics
  return backend;
}

}  // namespace nncore
