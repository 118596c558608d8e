// Values that hold Python objects take part in Python's garbage collection: a cycle through them is freed.
#pragma once
#include "casters.h"

namespace nncore::bind {

// Shows the collector each Python reference that a value owns.
class Visitor {
 public:
  Visitor(visitproc visit, void* arg) : visit_(visit), arg_(arg) {}
  void operator()(py::handle held) {
    if (result_ == 0 && held) result_ = visit_(held.ptr(), arg_);
  }
  int result() const { return result_; }

 private:
  visitproc visit_;
  void* arg_;
  int result_ = 0;
};

// The value of a Python object, or null while the object is being made or freed.
template <class T>
T* value_of(PyObject* self) {
  return static_cast<T*>(reinterpret_cast<py::detail::instance*>(self)->simple_value_holder[0]);
}

// The Python object of a T: how C++ holds values that own Python objects, so that the collector sees it.
template <class T>
class Held : public py::object {
 public:
  PYBIND11_OBJECT_DEFAULT(Held, py::object, is_one)
  T* operator->() const { return value_of<T>(ptr()); }
  T* get() const { return ptr() ? value_of<T>(ptr()) : nullptr; }

 private:
  static bool is_one(PyObject* object) { return py::isinstance<T>(object) && value_of<T>(object); }
};

// Set-up of the Python class of T, for py::custom_type_setup. T::visit(visitor) shows what a value owns, and
// T::forget() drops it. C++ keeps such a value through Held alone.
template <class T>
void collect(PyHeapTypeObject* heap_type) {
  PyTypeObject* type = &heap_type->ht_type;
  type->tp_flags |= Py_TPFLAGS_HAVE_GC;
  type->tp_traverse = [](PyObject* self, visitproc visit, void* arg) {
    Visitor visitor(visit, arg);
    visitor(reinterpret_cast<PyObject*>(Py_TYPE(self)));
    if (const T* value = value_of<T>(self)) value->visit(visitor);
    return visitor.result();
  };
  type->tp_clear = [](PyObject* self) {
    if (T* value = value_of<T>(self)) value->forget();
    return 0;
  };
}

// The same for Tensor, whose gradient hooks are Python functions. A tensor without hooks costs the collector
// nothing until track_hooks(tensor) is called.
void collect_tensors(PyHeapTypeObject* heap_type);
void track_hooks(const Tensor& tensor);

// The Python functions of a tensor's hooks.
void visit_hooks(const Object& hooks, Visitor& visitor);
void forget_hooks(Object& hooks);

}  // namespace nncore::bind

namespace pybind11::detail {
template <class T>
struct handle_type_name<nncore::bind::Held<T>> {
  static constexpr auto name = make_caster<T>::name;
};
}  // namespace pybind11::detail
