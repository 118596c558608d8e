#include "backend/backend.h"
#include "backend/kernels/copy.h"
#include "backend/kernels/mask.h"
#include "core/error.h"
#include "expect.h"
#include "ops/elementwise.h"

namespace nncore::test {
namespace {

// A device keeps a fault as data and raises the error later, from the call.
void faults() {
  const Call call(OneHot{
      .x = empty({3}, DType::int64, host()), .y = empty({3, 4}, DType::int64, host()), .n = 3, .classes = 4});
  const Fault fault = {.position = 2, .value = 7};
  static_assert(std::is_trivially_copyable_v<Fault>);
  expect_throw<IndexError>([&] { call.type->fail(call.memory, fault); },
                           "one_hot: class 7 at position 2 is out of range for 4 classes");
  expect(kernel_type<Fill>.fail == nullptr);
}

}  // namespace

// A kernel reads all its floating operands as one type: operands of two types raise before it runs.
void test_calls() {
  const Tensor a = empty({4}, DType::float32, host()), b = empty({4}, DType::float64, host());
  expect_throw<TypeError>([&] { ops::mul_(a, b); }, "binary_fwd: some operands are float32 and some float64");
  expect_throw<TypeError>([&] { ops::add_(b, a); }, "binary_fwd");
  ops::mul_(b, b);  // of one type
  faults();
}

}  // namespace nncore::test
