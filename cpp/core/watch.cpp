#include "watch.h"

namespace nncore {

namespace detail {
std::atomic<int> watchers{0};
thread_local Watcher* thread_watcher = nullptr;
}  // namespace detail

}  // namespace nncore
