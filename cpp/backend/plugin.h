// What a backend in a shared library of its own exports: one C function that returns it, given the version of
// the headers it was compiled with.
#pragma once
#include "backend.h"

namespace nncore {

inline constexpr const char* plugin_entry = "nncore_backend";

// Changes whenever a library compiled against other headers must not be loaded.
inline constexpr unsigned plugin_version = 1000u * unsigned(Kernel::count) + unsigned(sizeof(Call));

using PluginEntry = Backend* (*)(unsigned version);  // null for a version other than its own

}  // namespace nncore
