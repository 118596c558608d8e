// The lists of all elementwise ops. The kernels of all levels, the tape, the binding and the tests are
// derived from them; an op is identified by its index. Include this file inside a namespace.
#pragma once

#include "formulas.h"

using UnaryOps = OpList<
    // formulas_basic.h
    formulas::Neg, formulas::Abs, formulas::Sign, formulas::Exp, formulas::Exp2, formulas::Expm1,
    formulas::Log, formulas::Log1p, formulas::Log2, formulas::Log10, formulas::Logit, formulas::Sqrt,
    formulas::Rsqrt, formulas::Reciprocal, formulas::Square, formulas::Floor, formulas::Ceil, formulas::Round,
    formulas::Trunc, formulas::Sin, formulas::Cos, formulas::Tan, formulas::Sinc, formulas::Erf,
    formulas::Erfc,
    // formulas_inverse.h
    formulas::Asin, formulas::Acos, formulas::Atan, formulas::Sinh, formulas::Cosh, formulas::Asinh,
    formulas::Acosh, formulas::Atanh,
    // formulas_activation.h
    formulas::Tanh, formulas::Sigmoid, formulas::Elu, formulas::Selu, formulas::Celu, formulas::Gelu,
    formulas::GeluTanh, formulas::Silu, formulas::Mish, formulas::Softplus, formulas::Softsign,
    formulas::Tanhshrink, formulas::Logsigmoid,
    // formulas_piecewise.h
    formulas::Relu, formulas::Relu6, formulas::LeakyRelu, formulas::Hardtanh, formulas::Hardsigmoid,
    formulas::Hardswish, formulas::Threshold, formulas::Hardshrink, formulas::Softshrink,
    // formulas_scalar.h
    formulas::AddScalar, formulas::SubScalar, formulas::RsubScalar, formulas::MulScalar, formulas::DivScalar,
    formulas::RdivScalar, formulas::PowScalar, formulas::RpowScalar, formulas::Clamp>;

using BinaryOps = OpList<formulas::Add, formulas::Sub, formulas::Mul, formulas::Div, formulas::Pow,
                         formulas::Maximum, formulas::Minimum, formulas::Fmod, formulas::Remainder,
                         formulas::FloorDivide, formulas::Prelu, formulas::Atan2, formulas::Logaddexp>;

using CompareOps = OpList<formulas::Eq, formulas::Ne, formulas::Lt, formulas::Le, formulas::Gt, formulas::Ge,
                          formulas::LogicalAnd, formulas::LogicalOr, formulas::LogicalXor, formulas::IsFinite,
                          formulas::IsInf>;

// Ops of integers without a form for floats.
using BitwiseOps = OpList<formulas::BitwiseAnd, formulas::BitwiseOr, formulas::BitwiseXor,
                          formulas::LeftShift, formulas::RightShift>;
