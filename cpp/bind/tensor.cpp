// Binds the Tensor class: its properties, conversions to Python's types, and autograd.
#include "../autograd/tape.h"
#include "../core/default_dtype.h"
#include "../core/watch.h"
#include "../ops/create.h"
#include "../ops/device.h"
#include "../ops/shape.h"
#include "device.h"
#include "module.h"
#include "numpy.h"
#include "structure.h"

namespace nncore::bind {

namespace {

bool is_parameter(TensorImpl& t) { return Py_TYPE(py::cast(Tensor(Ref(&t))).ptr()) != tensor_type; }

void set_requires_grad(TensorImpl& t, bool on) {
  check<TypeError>(!on || has_gradients(t.dtype), "requires_grad: a ", t.dtype,
                   " tensor cannot have a gradient; convert it with .float() or .double()");
  check<Error>(!t.grad_fn || on,
               "requires_grad: can be switched off for leaves only; use .detach() to cut the graph here");
  if (t.requires_grad != on && is_parameter(t)) structure.switched(reinterpret_cast<uintptr_t>(&t));
  t.requires_grad = on;
}

std::optional<Tensor> grad_of(TensorImpl& t) {
  if (Watcher* w = watcher(); w && !t.grad_fn) w->gradient_used(t);
  if (t.grad) return Tensor(t.grad);
  if (!t.hooks || !static_cast<GradientHooks&>(*t.hooks).retained.defined()) return std::nullopt;
  return static_cast<GradientHooks&>(*t.hooks).retained;
}

void set_grad(TensorImpl& t, const std::optional<Tensor>& grad) {
  if (Watcher* w = watcher()) w->gradient_set(t);
  if (t.hooks) static_cast<GradientHooks&>(*t.hooks).retained = Tensor();
  if (!grad) return t.grad.reset();
  check(grad->shape() == t.shape, "grad: shape ", grad->shape(), " does not match the tensor's shape ",
        t.shape);
  check<TypeError>(grad->dtype() == t.dtype, "grad: dtype ", grad->dtype(),
                   " does not match the tensor's dtype ", t.dtype);
  t.grad = grad->ref();
}

py::buffer_info buffer(TensorImpl& t) {
  host_reads("buffer");
  const Device& device = t.storage->device();
  if (!device.is_host())
    throw py::buffer_error(std::string("this tensor lies on '") + device.name() +
                           "', whose memory the host cannot read; use .to('cpu')");
  if (t.dtype == DType::bfloat16)
    throw py::buffer_error("Python's buffers have no bfloat16; convert the tensor with .float()");
  std::vector<Py_ssize_t> shape(t.shape.begin(), t.shape.end()), strides;
  for (int64_t s : contiguous_strides(t.shape)) strides.push_back(s * Py_ssize_t(size_of(t.dtype)));
  auto* view = new Py_buffer{};
  view->obj = keeper(Tensor(Ref(&t))).release().ptr();
  view->buf = t.storage->data() + t.byte_offset;
  view->itemsize = Py_ssize_t(size_of(t.dtype));
  view->format = const_cast<char*>(buffer_format(t.dtype));
  view->ndim = t.shape.ndim();
  view->shape = shape.data();
  view->strides = strides.data();
  view->readonly = true;
  return py::buffer_info(view);  // copies shape and strides, and frees the view
}

py::object size(const TensorImpl& t, const std::optional<int64_t>& dim) {
  if (!dim) return py::cast(t.shape);
  check<IndexError>(t.shape.ndim() > 0, "size: a 0-dimensional tensor has no dim ", *dim);
  return py::cast(t.shape[normalize_axis("size", *dim, t.shape.ndim())]);
}

// The values as an array in host memory; copies them if they lie on another device.
py::object host_array(const Tensor& t) {
  const Tensor stored = ops::to_host(t.detach());
  const Tensor values = t.dtype() == DType::bfloat16 ? ops::cast(stored, DType::float32) : stored;
  return to_numpy(values);
}

// A repr like PyTorch's: NumPy's printing inside "tensor(...)".
std::string repr(py::handle self) {
  const TensorImpl& t = *tensor_of(self.ptr());
  host_reads("repr");
  std::string text = py::cast<std::string>(
      py::module_::import("nncore.printing")
          .attr("array_text")(host_array(Tensor(Ref<TensorImpl>(tensor_of(self.ptr()))))));
  if (t.shape.ndim() > 0 && t.shape.numel() == 0)
    text += ", size=" + py::cast<std::string>(py::str(py::cast(t.shape)));
  if (t.dtype != DType::float32 && t.dtype != DType::int64 && t.dtype != DType::boolean)
    text += std::string(", dtype=nncore.") + name(t.dtype);
  if (!t.storage->device().is_host()) text += std::string(", device='") + t.storage->device().name() + "'";
  if (t.grad_fn)
    text += std::string(", grad_fn=<") + static_cast<Node*>(t.grad_fn.get())->name + ">";
  else if (t.requires_grad)
    text += ", requires_grad=True";
  return "tensor(" + text + ")";
}

// PyTorch's constructor: one array, list or other number than an int is data of the default dtype; ints are
// the sizes of a tensor with arbitrary values.
Tensor made_of(const py::args& data) {
  if (data.size() == 1 && !is_int(data[0])) return make_tensor(data[0], default_dtype.load());
  return empty(data.empty() ? Shape{0} : to_shape(py::handle(data)), default_dtype, default_device());
}

}  // namespace

void bind_tensor(TensorClass& tensor) {
  tensor.def(py::init([](const Tensor& data) {
               const Tensor values = data.detach();
               values.impl()->is_part = false;
               return values.ref();
             }),
             py::arg("data"));
  tensor.def(py::init([](const py::args& data) { return made_of(data).ref(); }));
  tensor.def_buffer(buffer);
  bind_numpy(tensor);

  tensor.def_property_readonly(
      "shape", [](const TensorImpl& t) { return t.shape; }, "The sizes of all axes, as a tuple.");
  tensor.def_property_readonly(
      "ndim", [](const TensorImpl& t) { return t.shape.ndim(); }, "The number of axes.");
  tensor.def_property_readonly(
      "dtype", [](const TensorImpl& t) { return t.dtype; }, "The dtype of the elements.");
  tensor.def_property(
      "requires_grad", [](const TensorImpl& t) { return t.requires_grad; }, set_requires_grad,
      "Whether backward() computes a gradient for this tensor.");
  tensor.def_property("grad", grad_of, set_grad, "The gradient accumulated by backward(), or None.");
  tensor.def_property_readonly(
      "is_leaf", [](const TensorImpl& t) { return !t.grad_fn; }, "Whether no recorded op made this tensor.");
  tensor.def_property_readonly(
      "grad_fn",
      [](const TensorImpl& t) -> std::optional<std::string> {
        if (!t.grad_fn) return std::nullopt;
        return static_cast<Node*>(t.grad_fn.get())->name;
      },
      "The name of the op that made this tensor, or None for a leaf.");

  tensor.def("numel", [](const TensorImpl& t) { return t.shape.numel(); }, "The number of elements.");
  tensor.def("dim", [](const TensorImpl& t) { return t.shape.ndim(); }, "The number of axes.");
  tensor.def("size", size, py::arg("dim") = py::none(), "The shape, or the size of one axis.");
  tensor.def(
      "element_size", [](const TensorImpl& t) { return size_of(t.dtype); },
      "The size of one element in bytes.");
  tensor.def_property_readonly(
      "itemsize", [](const TensorImpl& t) { return size_of(t.dtype); }, "The size of one element in bytes.");
  tensor.def_property_readonly(
      "nbytes", [](const TensorImpl& t) { return size_t(t.shape.numel()) * size_of(t.dtype); },
      "The size of all elements in bytes.");
  tensor.def(
      "data_ptr",
      [](const TensorImpl& t) {
        host_reads("data_ptr");
        return reinterpret_cast<uintptr_t>(t.storage->data() + t.byte_offset);
      },
      "The address of the first element.");
  tensor.def("item", [](const Tensor& t) { return item(t); }, "The only element as a Python number.");
  tensor.def(
      "numpy",
      [](const Tensor& t, bool force) {
        if (force) return host_array(t);
        check<Error>(!t.requires_grad(), "numpy: this tensor requires a gradient; use .detach().numpy()");
        return to_numpy(t);
      },
      py::kw_only(), py::arg("force") = false,
      "The values as a read-only NumPy array that shares this tensor's memory. With force, also accepts a "
      "tensor that requires a gradient or lies on another device.");
  tensor.def(
      "__array__",
      [](const Tensor& t, const py::object& dtype, const py::object& copy) -> py::object {
        const py::object array = to_numpy(t);
        const py::object convert = py::module_::import("numpy").attr("array");
        if (!dtype.is_none()) return convert(array, dtype);
        return !copy.is_none() && py::cast<bool>(copy) ? py::object(convert(array)) : array;
      },
      py::arg("dtype") = py::none(), py::arg("copy") = py::none());
  tensor.def(
      "tolist", [](const Tensor& t) { return host_array(t).attr("tolist")(); },
      "The values as nested Python lists; a 0-dimensional tensor gives a number.");
  tensor.def("detach", [](const Tensor& t) { return t.detach(); }, "The same values without history.");
  tensor.def(
      "requires_grad_",
      [](py::object self, bool on) {
        set_requires_grad(*tensor_of(self.ptr()), on);
        return self;
      },
      py::arg("requires_grad") = true, "Sets requires_grad and returns the tensor.");
  tensor.def(
      "backward",
      [](const Tensor& t, const std::optional<Tensor>& gradient, bool retain_graph) {
        backward(t, gradient.value_or(Tensor()), retain_graph);
      },
      py::arg("gradient") = py::none(), py::arg("retain_graph") = false,
      "Adds d(self)/d(leaf) to the grad of every leaf that requires one.\n\n"
      "gradient: d(loss)/d(self); may be omitted if self has one element. Raises RuntimeError if self has no "
      "history, or if an earlier backward without retain_graph freed it.\n\n"
      ">>> x = nncore.tensor([1.0, 2.0], requires_grad=True)\n>>> (x * x).sum().backward()\n>>> "
      "x.grad.tolist()\n[2.0, 4.0]");
  const std::pair<const char*, DType> conversions[] = {
      {"float", DType::float32}, {"double", DType::float64}, {"long", DType::int64},
      {"int", DType::int32},     {"half", DType::float16},   {"bfloat16", DType::bfloat16},
      {"short", DType::int16},   {"char", DType::int8},      {"byte", DType::uint8},
      {"bool", DType::boolean}};
  for (const auto& [name, dtype] : conversions)
    tensor.def(
        name, [dtype = dtype](const Tensor& t) { return ops::cast(t, dtype); },
        (std::string("The values as ") + nncore::name(dtype) + ".").c_str());

  tensor.def("__len__", [](const TensorImpl& t) {
    check<TypeError>(t.shape.ndim() > 0, "len: a 0-dimensional tensor has no length");
    return t.shape[0];
  });
  tensor.def(
      "__getitem__", [](const Tensor& t, py::handle index) { return get_item(t, index); }, py::arg("index"));
  tensor.def("__iter__", [](py::object self) {
    check<TypeError>(tensor_of(self.ptr())->shape.ndim() > 0,
                     "iter: a 0-dimensional tensor cannot be iterated");
    PyObject* const items = PySeqIter_New(self.ptr());
    if (!items) throw py::error_already_set();
    return py::reinterpret_steal<py::iterator>(items);
  });
  tensor.def("__float__", [](const Tensor& t) { return py::float_(item(t)); });
  tensor.def("__int__", [](const Tensor& t) {
    PyObject* const number = PyNumber_Long(item(t).ptr());  // py::int_ would not convert a bool
    if (!number) throw py::error_already_set();
    return py::reinterpret_steal<py::int_>(number);
  });
  tensor.def("__index__", [](const Tensor& t) {
    check<TypeError>(!is_floating(t.dtype()) && t.dtype() != DType::boolean, "index: a ", t.dtype(),
                     " tensor is not an integer");
    return py::int_(item(t));
  });
  tensor.def("__bool__", [](const Tensor& t) {
    check(t.numel() == 1, "bool: the truth of a tensor of shape ", t.shape(), " is ambiguous");
    return bool(py::cast<py::bool_>(py::bool_(item(t))));
  });
  tensor.def("__repr__", repr);
  tensor.attr("__hash__") = py::module_::import("builtins").attr("object").attr("__hash__");
  tensor.def(
      "__deepcopy__",
      [](const Tensor& t, const py::dict&) {
        Tensor copy = ops::clone(t.detach());
        copy.impl()->requires_grad = t.requires_grad();
        return copy;
      },
      py::arg("memo"));
  tensor.def("__reduce__", [](py::object self) {
    const Tensor t(Ref<TensorImpl>(tensor_of(self.ptr())));
    py::object values = py::module_::import("numpy").attr("array")(host_array(t));
    return py::make_tuple(py::module_::import("nncore._core").attr("tensor"),
                          py::make_tuple(values, t.dtype(), py::none(), t.requires_grad()));
  });
  bind_transfer(tensor);
  bind_dlpack(tensor);
}

}  // namespace nncore::bind
