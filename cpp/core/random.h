#pragma once
#include <cstdint>
#include <mutex>

#include "intrusive.h"
#include "philox.h"

namespace nncore {

// Where a sequence of random numbers begins: blocks offset, offset + 1, ... of the seed's stream 0.
struct RandomKey {
  uint64_t seed, offset;
};

// Hands out disjoint ranges of Philox blocks. Thread safe; the numbers themselves are made by whoever needs
// them.
class Generator final : public Object {
 public:
  static constexpr uint64_t default_seed = 67280421310721;  // torch.default_generator's

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
