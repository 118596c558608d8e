#include "loss.h"

#include "op_name.h"

namespace nncore {
#include "../formulas.h"
//
#include "../formulas_loss.h"

std::string PointwiseLossFwd::text() const { return op_name(LossOps(), op); }
std::string PointwiseLossBwd::text() const { return op_name(LossOps(), op); }

}  // namespace nncore
