// The tape: nodes that record how values were computed, and the backward pass.
#pragma once
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/tensor.h"

namespace nncore {

bool grad_enabled();
void set_grad_enabled(bool on);

class Node;

// The destination of an input's gradient: the node that made the input, the leaf itself, or none.
struct Edge {
  Ref<Object> node;
  int output = 0;
  Ref<TensorImpl> leaf;
  bool wanted() const { return node || leaf; }
};

// The gradients that a node's backward computes: one slot per input; slots that are not needed stay empty.
class InputGrads {
 public:
  InputGrads(std::span<const Edge> edges, std::span<Tensor> slots) : edges_(edges), slots_(slots) {}
  bool needs(size_t i) const { return edges_[i].wanted(); }
  Tensor& operator[](size_t i) { return slots_[i]; }

 private:
  std::span<const Edge> edges_;
  std::span<Tensor> slots_;
};

// The shape and dtype that a value and its gradient share.
struct Form {
  Shape shape;
  DType dtype = DType::float32;
};

class Node : public Object {
 public:
  explicit Node(const char* name);
  virtual void backward(std::span<const Tensor> dy, InputGrads& dx) = 0;
  virtual void free_saved() = 0;

  const char* const name;
  const uint64_t sequence;
  std::vector<Edge> inputs;
  std::vector<Tensor> pending;     // during a backward pass: the gradient of each output
  std::vector<Ref<Object>> hooks;  // the GradientHooks of each output; empty if no output has any
  bool queued = false;
  bool freed = false;

  const Form& form(int output) const {
    return output == 0 ? first_form_ : further_forms_[size_t(output) - 1];
  }
  void made(std::span<const Tensor> outputs);

 protected:
  void dispose() noexcept override;  // without recursion: a chain of nodes can be long

 private:
  Form first_form_;  // most nodes have one output and so need no allocation
  std::vector<Form> further_forms_;
};

// A node whose backward is the closure f(dy, dx), or f(dys, dx) for several outputs.
template <class F>
class FunctionNode final : public Node {
 public:
  FunctionNode(const char* name, F f) : Node(name), f_(std::in_place, std::move(f)) {}
  void backward(std::span<const Tensor> dy, InputGrads& dx) override {
    if constexpr (std::is_invocable_v<F&, const Tensor&, InputGrads&>)
      (*f_)(dy[0], dx);
    else
      (*f_)(dy, dx);
  }
  void free_saved() override { f_.reset(); }

 private:
  std::optional<F> f_;
};

// Collects the inputs of an op. True if the op must be recorded.
class Tape {
 public:
  template <class... Inputs>
  explicit Tape(const Inputs&... inputs) {
    if (grad_enabled() && (wants(inputs) || ...)) {
      edges_.reserve(sizeof...(inputs));
      (add(inputs), ...);
    }
  }
  explicit Tape(std::span<const Tensor> inputs);
  explicit operator bool() const { return !edges_.empty(); }

  template <class F>
  void record(const char* name, Tensor& y, F&& backward) {
    record(name, std::span<Tensor>(&y, 1), std::forward<F>(backward));
  }
  template <class F>
  void record(const char* name, std::span<Tensor> ys, F&& backward) {
    attach(Ref<Node>(new FunctionNode<std::decay_t<F>>(name, std::forward<F>(backward))), ys);
  }

 private:
  static bool wants(const Tensor& t) { return t.defined() && t.requires_grad(); }
  void add(const Tensor& t);
  void attach(const Ref<Node>& node, std::span<Tensor> ys);

  std::vector<Edge> edges_;
};

// Adds gradient * d root / d leaf to the grad of every leaf. gradient: d L / d root; by default 1 for a root
// of one element.
void backward(const Tensor& root, const Tensor& gradient, bool retain_graph);

// The arithmetic of the backward pass; the ops define it.
struct GradientArithmetic {
  Tensor (*add)(const Tensor&, const Tensor&);
  void (*add_)(const Tensor& sum, const Tensor&);  // in place
  Tensor (*ones_like)(const Tensor&);
  Tensor (*copy)(const Tensor&);
};
extern const GradientArithmetic gradient_arithmetic;

inline Node* grad_fn(const Tensor& t) { return static_cast<Node*>(t.impl()->grad_fn.get()); }

// Called with the complete gradient of a value; may return a replacement. Shared by the value and its node.
class GradientHooks : public Object {
 public:
  virtual Tensor run(const Tensor& gradient) = 0;
  bool retains = false;  // the value is not a leaf but keeps its gradient
  int changes = 0;       // counts added and removed hooks
  Tensor retained;
};
void attach_hooks(const Tensor& t, const Ref<Object>& hooks);

// d sum(roots . gradients) / d input for each input; undefined if no root depends on it. No grad changes.
std::vector<Tensor> gradients_of(std::span<const Tensor> roots, std::span<const Tensor> gradients,
                                 std::span<const Tensor> inputs, bool retain_graph);

}  // namespace nncore
