#include "mismatch.h"

#include "signature.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace nncore::bind {
namespace {

Entry pybind11_entry = nullptr;  // the same for all functions of pybind11

// Whether __init__ has not run. pybind11 would pass uninitialized memory for such an object.
bool is_uninitialised(PyObject* object) {
  static PyTypeObject* const metaclass = py::detail::get_internals().default_metaclass;
  if (Py_TYPE(Py_TYPE(object)) != metaclass) return false;
  const auto* instance = reinterpret_cast<py::detail::instance*>(object);
  return instance->simple_layout && !instance->simple_value_holder[0];
}

// The type of each argument, such as "Tensor", or "dim=list" for a keyword.
py::list types_of(PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  py::list types;
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < count + named; i++) {
    py::object name = py::type::handle_of(args[i]).attr("__name__");
    if (!is_uninitialised(args[i]) && wants_gradient(args[i]))
      name = py::str("{} that requires grad").format(name);
    types.append(i < count
                     ? py::str(name)
                     : py::str("{}={}").format(py::handle(PyTuple_GET_ITEM(keywords, i - count)), name));
  }
  return types;
}

// The public name of a function of the module, or of a method of tensors and generators; "" for other
// callables.
std::string called_name(PyObject* self) {
  const auto* record = py::detail::function_record_ptr_from_PyObject(self);
  if (!record || !record->name || !record->scope) return "";
  const std::string name = record->name;
  const bool of_module = PyModule_Check(record->scope.ptr());
  const std::string scope = py::cast<std::string>(record->scope.attr("__name__"));
  if (!of_module && scope != "Tensor" && scope != "Generator") return "";
  if (name == "__init__") return scope;
  return name.starts_with('_') ? "" : name;
}

// Names the argument for sizes or axes whose conversion gives this error: "stride is 1.5; expected an int or a
// sequence of ints". Without one, or if the text gives a reason after a colon, the text itself.
py::str with_argument(const py::str& text, PyObject* self, PyObject* const* args, Py_ssize_t count,
                      PyObject* keywords) {
  const std::string given = text;
  const bool large = given.ends_with(" does not fit in 64 bits");
  if (!large && (!given.starts_with("expected an int, got ") || given.find(':') != std::string::npos))
    return text;
  const auto* record = py::detail::function_record_ptr_from_PyObject(self);
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < count + named; i++) {
    if (i < count && size_t(i) >= record->args.size()) continue;
    const std::string name = i < count
                                 ? record->args[size_t(i)].name
                                 : py::cast<std::string>(py::handle(PyTuple_GET_ITEM(keywords, i - count)));
    const std::string typed = name + ": int | collections.abc.Sequence[int]";
    if (std::string_view(record->signature).find(typed) == std::string_view::npos) continue;
    try {
      to_shape(py::handle(args[i]));
    } catch (const std::exception& error) {
      if (given != error.what()) continue;
      PyObject* const full = PyUnicode_FromFormat(
          "%s is %.60R%s", name.c_str(), args[i],
          large ? ", which does not fit in 64 bits" : "; expected an int or a sequence of ints");
      if (!full) throw py::error_already_set();
      return py::reinterpret_steal<py::str>(full);
    }
  }
  return text;
}

// Restores the error with the called function's name in front, unless Python code raised it.
void name_error(py::error_already_set& error, const py::str& text, PyObject* self, PyObject* const* args,
                Py_ssize_t count, PyObject* keywords) {
  bool plain = !error.trace();
  if (plain) {
    plain = false;
    for (PyObject* kind : {PyExc_TypeError, PyExc_ValueError, PyExc_IndexError, PyExc_MemoryError})
      plain = plain || error.type().ptr() == kind;
  }
  const std::string name = plain ? called_name(self) : "";
  if (name.empty()) return error.restore();
  const py::object named = py::module_::import("nncore.errors.mismatch").attr("named");
  PyErr_SetObject(error.type().ptr(), named(name, with_argument(text, self, args, count, keywords)).ptr());
}

// Sets TypeError and returns false if an argument, from `first` on, is an object whose __init__ has not run.
bool all_initialised(PyObject* const* args, Py_ssize_t first, Py_ssize_t count, PyObject* keywords) {
  if (keywords) count += PyTuple_GET_SIZE(keywords);
  for (Py_ssize_t i = first; i < count; i++)
    if (is_uninitialised(args[i])) [[unlikely]] {
      const char* name = Py_TYPE(args[i])->tp_name;
      if (const char* const dot = std::strrchr(name, '.')) name = dot + 1;
      PyErr_Format(PyExc_TypeError,
                   "%s: this %s was never initialized; call super().__init__() in its __init__", name, name);
      return false;
    }
  return true;
}

