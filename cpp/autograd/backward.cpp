// The walk back: nodes in falling order of their making, so that each has all its gradients when its turn
// comes.
#include <algorithm>
#include <array>

#include "../core/watch.h"
#include "tape.h"

namespace nncore {

GradientArithmetic gradient_arithmetic;

namespace {

void accumulate(Tensor& sum, Tensor gradient) {
  sum = sum.defined() ? gradient_arithmetic.add(sum, gradient) : std::move(gradient);
}

void accumulate_leaf(TensorImpl& leaf, Tensor gradient) {
  if (leaf.hooks) {
    Tensor changed = static_cast<GradientHooks*>(leaf.hooks.get())->run(gradient);
    if (changed.defined()) gradient = changed;
  }
  if (Watcher* w = watcher()) w->gradient_used(leaf);
  Tensor sum(leaf.grad);
  if (sum.defined() && sum.impl()->is_gradient) return gradient_arithmetic.add_(sum, gradient);
  if (sum.defined())  // given by the user: his value stays as it is
    sum = gradient_arithmetic.add(sum, gradient);
  else  // a leaf owns its gradient: the library may change it in place
    sum = gradient.impl()->storage->use_count() == 1 ? gradient.detach() : gradient_arithmetic.copy(gradient);
  sum.impl()->is_gradient = true;
  leaf.grad = sum.ref();
}

// Nodes waiting for their turn, youngest on top.
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

void step(Node& node, Queue& queue) {
  check<Error>(!node.freed, "backward: the values saved by ", node.name,
               " were freed by an earlier backward; pass retain_graph=True to the first one");
  constexpr size_t few = 8;
  std::array<Tensor, few> near;
  std::vector<Tensor> far(node.inputs.size() > few ? node.inputs.size() : 0);
  std::span<Tensor> slots = far.empty() ? std::span<Tensor>(near) : std::span<Tensor>(far);
  InputGrads dx(node.inputs, slots);
  node.backward(node.pending, dx);
  for (size_t i = 0; i < node.inputs.size(); i++) {
    if (!slots[i].defined()) continue;
    const Edge& edge = node.inputs[i];
    if (edge.leaf) {
      accumulate_leaf(*edge.leaf, std::move(slots[i]));
    } else if (edge.node) {
      Ref<Node> source(static_cast<Node*>(edge.node.get()));
      accumulate(source->pending[edge.output], std::move(slots[i]));
      queue.push(source);
    }
  }
}

}  // namespace

void backward(const Tensor& root, const Tensor& gradient, bool retain_graph) {
  check<Error>(root.requires_grad(),
               "backward: this tensor does not require a gradient and was not made from one that does; "
               "set requires_grad=True on a leaf and compute outside no_grad()");
  check(gradient.defined() || root.numel() == 1, "backward: a tensor of shape ", root.shape(),
        " needs the gradient argument; only a single element has an implicit one; reduce it first, e.g. by "
        "sum()");
  if (Watcher* w = watcher()) w->backward_begins();
  Tensor first = gradient;
  if (gradient.defined()) {
    check(gradient.shape() == root.shape(), "backward: gradient has shape ", gradient.shape(),
          " but the tensor has ", root.shape());
    check<TypeError>(gradient.dtype() == root.dtype(), "backward: gradient is ", gradient.dtype(),
                     " but the tensor is ", root.dtype());
  } else {
    first = gradient_arithmetic.ones_like(root);
  }
  NoRecording off;
  if (!root.impl()->grad_fn) return accumulate_leaf(*root.impl(), first);
  Queue queue;
  Ref<Node> start(grad_fn(root));
  accumulate(start->pending[root.impl()->output_index], std::move(first));
  queue.push(start);
  while (!queue.empty()) {
    Ref<Node> node = queue.pop();
    try {
      step(*node, queue);
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
}

}  // namespace nncore
