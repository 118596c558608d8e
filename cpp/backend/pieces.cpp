#include "pieces.h"

#include <type_traits>

#include "attrs.h"

namespace nncore {
namespace {

bool is_flat(const BroadcastLoop& loop) { return loop.ndim == 1; }
bool is_flat(const CopyAttrs& a) {
  return a.ndim == 1 && a.dst_stride[0] == 1 && a.src_stride[0] <= 1 && a.src_start == 0 && a.dst_start == 0;
}

// Where a call's attributes hold its number of elements: in one or two places, or nowhere where it is no
// number to be cut.
template <class Number>
struct Counts {
  Number *n = nullptr, *loop = nullptr;
  int64_t value() const { return n ? *n : 0; }
};

template <class Number, class Attrs>
Counts<Number> of_loop(Attrs& a) {
  if (!is_flat(a.loop)) return {};
  return {&a.n, &a.loop.size[0]};
}

template <class AnyCall, class Number = std::conditional_t<std::is_const_v<AnyCall>, const int64_t, int64_t>>
Counts<Number> counts_of(AnyCall& call) {
  switch (call.kernel) {
    case Kernel::unary_fwd:
    case Kernel::unary_bwd:
    case Kernel::cast:
      return {&call.template attrs<UnaryAttrs>().n};
    case Kernel::binary_fwd:
    case Kernel::binary_bwd:  // integers may raise half way
      if (!is_floating(call.args[0].dtype)) return {};
      [[fallthrough]];
    case Kernel::compare:
      return of_loop<Number>(call.template attrs<BinaryAttrs>());
    case Kernel::where:
      return of_loop<Number>(call.template attrs<WhereAttrs>());
    case Kernel::masked_fill:
      return of_loop<Number>(call.template attrs<MaskedFillAttrs>());
    case Kernel::fill: {
      auto& a = call.template attrs<FillAttrs>();
      if (double(a.step) != 0 || a.int_step != 0) return {};
      return {&a.n};
    }
    case Kernel::copy: {
      auto& a = call.template attrs<CopyAttrs>();
      if (!is_flat(a)) return {};
      return {&a.size[0]};
    }
    case Kernel::pointwise_loss_bwd:
      return {&call.template attrs<PointwiseLossAttrs>().n};
    case Kernel::reduce: {
      auto& a = call.template attrs<ReduceAttrs>();
      if (a.outer != 1 || a.inner != 1 || !is_floating(call.args[0].dtype)) return {};
      return {&a.n};
    }
    default:
      return {};
  }
}

}  // namespace

int64_t elements_of(const Call& call) {
  const int64_t n = counts_of(call).value();
  for (int i = 0; i < call.n_args; i++) {
    const Arg& arg = call.args[i];
    const bool single = arg.bytes == int64_t(size_of(arg.dtype)) && (!arg.written || reduces(call));
    if (arg.bytes > 0 && !is_whole(arg, n) && !single) return 0;
  }
  return n;
}

void cut(Call& call, int64_t begin, int64_t n, std::byte* local) {
  const auto counts = counts_of(call);
  const int64_t all = counts.value();
  for (int i = 0; i < call.n_args; i++) {
    Arg& arg = call.args[i];
    if (arg.bytes == 0 || !is_whole(arg, all)) continue;
    const auto size = int64_t(size_of(arg.dtype));
    arg.data = arg.local >= 0 ? local + arg.local : static_cast<std::byte*>(arg.data) + begin * size;
    arg.bytes = n * size;
  }
  call.cost = call.cost * n / all;
  *counts.n = n;
  if (counts.loop) *counts.loop = n;
}

}  // namespace nncore
