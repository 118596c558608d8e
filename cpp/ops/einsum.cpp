#include "einsum.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "elementwise.h"
#include "linear.h"
#include "reduce.h"
#include "shape.h"
#include "strided.h"

namespace nncore::ops {

namespace {

// The label of an axis: its letter (0 to 51), or its position in the ellipsis, counted from the last (52 and
// up).
constexpr int letters = 52, labels_in_all = letters + Shape::max_ndim;
using Labels = std::vector<int>;

bool has(const Labels& list, int label) { return std::find(list.begin(), list.end(), label) != list.end(); }

int letter(char c, const std::string& equation) {
  check(std::isalpha(static_cast<unsigned char>(c)), "einsum: '", c, "' in '", equation,
        "' is not a subscript; expected letters, '...', ',' and '->'");
  return std::isupper(static_cast<unsigned char>(c)) ? c - 'A' : c - 'a' + 26;
}

// Returns the labels of one operand's subscripts. `axes` is the operand's number of axes, or -1 for the
// output, whose ellipsis has `dots` axes.
Labels parse(const std::string& text, int axes, int dots, const std::string& equation) {
  const size_t at = text.find("...");
  Labels labels;
  for (size_t i = 0; i < text.size(); i++) {
    if (i == at) {
      const int given = int(text.size()) - 3, count = axes < 0 ? dots : axes - given;
      check(count >= 0, "einsum: '", text, "' names more axes than the ", axes, " of its operand");
      for (int k = count - 1; k >= 0; k--) labels.push_back(letters + k);
      i += 2;
    } else {
      labels.push_back(letter(text[i], equation));
    }
  }
  check(axes < 0 || int(labels.size()) == axes, "einsum: '", text, "' names ", labels.size(),
        " axes but its operand has ", axes);
  return labels;
}

struct Term {
  Tensor x;
  Labels labels;

