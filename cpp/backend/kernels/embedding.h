// Rows of a table (rows, cols) looked up by id: one by one, or combined in bags. In all kernels, `padding` is
// an id without gradient, which bags skip, or -1. With by_frequency, the gradient of a row is divided by the
// number of occurrences of its id.
#pragma once
#include "../cost.h"
#include "../kernel.h"

namespace nncore {

// y (count, cols) = the rows of the table with the given ids.
struct EmbeddingFwd {
  static constexpr Kernel kernel = Kernel::embedding_fwd;
  In table, ids;
  Out y;
  int64_t count, rows, cols;

  int64_t cost() const { return byte_cost(2 * y.bytes); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const EmbeddingFwd&) const = default;
};

struct EmbeddingBwd {
  static constexpr Kernel kernel = Kernel::embedding_bwd;
  In ids, dy;
  Out dtable;
  int64_t count, rows, cols, padding;
  bool by_frequency;

  int64_t cost() const { return byte_cost(2 * dy.bytes) + byte_cost(dtable.bytes); }
  double flops() const { return double(count) * double(cols); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const EmbeddingBwd&) const = default;
};

// Faults of bags: the id `value` at `position`; the offset `value` of bag number `position`.
enum BagFault : int { bad_id, bad_offset };

// The division of `count` ids into bags: each has `length` ids or, if length is -1, those from offsets[i] to
// offsets[i + 1]. The last bag ends with the ids, or at one more offset if has_end.
struct BagSizes {
  int64_t count, bags, length, rows, cols, padding;
  bool has_end;

  // y: the operand (bags, cols)
  int64_t cost(const Operand& y) const {
    return byte_cost(y.bytes + count * cols * int64_t(size_of(y.dtype)));
  }
  double flops() const { return double(count) * double(cols); }
  [[noreturn]] void fail(const Fault&) const;
  bool operator==(const BagSizes&) const = default;
};

// y (bags, cols) = the sum or mean of the rows of each bag, each row times its weight; 0 for an empty bag.
struct EmbeddingBagFwd {
  static constexpr Kernel kernel = Kernel::embedding_bag_fwd;
  In table, ids, offsets = {}, weights = {};  // weights (count)
  Out y;
  BagSizes sizes;
  bool mean;

  int64_t cost() const { return sizes.cost(y); }
  double flops() const { return 2 * sizes.flops(); }
  [[noreturn]] void fail(const Fault& f) const { sizes.fail(f); }
  bool operator==(const EmbeddingBagFwd&) const = default;
};

struct EmbeddingBagBwd {
  static constexpr Kernel kernel = Kernel::embedding_bag_bwd;
  In ids, offsets = {}, weights = {}, dy;
  Out dtable;
  BagSizes sizes;
  bool mean, by_frequency;

  int64_t cost() const { return sizes.cost(dy) + byte_cost(dtable.bytes); }
  double flops() const { return 2 * sizes.flops(); }
  [[noreturn]] void fail(const Fault& f) const { sizes.fail(f); }
  bool operator==(const EmbeddingBagBwd&) const = default;
};

// dweights (count) = the dot product of each row and the gradient of its bag.
struct EmbeddingBagWeightsBwd {
  static constexpr Kernel kernel = Kernel::embedding_bag_weights_bwd;
  In table, ids, offsets = {}, dy;
  Out dweights;
  BagSizes sizes;

  int64_t cost() const { return sizes.cost(dy); }
  double flops() const { return 2 * sizes.flops(); }
  [[noreturn]] void fail(const Fault& f) const { sizes.fail(f); }
  bool operator==(const EmbeddingBagWeightsBwd&) const = default;
};

// y (bags, cols) = the largest number of each column in the rows of each bag; 0 for an empty bag.
struct EmbeddingBagMaxFwd {
  static constexpr Kernel kernel = Kernel::embedding_bag_max_fwd;
  In table, ids, offsets = {};
  Out y;
  BagSizes sizes;

  int64_t cost() const { return sizes.cost(y); }
  double flops() const { return sizes.flops(); }
  [[noreturn]] void fail(const Fault& f) const { sizes.fail(f); }
  bool operator==(const EmbeddingBagMaxFwd&) const = default;
};

// Of equal numbers, the first gets the gradient.
struct EmbeddingBagMaxBwd {
  static constexpr Kernel kernel = Kernel::embedding_bag_max_bwd;
  In table, ids, offsets = {}, y, dy;
  Out dtable;
  BagSizes sizes;

  int64_t cost() const { return sizes.cost(dy) + byte_cost(dtable.bytes); }
  double flops() const { return sizes.flops(); }
  [[noreturn]] void fail(const Fault& f) const { sizes.fail(f); }
  bool operator==(const EmbeddingBagMaxBwd&) const = default;
};

}  // namespace nncore
