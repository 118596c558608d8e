// Runs a captured step on the CPU: group by group, each on one thread or on the team.
#include <algorithm>
#include <chrono>

#include "../../core/parallel.h"
#include "cpu_backend.h"

namespace nncore::cpu {

namespace {

constexpr int trials = 8;  // timed runs, half of them on one thread
constexpr int64_t runs_between_trials = 1000;

int64_t now() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

class CpuProgram final : public Program {
 public:
  CpuProgram(std::vector<const Call*> calls, std::vector<Group> groups)
      : calls_(std::move(calls)), groups_(std::move(groups)), times_(groups_.size()) {}

  // A trial times each group, in turns on one thread and on the team. Afterwards each short group runs in the
  // faster way. Long groups keep the team, which uses fewer threads while cores are busy. Trials are
  // repeated, because other processes may have distorted the last one.
  void run(const Before& before) override {
    TeamLimit team;
    if (threads_ != num_threads()) {
      threads_ = num_threads();
      trial_ = 0;
    }
    runs_++;
    if (trial_ == trials && threads_ > 1 && runs_ > next_trial_) trial_ = 0;
    if (trial_ == trials)
      run_settled(before, team);
    else
      run_timed(before, team);
  }

  Time time(int group) const override {
    const Times& t = times_[size_t(group)];
    return {t.alone || t.best[1] == 0 ? t.best[0] : t.best[1], t.alone};
  }

 private:
  struct Times {
    bool alone = false;        // on one thread
    int64_t best[2] = {0, 0};  // ns of the last trial's fastest runs: one thread, the team; 0 if none
  };

  void run_settled(const Before& before, TeamLimit& team) {
    for (size_t g = 0; g < groups_.size(); g++) {
      if (before && !before(int(g))) return;
      team.set(times_[g].alone ? 1 : max_num_threads);
      run(groups_[g]);
    }
  }

  void run_timed(const Before& before, TeamLimit& team) {
    const int mode = trial_ % 2;
    team.set(mode == 0 ? 1 : max_num_threads);
    for (size_t g = 0; g < groups_.size(); g++) {
      if (before && !before(int(g))) return;
      const int64_t start = now();
      run(groups_[g]);
      const int64_t ns = std::max<int64_t>(now() - start, 1);
      int64_t& best = times_[g].best[mode];
      if (trial_ < 2 || ns < best) best = ns;
    }
    if (++trial_ < trials) return;
    next_trial_ = runs_ + runs_between_trials;
    for (Times& t : times_) t.alone = t.best[0] <= t.best[1] && t.best[0] < long_call_ns;
  }

  void run(const Group& group) const {
    const Call* const* calls = &calls_[size_t(group.first)];
    if (group.count == 1)
      backend_.run(calls[0]->kernel(), calls[0]->memory);
    else if (group.elements > 0)
      piecewise(calls, group.count, group.local_bytes);
    else
      together(calls, group.count);
  }

  const Backend& backend_ = backend_of(host());
  std::vector<const Call*> calls_;
  std::vector<Group> groups_;
  std::vector<Times> times_;
  int threads_ = 0, trial_ = 0;
  int64_t runs_ = 0, next_trial_ = 0;
};

}  // namespace

std::unique_ptr<Program> CpuBackend::prepare(std::vector<const Call*> calls,
                                             std::vector<Group> groups) const {
  return std::make_unique<CpuProgram>(std::move(calls), std::move(groups));
}

}  // namespace nncore::cpu
