// Which calls run as one, and where what they hand on lies.
#include <algorithm>
#include <map>

#include "../backend/pieces.h"
#include "plan.h"

namespace nncore::plan {

namespace {

bool apart(const Operand& a, const Operand& b) {
  const auto *x = static_cast<std::byte*>(a.data), *y = static_cast<std::byte*>(b.data);
  return !x || !y || x + a.bytes <= y || y + b.bytes <= x;
}

// Whether f(a, b) holds for all operands of two calls of which one writes and that lie on the same memory.
template <class F>
bool where_one_writes(const Call& x, const Call& y, F f) {
  for (const Operand& a : x.operands())
    for (const Operand& b : y.operands())
      if ((a.written || b.written) && !apart(a, b) && !f(a, b)) return false;
  return true;
}

// Whether the calls may run in any order, also at once.
bool independent(const Call& a, const Call& b) {
  return where_one_writes(a, b, [](const Operand&, const Operand&) { return false; });
}

// Whether an element of the later call needs only the same element of the earlier one.
bool aligned(const Call& a, const Call& b, int64_t elements) {
  return where_one_writes(a, b, [&](const Operand& x, const Operand& y) {
    return x.data == y.data && x.dtype == y.dtype && is_whole(x, elements) && is_whole(y, elements);
  });
}

// What is known of a call before it has a place.
struct Candidate {
  const Call* call;
  int64_t elements = 0;  // where it pays to run piece by piece
  bool takes_input = false, writes_outside = false;

  Candidate(const Record& record, const RecordedCall& r) : call(&r.call) {
    const int64_t n = elements_of(r.call);
    if (n >= 4 * piece) elements = n;  // fewer fit into the second cache as a whole
    for (size_t k = 0; k < r.locations.size(); k++) {
      if (r.locations[k].buffer < 0) continue;
      const Role role = record.buffers[size_t(r.locations[k].buffer)].role;
      takes_input = takes_input || role == Role::input;
      writes_outside = writes_outside || (role == Role::outside && r.call.operands()[k].written);
    }
  }
  // An argument of the step may lie anywhere, also where the step writes.
  bool may_meet(const Candidate& o) const {
    return (takes_input && o.writes_outside) || (writes_outside && o.takes_input);
  }
  bool is_sliced() const { return cpu_backend.sliced[size_t(call->kernel())] && !takes_input; }
};

}  // namespace

// Neighbours run as one where they are optimizers' steps of which none needs another, or work element by
// element on equally many. A short call between them that they do not need goes first.
void Plan::group(const Record& record, std::vector<int>& kept) {
  constexpr int64_t is_short = 1000;  // ns
  std::vector<int> order;
  std::vector<Candidate> members;  // of the last group
  const auto every = [&](auto f) { return std::all_of(members.begin(), members.end(), f); };
  for (const int i : kept) {
    const Candidate c(record, record.calls[size_t(i)]);
    const auto apart_from = [&](const Candidate& m) {
      return !c.may_meet(m) && independent(*m.call, *c.call);
    };
    const bool sliced =
        c.is_sliced() && every([&](const Candidate& m) { return m.is_sliced() && apart_from(m); });
    const bool pieces =
        c.elements > 0 && every([&](const Candidate& m) {
          return m.elements == c.elements && !c.may_meet(m) && aligned(*m.call, *c.call, c.elements);
        });
    const bool is_new = members.empty() || int(members.size()) == max_together || !(sliced || pieces);
    if (is_new && c.call->cost < is_short && !members.empty() && members[0].elements > 0 &&
        every(apart_from)) {
      Group& last = groups_.back();
      order.insert(order.begin() + last.first, i);
      groups_.insert(groups_.end() - 1, {last.first, 1, c.call->cost});
      groups_.back().first++;
      continue;
    }
    if (is_new) {
      groups_.push_back({int(order.size()), 0, 0});
      members.clear();
    }
    order.push_back(i);
    members.push_back(c);
    Group& g = groups_.back();
    g.count++;
    g.cost += c.call->cost;
    g.elements = g.count > 1 ? c.elements : 0;
  }
  kept = std::move(order);
}

// Where buffers that exist only while a piece of their group does lie in its memory; -1: elsewhere.
std::vector<int32_t> Plan::find_local(const Record& record, const std::vector<int>& kept,
                                      const std::vector<Lifetime>& lifetimes) {
  std::vector<int32_t> local(record.buffers.size(), -1);
  for (int g = 0; g < int(groups_.size()); g++) {
    Group& group = groups_[size_t(g)];
    if (group.elements == 0) continue;
    std::map<int, Lifetime> found;  // by buffer; no bytes: not used in one way
    for (int i = group.first; i < group.first + group.count; i++) {
      const RecordedCall& r = record.calls[size_t(kept[size_t(i)])];
      for (size_t k = 0; k < r.locations.size(); k++) {
        const auto [b, offset] = r.locations[k];
        const Operand& operand = r.call.operands()[k];
        if (b < 0 || lifetimes[size_t(b)].first != g || lifetimes[size_t(b)].last != g) continue;
        const int64_t bytes = piece * int64_t(size_of(operand.dtype));
        Lifetime& l = found.try_emplace(b, Lifetime{i, i, bytes}).first->second;
        l.last = i;
        if (offset != 0 || l.bytes != bytes || !is_whole(operand, group.elements)) l.bytes = 0;
      }
    }
    std::vector<Lifetime> pieces;
    for (const auto& [b, l] : found) pieces.push_back(l);
    group.local_bytes = place(pieces);
    size_t next = 0;
    for (const auto& [b, l] : found) {
      if (l.bytes > 0) local[size_t(b)] = int32_t(pieces[next].offset);
      next++;
    }
  }
  return local;
}

}  // namespace nncore::plan
