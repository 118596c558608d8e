#include "backend.h"

#include "../core/fpmode.h"
#include "../core/interrupt.h"
#include "describe.h"

namespace nncore {

Interpreter interpreter;

namespace {

// Kernels that are written for operands of both float32 and float64; the others read all of them as one type.
constexpr bool mixes_types(Kernel k) {
  return k == Kernel::cast || k == Kernel::sgd || k == Kernel::adam || k == Kernel::ctc_fwd ||
         k == Kernel::ctc_bwd;
}

void check_types(const Call& call) {
  constexpr unsigned both = 1u << int(DType::float32) | 1u << int(DType::float64);
  unsigned found = 0;
  for (int i = 0; i < call.n_args; i++)
    found |= unsigned(call.args[i].data != nullptr) << int(call.args[i].dtype);
  if ((found & both) == both && !mixes_types(call.kernel)) [[unlikely]]
    raise<TypeError>(describe(call).name,
                     ": some operands are float32 and some float64; convert them to one dtype with .to()");
}

}  // namespace

void submit(const Call& call) {
  check_types(call);
  if (Watcher* w = watcher()) static_cast<CallRecorder*>(w)->record(call);
  const Run run = cpu_backend.run[size_t(call.kernel)];
  if (call.cost <= long_call_ns) {
    const FlushSubnormals flush;
    return run(call);
  }
  Interruptible interruptible;
  {
    const OutsideInterpreter outside(true);
    const FlushSubnormals flush;
    interruptible.run([&] { run(call); });
  }
  interruptible.check();
}

}  // namespace nncore
