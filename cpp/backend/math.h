// exp, log, tanh, erf ... for any vector type V (the CPU's Vec, or the lane of a CUDA thread). Each function
// is one sequence of additions, fused multiply-adds, exact divisions and roots, so its bits are the same on
// every level. V::Scalar is float or double; float is computed in float. The caller's mode flushes
// subnormal numbers. Include this file inside a namespace; nothing here uses <cmath>.
#pragma once

#include "math_exp.h"
#include "math_log.h"
//
#include "math_erf.h"
#include "math_inverse.h"
#include "math_pow.h"
#include "math_trig.h"
