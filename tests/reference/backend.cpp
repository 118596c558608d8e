#include <cstring>

#include "backend/kernels/copy.h"
#include "backend/kernels/dropout.h"
#include "backend/kernels/elementwise.h"
#include "backend/kernels/index.h"
#include "backend/kernels/mask.h"
#include "backend/kernels/product.h"
#include "backend/kernels/random.h"
#include "backend/kernels/reduce.h"
#include "backend/kernels/scan.h"
#include "backend/kernels/sort.h"
#include "backend/plugin.h"
#include "reference.h"

namespace nncore::reference {

// clang-format off
#define NNCORE_REFERENCE_KERNELS(K)                                                        \
  K(UnaryFwd) K(UnaryBwd) K(BinaryFwd) K(BinaryBwd) K(Compare) K(Bitwise) K(Where) K(Cast) \
  K(CheckFinite) K(Fill) K(Copy) K(Reduce) K(ArgReduce) K(Scan) K(Sort) K(Matmul)          \
  K(GatherRows) K(ScatterAddRows) K(GatherAxis) K(ScatterAxis) K(RavelIndex)               \
  K(NonzeroCount) K(NonzeroFill) K(Random) K(Permutation) K(DropoutFwd) K(DropoutBwd)
// clang-format on

#define NNCORE_DECLARE(Type) void run(const Type& k);
NNCORE_REFERENCE_KERNELS(NNCORE_DECLARE)

namespace {

template <class K>
void run_kernel(const void* k) {
  run(*static_cast<const K*>(k));
}

class Reference final : public Backend {
 public:
  Reference() : Backend("reference", false) {
#define NNCORE_ADD(Type) replace(Type::kernel, run_kernel<Type>);
    NNCORE_REFERENCE_KERNELS(NNCORE_ADD)
  }

  void* allocate(size_t bytes) override { return reference::allocate(bytes); }
  void release(void* block, size_t bytes) noexcept override { reference::release(block, bytes); }
  void upload(void* to, const void* from, size_t bytes) override {
    std::memcpy(host_address(to), from, bytes);
  }
  void download(void* to, const void* from, size_t bytes) override {
    std::memcpy(to, host_address(from), bytes);
  }
};

}  // namespace
}  // namespace nncore::reference

extern "C" [[gnu::visibility("default")]] nncore::Backend* nncore_backend(unsigned version) {
  static nncore::reference::Reference& backend = *new nncore::reference::Reference;
  return version == nncore::plugin_version ? &backend : nullptr;
}
