#include "recurrent.h"

#include "op_name.h"
#include "sizes.h"

namespace nncore {
#include "../elementwise_list.h"

int64_t RecurrentSpec::cost() const {
  return flop_cost(double(rows()) * double(gates() * hidden) * double(out)) + element_cost(4 * all_gates());
}

double RecurrentSpec::flops() const {
  const double projection = projected ? double(rows()) * double(hidden) * double(out) : 0;
  return 2 * (double(all_gates()) * double(out) + projection);
}

std::string RecurrentSpec::text() const {
  constexpr const char* names[] = {"rnn", "lstm", "gru"};
  std::string text = names[int(cell)] + (' ' + sizes_text({steps, batch, hidden}));
  if (projected) text += " to " + std::to_string(out);
  if (cell == RecurrentCell::rnn) text += std::string(" ") + op_name(UnaryOps(), activation);
  if (reverse) text += " reverse";
  return text;
}

}  // namespace nncore
