#include "storage.h"

#include "allocator.h"

namespace nncore {

Storage::Storage(size_t bytes) : data_(allocate(bytes)), bytes_(bytes) {}

Storage::~Storage() {
  if (done_)
    done_(owner_);
  else
    nncore::release(data_, bytes_);
}

}  // namespace nncore
