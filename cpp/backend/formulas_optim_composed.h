// Optimizers whose steps are compositions of simpler ops (ops/composed/optim.cpp): their settings and states.
// See formulas_optim.h, which includes this file.
#pragma once

namespace optimizers {

// Layer-wise adaptive moments: You et al. 2020, algorithm 2.
struct Lamb : Optimizer {
  static constexpr const char* name = "lamb";
  struct Values {
    double lr, beta1, beta2, eps, weight_decay, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Invalid learning rate"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 0"},
      {.name = "betas", .below = 1, .text = "Invalid beta parameter at index 1"},
      {.name = "eps", .least = positive, .text = "Invalid epsilon value"},
      {.name = "weight_decay"},
      {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "exp_avg"}, {.name = "exp_avg_sq"}};
  static constexpr bool counts_steps = true;
};

// Layer-wise adaptive rates: You, Gitman and Ginsburg 2017, algorithm 1.
struct Lars : Optimizer {
  static constexpr const char* name = "lars";
  struct Values {
    double lr, momentum, weight_decay, trust_coefficient, maximize;
  };
  static constexpr Setting settings[] = {{.name = "lr", .text = "Invalid learning rate"},
                                         {.name = "momentum"},
                                         {.name = "weight_decay"},
                                         {.name = "trust_coefficient"},
                                         {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "momentum_buffer"}};
};

// Shazeer and Stern 2018, as in PyTorch: the variance of a matrix is the product of a column and a row.
struct Adafactor : Optimizer {
  static constexpr const char* name = "adafactor";
  struct Values {
    double lr, beta2_decay, eps1, eps2, d, weight_decay, maximize;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Learning rate should be >= 0 but is"},
      {.name = "beta2_decay",
       .least = -infinity,
       .below = positive,
       .text = "beta2_decay should be <= 0 but is"},
      {.name = "eps", .text = "epsilon1 should be >= 0 but is", .none = -1},
      {.name = "eps", .text = "epsilon2 should be >= 0 but is"},
      {.name = "d", .least = 1, .text = "Clipping threshold d should be >= 1 but is"},
      {.name = "weight_decay", .text = "weight_decay should be >= 0 but is"},
      {.name = "maximize", .flag = true}};
  static constexpr State states[] = {{.name = "row_var", .extent = Extent::column},
                                     {.name = "col_var", .extent = Extent::row},
                                     {.name = "variance", .extent = Extent::vector}};
  static constexpr bool counts_steps = true;
};

// Jordan et al. 2024: momentum, made orthogonal by Newton and Schulz's iteration.
struct Muon : Optimizer {
  static constexpr const char* name = "muon";
  struct Values {
    double lr, weight_decay, momentum, nesterov, a, b, c, eps, adjust, steps;
  };
  static constexpr Setting settings[] = {
      {.name = "lr", .text = "Learning rate should be >= 0 but is"},
      {.name = "weight_decay", .text = "weight decay should be >= 0 but is"},
      {.name = "momentum", .text = "momentum should be >= 0 but is"},
      {.name = "nesterov", .flag = true},
      {.name = "ns_coefficients", .least = -infinity, .text = "Invalid ns_coefficients value at index 0"},
      {.name = "ns_coefficients", .least = -infinity, .text = "Invalid ns_coefficients value at index 1"},
      {.name = "ns_coefficients", .least = -infinity, .text = "Invalid ns_coefficients value at index 2"},
      {.name = "eps"},
      {.name = "adjust_lr_fn",
       .text = "Adjust learning rate function",
       .none = 0,
       .choices = "original match_rms_adamw spectral_unclamped"},
      {.name = "ns_steps",
       .below = 100,
       .text = "Number of steps must be at least 0 and less than 100 but is",
       .fixed = true}};
  static constexpr State states[] = {{.name = "momentum_buffer"}};
  static constexpr const char* refuses(const Values& v) {
    return v.steps != double(int(v.steps)) ? "ns_steps must be a whole number" : nullptr;
  }
};

}  // namespace optimizers
