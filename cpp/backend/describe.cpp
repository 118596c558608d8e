#include "describe.h"

#include <sstream>

#include "attrs.h"

namespace nncore {
#include "../ops/elementwise_list.h"

namespace {

constexpr const char* kernel_names[] = {
#define NNCORE_KERNEL(name) #name,
#include "kernel_list.inl"
#undef NNCORE_KERNEL
};

template <class... Ops>
const char* op_name(OpList<Ops...>, int op) {
  constexpr const char* names[] = {Ops::name...};
  return names[op];
}

CallInfo product(const MatmulAttrs& a) {
  int64_t batch = 1;
  for (int i = 0; i < a.batch_ndim; i++) batch *= a.batch_size[i];
  std::ostringstream text;
  if (a.batch_ndim > 0) text << batch << " x ";
  text << a.m << 'x' << a.n << 'x' << a.k << ' ' << (a.trans_a ? 'T' : 'N') << (a.trans_b ? 'T' : 'N');
  if (a.activation >= 0) text << ' ' << op_name(UnaryOps(), a.activation);
  return {"matmul", text.str(), 2.0 * double(batch) * double(a.m) * double(a.n) * double(a.k)};
}

// dx and dw are a product each, where they are wanted: args 5 and 6.
CallInfo linear_backward(const Call& call) {
  const auto& a = call.attrs<LinearBackwardAttrs>();
  std::ostringstream text;
  text << a.m << 'x' << a.n << 'x' << a.k;
  if (a.activation >= 0) text << ' ' << op_name(UnaryOps(), a.activation);
  const int products = (call.args[5].data != nullptr) + (call.args[6].data != nullptr);
  return {"linear_bwd", text.str(), 2.0 * products * double(a.m) * double(a.n) * double(a.k)};
}

}  // namespace

CallInfo describe(const Call& call) {
  const CallInfo info = {kernel_names[size_t(call.kernel)], "", 0};
  switch (call.kernel) {
    case Kernel::matmul:
      return product(call.attrs<MatmulAttrs>());
    case Kernel::linear_bwd:
      return linear_backward(call);
    case Kernel::unary_fwd:
    case Kernel::unary_bwd:
      return {info.name, op_name(UnaryOps(), call.attrs<UnaryAttrs>().op), 0};
    case Kernel::binary_fwd:
    case Kernel::binary_bwd:
      return {info.name, op_name(BinaryOps(), call.attrs<BinaryAttrs>().op), 0};
    case Kernel::compare:
      return {info.name, op_name(CompareOps(), call.attrs<BinaryAttrs>().op), 0};
    default:
      return info;
  }
}

}  // namespace nncore
