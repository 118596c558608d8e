// The backward pass visits the nodes in reverse order of their creation: when it visits a node, the gradients
// of all its outputs are complete.
#include <algorithm>
#include <array>

#include "../core/interrupt.h"
#include "../core/watch.h"
#include "tape.h"

namespace nncore {

namespace {

void accumulate(Tensor& sum, Tensor gradient) {
  sum = sum.defined() ? gradient_arithmetic.add(sum, gradient) : std::move(gradient);
}

// Whether backward may add to a leaf's gradient in place. A gradient that the user set changes, as in PyTorch.
bool may_change(const TensorImpl& gradient) {
  return gradient.is_gradient ||
         !(gradient.requires_grad || gradient.is_part || gradient.storage->read_only());
}

void accumulate_leaf(TensorImpl& leaf, Tensor gradient) {
  if (Watcher* w = watcher()) w->gradient_used(leaf);
  Tensor sum(leaf.grad);
  if (sum.defined() && may_change(*sum.impl())) return gradient_arithmetic.add_(sum, gradient);
  if (sum.defined())
    sum = gradient_arithmetic.add(sum, gradient);
  else  // later gradients are added in place, so the leaf must be the only owner of its gradient
    sum = gradient.unique() ? gradient.detach() : gradient_arithmetic.copy(gradient);
  sum.impl()->is_gradient = true;
  leaf.grad = sum.ref();
}

// The nodes still to visit, the newest on top.
class Queue {
 public:
  ~Queue() {
    for (const Ref<Node>& node : heap_) clear(*node);
  }
  bool empty() const { return heap_.empty(); }
  void push(const Ref<Node>& node) {
    if (node->queued) return;
    node->queued = true;
    heap_.push_back(node);
    std::push_heap(heap_.begin(), heap_.end(), older);
  }
  Ref<Node> pop() {
    std::pop_heap(heap_.begin(), heap_.end(), older);
    Ref<Node> node = std::move(heap_.back());
    heap_.pop_back();
    return node;
  }
  static void clear(Node& node) {
    node.queued = false;
    for (Tensor& t : node.pending) t = Tensor();
  }

 private:
  static bool older(const Ref<Node>& a, const Ref<Node>& b) { return a->sequence < b->sequence; }
  std::vector<Ref<Node>> heap_;
};

class NoRecording {
 public:
  NoRecording() : before_(grad_enabled()) { set_grad_enabled(false); }
  ~NoRecording() { set_grad_enabled(before_); }

 private:
  bool before_;
};

// Runs on every gradient before it is added to another or passed to a node, because a node reads it by the
// shape and dtype of its own value.
void check_gradient(const char* maker, const Tensor& gradient, const Shape& shape, DType dtype) {
  if (gradient.shape() == shape && gradient.dtype() == dtype) [[likely]]
    return;
  check(gradient.shape() == shape, "backward: ", maker, " gave a gradient of shape ", gradient.shape(),
        " for a tensor of shape ", shape, "; a gradient has the shape of its tensor");
  raise<TypeError>("backward: ", maker, " gave a gradient of dtype ", gradient.dtype(),
                   " for a tensor of dtype ", dtype, "; convert it with .to(nncore.", dtype, ")");
}

Tensor run_hooks(const Ref<Object>& hooks, Tensor gradient) {
  auto& h = static_cast<GradientHooks&>(*hooks);
  Tensor changed = h.run(gradient);
  if (!changed.defined()) changed = gradient;
  check_gradient("a hook", changed, gradient.shape(), gradient.dtype());
  if (h.retains) accumulate(h.retained, changed);
  return changed;
}

// One backward pass. Gradients of leaves with hooks, and of wanted leaves, are used once they are complete.
class BackwardPass {
 public:
  explicit BackwardPass(std::span<const Tensor> wanted) : wanted_(wanted), found_(wanted.size()) {}

  void start(const Tensor& root, Tensor gradient) {
    if (!root.impl()->grad_fn) return to_leaf(root.ref(), std::move(gradient));
    const Ref<Node> node(grad_fn(root));
    accumulate(node->pending[root.impl()->output_index], std::move(gradient));
    queue_.push(node);
  }

  void run(bool retain_graph) {
    for (int64_t nodes = 1; !queue_.empty(); nodes++) {
      if (nodes % 1024 == 0) check_interrupts();
      Ref<Node> node = queue_.pop();
      try {
        step(*node);
      } catch (...) {
        Queue::clear(*node);
        throw;
      }
      Queue::clear(*node);
      if (!retain_graph) {
        node->free_saved();
        node->freed = true;
      }
    }
    for (auto& [leaf, gradient] : leaves_) {
      if (leaf->hooks) gradient = run_hooks(leaf->hooks, gradient);
      if (wanted_.empty())
        accumulate_leaf(*leaf, std::move(gradient));
      else
        note(gradient, [&](const TensorImpl& t) { return &t == leaf.get(); });
    }
  }
  std::vector<Tensor>& found() { return found_; }

