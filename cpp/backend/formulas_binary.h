// Functions of two tensors: arithmetic, and extremes, which split the gradient at ties.
#pragma once

namespace formulas {

struct Add {
  static constexpr const char *name = "add", *formula = "a + b", *derivative = "1, 1";
  static constexpr Needs needs = Needs::none, da_needs = Needs::none, db_needs = Needs::none;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return a + b;
  }
  template <class V>
  static constexpr V da(V, V, V, V dy) {
    return dy;
  }
  template <class V>
  static constexpr V db(V, V, V, V dy) {
    return dy;
  }
};

struct Sub {
  static constexpr const char *name = "sub", *formula = "a - b", *derivative = "1, -1";
  static constexpr Needs needs = Needs::none, da_needs = Needs::none, db_needs = Needs::none;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return a - b;
  }
  template <class V>
  static constexpr V da(V, V, V, V dy) {
    return dy;
  }
  template <class V>
  static constexpr V db(V, V, V, V dy) {
    return -dy;
  }
};

struct Mul {
  static constexpr const char *name = "mul", *formula = "a b", *derivative = "b, a";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::b, db_needs = Needs::a;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return a * b;
  }
  template <class V>
  static constexpr V da(V, V b, V, V dy) {
    return dy * b;
  }
  template <class V>
  static constexpr V db(V a, V, V, V dy) {
    return dy * a;
  }
};

struct Div {
  static constexpr const char *name = "div", *formula = "a / b", *derivative = "1 / b, -y / b";
  static constexpr Needs needs = Needs::by, da_needs = Needs::b, db_needs = Needs::by;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return a / b;
  }
  template <class V>
  static constexpr V da(V, V b, V, V dy) {
    return dy / b;
  }
  template <class V>
  static constexpr V db(V, V b, V y, V dy) {
    return -dy * (y / b);
  }
};

struct Pow {
  static constexpr const char *name = "pow", *formula = "a^b",
                              *derivative = "b a^(b - 1), 0 where b = 0; y ln(a), 0 where a = 0 <= b";
  static constexpr Needs needs = Needs::aby, da_needs = Needs::ab, db_needs = Needs::aby;
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return pow(a, b);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return select(b == V(0), V(0), dy * (b * pow(a, b - V(1))));
  }
  template <class V>
  static constexpr V db(V a, V b, V y, V dy) {
    return select((a == V(0)) & (V(0) <= b), V(0), dy * (y * log(a)));
  }
};

struct Maximum {
  static constexpr const char *name = "maximum", *formula = "the larger of a and b, NaN if either is NaN",
                              *derivative = "1 for the larger, 1/2 and 1/2 where equal";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::ab, db_needs = Needs::ab;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return select(a == a, max(a, b), a);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return select(a < b, V(0), select(a == b, V(0.5) * dy, dy));
  }
  template <class V>
  static constexpr V db(V a, V b, V, V dy) {
    return da(b, a, a, dy);
  }
};

struct Minimum {
  static constexpr const char *name = "minimum", *formula = "the smaller of a and b, NaN if either is NaN",
                              *derivative = "1 for the smaller, 1/2 and 1/2 where equal";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::ab, db_needs = Needs::ab;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return select(a == a, min(a, b), a);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return select(a > b, V(0), select(a == b, V(0.5) * dy, dy));
  }
  template <class V>
  static constexpr V db(V a, V b, V, V dy) {
    return da(b, a, a, dy);
  }
};

// Subtracts multiples of b from r until |r| < |b|. Each step is exact, because quotients are whole numbers.
template <class V, class T = typename V::Scalar>
constexpr V reduced(V r, V b) {
  const V size = abs(b), far = V(T(sizeof(T) == 4 ? 0x1p127 : 0x1p1023));
  while (any(size <= abs(r))) {
    const V by = select(far <= abs(r / b), b * far, b);  // any multiple of b is valid
    r = select(size <= abs(r), fma(-trunc(r / by), by, r), r);
  }
  return r;
}

// The remainder with the sign of a. The remainder and b are scaled up if a difference might be flushed to 0.
template <class V>
struct Modulo {
  V r, b, scale;
};
template <class V, class T = typename V::Scalar>
constexpr Modulo<V> modulo(V a, V b) {
  constexpr bool f = sizeof(T) == 4;
  const V scale = select(abs(b) < V(T(f ? 0x1p-60 : 0x1p-500)), V(T(f ? 0x1p64 : 0x1p512)), V(1));
  const V by = b * scale;
  const V r = reduced(reduced(select(b == b, a, b), by) * scale, by);
  // r has the wrong sign if a quotient was rounded up
  const V up = select(r * copysign(V(1), a) < V(0), copysign(by, a), V(0));
  return {copysign(r + up, a), by, scale};
}
template <class V>
constexpr auto opposite(Modulo<V> m) {
  return m.r * copysign(V(1), m.b) < V(0);
}

