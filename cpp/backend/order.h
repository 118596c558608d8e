// The order of every sum. It decides the bits of a result, so it depends on shapes alone: kernels of all
// instruction sets and devices follow it, whatever their threads, registers and caches. A chain is a sum that
// one accumulator takes in order. Sums are taken in the dtype of the operands unless float64 is named.
//
// Internal linkage and no library code, so that every instruction set and device code can include this file.
#pragma once
#include <stdint.h>

namespace nncore {

// Vectors: 16 lanes of float32 or 8 of float64, whatever the width of a register. Each lane is a chain. A
// vector folds by halves: lane i joins lane i + 8, then i + 4, i + 2 and i + 1.
constexpr int64_t vector_bytes = 64;

// Rows (sum, prod, max, min, dot products, folds of contiguous elements): four vectors, 64 chains of float32,
// take the vectors of a chunk in turns. The last turn may be incomplete; missing lanes count as the neutral
// element. The four vectors join as (0 1)(2 3), then the result folds. A longer row is cut into chunks of
// row_chunk elements, whose results join in pairs of neighbours, then pairs of those; an odd one waits for
// the next round. Products of float32 are taken in float64. The variance of a row merges the means and
// squared deviations of its chunks in the same pairs, in float64. Dot products are not cut.
constexpr int64_t row_chunk = 4096;

// Rows within a kernel (softmax, cross-entropy and norms): one chunk as above, but a longer row is cut into
// parts of long_row elements, whose sums are added in order in float64. Two sums of one pass, such as those
// of x - m and (x - m)^2, have two vectors each: these take the vectors of a part in turns, and what is left
// after the last whole turn goes to vector 0. They join as (0 1), then fold.
constexpr int64_t long_row = 4096;

// Columns (reductions of an axis that is not the last, bias gradients, embedding gradients, bags, sums over
// samples): at most long_column rows are one chain. More rows are cut into chains of column_chain rows, whose
// results are added in order in float64.
constexpr int64_t long_column = 256, column_chain = 64;
static constexpr int64_t chain_rows(int64_t rows) { return rows <= long_column ? rows : column_chain; }

// Elements that are added where an index points are one chain in order of position. The chain is float64
// where it may be long: in scatter_add_rows if more than long_column positions name the row, in scatter_axis
// if there are more than long_column positions, in the backward of a maximum over bags if there are more than
// long_column bags.

// Interpolation: a value is one chain over the elements of the input in order, one axis after another, the
// last axis first; a point of a grid is one chain over the plane. A gradient is one chain in order of the
// values or points, that of a grid one chain in order of the channels.

// The gradients of a norm's weight and bias: a chain for each chunk of rows, about 64 chunks; then the
// results are summed as a column. Batch norm and group norm sum each channel of a sample as a row, then the
// samples as a column; group norm adds the channels of a group in order. A window of local response norm is
// one chain.
static constexpr int64_t norm_chunk(int64_t rows) {
  const int64_t even = (rows + 63) / 64;
  return rows > 64 * long_column || even < 64 ? 64 : even;
}

// Pooling: the elements of a window are one chain in row-major order. The gradients of a maximum are added in
// order of the outputs. The gradient of a mean: for each row of outputs, the terms of the windows with the
// column of an element are one chain in order of the outputs; then the results are added in order of the rows
// of outputs. Fold adds the elements that have the same place in the plane in order of their position in the
// window.

// Losses: the loss of a row (cross-entropy, multi-margin, CTC) is one chain in float64 in order of its
// classes or steps. Losses of single elements are summed in blocks of loss_block, each as a chunk of a row.
// The losses of rows or blocks are then summed as a row.
constexpr int64_t loss_block = 2048;

// Products: an element is one chain of fused multiply-adds in order of k, from 0 or from the value in C. A k
// above long_chain is cut into even chunks of about chunk_target steps, each a chain of its own; their results
// are added in order. Beyond most_chunks chunks, the sums of each most_chunks chunks are added in float64. The
// steps of a recurrent layer add to C: their chains continue.
constexpr int64_t long_chain = 4096, chunk_target = 2048, most_chunks = 64;
struct Chunks {
  int64_t count, size;
};
static constexpr Chunks chunks_of(int64_t k) {
  if (k <= long_chain) return {1, k};
  const int64_t wanted = (k + chunk_target - 1) / chunk_target;
  const int64_t size = ((k + wanted - 1) / wanted + 15) / 16 * 16;
  return {(k + size - 1) / size, size};
}

// Convolutions are products. In the forward pass k counts the channels of the group, then the taps of the kernel
// in row-major order; the padding counts as zeros. In the gradient of the input k counts the filters of the
// group, then the taps that reach the element with its stride; elements outside the output count as zeros. In
// the gradient of the weight k counts samples, then pixels of the output in row-major order. The bias is added
// to the finished sum. A correlation adds its chunks in order without the float64 step of products.

// Running sums and products (cumsum, cumprod and the gradients of products) are one chain in float64.

// Attention. Keys are cut into the fewest tiles of at most attention_keys, as even as multiples of
// attention_unit allow, longer tiles first; queries into the fewest blocks of at most attention_queries, as
// even as possible. With causal attention a block leaves out the keys after its last query.
//
// Forward, for each tile: scores are products, and their exponentials are summed as a chunk of a row. With
// factor = exp(old maximum - new maximum), sum = sum * factor + the tile's sum and out = out * factor; then
// the chains of out continue with the values of the tile. At the end out is multiplied by 1 / sum.
//
// Backward: the chains of dq continue from tile to tile, those of dk and dv from block to block, for each
// query head of the key's group in order.
constexpr int64_t attention_queries = 70, attention_keys = 256, attention_unit = 16;

// Random numbers. Numbers of a call are words of Philox blocks in order: four float32, two float64 or two
// integers per block; normal number i comes from uniform numbers 2 i and 2 i + 1. Dropout takes one word for
// each element, in groups of eight blocks: words 0 and 1 of each block, then words 2 and 3 of each block.
// Dropout in attention takes attention_keys words for each tile of each row of scores, in order of rows, then
// tiles.
constexpr int64_t dropout_group = 32;
struct RandomWord {
  int64_t block;
  int word;
};
static constexpr RandomWord dropout_word(int64_t i) {
  const int64_t group = i / dropout_group, at = i % dropout_group;
  return {group * 8 + at % 16 / 2, int(at / 16 * 2 + at % 2)};
}

}  // namespace nncore
