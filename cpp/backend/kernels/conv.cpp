#include "conv.h"

#include "sizes.h"

namespace nncore {

std::string Convolution::text() const {
  return sizes_text({n, channels, in[0], in[1], in[2]}) + " to " +
         sizes_text({filters, out[0], out[1], out[2]}) + " by " +
         sizes_text({kernel[0], kernel[1], kernel[2]});
}

}  // namespace nncore
