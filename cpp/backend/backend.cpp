#include "backend.h"

#include "../core/fpmode.h"
#include "../core/interrupt.h"

namespace nncore {

Interpreter interpreter;

namespace {

// Runs calls one after another.
class Sequence final : public Program {
 public:
  Sequence(const Backend& backend, std::vector<const Call*> calls)
      : backend_(backend), calls_(std::move(calls)) {}

  void run(const Before& before) override {
    for (size_t i = 0; i < calls_.size(); i++) {
      if (before && !before(int(i))) return;
      backend_.run(calls_[i]->kernel(), calls_[i]->memory);
    }
  }
  Time time(int) const override { return {0, false}; }

 private:
  const Backend& backend_;
  std::vector<const Call*> calls_;
};

// The device of all operands.
Backend& common_backend(const KernelType& type, std::span<const Operand> operands) {
  Device* device = nullptr;
  for (const Operand& o : operands) {
    if (!o.storage) continue;
    if (device && device != &o.storage->device()) [[unlikely]]
      raise<ValueError>(type.name(), ": one operand is on '", device->name(), "' and another on '",
                        o.storage->device().name(), "'; move one of them with .to()");
    device = &o.storage->device();
  }
  return backend_of(*device);
}

void check_types(const KernelType& type, std::span<const Operand> operands) {
  constexpr unsigned both = 1u << int(DType::float32) | 1u << int(DType::float64);
  unsigned found = 0;
  for (const Operand& o : operands) found |= unsigned(bool(o)) << int(o.dtype);
  if ((found & both) == both && !type.mixes_types) [[unlikely]]
    raise<TypeError>(type.name(),
                     ": some operands are float32 and some float64; convert them to one dtype with .to()");
}

}  // namespace

std::vector<Group> Backend::group(std::vector<Candidate>& calls) const {
  std::vector<Group> groups;
  for (const Candidate& c : calls) groups.push_back({int(groups.size()), 1, c.call->cost});
  return groups;
}

std::unique_ptr<Program> Backend::prepare(std::vector<const Call*> calls, std::vector<Group>) const {
  return std::make_unique<Sequence>(*this, std::move(calls));
}

void submit(const KernelType& type, void* k, Generator* generator) {
  const std::span operands(static_cast<const Operand*>(k), type.operands);
  check_types(type, operands);
  Backend& backend = common_backend(type, operands);
  if (!backend.runs(type.kernel)) [[unlikely]]
    raise<NotImplementedError>("the backend '", backend.name(), "' has no kernel ", type.name(),
                               "; move the operands to 'cpu' with .to()");
  if (Watcher* w = watcher()) static_cast<CallRecorder*>(w)->record(Call(type, k, generator), backend);
  if (generator) type.draw(k, *generator);
  if (type.cost(k) <= long_call_ns) {
    const FlushSubnormals flush;
    return backend.run(type.kernel, k);
  }
  Interruptible interruptible;
  {
    const OutsideInterpreter outside(true);
    const FlushSubnormals flush;
    interruptible.run([&] { backend.run(type.kernel, k); });
  }
  interruptible.check();
}

}  // namespace nncore