// Calls pybind11 and rewords its error.
PyObject* explained(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

// Entry point of __init__ and __setstate__, whose first argument is not initialized yet.
PyObject* initialise(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return all_initialised(args, 1, count, keywords) ? explained(self, args, count, keywords) : nullptr;
}

void explain(py::handle function) {
  PyMethodDef* const def = definition(function);
  if (!def) return;
  write_signature(function, def);
  if (pybind11_entry && entry_of(def) != pybind11_entry) return;
  const std::string_view name = def->ml_name;
  set_entry(def, name == "__init__" || name == "__setstate__" ? initialise : dispatch);
}

// NumPy's names of arguments that PyTorch's functions accept, and their own names.
constexpr std::pair<const char*, const char*> other_names[] = {{"axis", "dim"}, {"keepdims", "keepdim"}};

const char* name_in_pytorch(PyObject* keyword) {
  for (const auto& [other, name] : other_names)
    if (PyUnicode_CompareWithASCIIString(keyword, other) == 0) return name;
  return nullptr;
}

py::object with_names_of_pytorch(PyObject* keywords) {
  if (!keywords) return {};
  const auto given = py::reinterpret_borrow<py::tuple>(keywords);
  const auto is_other = [](py::handle keyword) { return name_in_pytorch(keyword.ptr()) != nullptr; };
  if (std::none_of(given.begin(), given.end(), is_other)) return given;
  py::tuple renamed(given.size());
  for (size_t i = 0; i < given.size(); i++) {
    const char* const name = name_in_pytorch(py::object(given[i]).ptr());
    renamed[i] = name ? py::object(py::str(name)) : py::object(given[i]);
  }
  return renamed;
}

PyObject* explained(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* given) {
  const py::object names = with_names_of_pytorch(given);
  PyObject* const keywords = names.ptr();
  PyObject* const result = pybind11_entry(self, args, count, keywords);
  if (result) return result;
  py::error_already_set error;
  try {
    const py::str text(error.value());
    if (!error.matches(PyExc_TypeError) || !text.contains("(): incompatible ")) {
      name_error(error, text, self, args, count, keywords);
      return nullptr;
    }
    const py::object reworded = py::module_::import("nncore.errors.mismatch").attr("reworded");
    PyErr_SetObject(PyExc_TypeError, reworded(text, types_of(args, count, keywords)).ptr());
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (...) {
    py::detail::try_translate_exceptions();
  }
  return nullptr;
}

}  // namespace

PyObject* dispatch(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return all_initialised(args, 0, count, keywords) ? explained(self, args, count, keywords) : nullptr;
}

PyMethodDef* definition(py::handle function) {
  const py::handle bare = py::detail::get_function(function);
  if (!bare || !PyCFunction_Check(bare.ptr()) ||
      !py::detail::is_function_record_PyObject(PyCFunction_GET_SELF(bare.ptr())))
    return nullptr;
  PyMethodDef* const def = reinterpret_cast<PyCFunctionObject*>(bare.ptr())->m_ml;
  check<Error>(def->ml_flags == (METH_FASTCALL | METH_KEYWORDS), def->ml_name,
               ": built with a version of pybind11 that calls functions in another way; build with 3.1");
  return def;
}

Entry entry_of(const PyMethodDef* def) {
  return reinterpret_cast<Entry>(reinterpret_cast<void (*)()>(def->ml_meth));
}

void set_entry(PyMethodDef* def, Entry entry) {
  if (!pybind11_entry) pybind11_entry = entry_of(def);
  def->ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(entry));
}

void explain_mismatches(py::module_& m) {
  for (const auto& [name, value] : py::dict(m.attr("__dict__"))) {
    explain(value);
    if (!py::isinstance<py::type>(value)) continue;
    for (const auto& [member, attribute] : py::dict(value.attr("__dict__"))) {
      explain(attribute);
      if (!py::isinstance(attribute, py::handle(reinterpret_cast<PyObject*>(&PyProperty_Type)))) continue;
      explain(attribute.attr("fget"));
      explain(attribute.attr("fset"));
    }
  }
}

}  // namespace nncore::bind
