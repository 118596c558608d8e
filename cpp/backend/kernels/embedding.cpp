#include "embedding.h"

#include "../../core/error.h"

namespace nncore {

namespace {

[[noreturn]] void raise_id(const char* op, const Fault& f, int64_t rows) {
  raise<IndexError>(op, ": id ", f.value, " at position ", f.position, " is out of range for a table of ",
                    rows, " rows; ids go from 0 to ", rows - 1);
}

}  // namespace

void EmbeddingFwd::fail(const Fault& f) const { raise_id("embedding", f, rows); }
void EmbeddingBwd::fail(const Fault& f) const { raise_id("embedding", f, rows); }

void BagSizes::fail(const Fault& f) const {
  if (f.kind == bad_id) raise_id("embedding_bag", f, rows);
  raise<IndexError>("embedding_bag: offset ", f.value, " of bag ", f.position,
                    "; offsets must begin with 0, rise, and not exceed the ", count, " ids");
}

}  // namespace nncore
