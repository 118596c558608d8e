#include "capture.h"

#include <algorithm>

#include "structure.h"

namespace nncore::bind {

namespace {

std::string package_folder() {
  const auto file = py::cast<std::string>(py::module_::import("nncore").attr("__file__"));
  return file.substr(0, file.rfind('/') + 1);
}

// The file and line of the innermost frame outside this package, such as "train.py, line 12".
std::string user_line() {
  if (!PyGILState_Check()) return "another thread";
  static const std::string package = package_folder();
  auto frame = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(PyEval_GetFrame()));
  while (frame) {
    auto* const f = reinterpret_cast<PyFrameObject*>(frame.ptr());
    const auto code = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(PyFrame_GetCode(f)));
    const char* const utf8 = PyUnicode_AsUTF8(reinterpret_cast<PyCodeObject*>(code.ptr())->co_filename);
    if (!utf8) throw py::error_already_set();
    const std::string_view file = utf8;
    if (!file.starts_with(package))
      return std::string(file.substr(file.rfind('/') + 1)) + ", line " +
             std::to_string(PyFrame_GetLineNumber(f));
    frame = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(PyFrame_GetBack(f)));
  }
  return "an unknown line";
}

// Marks work that happens once and not in every step, such as making an optimizer's state.
class Once {
 public:
  void enter() { watching_.enter("once", nullptr); }
  void exit() { watching_.exit("once"); }

 private:
  Watching watching_;
};

bool capturing() { return Capture::current != nullptr && watcher() != nullptr; }

}  // namespace

thread_local Capture* Capture::current = nullptr;

void Capture::enter() {
  watching_.enter("Capture", &capture_);
  outer_ = std::exchange(current, this);
  changes_before_ = structure.own_changes();
}

void Capture::exit(bool failed) {
  watching_.exit("Capture");
  current = outer_;
  changed_structure_ = structure.own_changes() != changes_before_;
  for (Ref<TensorImpl>& leaf : capture_.hand_over_leaves()) leaves_.push_back(py::cast(Tensor(leaf)));
  if (failed) close();
}

namespace {

bool holds(const std::vector<Tensor>& list, const Tensor& t) {
  return std::any_of(list.begin(), list.end(), [&](const Tensor& other) { return other.impl() == t.impl(); });
}

}  // namespace

void Capture::note(const Tensor& settings) {
  if (holds(set_later_, settings))
    capture_.refuse(
        "compile: the step uses an optimizer before and after a schedule sets its learning rate, and a "
        "replay would use one rate for both. Call the schedule's step() outside the step");
  settings_.push_back(settings);
}

bool Capture::sets_rates(const std::vector<Tensor>& settings) {
  const bool read =
      std::any_of(settings.begin(), settings.end(), [&](const Tensor& t) { return holds(settings_, t); });
  if (read) set_later_.insert(set_later_.end(), settings.begin(), settings.end());
  return read;
}

void Capture::visit(Visitor& visitor) const {
  for (const auto& leaf : leaves_) visitor(leaf);
}

void Capture::forget() { std::exchange(leaves_, {}); }

std::vector<Tensor> Capture::finish(const py::list& results) {
  std::vector<Tensor> plain;
  for (size_t i = 0; i < results.size(); i++) {
    plain.push_back(py::cast<Tensor>(results[i]).detach());
    results[i] = py::cast(plain.back());  // frees the graph, if any
  }
  for (const Tensor& t : capture_.inputs()) t.impl()->grad.reset();
  try {
    check_nothing_kept(plain);
  } catch (const CaptureError&) {
    py::module_::import("gc").attr("collect")();  // perhaps only a reference cycle keeps a tensor
    check_nothing_kept(plain);
  }
  return plain;
}

namespace {

int64_t users(const std::vector<Tensor>& tensors, const Storage* storage) {
  return std::count_if(tensors.begin(), tensors.end(),
                       [&](const Tensor& t) { return t.impl()->storage.get() == storage; });
}

}  // namespace

