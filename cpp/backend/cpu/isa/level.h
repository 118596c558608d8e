// A level exports only the tables of its kernels. Each family of kernels is one object file, compiled from
// <level>.cpp and <family>.inl.
#pragma once
#include <cstdint>

#include "../../order.h"
#include "attention_table.h"
#include "conv_table.h"
#include "elementwise_table.h"
#include "family.h"
#include "fold_table.h"
#include "limits_table.h"
#include "loss_table.h"
#include "norm_table.h"
#include "optim_table.h"
#include "pointwise_table.h"
#include "pool_table.h"
#include "product_table.h"
#include "random_table.h"
#include "recurrent_table.h"
#include "reduce_table.h"

namespace nncore {

template <class T>
struct LevelKernels {
  ProductKernels<T> product;
  ConvKernels<T> conv;
  ElementwiseKernels<T> elementwise;
  ReduceKernels<T> reduce;
  FoldKernels<T> fold;
  LossKernels<T> loss;
  NormKernels<T> norm;
  OptimKernels<T> optim;
  PointwiseKernels<T> pointwise;
  PoolKernels<T> pool;
  RandomKernels<T> random;
  LimitsKernels<T> limits;
  RecurrentKernels<T> recurrent;
  AttentionKernels<T> attention;
};

struct Level {
  const char* name;
  LevelKernels<float> f32;
  LevelKernels<double> f64;
};

}  // namespace nncore
