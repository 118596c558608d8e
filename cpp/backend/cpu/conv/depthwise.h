// The gradient of the weight of convolutions whose groups have one channel and one filter (depthwise.cpp).
#pragma once
#include "../../kernels/conv.h"

namespace nncore::cpu {

template <class T>
void depthwise_weight_gradient(const ConvWeightBwd& k);

}  // namespace nncore::cpu
