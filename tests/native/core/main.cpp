// Tests of the core against published vectors, exact counts, bit patterns and fake machines.
#include "expect.h"

int main() {
  using namespace nncore::test;
  test_random();
  test_allocator();
  test_parallel();
  test_cpu();
  test_calls();
  std::printf(failures == 0 ? "all passed\n" : "%d failures\n", failures);
  return failures != 0;
}
