#include "backend.h"

#include "../core/fpmode.h"

namespace nncore {

Interpreter interpreter;

void submit(const Call& call) {
  if (Watcher* w = watcher()) static_cast<CallRecorder*>(w)->record(call);
  OutsideInterpreter outside(call.cost > long_call_ns);
  FlushSubnormals flush;
  cpu_backend.run[size_t(call.kernel)](call);
}

}  // namespace nncore
