#include "../backend.h"
#include "kernels.h"

namespace nncore {

const Backend cpu_backend = {{
#define NNCORE_KERNEL(name) cpu::name,
#include "../kernel_list.inl"
#undef NNCORE_KERNEL
}};

}  // namespace nncore
