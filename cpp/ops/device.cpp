#include "device.h"

#include <vector>

#include "../autograd/tape.h"
#include "../core/watch.h"

namespace nncore::ops {

namespace {

void transfer(const Tensor& from, const Tensor& to) {
  const size_t bytes = from.bytes();
  if (from.device().is_host()) return to.device().upload(to.data(), from.data(), bytes);
  if (to.device().is_host()) return from.device().download(to.data(), from.data(), bytes);
  std::vector<std::byte> passing(bytes);
  from.device().download(passing.data(), from.data(), bytes);
  to.device().upload(to.data(), passing.data(), bytes);
}

}  // namespace

Tensor to_device(const Tensor& x, Device& device) {
  if (&x.device() == &device) return x;
  host_reads("to");
  Tensor y = empty(x.shape(), x.dtype(), device);
  transfer(x, y);
  if (Tape tape{x})
    tape.record("to", y,
                [&source = x.device()](const Tensor& dy, InputGrads& d) { d[0] = to_device(dy, source); });
  return y;
}

}  // namespace nncore::ops
