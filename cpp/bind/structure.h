// A version number that identifies the structure of all modules and optimizers: parameters, submodules,
// hooks, modes.
#pragma once
#include <atomic>
#include <cstdint>

namespace nncore::bind {

class Structure {
 public:
  // Equal versions mean equal structure: while the version is the same, a captured step needs no further
  // check.
  uint64_t version() const { return version_.load(std::memory_order_relaxed); }
  // The number of changes that this thread has made. Equal numbers before and after a step mean that the step
  // did not change the structure.
  uint64_t own_changes() const { return own_changes_; }

  // Records a change that is never undone: the version gets a value that it never had.
  void changed() { flip(scramble(2 * ++changes_)); }
  // Records a change of a switch, such as the mode of a module, which `key` identifies. Switching back
  // restores the version, so that plans for both positions stay valid.
  void switched(uint64_t key) { flip(scramble(2 * key + 1)); }

 private:
  void flip(uint64_t bits) {
    version_.fetch_xor(bits, std::memory_order_relaxed);
    own_changes_ ^= bits;
  }
  // The finalizer of SplitMix64: 64 random bits for each number.
  static uint64_t scramble(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  std::atomic<uint64_t> version_{0}, changes_{0};
  static inline thread_local uint64_t own_changes_ = 0;
};

inline Structure structure;

}  // namespace nncore::bind
