#include "backend.h"

#include "../core/fpmode.h"
#include "../core/interrupt.h"

namespace nncore {

Interpreter interpreter;

namespace {

// The backend of the first operand that there is.
Backend& first_backend(std::span<const Operand> operands) {
  for (const Operand& o : operands)
    if (o.storage) return backend_of(o.storage->device());
  return backend_of(host());
}

void check_devices(const KernelType& type, std::span<const Operand> operands, const Backend& backend) {
  for (const Operand& o : operands)
    if (o.storage && &o.storage->device() != &backend) [[unlikely]]
      raise<ValueError>(type.name(), ": one operand is on '", backend.name(), "' and another on '",
                        o.storage->device().name(), "'; move one of them with .to()");
}

void check_types(const KernelType& type, const void* k, std::span<const Operand> operands) {
  constexpr unsigned both = 1u << int(DType::float32) | 1u << int(DType::float64);
  unsigned found = 0;
  for (const Operand& o : operands) found |= unsigned(bool(o)) << int(o.dtype);
  if ((found & both) == both && !type.mixes_types) [[unlikely]]
    raise<TypeError>(type.name(),
                     ": some operands are float32 and some float64; convert them to one dtype with .to()");
  if (found >= 1u << arithmetic_dtypes && !(type.takes_storage_types && type.takes_storage_types(k)))
      [[unlikely]]
    for (const Operand& o : operands)
      if (o) check_computes(type.name(), o.dtype);
}

}  // namespace

void submit(const KernelType& type, void* k, Generator* generator) {
  const std::span operands(static_cast<const Operand*>(k), type.operands);
  check_types(type, k, operands);
  Backend& backend = first_backend(operands);
  if (!backend.runs(type.kernel)) [[unlikely]]
    raise<NotImplementedError>("the backend '", backend.name(), "' has no kernel ", type.name(),
                               "; move the operands to 'cpu' with .to()");
  check_devices(type, operands, backend);
  if (Watcher* w = watcher()) static_cast<CallRecorder*>(w)->record(Call(type, k, generator), backend);
  if (generator) type.draw(k, *generator);
  if (type.cost(k) <= long_call_ns) {
    const FlushSubnormals flush;
    return backend.run(type.kernel, k);
  }
  std::vector<Ref<Storage>> held;  // another thread may give a tensor other memory meanwhile
  for (const Operand& o : operands) held.emplace_back(o.storage);
  Interruptible interruptible;
  {
    const OutsideInterpreter outside(true);
    const FlushSubnormals flush;
    interruptible.run([&] { backend.run(type.kernel, k); });
  }
  interruptible.check();
}

}  // namespace nncore
