// New values: constants, ranges, random numbers.
#pragma once
#include "../backend/kernels/random.h"
#include "../core/random.h"
#include "../core/tensor.h"

namespace nncore::ops {

Tensor full(const Shape& shape, double value, DType dtype, Device& device = host());
// Raises ValueError if the value does not fit the dtype.
Tensor full_integer(const Shape& shape, int64_t value, DType dtype, Device& device = host());
struct IntegerRange {
  int64_t least, most;
};
IntegerRange range_of(DType dtype);
// Raises ValueError for a finite number that would become infinite in the dtype, and for a number that an
// integer dtype cannot represent.
void check_holds(const char* op, DType dtype, double value);
void check_holds(const char* op, DType dtype, int64_t value);
// x as dtype, without history. Raises ValueError for the first value that does not fit the dtype; reads
// values on the host.
Tensor converted(const char* op, const Tensor& x, DType dtype);
inline Tensor zeros(const Shape& shape, const Tensor& like) {
  return full(shape, 0, like.dtype(), like.device());
}
Tensor arange(double start, double end, double step, DType dtype, Device& device = host());
Tensor arange_integer(int64_t start, int64_t end, int64_t step, DType dtype, Device& device = host());
Tensor linspace(double start, double end, int64_t steps, DType dtype, Device& device = host());
Tensor eye(int64_t n, int64_t m, DType dtype, Device& device = host());

// Raises ValueError if x lies in read-only memory.
template <class... Name>
void check_writable(const char* op, const Tensor& x, const Name&... name) {
  check(
      !x.impl()->storage->read_only(), op, ": ", name..., " of shape ", x.shape(),
      " lies in the memory of a read-only array, which cannot be written; take nncore.tensor(array), a copy");
}

// These write in place: use them for parameters, buffers and optimizer state only.
void fill_(const Tensor& y, double value);
void assign_(const Tensor& y, const Tensor& x);
// Raises DivergenceError when the call runs and x has a NaN or an infinity.
void check_finite(const Tensor& x);
void random_(const Tensor& y, Generator& generator, Distribution distribution, double a, double b);

Tensor randint(int64_t low, int64_t high, const Shape& shape, Generator& generator, DType dtype,
               Device& device = host());
// Numbers of the Poisson distribution, one for each rate.
Tensor poisson(const Tensor& rate, Generator& generator);
Tensor randperm(int64_t n, Generator& generator, Device& device = host());

}  // namespace nncore::ops
