#include "storage.h"

#include <utility>

#include "allocator.h"
#include "watch.h"

namespace nncore {

Storage::Storage(size_t bytes) : data_(allocate(bytes)), bytes_(bytes) {
  if (Watcher* w = watcher()) w->storage_made(*this);
}

Storage::~Storage() {
  if (done_)
    done_(owner_);
  else
    nncore::release(data_, bytes_);
}

void Storage::dispose() noexcept {
  if (watcher_)
    std::exchange(watcher_, nullptr)->storage_died(this);
  else
    delete this;
}

}  // namespace nncore
