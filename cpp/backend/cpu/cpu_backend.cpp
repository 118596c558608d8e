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
    cpu::gather_axis,
    cpu::scatter_axis,
    cpu::ravel_index,
    cpu::masked_fill,
    cpu::triangle,
    cpu::nonzero_count,
    cpu::nonzero_fill,
    cpu::one_hot,
    cpu::pad_axis_fwd,
    cpu::pad_axis_bwd,
    cpu::fold_fwd,
    cpu::fold_bwd,
    cpu::prod_bwd,
    cpu::scan,
    cpu::cumprod_bwd,
    cpu::sort,
    cpu::random,
    cpu::permutation,
    cpu::sgd,
    cpu::adam,
}};

}  // namespace nncore
