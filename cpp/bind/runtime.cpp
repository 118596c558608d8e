#include <algorithm>

#include "../backend/backend.h"
#include "../backend/hardware.h"
#include "../core/allocator.h"
#include "../core/cpu.h"
#include "../core/interrupt.h"
#include "../core/parallel.h"
#include "module.h"

namespace nncore::bind {

namespace {

constexpr int kernel_count = int(Kernel::count);

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (int k = 0; k < kernel_count; k++) names.push_back(name_of(Kernel(k)));
  return names;
}

std::vector<std::string> hide_kernels(const std::vector<std::string>& hidden) {
  static Backend::Run kept[kernel_count] = {};  // the functions of the hidden kernels
  const std::vector<std::string> names = kernel_names();
  const auto index_of = [&](const std::string& name) {
    const auto found = std::find(names.begin(), names.end(), name);
    check(found != names.end(), "hide_kernels: there is no kernel '", name, "'");
    return int(found - names.begin());
  };
  std::vector<int> kernels;
  for (const std::string& name : hidden) kernels.push_back(index_of(name));
  Backend& cpu = backend_of(host());
  std::vector<std::string> before;
  for (int k = 0; k < kernel_count; k++) {
    if (!kept[k]) continue;
    cpu.replace(Kernel(k), std::exchange(kept[k], nullptr));
    before.push_back(names[size_t(k)]);
  }
  for (const int k : kernels)
    if (!kept[k]) kept[k] = cpu.replace(Kernel(k), nullptr);
  return before;
}

std::string show_config() {
  std::string levels;
  for (const std::string& level : level_names()) levels += (levels.empty() ? "" : " ") + level;
  std::ostringstream text;
  text << "nncore " << NNCORE_VERSION << "\nprocessor: " << cpu_description()
       << "\ninstruction sets: " << levels << " (in use: " << level_name() << ")\nthreads: " << num_threads()
       << "\ncompiler: " << __VERSION__;
  return text.str();
}

}  // namespace

void bind_runtime(py::module_& m) {
  num_threads();  // an invalid NNCORE_NUM_THREADS makes the import fail, not a later call
  m.attr("__version__") = NNCORE_VERSION;
  m.def(
      "set_num_threads",
      [](py::handle n) {
        const int64_t threads = to_int(n, "set_num_threads");
        check(threads >= 1 && threads <= max_num_threads, "set_num_threads: ", threads,
              " is not between 1 and ", max_num_threads);
        set_num_threads(int(threads));
      },
      py::arg("n"), "Sets the number of threads that kernels may use; results do not depend on it.");
  m.def("set_always_split", set_always_split, py::arg("on"),
        "For tests: makes kernels use all threads even for small work.", internal);
  m.def("get_num_threads", num_threads, "The number of threads that kernels may use.");
  m.def("kernel_names", kernel_names, "The names of all kernels.", internal);
  m.def("hide_kernels", hide_kernels, py::arg("names"),
        "For tests: makes the backend act as if it lacked exactly these kernels. Returns those hidden "
        "before.",
        internal);
  m.def("show_config", show_config,
        "The version, processor, instruction sets and number of threads, as text.");
  m.def("isa_levels", level_names,
        "The levels (compiled instruction sets) that this processor can run, lowest first.", internal);
  m.def("isa", [] { return level_name(); }, "The level in use.", internal);
  m.def("set_isa", set_level, py::arg("name"), "Switches to another level; results do not depend on it.",
        internal);
  m.def(
      "memory_stats",
      [] {
        const MemoryStats s = memory_stats();
        py::dict d;
        d["in_use"] = s.in_use;
        d["cached"] = s.cached;
        d["peak"] = s.peak;
        return d;
      },
      "Bytes of tensor memory: in use, cached for reuse, and the peak in use.", internal);
  m.def(
      "measure_limits",
      [](int threads, double seconds, int64_t bytes) {
        const int team = threads == 0 ? num_threads() : threads;
        Limits l;
        Interruptible interruptible;
        {
          const OutsideInterpreter outside(true);
          interruptible.run([&] { l = measure_limits(team, seconds, bytes); });
        }
        interruptible.check();
        py::dict d;
        d["isa"] = level_name();
        d["threads"] = team;
        d["fma_f32"] = l.fma_f32;
        d["fma_f64"] = l.fma_f64;
        d["triad"] = l.triad;
        d["read"] = l.read;
        return d;
      },
      py::arg("threads") = 0, py::arg("seconds") = 0.1, py::arg("bytes") = 0,
      "Measures the limits of the machine, in operations and bytes per second. Each of four measurements "
      "takes `seconds`.",
      internal);
  m.def(
      "load_backend", [](const std::string& path) { return std::string(load_backend(path).name()); },
      py::arg("path"),
      "Loads a backend from a shared library and returns its name, which Tensor.to() then accepts.",
      internal);
  m.def("backend_names", backend_names, "The devices that Tensor.to() accepts.", internal);
  m.def("trim_memory", trim, "Gives cached memory back to the system.", internal);
}

}  // namespace nncore::bind
