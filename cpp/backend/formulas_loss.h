// The formulas of the losses that are computed per element. Include this file after math.h in a namespace.
// Definitions, defaults and the derivatives at kinks are PyTorch's. Members of a formula:
//   name                    the name of the binding
//   operands                the number of operands: a is usually the input, b the target; a missing c is 1
//   gradients               the number of operands, from the first, that have a derivative
//   scalars                 its parameters s
//   value(a, b, c, s)       the loss
//   grad<k>(a, b, c, s)     its derivative by operand k
#pragma once

namespace losses {

template <class V>
NNCORE_INLINE V sign_of(V x) {
  return select(x < V(0), V(-1), select(x > V(0), V(1), x));
}

template <class Loss>
struct OfDifference : NoScalars {  // a function of d = a - b
  static constexpr int operands = 2, gradients = 2;
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V* s) {
    const V g = Loss::slope(a - b, s);
    return k == 0 ? g : -g;
  }
};

struct L1 : OfDifference<L1> {  // |d|
  static constexpr const char* name = "l1_loss";
  template <class V>
  static constexpr V value(V a, V b, V, const V*) {
    return abs(a - b);
  }
  template <class V>
  static constexpr V slope(V d, const V*) {
    return sign_of(d);
  }
};

struct SquaredError : OfDifference<SquaredError> {  // d^2
  static constexpr const char* name = "mse_loss";
  template <class V>
  static constexpr V value(V a, V b, V, const V*) {
    const V d = a - b;
    return d * d;
  }
  template <class V>
  static constexpr V slope(V d, const V*) {
    return d + d;
  }
};

struct SmoothL1 : OfDifference<SmoothL1> {  // d^2 / (2 beta) where |d| < beta, else |d| - beta / 2
  static constexpr const char* name = "smooth_l1_loss";
  static constexpr Scalar scalars[] = {{"beta", 1}};
  template <class V>
  static constexpr V value(V a, V b, V, const V* s) {
    const V d = abs(a - b);
    return select(d < s[0], V(0.5) * d * d / s[0], d - V(0.5) * s[0]);
  }
  template <class V>
  static constexpr V slope(V d, const V* s) {
    return select(abs(d) < s[0], d / s[0], sign_of(d));
  }
};

struct Huber : OfDifference<Huber> {  // d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2)
  static constexpr const char* name = "huber_loss";
  static constexpr Scalar scalars[] = {{"delta", 1}};
  template <class V>
  static constexpr V value(V a, V b, V, const V* s) {
    const V d = abs(a - b);
    return select(d <= s[0], V(0.5) * d * d, s[0] * (d - V(0.5) * s[0]));
  }
  template <class V>
  static constexpr V slope(V d, const V* s) {
    return select(abs(d) <= s[0], d, s[0] * sign_of(d));
  }
};

struct Bce : NoScalars {  // -b ln a - (1 - b) ln(1 - a), with logarithms of at least -100
  static constexpr const char* name = "binary_cross_entropy";
  static constexpr int operands = 2, gradients = 2;
  template <class V>
  static constexpr V value(V a, V b, V, const V*) {
    return (b - V(1)) * max(V(-100), log1p(-a)) - b * max(V(-100), log(a));
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V*) {
    if constexpr (k == 0) return (a - b) / max(V(1e-12), a * (V(1) - a));
    return max(V(-100), log1p(-a)) - max(V(-100), log(a));
  }
};

// c b softplus(-a) + (1 - b) softplus(a): the loss of sigmoid(a), with c as the weight of positives
struct BceWithLogits : NoScalars {
  static constexpr const char* name = "binary_cross_entropy_with_logits";
  static constexpr int operands = 3, gradients = 2;
  template <class V>
  static constexpr V value(V a, V b, V c, const V*) {
    const V r = add_log1p(V(0), exp_down(-abs(a)));  // a term with the factor 0 is 0, even if a is infinite
    return select(b == V(0), V(0), c * b * (max(V(0), -a) + r)) +
           select(b == V(1), V(0), (V(1) - b) * (max(V(0), a) + r));
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V c, const V*) {
    if constexpr (k == 0) {
      const V e = exp_down(-abs(a)), larger = V(1) / (V(1) + e), smaller = e * larger;
      const auto negative = a < V(0);
      return (V(1) - b) * select(negative, smaller, larger) - c * b * select(negative, larger, smaller);
    }
    const V r = add_log1p(V(0), exp_down(-abs(a)));
    return c * (max(V(0), -a) + r) - (max(V(0), a) + r);
  }
};

struct KlDiv : NoScalars {  // b (ln b - a), 0 where b is 0
  static constexpr const char* name = "kl_div";
  static constexpr int operands = 2, gradients = 2;
  template <class V>
  static constexpr V value(V a, V b, V, const V*) {
    return select(b == V(0), V(0), b * (log(b) - a));
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V*) {
    if constexpr (k == 0) return -b;
    return log(b) + V(1) - a;
  }
};

struct KlDivLog : NoScalars {  // e^b (b - a), 0 where e^b is 0
  static constexpr const char* name = "kl_div_log";
  static constexpr int operands = 2, gradients = 2;
  template <class V>
  static constexpr V value(V a, V b, V, const V*) {
    const V p = exp(b);
    return select(p == V(0), V(0), p * (b - a));
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V*) {
    const V p = exp(b);
    if constexpr (k == 0) return -p;
    return select(p == V(0), V(0), p * (b - a + V(1)));
  }
};

