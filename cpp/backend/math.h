// exp, log, tanh, erf ... for any vector type V (the CPU's Vec, a CUDA thread's lane): one sequence of
// additions, fused multiply-adds, exact divisions and roots, hence the same bits on every instruction set.
// V::Scalar is float or double; float is computed in float. Subnormals are flushed by the caller's mode.
// To be included inside the namespace of its user; nothing here comes from <cmath>.
#pragma once

#include "math_exp.h"
#include "math_log.h"
//
#include "math_erf.h"
#include "math_pow.h"
#include "math_trig.h"
