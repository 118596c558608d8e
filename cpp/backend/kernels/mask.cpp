#include "mask.h"

#include "../../core/error.h"

namespace nncore {

void NonzeroFill::fail(const Fault&) const {
  raise<ValueError>(
      "nonzero: the tensor changed while its elements were counted, because another thread "
      "writes to its memory; copy it with clone() first");
}

void OneHot::fail(const Fault& f) const {
  raise<IndexError>("one_hot: class ", f.value, " at position ", f.position, " is out of range for ", classes,
                    " classes");
}

}  // namespace nncore
