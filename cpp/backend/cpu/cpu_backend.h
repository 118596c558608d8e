// The backend of the host's processors.
#pragma once
#include "../backend.h"

namespace nncore::cpu {

class CpuBackend final : public Backend {
 public:
  CpuBackend();
  void* allocate(size_t bytes) override;
  void release(void* block, size_t bytes) noexcept override;
  void upload(void* to, const void* from, size_t bytes) override;
  void download(void* to, const void* from, size_t bytes) override;
  std::vector<Group> group(std::vector<Candidate>& calls) const override;
  std::unique_ptr<Program> prepare(std::vector<const Call*> calls, std::vector<Group> groups) const override;
};

// True if a kernel can run on a range of its elements, together with other calls.
bool is_sliced(Kernel kernel);
inline constexpr int max_together = 128;
// Runs up to max_together calls of sliced kernels as one. No call may use memory that another writes.
void together(const Call* const* calls, int count);
// Runs calls with equal numbers of elements (pieces.h) piece by piece: all calls run on a piece before the
// next piece begins. local_bytes: the memory of a piece.
void piecewise(const Call* const* calls, int count, int64_t local_bytes);

}  // namespace nncore::cpu