 private:
  template <class Is>
  void note(const Tensor& gradient, Is is) {
    for (size_t i = 0; i < wanted_.size(); i++)
      if (is(*wanted_[i].impl())) found_[i] = gradient;
  }

  void to_leaf(const Ref<TensorImpl>& leaf, Tensor gradient) {
    if (wanted_.empty() && !leaf->hooks) return accumulate_leaf(*leaf, std::move(gradient));
    for (auto& [other, sum] : leaves_)
      if (other == leaf) return accumulate(sum, std::move(gradient));
    leaves_.emplace_back(leaf, std::move(gradient));
  }

  void complete(Node& node) {
    for (size_t k = 0; k < node.pending.size(); k++) {
      Tensor& gradient = node.pending[k];
      if (!gradient.defined()) continue;
      if (k < node.hooks.size() && node.hooks[k]) gradient = run_hooks(node.hooks[k], gradient);
      if (!wanted_.empty())
        note(gradient,
             [&](const TensorImpl& t) { return t.grad_fn.get() == &node && t.output_index == int(k); });
    }
  }

  void step(Node& node) {
    complete(node);
    check<Error>(!node.freed, "backward: the values saved by ", node.name,
                 " were freed by an earlier backward; pass retain_graph=True to the first one");
    constexpr size_t few = 8;
    std::array<Tensor, few> near;
    std::vector<Tensor> far(node.inputs.size() > few ? node.inputs.size() : 0);
    std::span<Tensor> slots = far.empty() ? std::span<Tensor>(near) : std::span<Tensor>(far);
    InputGrads dx(node.inputs, slots);
    try {
      node.backward(node.pending, dx);
    } catch (const ChangedSinceSaved& changed) {
      raise<Error>("backward: ", node.name, " needs ", changed.what(),
                   "; call backward before the change, such as an optimizer's step, or compute the loss "
                   "again after it");
    }
    for (size_t i = 0; i < node.inputs.size(); i++) {
      if (!slots[i].defined()) continue;
      const Edge& edge = node.inputs[i];
      if (edge.leaf) {
        check_gradient(node.name, slots[i], edge.leaf->shape, edge.leaf->dtype);
        to_leaf(edge.leaf, std::move(slots[i]));
      } else if (edge.node) {
        Ref<Node> source(static_cast<Node*>(edge.node.get()));
        const Form& expected = source->form(edge.output);
        check_gradient(node.name, slots[i], expected.shape, expected.dtype);
        accumulate(source->pending[edge.output], std::move(slots[i]));
        queue_.push(source);
      }
    }
  }

  Queue queue_;
  std::span<const Tensor> wanted_;
  std::vector<Tensor> found_;
  std::vector<std::pair<Ref<TensorImpl>, Tensor>> leaves_;
};

// The gradient with which a backward pass starts.
Tensor first_gradient(const Tensor& root, const Tensor& gradient) {
  check<Error>(root.requires_grad(),
               "backward: this tensor does not require a gradient and was not made from one that does; "
               "set requires_grad=True on a leaf and compute outside no_grad()");
  check(gradient.defined() || root.numel() == 1, "backward: a tensor of shape ", root.shape(),
        " needs the gradient argument, which is optional for a single element only; pass it or reduce the "
        "tensor first, e.g. with sum()");
  if (!gradient.defined()) return gradient_arithmetic.ones_like(root);
  check(gradient.shape() == root.shape(), "backward: gradient has shape ", gradient.shape(),
        " but the tensor has ", root.shape(), "; pass a gradient of the tensor's shape");
  check<TypeError>(gradient.dtype() == root.dtype(), "backward: gradient is ", gradient.dtype(),
                   " but the tensor is ", root.dtype(), "; convert it with .to(nncore.", root.dtype(), ")");
  return gradient.detach();  // a leaf that receives it then copies it and does not keep the user's memory
}

}  // namespace

void attach_hooks(const Tensor& t, const Ref<Object>& hooks) {
  t.impl()->hooks = hooks;
  Node* node = grad_fn(t);
  if (!node) return;
  node->hooks.resize(node->pending.size());
  node->hooks[size_t(t.impl()->output_index)] = hooks;
}

void backward(const Tensor& root, const Tensor& gradient, bool retain_graph) {
  if (Watcher* w = watcher()) w->backward_begins();
  NoRecording off;
  BackwardPass pass({});
  pass.start(root, first_gradient(root, gradient));
  pass.run(retain_graph);
}

std::vector<Tensor> gradients_of(std::span<const Tensor> roots, std::span<const Tensor> gradients,
                                 std::span<const Tensor> inputs, bool retain_graph) {
  if (Watcher* w = watcher()) w->backward_begins();
  NoRecording off;
  BackwardPass pass(inputs);
  for (size_t i = 0; i < roots.size(); i++) pass.start(roots[i], first_gradient(roots[i], gradients[i]));
  pass.run(retain_graph);
  return std::move(pass.found());
}

}  // namespace nncore
