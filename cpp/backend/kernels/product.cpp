#include "product.h"

#include "op_name.h"
#include "sizes.h"

namespace nncore {
#include "../elementwise_list.h"

namespace {

std::string activation_text(int activation) {
  return activation >= 0 ? std::string(" ") + op_name(UnaryOps(), activation) : "";
}

}  // namespace

std::string Matmul::text() const {
  const std::string count = batch_ndim > 0 ? std::to_string(batch()) + " x " : "";
  return count + sizes_text({m, n, k}) + (trans_a ? " T" : " N") + (trans_b ? 'T' : 'N') +
         activation_text(activation);
}

std::string LinearBwd::text() const { return sizes_text({m, n, k}) + activation_text(activation); }

}  // namespace nncore
