// The signatures of bound functions, for inspect.signature() and help().
#pragma once
#include "module.h"

namespace nncore::bind {

// Puts the signature in front of the documentation, in the form that Python reads.
void write_signature(py::handle function, PyMethodDef* definition);

}  // namespace nncore::bind
