// Forms the groups of calls of a captured step that run as one.
#include <algorithm>

#include "../pieces.h"
#include "cpu_backend.h"

namespace nncore::cpu {

namespace {

bool apart(const Operand& a, const Operand& b) {
  const auto *x = static_cast<std::byte*>(a.data), *y = static_cast<std::byte*>(b.data);
  return !x || !y || x + a.bytes <= y || y + b.bytes <= x;
}

// True if f(a, b) holds for all pairs of operands of two calls that overlap in memory and that a call writes.
template <class F>
bool where_one_writes(const Call& x, const Call& y, F f) {
  for (const Operand& a : x.operands())
    for (const Operand& b : y.operands())
      if ((a.written || b.written) && !apart(a, b) && !f(a, b)) return false;
  return true;
}

// True if the calls may run in any order, or at the same time.
bool independent(const Call& a, const Call& b) {
  return where_one_writes(a, b, [](const Operand&, const Operand&) { return false; });
}

// True if each element of the later call needs only the same element of the earlier one.
bool aligned(const Call& a, const Call& b, int64_t elements) {
  return where_one_writes(a, b, [&](const Operand& x, const Operand& y) {
    return x.data == y.data && x.dtype == y.dtype && is_whole(x, elements) && is_whole(y, elements);
  });
}

struct Member : Candidate {
  int64_t elements;  // 0 if the call is not worth running piece by piece

  explicit Member(const Candidate& c) : Candidate(c), elements(elements_of(*c.call)) {
    if (elements < 4 * piece) elements = 0;  // such a call fits into the second-level cache
  }
  bool may_meet(const Member& o) const {
    return (reads_argument && o.writes_outside) || (writes_outside && o.reads_argument);
  }
  bool is_sliced() const { return cpu::is_sliced(call->kernel()) && !reads_argument; }
};

}  // namespace

// Consecutive calls form a group if they are independent optimizer steps, or elementwise calls with equal
// numbers of elements. A short call between them that is independent of them moves before them.
std::vector<Group> CpuBackend::group(std::vector<Candidate>& calls) const {
  constexpr int64_t is_short = 1000;  // ns
  std::vector<Group> groups;
  std::vector<Candidate> order;
  std::vector<Member> members;  // of the last group
  const auto every = [&](auto f) { return std::all_of(members.begin(), members.end(), f); };
  for (const Candidate& candidate : calls) {
    const Member c(candidate);
    const auto apart_from = [&](const Member& m) { return !c.may_meet(m) && independent(*m.call, *c.call); };
    const bool sliced =
        c.is_sliced() && every([&](const Member& m) { return m.is_sliced() && apart_from(m); });
    const bool pieces =
        c.elements > 0 && every([&](const Member& m) {
          return m.elements == c.elements && !c.may_meet(m) && aligned(*m.call, *c.call, c.elements);
        });
    const bool is_new = members.empty() || int(members.size()) == max_together || !(sliced || pieces);
    if (is_new && c.call->cost < is_short && !members.empty() && members[0].elements > 0 &&
        every(apart_from)) {
      order.insert(order.begin() + groups.back().first, candidate);
      groups.insert(groups.end() - 1, {groups.back().first, 1, c.call->cost});
      groups.back().first++;
      continue;
    }
    if (is_new) {
      groups.push_back({int(order.size()), 0, 0});
      members.clear();
    }
    order.push_back(candidate);
    members.push_back(c);
    Group& g = groups.back();
    g.count++;
    g.cost += c.call->cost;
    g.elements = g.count > 1 ? c.elements : 0;
  }
  calls = std::move(order);
  return groups;
}

}  // namespace nncore::cpu
