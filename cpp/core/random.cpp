#include "random.h"

namespace nncore {

void Generator::manual_seed(uint64_t seed) {
  std::lock_guard lock(mutex_);
  state_ = {seed, 0};
  initial_seed_ = seed;
}

uint64_t Generator::initial_seed() const {
  std::lock_guard lock(mutex_);
  return initial_seed_;
}

RandomKey Generator::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

void Generator::set_state(RandomKey state) {
  std::lock_guard lock(mutex_);
  state_ = state;
  initial_seed_ = state.seed;
}

RandomKey Generator::reserve(uint64_t blocks) {
  std::lock_guard lock(mutex_);
  const RandomKey key = state_;
  state_.offset += blocks;
  return key;
}

Generator& default_generator() {
  static Ref<Generator>& generator =  // never destroyed: threads may draw while the process exits
      *new Ref<Generator>(new Generator);
  return *generator;
}

}  // namespace nncore
