// A backend in a shared library exports one C function that returns it. Its argument is the version of
// nncore's headers.
#pragma once
#include "backend.h"

namespace nncore {

inline constexpr const char* plugin_entry = "nncore_backend";

// Changes if a library that was compiled with other headers must not be loaded.
inline constexpr unsigned plugin_version = 1000u * unsigned(Kernel::count) + unsigned(sizeof(Call));

using PluginEntry = Backend* (*)(unsigned version);  // null for a version other than its own

}  // namespace nncore
