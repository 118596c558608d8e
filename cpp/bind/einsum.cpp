// Binds einsum, tensordot and PyTorch's named matrix products.
#include "../ops/einsum.h"

#include "../ops/elementwise.h"
#include "../ops/linear.h"
#include "../ops/shape.h"
#include "write.h"

namespace nncore::bind {

namespace {

void check_axes(const char* op, const Tensor& a, int of_a, const Tensor& b, int of_b) {
  check(a.ndim() == of_a && b.ndim() == of_b, op, ": shapes ", a.shape(), " and ", b.shape(), "; expected ",
        of_a, " and ", of_b, " axes");
}

template <int of_a, int of_b>
void bind_product(py::module_& m, TensorClass& tensor, const char* name, const char* other, const char* doc) {
  bind_both(
      m, tensor, name,
      [name](const Tensor& a, const Tensor& b) {
        check_axes(name, a, of_a, b, of_b);
        if (of_a == 3)
          check(a.size(0) == b.size(0), name, ": shapes ", a.shape(), " and ", b.shape(), " have batches of ",
                a.size(0), " and ", b.size(0));
        return ops::matmul(a, b);
      },
      py::arg(other), doc);
}

Tensor outer(const Tensor& a, const Tensor& b) {
  check_axes("outer", a, 1, b, 1);
  return ops::multiply(ops::unsqueeze(a, 1), b);
}

Tensor addmm(const Tensor& x, const Tensor& a, const Tensor& b, double beta, double alpha) {
  check_axes("addmm", a, 2, b, 2);
  const Tensor product = ops::matmul(a, b);
  return ops::add(beta == 1 ? x : ops::multiply(x, beta),
                  alpha == 1 ? product : ops::multiply(product, alpha));
}

Tensor tensordot(const Tensor& a, const Tensor& b, const py::object& dims) {
  std::vector<int64_t> first, second;
  if (is_int(dims)) {
    const int64_t n = to_int(dims, "tensordot");
    check(n >= 0 && n <= a.ndim() && n <= b.ndim(), "tensordot: dims is ", n, " but the shapes are ",
          a.shape(), " and ", b.shape());
    for (int64_t i = 0; i < n; i++) {
      first.push_back(a.ndim() - n + i);
      second.push_back(i);
    }
  } else {
    const auto pair = py::cast<std::pair<std::vector<int64_t>, std::vector<int64_t>>>(dims);
    first = pair.first;
    second = pair.second;
  }
  return ops::tensordot(a, b, first, second);
}

}  // namespace

void bind_einsum(py::module_& m, TensorClass& tensor) {
  m.def(
      "einsum",
      [](const std::string& equation, const py::args& operands) {
        std::vector<Tensor> list;
        const bool nested = operands.size() == 1 && !tensor_of(operands[0].ptr());
        for (py::handle h : nested ? py::cast<py::list>(operands[0]) : py::list(operands))
          list.push_back(py::cast<Tensor>(h));
        const Tensor y = ops::einsum(equation, list);
        return list.size() == 1 && ops::only_rearranges(equation) ? part(list[0], y) : y;
      },
      py::arg("equation"),
      "The product of tensors, summed over the subscripts that the output does not name (Einstein's "
      "convention).\n\nA letter names an axis. '...' stands for the remaining axes, which broadcast. A "
      "repeated letter in one operand takes the diagonal. Operands are contracted from left to right by "
      "matrix products. Raises ValueError for subscripts or sizes that do not fit.\n\n"
      ">>> a = nncore.tensor([[1.0, 2.0], [3.0, 4.0]])\n"
      ">>> nncore.einsum('ij,kj->ik', a, a).tolist()\n[[5.0, 11.0], [11.0, 25.0]]");
  m.def("tensordot", tensordot, py::arg("a"), py::arg("b"), py::arg("dims") = 2,
        "The product of two tensors, summed over the last dims axes of a and the first of b, or over the "
        "given pairs of axes.");
  bind_product<2, 2>(m, tensor, "mm", "mat2", "The product of two matrices.");
  bind_product<3, 3>(m, tensor, "bmm", "mat2", "The products of two stacks of matrices.");
  bind_product<2, 1>(m, tensor, "mv", "vec", "The product of a matrix and a vector.");
  bind_product<1, 1>(m, tensor, "dot", "tensor", "The inner product of two vectors.");
  bind_both(m, tensor, "outer", outer, py::arg("vec2"), "The outer product of two vectors.");
  bind_both(m, tensor, "addmm", addmm, py::arg("mat1"), py::arg("mat2"), py::kw_only(), py::arg("beta") = 1.0,
            py::arg("alpha") = 1.0, "beta input + alpha mat1 @ mat2.");
}

}  // namespace nncore::bind
