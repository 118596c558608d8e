#pragma once
#include <cstdint>
#include <mutex>

#include "intrusive.h"
#include "philox.h"

namespace nncore {

// The start of a sequence of random numbers: blocks offset, offset + 1, ... of stream 0 of the seed.
struct RandomKey {
  uint64_t seed, offset;
};

// Reserves disjoint ranges of Philox blocks; the kernels compute the numbers. Thread safe.
class Generator final : public Object {
 public:
  static constexpr uint64_t default_seed = 67280421310721;  // that of torch.default_generator

  explicit Generator(uint64_t seed = default_seed) : state_{seed, 0}, initial_seed_(seed) {}

  void manual_seed(uint64_t seed);
  uint64_t initial_seed() const;
  RandomKey state() const;
  void set_state(RandomKey state);
  RandomKey reserve(uint64_t blocks);

 private:
  mutable std::mutex mutex_;
  RandomKey state_;
  uint64_t initial_seed_;
};

Generator& default_generator();

}  // namespace nncore
