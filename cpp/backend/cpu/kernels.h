// The CPU's kernels, one for each entry of the device table.
#pragma once
#include "../attrs.h"
#include "../call.h"

namespace nncore::cpu {

void unary_fwd(const Call&);
void unary_bwd(const Call&);
void binary_fwd(const Call&);
void binary_bwd(const Call&);
void compare(const Call&);
void where(const Call&);
void fill(const Call&);
void copy(const Call&);
void cast(const Call&);
void reduce(const Call&);
void arg_reduce(const Call&);
void matmul(const Call&);
void linear_bwd(const Call&);
void softmax_fwd(const Call&);
void softmax_bwd(const Call&);
void cross_entropy_fwd(const Call&);
void cross_entropy_bwd(const Call&);
void squared_error_fwd(const Call&);
void squared_error_bwd(const Call&);
void gather_rows(const Call&);
void scatter_add_rows(const Call&);
void gather_axis(const Call&);
void scatter_axis(const Call&);
void ravel_index(const Call&);
void masked_fill(const Call&);
void triangle(const Call&);
void nonzero_count(const Call&);
void nonzero_fill(const Call&);
void one_hot(const Call&);
void pad_axis_fwd(const Call&);
void pad_axis_bwd(const Call&);
void fold_fwd(const Call&);
void fold_bwd(const Call&);
void prod_bwd(const Call&);
void scan(const Call&);
void cumprod_bwd(const Call&);
void sort(const Call&);
void random(const Call&);
void permutation(const Call&);
void sgd(const Call&);
void adam(const Call&);

}  // namespace nncore::cpu