void Capture::check_nothing_kept(const std::vector<Tensor>& results) const {
  constexpr const char* kept =
      ", is kept after it by something other than the step's result; a replay would not update it. ";
  for (const int b : capture_.kept()) {
    const Storage* s = capture_.record().buffers[size_t(b)].storage;
    int64_t known = users(results, s);
    bool held = false;
    for (const plan::LeafGrad& l : capture_.record().leaves) {
      if (!l.leaf->grad || l.leaf->grad->storage.get() != s) continue;
      known++;
      held = held || l.leaf->grad->use_count() > 1;
    }
    check<CaptureError>(!held && s->use_count() == known, "compile: a tensor made in the step, at ",
                        capture_.record().made_at(b), kept, "Return it from the step instead");
  }
  for (size_t i = 0; i < capture_.inputs().size(); i++) {
    const TensorImpl& t = *capture_.inputs()[i].impl();
    check<CaptureError>(t.use_count() == 1 && t.storage->use_count() == 1 + users(results, t.storage.get()),
                        "compile: the step's tensor argument ", i, kept, "Keep it outside the step");
  }
}

void note_settings(const Tensor& settings) {
  if (capturing()) Capture::current->note(settings);
}

void bind_capture(py::module_& m) {
  interpreter.where = user_line;
  m.def(
      "structure_version", [] { return structure.version(); },
      "Identifies the structure of all modules and optimizers.");
  m.def(
      "structure_changed", [] { structure.changed(); },
      "Must be called when a module or an optimizer has changed.");
  m.def(
      "structure_switched", [](uint64_t key) { structure.switched(key); }, py::arg("key"),
      "Must be called when a switch of a module, such as its mode, has changed. A second call undoes the "
      "first.");
  m.def(
      "sets_rates",
      [](const std::vector<Tensor>& settings) {
        return capturing() && Capture::current->sets_rates(settings);
      },
      py::arg("settings"),
      "Must be called when a schedule sets the learning rates in these settings. Returns whether the step "
      "being captured has read them before.");
  m.def("capturing", capturing, "Whether this thread is capturing a step.");
  py::class_<Once>(m, "once", "A context manager whose block does not become part of a captured step.")
      .def(py::init())
      .def("__enter__", &Once::enter)
      .def("__exit__", [](Once& o, const py::args&) { o.exit(); });
  py::class_<Capture, Ref<Capture>>(m, "Capture", py::custom_type_setup(collect<Capture>),
                                    "A context manager that records the calls of one step.")
      .def(py::init([](const std::vector<Tensor>& inputs, bool strict) {
             return Ref<Capture>(new Capture(inputs, strict));
           }),
           py::arg("inputs"), py::arg("strict") = true)
      .def_property_readonly(
          "refusal", [](const Capture& r) { return r.capture().refusal(); },
          "What a replay could not repeat, if the capture is not strict.")
      .def_property_readonly("changed_structure", &Capture::changed_structure,
                             "Whether the step has changed the structure of a module or an optimizer.")
      .def("__enter__", &Capture::enter)
      .def("__exit__", [](Capture& r, const py::args& raised) { r.exit(!raised[0].is_none()); })
      .def_property_readonly(
          "inputs", [](const Capture& r) { return r.capture().inputs(); },
          "The tensors with which the step was called.")
      .def_property_readonly(
          "has_backward", [](const Capture& r) { return r.capture().record().has_backward; },
          "Whether the step computed gradients.")
      .def_property_readonly(
          "found_gradients",
          [](const Capture& r) {
            std::vector<bool> found;
            for (const plan::LeafGrad& l : r.capture().record().leaves)
              found.push_back(!l.cleared && l.at_entry != nullptr);
            return found;
          },
          "For each leaf: whether it had a gradient that the step added to.")
      .def_property_readonly(
          "kernels",
          [](const Capture& r) {
            std::vector<std::string> names;
            for (const plan::RecordedCall& c : r.capture().record().calls)
              names.push_back(c.call.type->name());
            return names;
          },
          "The kernels of the step's calls, in order.")
      .def("close", &Capture::close, "Releases the step's memory; the record can still be compared.")
      .def("finish", &Capture::finish, py::arg("results"),
           "Returns the step's results without history. Raises CaptureError if anything else keeps a tensor "
           "of the step.")
      .def(
          "difference",
          [](const Capture& a, const Capture& b) {
            return plan::difference(a.capture().record(), b.capture().record());
          },
          py::arg("later"), "Describes how a later run of the step differs; empty if it does not.");
}

}  // namespace nncore::bind
