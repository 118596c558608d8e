#include "backend.h"

#include "../core/fpmode.h"
#include "../core/interrupt.h"

namespace nncore {

Interpreter interpreter;

namespace {

void check_types(const KernelType& type, const void* k) {
  constexpr unsigned both = 1u << int(DType::float32) | 1u << int(DType::float64);
  unsigned found = 0;
  const auto* const operands = static_cast<const Operand*>(k);
  for (int i = 0; i < type.operands; i++) found |= unsigned(bool(operands[i])) << int(operands[i].dtype);
  if ((found & both) == both && !type.mixes_types) [[unlikely]]
    raise<TypeError>(type.name(),
                     ": some operands are float32 and some float64; convert them to one dtype with .to()");
}

}  // namespace

void submit(const KernelType& type, void* k, Generator* generator) {
  check_types(type, k);
  if (Watcher* w = watcher()) static_cast<CallRecorder*>(w)->record(Call(type, k, generator));
  if (generator) type.draw(k, *generator);
  const Run run = cpu_backend.run[size_t(type.kernel)];
  if (type.cost(k) <= long_call_ns) {
    const FlushSubnormals flush;
    return run(k);
  }
  Interruptible interruptible;
  {
    const OutsideInterpreter outside(true);
    const FlushSubnormals flush;
    interruptible.run([&] { run(k); });
  }
  interruptible.check();
}

}  // namespace nncore
