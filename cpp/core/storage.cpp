#include "storage.h"

#include <utility>

#include "watch.h"

namespace nncore {

Storage::Storage(size_t bytes, Device& device)
    : data_(device.allocate(bytes)), bytes_(bytes), device_(device) {
  if (Watcher* w = watcher()) w->storage_made(*this);
}

Storage::~Storage() {
  if (done_)
    done_(owner_);
  else
    device_.release(data_, bytes_);
}

void Storage::dispose() noexcept {
  if (watcher_)
    std::exchange(watcher_, nullptr)->storage_died(this);
  else
    delete this;
}

}  // namespace nncore
