// Lays out buffers of known lifetimes in one arena.
#pragma once
#include <cstdint>
#include <vector>

namespace nncore::plan {

struct Lifetime {
  int first, last;  // the first and the last call that needs the buffer
  int64_t bytes;
  int64_t offset = 0;
};

// Gives every buffer an offset such that no two buffers overlap in time and in memory; returns the bytes
// of the arena. The largest come first, each at its lowest possible offset (Pisarchyk and Lee 2020,
// "greedy by size").
int64_t place(std::vector<Lifetime>& buffers);

}  // namespace nncore::plan
