#pragma once
#include <cstdint>
#include <type_traits>

#include "fpmode.h"
#include "interrupt.h"

namespace nncore {

// The largest number of threads per region. set_num_threads throws for n < 1 or n > max_num_threads.
inline constexpr int max_num_threads = 1024;
int num_threads();
void set_num_threads(int n);

// True inside a body. Nested regions run on the calling thread.
bool in_parallel();

// For tests: every region uses the whole team, even for little work.
void set_always_split(bool on);

// The number of threads for work that takes `cost` nanoseconds on one thread; 1 inside a region.
int team_size(int64_t cost);

// While this object lives, it limits the teams of the regions that this thread opens.
class TeamLimit {
 public:
  TeamLimit();
  ~TeamLimit();
  TeamLimit(const TeamLimit&) = delete;
  TeamLimit& operator=(const TeamLimit&) = delete;
  void set(int threads);

 private:
  int before_;
};

namespace detail {
using Task = void (*)(void* context, int part);
// Runs task(context, part) once for each part in 0 .. parts - 1, on at most `threads` threads; rethrows the
// first exception. After an interrupt the remaining parts do not run.
void run_parts(int parts, int threads, Task task, void* context);
int parts_for(int64_t n, int64_t cost, int threads);
int turns_for(int64_t n, int64_t cost);           // on one thread
inline constexpr int64_t long_turn = 20'000'000;  // ns of work on one thread between checks for an interrupt

// Parts of equal size. Long parts begin at multiples of 64, so that aligned arrays stay aligned.
inline int64_t part_begin(int64_t n, int part, int parts) {
  const int64_t size = n / parts, rest = n % parts;
  const int64_t begin = part * size + (part < rest ? part : rest);
  return size < 1024 || part == parts ? begin : begin / 64 * 64;
}
// Not inlined: the code of a body exists once, not twice.
template <class F>
[[gnu::noinline]] void run_body(F& body, int64_t begin, int64_t end) {
  body(begin, end);
}
template <class F>
void run_range(int64_t n, int parts, int threads, F& body) {
  if (parts == 1) {
    FlushSubnormals mode;
    run_body(body, 0, n);
    return;
  }
  struct Range {
    F* body;
    int64_t n;
    int parts;
  } range{&body, n, parts};
  run_parts(
      parts, threads,
      [](void* context, int part) {
        const Range& r = *static_cast<Range*>(context);
        run_body(*r.body, part_begin(r.n, part, r.parts), part_begin(r.n, part + 1, r.parts));
      },
      &range);
}
}  // namespace detail

// Calls body(begin, end) on disjoint parts that cover [0, n). cost: estimated nanoseconds of all n on one
// thread. The parts may differ from call to call; no result may depend on them. After an interrupt the
// remaining parts do not run.
template <class F>
void parallel_for(int64_t n, int64_t cost, F&& body) {
  if (n <= 0) return;
  const int threads = n == 1 ? 1 : team_size(cost);
  const int parts = threads > 1                              ? detail::parts_for(n, cost, threads)
                    : n == 1 || cost < 2 * detail::long_turn ? 1
                                                             : detail::turns_for(n, cost);
  detail::run_range(n, parts, threads, body);
}

// The same for bodies with much work before their first element: a single thread gets the whole range, so the
// body itself checks for interrupts.
template <class F>
void parallel_ranges(int64_t n, int64_t cost, F&& body) {
  if (n <= 0) return;
  const int threads = n == 1 ? 1 : team_size(cost);
  detail::run_range(n, threads == 1 ? 1 : detail::parts_for(n, cost, threads), threads, body);
}

// Calls body(begin, end) on blocks of [0, n) in order, on this thread. False: an interrupt ended it.
template <class F>
bool in_blocks(int64_t n, int64_t block, F&& body) {
  for (int64_t begin = 0; begin < n; begin += block) {
    if (begin > 0 && interrupted()) return false;
    body(begin, n - begin < block ? n : begin + block);
  }
  return true;
}

}  // namespace nncore
