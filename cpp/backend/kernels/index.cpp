#include "index.h"

#include "../../core/error.h"

namespace nncore {

namespace {

[[noreturn]] void raise_index(const char* op, const Fault& f, int64_t size) {
  raise<IndexError>(op, ": index ", f.value, " at position ", f.position,
                    " is out of range for an axis of size ", size);
}

}  // namespace

void GatherRows::fail(const Fault& f) const { raise_index(op, f, rows); }
void ScatterAddRows::fail(const Fault& f) const { raise_index(op, f, rows); }
void GatherAxis::fail(const Fault& f) const { raise_index(op, f, n); }
void ScatterAxis::fail(const Fault& f) const { raise_index(op, f, n); }

void RavelIndex::fail(const Fault& f) const {
  raise<IndexError>("index: index ", f.value, " at position ", f.position, " is out of range for axis ",
                    first_axis + f.detail, " of size ", size[f.detail]);
}

}  // namespace nncore