struct HingeEmbedding {  // a where b is 1, max(0, margin - a) where b is -1
  static constexpr const char* name = "hinge_embedding_loss";
  static constexpr int operands = 2, gradients = 1;
  static constexpr Scalar scalars[] = {{"margin", 1}};
  template <class V>
  static constexpr V value(V a, V b, V, const V* s) {
    return select(b == V(1), V(0), max(V(0), s[0] - a)) + select(b == V(-1), V(0), a);
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V* s) {
    return select(b == V(1), V(0), select(s[0] - a >= V(0), V(-1), V(0))) + select(b == V(-1), V(0), V(1));
  }
};

struct SoftMargin : NoScalars {  // ln(1 + e^(-b a))
  static constexpr const char* name = "soft_margin_loss";
  static constexpr int operands = 2, gradients = 1;
  template <class V>
  static constexpr V value(V a, V b, V, const V*) {
    return softplus(-(b * a));
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V*) {
    return -(b * sigmoid(-(b * a)));
  }
};

struct PoissonNll {  // a - b ln(a + eps)
  static constexpr const char* name = "poisson_nll_loss";
  static constexpr int operands = 2, gradients = 2;
  static constexpr Scalar scalars[] = {{"eps", 1e-8}};
  template <class V>
  static constexpr V value(V a, V b, V, const V* s) {
    return a - b * log(a + s[0]);
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V* s) {
    if constexpr (k == 0) return V(1) - b / (a + s[0]);
    return -log(a + s[0]);
  }
};

struct PoissonNllLog : NoScalars {  // e^a - b a
  static constexpr const char* name = "poisson_nll_loss_log";
  static constexpr int operands = 2, gradients = 2;
  template <class V>
  static constexpr V value(V a, V b, V, const V*) {
    return exp(a) - select(b == V(0), V(0), b * a);
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V*) {
    if constexpr (k == 0) return exp(a) - b;
    return -a;
  }
};

struct Stirling : NoScalars {  // ln a! by Stirling's formula: a ln a - a + ln(2 pi a) / 2, 0 for a <= 1
  static constexpr const char* name = "stirling";
  static constexpr int operands = 1, gradients = 1;
  template <class V>
  static constexpr V value(V a, V, V, const V*) {
    const V l = log(a);
    return select(a > V(1), a * (l - V(1)) + V(0.5) * (l + V(1.8378770664093454836)), V(0));
  }
  template <int k, class V>
  static constexpr V grad(V a, V, V, const V*) {
    return select(a > V(1), log(a) + V(0.5) / a, V(0));
  }
};

// (ln v + (a - b)^2 / v) / 2 + constant, v = max(c, eps); the derivative by c ignores eps
struct GaussianNll {
  static constexpr const char* name = "gaussian_nll_loss";
  static constexpr int operands = 3, gradients = 3;
  static constexpr Scalar scalars[] = {{"eps", 1e-6}, {"constant", 0}};
  template <class V>
  static constexpr V value(V a, V b, V c, const V* s) {
    const V v = max(c, s[0]), d = a - b;
    return fma(V(0.5), log(v) + d * d / v, s[1]);
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V c, const V* s) {
    const V v = max(c, s[0]), g = (a - b) / v;
    if constexpr (k == 0) return g;
    if constexpr (k == 1) return -g;
    return V(0.5) * (V(1) / v - g * g);
  }
};

struct MarginRanking {  // max(0, margin - c (a - b))
  static constexpr const char* name = "margin_ranking_loss";
  static constexpr int operands = 3, gradients = 2;
  static constexpr Scalar scalars[] = {{"margin", 0}};
  template <class V>
  static constexpr V value(V a, V b, V c, const V* s) {
    return max(V(0), s[0] - c * (a - b));
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V c, const V* s) {
    return select(s[0] - c * (a - b) >= V(0), k == 0 ? -c : c, V(0));
  }
};

struct CosineEmbedding {  // 1 - a where b is 1, max(0, a - margin) where b is -1
  static constexpr const char* name = "cosine_embedding_loss";
  static constexpr int operands = 2, gradients = 1;
  static constexpr Scalar scalars[] = {{"margin", 0}};
  template <class V>
  static constexpr V value(V a, V b, V, const V* s) {
    return select(b == V(1), V(1) - a, V(0)) + select(b == V(-1), max(V(0), a - s[0]), V(0));
  }
  template <int k, class V>
  static constexpr V grad(V a, V b, V, const V* s) {
    return select(b == V(1), V(-1), V(0)) + select((b == V(-1)) & (a - s[0] >= V(0)), V(1), V(0));
  }
};

}  // namespace losses

using LossOps = OpList<losses::L1, losses::SquaredError, losses::SmoothL1, losses::Huber, losses::Bce,
                       losses::BceWithLogits, losses::KlDiv, losses::KlDivLog, losses::HingeEmbedding,
                       losses::SoftMargin, losses::PoissonNll, losses::PoissonNllLog, losses::Stirling,
                       losses::GaussianNll, losses::MarginRanking, losses::CosineEmbedding>;
