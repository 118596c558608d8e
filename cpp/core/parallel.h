#pragma once
#include <cstdint>
#include <type_traits>

#include "fpmode.h"

namespace nncore {

// Threads that a region may use. set_num_threads throws for n < 1 or n > max_num_threads.
inline constexpr int max_num_threads = 1024;
int num_threads();
void set_num_threads(int n);

// True inside a body: nested regions then run on the thread they are called from.
bool in_parallel();

// For tests: every region has the whole team, however little there is to do.
void set_always_split(bool on);

// How many threads work of `cost` nanoseconds (on one thread) deserves just now; 1 inside a region.
int team_size(int64_t cost);

// Bounds the teams of regions that this thread opens, while it lives.
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
// Runs task(context, 0 .. parts - 1), each once, on at most `threads` threads; rethrows the first exception.
void run_parts(int parts, int threads, Task task, void* context);
int parts_for(int64_t n, int64_t cost, int threads);

// Even parts; where they are long, they begin at multiples of 64, which keeps aligned arrays aligned.
inline int64_t part_begin(int64_t n, int part, int parts) {
  const int64_t size = n / parts, rest = n % parts;
  const int64_t begin = part * size + (part < rest ? part : rest);
  return size < 1024 || part == parts ? begin : begin / 64 * 64;
}
}  // namespace detail

// body(begin, end) over disjoint parts that cover [0, n). cost: estimated nanoseconds of all n on one thread.
// How the range is cut may change from call to call; no result may depend on it.
template <class F>
void parallel_for(int64_t n, int64_t cost, F&& body) {
  if (n <= 0) return;
  const int threads = n == 1 ? 1 : team_size(cost);
  if (threads == 1) {
    FlushSubnormals mode;
    body(int64_t{0}, n);
    return;
  }
  struct Range {
    std::remove_reference_t<F>* body;
    int64_t n;
    int parts;
  } range{&body, n, detail::parts_for(n, cost, threads)};
  detail::run_parts(
      range.parts, threads,
      [](void* context, int part) {
        const Range& r = *static_cast<Range*>(context);
        (*r.body)(detail::part_begin(r.n, part, r.parts), detail::part_begin(r.n, part + 1, r.parts));
      },
      &range);
}

// body(rank, size) for every rank of a team of size <= max (max <= 0: no bound). Ranks may run one after
// another on the same thread, so they must not wait for one another.
template <class F>
void parallel_team(int64_t cost, int max, F&& body) {
  int size = team_size(cost);
  if (max > 0 && size > max) size = max;
  if (size == 1) {
    FlushSubnormals mode;
    body(0, 1);
    return;
  }
  struct Team {
    std::remove_reference_t<F>* body;
    int size;
  } team{&body, size};
  detail::run_parts(
      size, size,
      [](void* context, int rank) {
        const Team& t = *static_cast<Team*>(context);
        (*t.body)(rank, t.size);
      },
      &team);
}

}  // namespace nncore
