#include "softmax.h"

#include "../../core/error.h"

namespace nncore {

namespace {

template <class K>
[[noreturn]] void raise_target(const K& k, const Fault& f) {
  raise<IndexError>("cross_entropy: target ", f.value, " at row ", f.position, " is out of range for ",
                    k.cols, " classes; labels go from 0 to ", k.cols - 1);
}

}  // namespace

void CrossEntropyFwd::fail(const Fault& f) const {
  if (f.kind == bad_target) raise_target(*this, f);
  raise<ValueError>("cross_entropy: the mean over ", rows,
                    " rows has nothing to average: every target is ignore_index ", ignore_index,
                    " or has weight 0; drop such batches or use reduction='sum'");
}
void CrossEntropyBwd::fail(const Fault& f) const { raise_target(*this, f); }

}  // namespace nncore
