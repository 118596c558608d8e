#include "backend/backend.h"
#include "core/error.h"
#include "expect.h"
#include "ops/elementwise.h"

namespace nncore::test {

// A kernel reads all its floating operands as one type: operands of two types raise before it runs.
void test_calls() {
  const Tensor a = empty({4}, DType::float32), b = empty({4}, DType::float64);
  expect_throw<TypeError>([&] { ops::mul_(a, b); }, "binary_fwd: some operands are float32 and some float64");
  expect_throw<TypeError>([&] { ops::add_(b, a); }, "binary_fwd");
  ops::mul_(b, b);  // of one type
}

}  // namespace nncore::test
