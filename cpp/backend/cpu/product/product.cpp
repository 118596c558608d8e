// Runs a product by its plan. Large products are cut into smaller ones here, for threads or for a long k.
#include "product.h"

#include <algorithm>

#include "../../../core/parallel.h"
#include "run.h"

namespace nncore::cpu {
namespace {

// Runs the epilogue on rows that are no longer in registers. sum(i, c) first writes row i of the product.
template <class T, class Sum>
void finish_rows(const Product<T>& p, int64_t cost, Sum sum) {
  parallel_for(p.m, cost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      T* const c = p.c.data + i * p.c.row;
      sum(i, c);
      T* const pre = before_activation(p) + i * p.c.row;
      if (p.epilogue.bias)
        for (int64_t j = 0; j < p.n; j++) pre[j] = c[j] + p.epilogue.bias[j];
      else if (pre != c)
        std::copy_n(c, p.n, pre);
    }
    activate(p.part({begin, end}, {0, p.n}));
  });
}

template <class T>
void run(const Product<T>& p, const Plan& plan);

template <class T>
void run_on_one_thread(const Product<T>& p) {
  run(p, plan_product(shape_of(p), 1));
}

template <class T>
void run_trivial(const Product<T>& p) {
  finish_rows(p, p.m * p.n, [&](int64_t, T* c) {
    if (!p.accumulate) std::fill_n(c, p.n, T(0));
  });
}

// Computes C^T = B^T A^T and transposes it, so that the registers hold the longer side of C.
template <class T>
void run_swapped(const Product<T>& p) {
  const ProductKernels<T>& kernel = kernels<T>().product;
  const int64_t row = round_up(p.m, kernel.lanes);
  const Scratch<T> scratch(p.n * row);
  T* const t = scratch.data();
  if (p.accumulate) kernel.transpose(p.m, p.n, p.c.data, p.c.row, t, row);
  run_on_one_thread(Product<T>{.m = p.n,
                               .n = p.m,
                               .k = p.k,
                               .a = p.b.transposed(),
                               .b = p.a.transposed(),
                               .c = {t, row},
                               .accumulate = p.accumulate});
  const Epilogue<T>& e = p.epilogue;
  for (int64_t j = 0; e.bias && j < p.n; j++)
    for (int64_t i = 0; i < p.m; i++) t[j * row + i] += e.bias[j];
  if (e.pre) kernel.transpose(p.n, p.m, t, row, e.pre, p.c.row);
  for (int64_t j = 0; e.activation >= 0 && j < p.n; j++)
    kernels<T>().elementwise.unary_fwd[e.activation](p.m, t + j * row, t + j * row, nullptr);
  kernel.transpose(p.n, p.m, t, row, p.c.data, p.c.row);
}

template <class T>
int64_t cost_of(const Product<T>& p) {
  return product_cost(p.m, p.n, p.k, sizeof(T));
}

template <class T>
void run_grid(const Product<T>& p, const Plan& plan) {
  parallel_for(plan.rows * plan.columns, cost_of(p), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      run_on_one_thread(p.part(part(p.m, plan.rows, i / plan.columns),
                               part(p.n, plan.columns, i % plan.columns, kernels<T>().product.nr)));
  });
}

template <class T>
void run_chunks(const Product<T>& p) {
  const Chunks chunks = chunks_of(p.k);
  const int64_t size = p.m * p.n;
  const Scratch<T> sums((chunks.count - 1) * size);  // C holds the first chunk
  const auto sum = [&](int64_t c) { return Matrix<T>{sums.data() + (c - 1) * size, p.n}; };
  parallel_for(chunks.count, cost_of(p), [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++) {
      Product<T> chunk =
          p.steps({c * chunks.size, std::min(p.k, (c + 1) * chunks.size)}, c == 0 ? p.c : sum(c));
      chunk.accumulate = c == 0 && p.accumulate;
      run_on_one_thread(chunk);
    }
  });
  finish_rows(p, size * chunks.count / 4, [&](int64_t i, T* c) {
    for (int64_t q = 1; q < chunks.count; q++)
      for (int64_t j = 0; j < p.n; j++) c[j] += sum(q).data[i * p.n + j];
  });
}

template <class T>
void run_sums(const Product<T>& p) {
  const int64_t size = p.m * p.n, step = most_chunks * chunks_of(p.k).size;
  const Scratch<double> totals(size);
  const Scratch<T> sum(size);
  for (int64_t from = 0; from < p.k; from += step) {
    Product<T> sums =
        p.steps({from, std::min(p.k, from + step)}, from == 0 ? p.c : Matrix<T>{sum.data(), p.n});
    sums.accumulate = from == 0 && p.accumulate;
    multiply(sums);
    parallel_for(p.m, size / 2, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        for (int64_t j = 0; j < p.n; j++) {
          double& total = totals.data()[i * p.n + j];
          const double more = double(sums.c.data[i * sums.c.row + j]);
          total = from == 0 ? more : total + more;
        }
    });
  }
  finish_rows(p, size, [&](int64_t i, T* c) {
    for (int64_t j = 0; j < p.n; j++) c[j] = T(totals.data()[i * p.n + j]);
  });
}

template <class T>
void run(const Product<T>& p, const Plan& plan) {
  switch (plan.path) {
    case Path::trivial:
      return run_trivial(p);
    case Path::direct:
    case Path::packed:
      return run_blocks(p, plan);
    case Path::columns:
      return run_columns(p, plan);
    case Path::swapped:
      return run_swapped(p);
    case Path::grid:
      return run_grid(p, plan);
    case Path::chunks:
      return run_chunks(p);
    case Path::sums:
      return run_sums(p);
  }
}

}  // namespace

template <class T>
void multiply(const Product<T>& p) {
  if (p.m == 0 || p.n == 0) return;
  const FlushSubnormals mode;
  run(p, plan_product(shape_of(p), team_size(cost_of(p))));
}

template <class T>
void multiply(const Product<T>& p, const Batch& batch) {
  Product<T> one = p;
  int dims = batch.dims;
  // Merge a stack of matrices times one matrix into one tall product.
  while (dims > 0 && batch.b[dims - 1] == 0 && batch.a[dims - 1] == one.m * p.a.row &&
         batch.c[dims - 1] == one.m * p.c.row)
    one.m *= batch.size[--dims];
  int64_t count = 1;
  for (int d = 0; d < dims; d++) count *= batch.size[d];
  if (count == 1) return multiply(one);

  const auto at = [&](int64_t index) {
    Product<T> product = one;
    for (int d = dims - 1; d >= 0; d--) {
      const int64_t i = index % batch.size[d];
      index /= batch.size[d];
      product.a.data += i * batch.a[d];
      product.b.data += i * batch.b[d];
      product.c.data += i * batch.c[d];
      if (one.epilogue.pre) product.epilogue.pre += i * batch.c[d];
    }
    return product;
  };
  if (count < num_threads()) {
    for (int64_t i = 0; i < count; i++) multiply(at(i));
    return;
  }
  parallel_for(count, cost_of(one) * count, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) multiply(at(i));
  });
}

template void multiply(const Product<float>&);
template void multiply(const Product<double>&);
template void multiply(const Product<float>&, const Batch&);
template void multiply(const Product<double>&, const Batch&);

}  // namespace nncore::cpu