  int64_t size(int label) const {
    return x.shape()[int(std::find(labels.begin(), labels.end(), label) - labels.begin())];
  }
};

// Takes the diagonal over the axes of a repeated label.
Term without_repeats(Term term) {
  Labels kept;
  Shape shape;
  Strides strides;
  const Strides own = contiguous_strides(term.x.shape());
  for (size_t i = 0; i < term.labels.size(); i++) {
    const auto found = std::find(kept.begin(), kept.end(), term.labels[i]);
    if (found == kept.end()) {
      kept.push_back(term.labels[i]);
      shape.push_back(term.x.shape()[int(i)]);
      strides.push_back(own[int(i)]);
    } else {
      const int at = int(found - kept.begin());
      check(shape[at] == term.x.shape()[int(i)], "einsum: a repeated subscript names axes of sizes ",
            shape[at], " and ", term.x.shape()[int(i)]);
      strides[at] += own[int(i)];
    }
  }
  if (kept.size() == term.labels.size()) return term;
  return {strided("einsum", term.x, shape, strides, 0), kept};
}

template <class Keep>
Term summed(const Term& term, Keep keep) {
  std::vector<int64_t> axes;
  Labels kept;
  for (size_t i = 0; i < term.labels.size(); i++)
    if (keep(term.labels[i]))
      kept.push_back(term.labels[i]);
    else
      axes.push_back(int64_t(i));
  return axes.empty() ? term : Term{sum(term.x, axes, false), kept};
}

Tensor arranged(const Term& term, const Labels& order) {
  std::vector<int64_t> axes;
  for (int label : order)
    axes.push_back(std::find(term.labels.begin(), term.labels.end(), label) - term.labels.begin());
  return permute(term.x, axes);
}

Labels joined(Labels a, const Labels& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Broadcasts axes of size 1 to their sizes in the other term.
Term broadcast_to(const Term& term, const Term& other, const Labels& labels) {
  Shape shape = term.x.shape();
  for (size_t i = 0; i < term.labels.size(); i++)
    if (has(labels, term.labels[i])) shape[int(i)] = std::max(shape[int(i)], other.size(term.labels[i]));
  return shape == term.x.shape() ? term : Term{expand(term.x, shape), term.labels};
}

int64_t product_of(const Term& term, const Labels& labels) {
  int64_t n = 1;
  for (int label : labels) n *= term.size(label);
  return n;
}

// a b summed over the labels that both have and that nothing else needs.
template <class Needed>
Term combined(Term a, Term b, Needed needed) {
  a = summed(a, [&](int label) { return needed(label) || has(b.labels, label); });
  b = summed(b, [&](int label) { return needed(label) || has(a.labels, label); });
  Labels batch, contracted, only_a, only_b;
  for (int label : a.labels)
    (!has(b.labels, label) ? only_a : needed(label) ? batch : contracted).push_back(label);
  for (int label : b.labels)
    if (!has(a.labels, label)) only_b.push_back(label);
  const Labels result = joined(joined(batch, only_a), only_b);
  const Labels shared = joined(batch, contracted);
  if (contracted.empty()) {  // a broadcast product
    Tensor x = arranged(a, joined(batch, only_a)), y = arranged(b, joined(batch, only_b));
    Shape wide = x.shape(), deep;
    for (size_t i = 0; i < only_b.size(); i++) wide.push_back(1);
    for (int i = 0; i < y.ndim(); i++) {
      if (i == int(batch.size()))
        for (size_t k = 0; k < only_a.size(); k++) deep.push_back(1);
      deep.push_back(y.shape()[i]);
    }
    if (only_b.empty())
      for (size_t k = 0; k < only_a.size(); k++) deep.push_back(1);
    return {multiply(reshape(x, wide), reshape(y, deep)), result};
  }
  const Term left = broadcast_to(a, b, shared), right = broadcast_to(b, a, shared);
  const int64_t m = product_of(left, only_a), n = product_of(right, only_b), k = product_of(left, contracted),
                count = product_of(left, batch);
  Shape shape;
  for (int label : result) shape.push_back(has(only_b, label) ? right.size(label) : left.size(label));
  const Tensor x = arranged(left, joined(joined(batch, only_a), contracted)),
               y = arranged(right, joined(joined(batch, contracted), only_b));
  const Tensor c = batch.empty() ? matmul(reshape(x, {m, k}), reshape(y, {k, n}))
                                 : matmul(reshape(x, {count, m, k}), reshape(y, {count, k, n}));
  return {reshape(c, shape), result};
}

}  // namespace

Tensor einsum(const std::string& equation, std::span<const Tensor> operands) {
  std::string text;
  for (char c : equation)
    if (c != ' ') text += c;
  const size_t arrow = text.find("->");
  std::vector<std::string> parts(1);
  for (char c : text.substr(0, arrow))
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  check(parts.size() == operands.size(), "einsum: '", equation, "' names ", parts.size(), " operands but ",
        operands.size(), " are given");
  std::vector<Term> terms;
  std::array<int64_t, labels_in_all> sizes, count = {};
  sizes.fill(-1);
  int dots = 0;
  for (size_t i = 0; i < parts.size(); i++) {
    const Labels labels = parse(parts[i], operands[i].ndim(), 0, equation);
    for (size_t d = 0; d < labels.size(); d++) {
      const int64_t n = operands[i].shape()[int(d)];
      int64_t& size = sizes[labels[d]];
      check(size == -1 || size == n || size == 1 || n == 1, "einsum: a subscript of '", equation,
            "' has sizes ", size, " and ", n);
      size = std::max(size, n == 0 ? 0 : size == 0 ? 0 : n);
      count[labels[d]]++;
      if (labels[d] >= letters) dots = std::max(dots, labels[d] - letters + 1);
    }
    terms.push_back(without_repeats({operands[i], labels}));
  }
  Labels output;
  if (arrow != std::string::npos) {
    output = parse(text.substr(arrow + 2), -1, dots, equation);
  } else {  // the ellipsis, then the letters that appear once, in alphabetical order
    for (int k = dots - 1; k >= 0; k--) output.push_back(letters + k);
    for (int l = 0; l < letters; l++)
      if (count[l] == 1) output.push_back(l);
  }
  for (size_t i = 0; i < output.size(); i++) {
    check(count[output[i]] > 0, "einsum: the output of '", equation, "' names an axis that no operand has");
    check(std::count(output.begin(), output.end(), output[i]) == 1, "einsum: the output of '", equation,
          "' names an axis twice");
  }
  Term y = terms[0];
  for (size_t i = 1; i < terms.size(); i++)
    y = combined(y, terms[i], [&](int label) {
      return has(output, label) || std::any_of(terms.begin() + int64_t(i) + 1, terms.end(),
                                               [&](const Term& t) { return has(t.labels, label); });
    });
  return arranged(summed(y, [&](int label) { return has(output, label); }), output);
}

bool only_rearranges(const std::string& equation) {
  const size_t arrow = equation.find("->");
  const std::string operand = equation.substr(0, arrow),
                    output = arrow == std::string::npos ? "" : equation.substr(arrow + 2);
  return std::all_of(operand.begin(), operand.end(), [&](char c) {
    return c == ' ' ||
           (arrow != std::string::npos ? output.find(c) != std::string::npos
                                       : c == '.' || std::count(operand.begin(), operand.end(), c) == 1);
  });
}

Tensor tensordot(const Tensor& a, const Tensor& b, std::span<const int64_t> axes_a,
                 std::span<const int64_t> axes_b) {
  check(axes_a.size() == axes_b.size(), "tensordot: ", axes_a.size(), " axes of the first tensor but ",
        axes_b.size(), " of the second");
  Term left{a, {}}, right{b, {}};
  for (int i = 0; i < a.ndim(); i++) left.labels.push_back(i);
  for (int i = 0; i < b.ndim(); i++) right.labels.push_back(letters / 2 + i);
  for (size_t i = 0; i < axes_a.size(); i++) {
    const int p = normalize_axis("tensordot", axes_a[i], a.ndim()),
              q = normalize_axis("tensordot", axes_b[i], b.ndim());
    check(a.shape()[p] == b.shape()[q], "tensordot: axis ", p, " of ", a.shape(), " and axis ", q, " of ",
          b.shape(), " differ");
    check(right.labels[q] >= letters / 2 && !has(right.labels, p), "tensordot: an axis is given twice");
    right.labels[q] = p;
  }
  return combined(left, right,
                  [&](int label) { return !(has(left.labels, label) && has(right.labels, label)); })
      .x;
}

}  // namespace nncore::ops
