// Lets values that hold Python objects take part in Python's garbage collection, which frees cycles through
// them.
#pragma once
#include "casters.h"

namespace nncore::bind {

// Passes each Python reference that a value owns to the collector.
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

// The value in a Python object, or null while the object is being made or freed.
template <class T>
T* value_of(PyObject* self) {
  return static_cast<T*>(reinterpret_cast<py::detail::instance*>(self)->simple_value_holder[0]);
}

// Holds a T through its Python object. C++ uses this for values that own Python objects, so that the
// collector sees the reference.
template <class T>
class Held : public py::object {
 public:
  PYBIND11_OBJECT_DEFAULT(Held, py::object, is_one)
  T* operator->() const { return value_of<T>(ptr()); }
  T* get() const { return ptr() ? value_of<T>(ptr()) : nullptr; }

 private:
  static bool is_one(PyObject* object) { return py::isinstance<T>(object) && value_of<T>(object); }
};

// Sets up the Python class of T, for py::custom_type_setup. T::visit(visitor) passes what a value owns to the
// visitor, and T::forget() drops it. C++ must hold such values through Held only.
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

// The same for Tensor, whose gradient hooks are Python functions. The collector does not track a tensor until
// track_hooks(tensor) is called.
void collect_tensors(PyHeapTypeObject* heap_type);
void track_hooks(const Tensor& tensor);

// Visit and drop the Python functions of a tensor's hooks.
void visit_hooks(const Object& hooks, Visitor& visitor);
void forget_hooks(Object& hooks);

}  // namespace nncore::bind

namespace pybind11::detail {
template <class T>
struct handle_type_name<nncore::bind::Held<T>> {
  static constexpr auto name = make_caster<T>::name;
};
}  // namespace pybind11::detail
