#include "pieces.h"

#include "attrs.h"

namespace nncore {
namespace {

bool is_flat(const BroadcastLoop& loop) { return loop.ndim == 1; }
bool is_flat(const CopyAttrs& a) {
  return a.ndim == 1 && a.dst_stride[0] == 1 && a.src_stride[0] <= 1 && a.src_start == 0 && a.dst_start == 0;
}

// The number of elements in a call's attributes, or 0.
int64_t counted(const Call& call) {
  switch (call.kernel) {
    case Kernel::unary_fwd:
    case Kernel::unary_bwd:
    case Kernel::cast:
      return call.attrs<UnaryAttrs>().n;
    case Kernel::binary_fwd:
    case Kernel::binary_bwd:  // integers may raise half way
      if (!is_floating(call.args[0].dtype)) return 0;
      [[fallthrough]];
    case Kernel::compare:
      return is_flat(call.attrs<BinaryAttrs>().loop) ? call.attrs<BinaryAttrs>().n : 0;
    case Kernel::where:
      return is_flat(call.attrs<WhereAttrs>().loop) ? call.attrs<WhereAttrs>().n : 0;
    case Kernel::masked_fill:
      return is_flat(call.attrs<MaskedFillAttrs>().loop) ? call.attrs<MaskedFillAttrs>().n : 0;
    case Kernel::fill: {
      const auto& a = call.attrs<FillAttrs>();
      return double(a.step) == 0 && a.int_step == 0 ? a.n : 0;
    }
    case Kernel::copy:
      return is_flat(call.attrs<CopyAttrs>()) ? call.attrs<CopyAttrs>().size[0] : 0;
    case Kernel::pointwise_loss_bwd:
      return call.attrs<PointwiseLossAttrs>().n;
    case Kernel::reduce: {
      const auto& a = call.attrs<ReduceAttrs>();
      return a.outer == 1 && a.inner == 1 && is_floating(call.args[0].dtype) ? a.n : 0;
    }
    default:
      return 0;
  }
}

void count(Call& call, int64_t n) {
  switch (call.kernel) {
    case Kernel::unary_fwd:
    case Kernel::unary_bwd:
    case Kernel::cast:
      call.attrs<UnaryAttrs>().n = n;
      return;
    case Kernel::binary_fwd:
    case Kernel::binary_bwd:
    case Kernel::compare:
      call.attrs<BinaryAttrs>().n = call.attrs<BinaryAttrs>().loop.size[0] = n;
      return;
    case Kernel::where:
      call.attrs<WhereAttrs>().n = call.attrs<WhereAttrs>().loop.size[0] = n;
      return;
    case Kernel::masked_fill:
      call.attrs<MaskedFillAttrs>().n = call.attrs<MaskedFillAttrs>().loop.size[0] = n;
      return;
    case Kernel::fill:
      call.attrs<FillAttrs>().n = n;
      return;
    case Kernel::copy:
      call.attrs<CopyAttrs>().size[0] = n;
      return;
    case Kernel::pointwise_loss_bwd:
      call.attrs<PointwiseLossAttrs>().n = n;
      return;
    default:
      call.attrs<ReduceAttrs>().n = n;
  }
}

}  // namespace

int64_t elements_of(const Call& call) {
  const int64_t n = counted(call);
  for (int i = 0; i < call.n_args; i++) {
    const Arg& arg = call.args[i];
    const bool single = arg.bytes == int64_t(size_of(arg.dtype)) && (!arg.written || reduces(call));
    if (arg.bytes > 0 && !is_whole(arg, n) && !single) return 0;
  }
  return n;
}

void cut(Call& call, int64_t begin, int64_t n, std::byte* local) {
  const int64_t all = counted(call);
  for (int i = 0; i < call.n_args; i++) {
    Arg& arg = call.args[i];
    if (arg.bytes == 0 || !is_whole(arg, all)) continue;
    const auto size = int64_t(size_of(arg.dtype));
    arg.data = arg.local >= 0 ? local + arg.local : static_cast<std::byte*>(arg.data) + begin * size;
    arg.bytes = n * size;
  }
  call.cost = call.cost * n / all;
  count(call, n);
}

}  // namespace nncore
