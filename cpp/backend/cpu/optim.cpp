// One step of an optimizer on one parameter, over a range of its elements.
#include "../kernels/optim.h"
#include "dispatch.h"

namespace nncore::cpu {

namespace {

// x^n by squaring: the same bits on every machine. All parameters of a group ask for the same power.
struct Power {
  double x = 0, y = 1;
  int64_t n = 0;

  double operator()(double new_x, int64_t new_n) {
    if (new_x == x && new_n == n) return y;
    x = new_x, n = new_n, y = 1;
    for (double square = x; new_n > 0; new_n /= 2, square *= square)
      if (new_n % 2) y *= square;
    return y;
  }
};

}  // namespace

int64_t begin(const OptimizerStep& k) {
  if (k.count) *k.count.as<float>() += 1;
  return k.n;
}

void slice(const OptimizerStep& k, int64_t begin, int64_t end) {
  thread_local Power power[max_optimizer_powers];
  const OptimizerInfo& info = optimizer_info[size_t(k.optimizer)];
  const double* settings = k.settings.as<double>();
  double powers[max_optimizer_powers];
  for (int i = 0; i < info.powers; i++)
    powers[i] = power[i](info.power(i, settings), int64_t(*k.count.as<float>()));
  visit_float(k.p.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* states[max_optimizer_states];
    for (int i = 0; i < max_optimizer_states; i++)
      states[i] = k.states[i] ? k.states[i].as<T>() + begin : nullptr;
    kernels<T>().optim.step[k.optimizer](end - begin, settings, powers, k.first, k.p.as<T>() + begin,
                                         k.grad.as<T>() + begin, states);
  });
}

}  // namespace nncore::cpu
