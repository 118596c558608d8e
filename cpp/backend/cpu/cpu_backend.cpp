#include "../backend.h"
#include "kernels.h"

namespace nncore {

// In the order of enum Kernel.
const Backend cpu_backend = {{
    cpu::unary_fwd,
    cpu::unary_bwd,
    cpu::binary_fwd,
    cpu::binary_bwd,
    cpu::compare,
    cpu::where,
    cpu::fill,
    cpu::copy,
    cpu::cast,
    cpu::reduce,
    cpu::arg_reduce,
    cpu::matmul,
    cpu::linear_bwd,
    cpu::softmax_fwd,
    cpu::softmax_bwd,
    cpu::cross_entropy_fwd,
    cpu::cross_entropy_bwd,
    cpu::squared_error_fwd,
    cpu::squared_error_bwd,
    cpu::gather_rows,
    cpu::scatter_add_rows,
    cpu::random,
    cpu::permutation,
    cpu::sgd,
    cpu::adam,
}};

}  // namespace nncore
