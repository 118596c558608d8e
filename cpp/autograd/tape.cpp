#include "tape.h"

#include <atomic>

namespace nncore {

namespace {
thread_local bool recording = true;
std::atomic<uint64_t> next_sequence{0};
}  // namespace

bool grad_enabled() { return recording; }
void set_grad_enabled(bool on) { recording = on; }

Node::Node(const char* name) : name(name), sequence(next_sequence.fetch_add(1, std::memory_order_relaxed)) {}

void Node::dispose() noexcept {
  // Deleting a node releases the nodes of its inputs. They join this list, which avoids recursion.
  thread_local std::vector<Node*> doomed;
  thread_local bool deleting = false;
  doomed.push_back(this);
  if (deleting) return;
  deleting = true;
  while (!doomed.empty()) {
    Node* node = doomed.back();
    doomed.pop_back();
    delete node;
  }
  deleting = false;
}

void Node::made(std::span<const Tensor> outputs) {
  pending.resize(outputs.size());
  first_form_ = {outputs[0].shape(), outputs[0].dtype()};
  for (const Tensor& y : outputs.subspan(1)) further_forms_.push_back({y.shape(), y.dtype()});
}

Tape::Tape(std::span<const Tensor> inputs) {
  bool any = false;
  for (const Tensor& t : inputs) any = any || wants(t);
  if (!grad_enabled() || !any) return;
  for (const Tensor& t : inputs) add(t);
}

void Tape::add(const Tensor& t) {
  Edge edge;
  if (wants(t)) {
    if (t.impl()->grad_fn) {
      edge.node = t.impl()->grad_fn;
      edge.output = t.impl()->output_index;
    } else {
      edge.leaf = t.ref();
    }
  }
  edges_.push_back(std::move(edge));
}

void Tape::attach(const Ref<Node>& node, std::span<Tensor> ys) {
  if (ys.empty()) return;  // split or unbind with no results
  node->inputs = std::move(edges_);
  node->made(ys);
  for (size_t i = 0; i < ys.size(); i++) {
    if (!is_floating(ys[i].dtype())) continue;
    ys[i].impl()->requires_grad = true;
    ys[i].impl()->grad_fn = node;
    ys[i].impl()->output_index = int(i);
  }
}

}  // namespace nncore
