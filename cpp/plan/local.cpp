// The groups of a plan, and the memory of the buffers that are used in one piece of a group only.
#include <map>

#include "../backend/pieces.h"
#include "plan.h"

namespace nncore::plan {

// The backend forms the groups. It may reorder the calls.
void Plan::group(const Record& record, std::vector<int>& kept) {
  std::vector<Candidate> candidates;
  for (const int i : kept) {
    const RecordedCall& r = record.calls[size_t(i)];
    Candidate c = {&r.call, i, false, false};
    for (size_t k = 0; k < r.locations.size(); k++) {
      if (r.locations[k].buffer < 0) continue;
      const Role role = record.buffers[size_t(r.locations[k].buffer)].role;
      c.reads_argument = c.reads_argument || role == Role::input;
      c.writes_outside = c.writes_outside || (role != Role::made && r.call.operands()[k].written);
    }
    candidates.push_back(c);
    Backend& backend = *r.backend;
    check<CaptureError>(!backend_ || backend_ == &backend, "compile: the step computes on both '",
                        backend_ ? backend_->name() : "", "' and '", backend.name(),
                        "'; a step runs on one device");
    backend_ = &backend;
  }
  if (!backend_) return;
  groups_ = backend_->group(candidates);
  for (size_t i = 0; i < kept.size(); i++) kept[i] = candidates[i].index;
}

// For buffers that are used within a piece of one group only: the offset in the memory of that
// piece. Else -1.
std::vector<int32_t> Plan::find_local(const Record& record, const std::vector<int>& kept,
                                      const std::vector<Lifetime>& lifetimes) {
  std::vector<int32_t> local(record.buffers.size(), -1);
  for (int g = 0; g < int(groups_.size()); g++) {
    Group& group = groups_[size_t(g)];
    if (group.elements == 0) continue;
    std::map<int, Lifetime> found;  // by buffer; bytes is 0 if its uses differ
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