struct Fmod {
  static constexpr const char *name = "fmod", *formula = "a - trunc(a / b) b",
                              *derivative = "1, -trunc(a / b)";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::none, db_needs = Needs::ab;
  static constexpr double ulp = 0;
  template <class V>
  static constexpr V fwd(V a, V b) {
    const Modulo<V> m = modulo(a, b);
    return m.r * (V(1) / m.scale);
  }
  template <class V>
  static constexpr V da(V, V, V, V dy) {
    return dy;
  }
  template <class V>
  static constexpr V db(V a, V b, V, V dy) {
    return -dy * trunc(a / b);
  }
};

struct FloorDivide {
  static constexpr const char *name = "floor_divide", *formula = "floor(a / b)", *derivative = "0, 0";
  static constexpr Needs needs = Needs::none, da_needs = Needs::none, db_needs = Needs::none;
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V a, V b) {
    const Modulo<V> m = modulo(a, b);
    V q = (a * m.scale - m.r) / m.b;
    q = select(opposite(m), q - V(1), q);
    q = select(abs(a) * m.scale < V(__builtin_inf()), q, a / b);
    const V whole = floor(q);
    const V down = select(V(0.5) < q - whole, whole + V(1), whole);
    return select(b == V(0), a / b, select(abs(a) < V(__builtin_inf()), down, a - a));  // inf - inf is NaN
  }
  template <class V>
  static constexpr V da(V, V, V, V) {
    return V(0);
  }
  template <class V>
  static constexpr V db(V, V, V, V) {
    return V(0);
  }
};
struct Remainder {
  static constexpr const char *name = "remainder", *formula = "a - floor(a / b) b",
                              *derivative = "1, -floor(a / b)";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::none, db_needs = Needs::ab;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    const Modulo<V> m = modulo(a, b);
    return select(opposite(m), m.r + m.b, m.r) * (V(1) / m.scale);
  }
  template <class V>
  static constexpr V da(V, V, V, V dy) {
    return dy;
  }
  template <class V>
  static constexpr V db(V a, V b, V, V dy) {
    return -dy * FloorDivide::fwd(a, b);
  }
};

struct Atan2 {
  static constexpr const char *name = "atan2", *formula = "the angle of the point (b, a), in [-pi, pi]",
                              *derivative = "b / (a^2 + b^2), -a / (a^2 + b^2); 0 where a = b = 0";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::ab, db_needs = Needs::ab;
  static constexpr double ulp = 4;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return atan2(a, b);
  }
  template <class V>
  static constexpr V over_square(V x, V a, V b) {
    const V square = fma(a, a, b * b);
    return select(square == V(0), V(0), x / square);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return dy * over_square(b, a, b);
  }
  template <class V>
  static constexpr V db(V a, V b, V, V dy) {
    return -dy * over_square(a, a, b);
  }
};

// The error is a multiple of the larger operand's unit, because the result may be near 0.
struct Logaddexp {
  static constexpr const char *name = "logaddexp", *formula = "ln(e^a + e^b)",
                              *derivative = "1 / (1 + e^(b - a)), 1 / (1 + e^(a - b))";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::ab, db_needs = Needs::ab;
  static constexpr double ulp = 2;
  template <class V>
  static constexpr V fwd(V a, V b) {
    const V gap = select(a == b, V(0), -abs(a - b));  // also for equal infinities
    const V y = add_log1p(max(a, b), exp_down(gap));
    return select(gap == gap, y, gap);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return dy * sigmoid(a - b);
  }
  template <class V>
  static constexpr V db(V a, V b, V, V dy) {
    return dy * sigmoid(b - a);
  }
};

struct Prelu {  // He et al. 2015
  static constexpr const char *name = "prelu", *formula = "a where a > 0, else b a",
                              *derivative = "1 where a > 0, else b; 0 where a > 0, else a";
  static constexpr Needs needs = Needs::ab, da_needs = Needs::ab, db_needs = Needs::a;
  static constexpr double ulp = 0.5;
  template <class V>
  static constexpr V fwd(V a, V b) {
    return select(a > V(0), a, b * a);
  }
  template <class V>
  static constexpr V da(V a, V b, V, V dy) {
    return select(a > V(0), dy, b * dy);
  }
  template <class V>
  static constexpr V db(V a, V, V, V dy) {
    return select(a > V(0), V(0), a * dy);
  }
};

}  // namespace formulas
