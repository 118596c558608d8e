#include "loss.h"

#include "../../core/error.h"
#include "op_name.h"

namespace nncore {
#include "../formulas.h"
//
#include "../formulas_loss.h"

std::string PointwiseLossFwd::text() const { return op_name(LossOps(), op); }
std::string PointwiseLossBwd::text() const { return op_name(LossOps(), op); }

void PointwiseLossFwd::fail(const Fault& f) const {
  constexpr const char* domains[] = {
      "binary_cross_entropy: input must be probabilities between 0 and 1",
      "binary_cross_entropy: target must be probabilities between 0 and 1",
      "gaussian_nll_loss: var must not be negative",
  };
  raise<ValueError>(domains[f.kind], ", got values from ", f.least, " to ", f.most);
}

namespace {

template <class K>
[[noreturn]] void raise_margin(const K& k, const Fault& f) {
  raise<IndexError>("multi_margin_loss: target ", f.value, " at row ", f.position, " is out of range for ",
                    k.cols, " classes; labels go from 0 to ", k.cols - 1);
}

template <class K>
[[noreturn]] void raise_ctc(const K& k, const Fault& f) {
  if (f.kind == bad_input_length)
    raise<ValueError>("ctc_loss: input_lengths[", f.position, "] is ", f.value, "; expected 0 to the ",
                      k.steps, " steps of log_probs");
  if (f.kind == bad_target_length)
    raise<ValueError>("ctc_loss: target_lengths[", f.position, "] is ", f.value, " but ", f.detail,
                      " targets are left");
  if (f.kind == bad_target_sum)
    raise<ValueError>("ctc_loss: target_lengths sum to ", f.value, " but there are ", k.count, " targets");
  raise<IndexError>("ctc_loss: target ", f.value, " at position ", f.detail, " of sample ", f.position,
                    " must be a class from 0 to ", k.classes - 1, " and not the blank ", k.blank);
}

}  // namespace

void MultiMarginFwd::fail(const Fault& f) const { raise_margin(*this, f); }
void MultiMarginBwd::fail(const Fault& f) const { raise_margin(*this, f); }
void CtcFwd::fail(const Fault& f) const { raise_ctc(*this, f); }
void CtcBwd::fail(const Fault& f) const { raise_ctc(*this, f); }

}  // namespace nncore
