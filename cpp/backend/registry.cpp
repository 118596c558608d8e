// The backends of this process by name: the host's and the loaded ones.
#include <dlfcn.h>

#include <mutex>

#include "plugin.h"

namespace nncore {

namespace {

std::mutex mutex;
std::vector<Backend*>& loaded() {
  static std::vector<Backend*>& all = *new std::vector<Backend*>{&backend_of(host())};
  return all;
}

}  // namespace

std::vector<std::string> backend_names() {
  const std::lock_guard lock(mutex);
  std::vector<std::string> names;
  for (const Backend* b : loaded()) names.push_back(b->name());
  return names;
}

Backend& backend(const std::string& name) {
  const std::lock_guard lock(mutex);
  std::string names;
  for (Backend* b : loaded()) {
    if (name == b->name()) return *b;
    names += (names.empty() ? "'" : ", '") + std::string(b->name()) + "'";
  }
  raise<ValueError>("the device '", name, "' is not available; the devices are ", names);
}

Backend& load_backend(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // never unloaded: tensors may be there
  check(library != nullptr, "load_backend: ", library ? "" : dlerror());
  const auto entry = reinterpret_cast<PluginEntry>(dlsym(library, plugin_entry));
  Backend* const b = entry ? entry(plugin_version) : nullptr;
  check(b != nullptr, "load_backend: ", path,
        " is not a backend for this version of nncore; compile it with its headers");
  const std::lock_guard lock(mutex);
  for (const Backend* other : loaded())
    check(std::string(other->name()) != b->name(), "load_backend: '", b->name(), "' is already loaded");
  loaded().push_back(b);
  return *b;
}

}  // namespace nncore
