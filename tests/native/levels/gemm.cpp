// Blocks of matrix products, straight and packed.
#include <algorithm>

#include "check.h"

namespace nncore::test {
namespace {

template <class T>
struct Case {
  int64_t m, n, k;
  bool start, add, bias;
  bool ahead = false;

  std::string label() const {
    return name("m=%d n=%d k=%d start=%d add=%d bias=%d ahead=%d", int(m), int(n), int(k), start, add, bias,
                ahead);
  }
};

// Every other leading dimension is longer than its row, so that strides are not mistaken for widths.
template <class T, class Run>
void run_case(const Case<T>& c, Log& log, const char* kernel, Run run) {
  const std::string label = c.label();
  Buffer<T> start((c.m - 1) * (c.n + 1) + c.n), out((c.m - 1) * (c.n + 2) + c.n), bias(c.n);
  Buffer<T> add(out.size());
  fill(start, 3, Kind::plain);
  fill(out, 4, Kind::plain);
  fill(bias, 5, Kind::plain);
  fill(add, 6, Kind::plain);
  GemmBlock<T> block{};
  block.m = c.m, block.n = c.n, block.k = c.k;
  block.start = c.start ? start.data() : nullptr, block.ld_start = c.n + 1;
  block.out = out.data(), block.ld_out = c.n + 2;
  block.add = c.add ? add.data() : nullptr, block.bias = c.bias ? bias.data() : nullptr;
  run(block);
  log.add(kernel, label, out);
}

template <class T>
void run_blocks(const GemmKernels<T>& level, const Case<T>& c, Log& log) {
  for (const bool transposed : {false, true}) {
    const int64_t lda = (transposed ? c.m : c.k) + 1, ldb = c.n + 3;
    Buffer<T> a(transposed ? (c.k - 1) * lda + c.m : (c.m - 1) * lda + c.k), b((c.k - 1) * ldb + c.n);
    fill(a, 1, Kind::plain);
    fill(b, 2, Kind::plain);
    run_case(c, log, transposed ? "gemm.block.tn" : "gemm.block.nn", [&](GemmBlock<T>& block) {
      block.a = a.data(), block.a_row = transposed ? 1 : lda, block.a_col = transposed ? lda : 1;
      block.b = b.data(), block.ldb = ldb;
      block.by_rows = block.ahead = c.ahead;
      block.next_b = {b.data(), c.k, ldb * int64_t(sizeof(T)), c.n * int64_t(sizeof(T))};
      level.block(block);
    });
  }
}

template <class T>
void run_pack(const GemmKernels<T>& level, Log& log) {
  for (const int64_t k : {1, 2, 7, 8, 9, 16, 33})
    for (const int64_t width : {1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16})
      for (const bool transposed : {false, true}) {
        const int64_t ld = (transposed ? k : width) + 1, ld_to = (width + 15) / 16 * 16;
        Buffer<T> from(transposed ? (width - 1) * ld + k : (k - 1) * ld + width), to(k * ld_to, T(-1));
        fill(from, 1, Kind::plain);
        const std::string label = name("k=%d width=%d", int(k), int(width));
        (transposed ? level.pack_transposed : level.pack)(k, width, from.data(), ld, to.data(), ld_to);
        log.add(transposed ? "gemm.pack_transposed" : "gemm.pack", label, to);
      }
}

}  // namespace

template <class T>
void run_gemm(const LevelKernels<T>& level, Log& log) {
  for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 28, 29})
    for (const int64_t n : {1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 50, 64, 65})
      for (const int64_t k : {1, 2, 3, 8, 33})
        run_blocks(level.gemm, Case<T>{m, n, k, (m + n) % 2 == 0, n % 5 == 0, m % 3 == 0}, log);
  for (int flags = 0; flags < 8; flags++)
    run_blocks(level.gemm, Case<T>{7, 37, 300, bool(flags & 1), bool(flags & 2), bool(flags & 4)}, log);
  for (const int64_t m : {1, 5, 8, 13, 14, 29, 100})  // by rows, while asking for more
    for (const int64_t n : {1, 16, 33, 96, 200})
      for (const int64_t k : {1, 4, 7, 50, 301})
        run_blocks(level.gemm, Case<T>{m, n, k, m % 2 == 0, false, n % 2 == 0, true}, log);
  run_pack(level.gemm, log);
}
template void run_gemm<float>(const LevelKernels<float>&, Log&);
template void run_gemm<double>(const LevelKernels<double>&, Log&);

}  // namespace nncore::test
