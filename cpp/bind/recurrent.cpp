#include "../ops/recurrent.h"

#include "../ops/elementwise.h"
#include "module.h"

namespace nncore::bind {

namespace {

using Weights = std::vector<std::optional<Tensor>>;

// PyTorch's name of a mode, the cell and the activation.
struct Mode {
  const char* name;
  RecurrentCell cell;
  int activation;
};
constexpr Mode modes[] = {
    {"LSTM", RecurrentCell::lstm, -1},
    {"GRU", RecurrentCell::gru, -1},
    {"RNN_TANH", RecurrentCell::rnn, UnaryOps::index_of<formulas::Tanh>},
    {"RNN_RELU", RecurrentCell::rnn, UnaryOps::index_of<formulas::Relu>},
};

using Result = std::tuple<Tensor, Tensor, std::optional<Tensor>>;

Result recurrent(const std::string& mode, const Tensor& x, const std::optional<Tensor>& h0,
                 const std::optional<Tensor>& c0, const std::vector<Weights>& directions) {
  const Mode* found = nullptr;
  for (const Mode& m : modes)
    if (mode == m.name) found = &m;
  check(found, "recurrent: mode is '", mode, "'; expected 'LSTM', 'GRU', 'RNN_TANH' or 'RNN_RELU'");
  std::vector<ops::RecurrentWeights> weights;
  for (const Weights& w : directions) {
    check(w.size() == 5 && w[0] && w[1],
          "recurrent: each direction needs weight_ih, weight_hh, bias_ih, bias_hh and weight_hr; the last "
          "three may be None");
    const Tensor none;
    weights.push_back({*w[0], *w[1], w[2].value_or(none), w[3].value_or(none), w[4].value_or(none)});
  }
  const ops::RecurrentResult r = ops::recurrent(found->cell, found->activation, x, h0.value_or(Tensor()),
                                                c0.value_or(Tensor()), weights);
  return {r.y, r.h_n, r.c_n.defined() ? std::optional(r.c_n) : std::nullopt};
}

}  // namespace

void bind_recurrent(py::module_& m) {
  m.def("recurrent", recurrent, py::arg("mode"), py::arg("input"), py::arg("h_0"), py::arg("c_0"),
        py::arg("directions"),
        "One recurrent layer over input (steps, batch, features): (output, h_n, c_n or None). Each direction "
        "is [weight_ih, weight_hh, bias_ih, bias_hh, weight_hr].");
}

}  // namespace nncore::bind
