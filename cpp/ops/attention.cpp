#include "attention.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "cost.h"
#include "create.h"
#include "shape.h"

namespace nncore::ops {

namespace {

const char* const name = "scaled_dot_product_attention";

void float_only(const char* what, const Tensor& x) {
  check<TypeError>(is_floating(x.dtype()), name, ": ", what, " is ", x.dtype(),
                   "; expected float32 or float64, convert with .float() or .double()");
}

// From number `at` of t to its end.
Tensor from(const Tensor& t, int64_t at) {
  if (!t.defined() || at == 0 || t.numel() == 0) return t;
  return t.alias({t.numel() - at}, at);
}

// (..., heads, rows, width), dense
AttentionLayout by_heads(int64_t heads, int64_t rows, int64_t width) {
  return {heads * rows * width, rows * width, width};
}
// (batch, rows, heads * width), every row `ld` long
AttentionLayout by_rows(int64_t rows, int64_t width, int64_t ld) { return {rows * ld, width, ld}; }

// The mask in the form that the kernel reads, its strides written to attrs.
Tensor prepared_mask(const AttentionRule& rule, const Tensor& q, const Shape& scores, AttentionAttrs& attrs) {
  if (!rule.mask.defined()) return {};
  Tensor mask = rule.mask.detach();
  check(!rule.causal, name, ": a mask and is_causal exclude each other; put the triangle into the mask");
  check<TypeError>(mask.dtype() == DType::boolean || mask.dtype() == q.dtype(), name, ": the mask is ",
                   mask.dtype(), "; expected bool or ", q.dtype(), " like the query");
  check(mask.ndim() <= scores.ndim(), name, ": the mask ", mask.shape(), " has more axes than the scores ",
        scores);
  const int lead = scores.ndim() - mask.ndim();
  for (int i = 0; i < mask.ndim(); i++)
    check(mask.shape()[i] == 1 || mask.shape()[i] == scores[i + lead], name, ": the mask ", mask.shape(),
          " does not stretch to the scores ", scores);
  if (scores.ndim() > 4 && mask.ndim() > 3) mask = expand(mask, scores);  // many axes walk as one
  const Strides strides = broadcast_strides(mask.shape(), scores);
  for (int i = 0; i < 4 && i < scores.ndim(); i++) attrs.mask_stride[3 - i] = strides[scores.ndim() - 1 - i];
  if (scores.ndim() > 4 && mask.ndim() == scores.ndim())
    attrs.mask_stride[0] = attrs.heads * attrs.q_len * attrs.k_len;
  return mask;
}

// An operand: whose numbers, and from which on.
struct Operand {
  Tensor values;
  int64_t at;
  Tensor span() const { return from(values, at); }
};

// Calls with sizes and layouts decided. Inputs of the node: the distinct tensors among q, k, v.
Tensor attend(const std::array<Operand, 3>& qkv, std::span<const Tensor> sources, AttentionAttrs attrs,
              const AttentionRule& rule, const Shape& scores, const Shape& shape) {
  const Tensor& q = qkv[0].values;
  attrs.scale = rule.scale.value_or(1 / std::sqrt(double(std::max<int64_t>(attrs.d, 1))));
  attrs.causal = rule.causal;
  attrs.dropout = rule.dropout;
  check(rule.dropout >= 0 && rule.dropout <= 1, name, ": dropout_p is ", rule.dropout,
        " but must lie between 0 and 1");
  const Tensor mask = prepared_mask(rule, q, scores, attrs);
  const double work = double(scores.numel()) * double(attrs.d + attrs.dv) * (rule.causal ? .5 : 1);
  const int64_t cost = flop_cost(work) + element_cost(scores.numel());
  Tensor out = empty(shape, q.dtype());
  const Tensor stats = empty({2, attrs.batch, attrs.heads, attrs.q_len}, q.dtype());
  const Tensor key = rule.dropout > 0 ? empty({2}, DType::int64) : Tensor();
  Call call(Kernel::attention_fwd, cost, attrs, in(qkv[0].span()), in(qkv[1].span()), in(qkv[2].span()),
            in(mask), nncore::out(out), nncore::out(stats), nncore::out(key));
  if (out.numel() > 0) submit(key.defined() ? std::move(call).draws_from(*rule.generator) : call);
  if (Tape tape{sources}) {
    std::array<Operand, 3> saved;
    for (int i = 0; i < 3; i++) saved[i] = {qkv[i].values.saved(), qkv[i].at};
    tape.record(name, out,
                [=, mask = mask.defined() ? mask.saved() : mask, out = out.saved(),
                 packed = sources.size() == 1](const Tensor& dy, InputGrads& grads) {
                  std::array<Tensor, 3> d;
                  const bool any = dy.numel() > 0;
                  for (int i = 0; i < 3; i++) {
                    const int source = packed ? 0 : i;
                    if (!grads.needs(source)) continue;
                    const Tensor& x = saved[i].values;
                    if (!grads[source].defined())
                      grads[source] = any ? empty_like(x) : zeros(x.shape(), x.dtype());
                    d[i] = from(grads[source], saved[i].at);
                  }
                  if (!any) return;
                  submit(Call(Kernel::attention_bwd, 5 * cost / 2, attrs, in(saved[0].span()),
                              in(saved[1].span()), in(saved[2].span()), in(mask), in(out), in(stats), in(dy),
                              nncore::out(d[0]), nncore::out(d[1]), nncore::out(d[2]), in(key)));
                });
  }
  return out;
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionRule& rule, bool grouped) {
  float_only("the query", q);
  for (const Tensor* t : {&k, &v})
    check<TypeError>(t->dtype() == q.dtype(), name, ": the query is ", q.dtype(), " but the ",
                     t == &k ? "key" : "value", " is ", t->dtype(), "; convert one of them with .to()");
  const int axes = q.ndim();
  check(axes >= 2 && k.ndim() == axes && v.ndim() == axes, name, ": query ", q.shape(), ", key ", k.shape(),
        " and value ", v.shape(), " need the same number of axes, at least (rows, features)");
  const auto size = [](const Tensor& t, int axis) { return t.ndim() + axis < 0 ? 1 : t.size(axis); };
  AttentionAttrs attrs{};
  attrs.heads = size(q, -3), attrs.kv_heads = size(k, -3);
  attrs.q_len = q.size(-2), attrs.k_len = k.size(-2), attrs.d = q.size(-1), attrs.dv = v.size(-1);
  attrs.batch = 1;
  for (int i = 0; i < axes - 3; i++) {
    check(k.size(i) == q.size(i) && v.size(i) == q.size(i), name, ": query ", q.shape(), ", key ", k.shape(),
          " and value ", v.shape(), " differ in axis ", i, "; expand the smaller one");
    attrs.batch *= q.size(i);
  }
  check(k.size(-1) == attrs.d, name, ": query ", q.shape(), " and key ", k.shape(),
        " differ in their last axis");
  check(v.size(-2) == attrs.k_len && size(v, -3) == attrs.kv_heads, name, ": key ", k.shape(), " and value ",
        v.shape(), " differ in heads or rows");
  if (grouped)
    check(attrs.kv_heads > 0 && attrs.heads % attrs.kv_heads == 0, name, ": ", attrs.heads,
          " heads of the query are no multiple of ", attrs.kv_heads, " heads of key and value");
  else
    check(attrs.heads == attrs.kv_heads, name, ": ", attrs.heads, " heads of the query but ", attrs.kv_heads,
          " of key and value; enable_gqa=True lets them share");
  attrs.q = by_heads(attrs.heads, attrs.q_len, attrs.d);
  attrs.k = by_heads(attrs.kv_heads, attrs.k_len, attrs.d);
  attrs.v = by_heads(attrs.kv_heads, attrs.k_len, attrs.dv);
  attrs.out = by_heads(attrs.heads, attrs.q_len, attrs.dv);
  Shape shape = q.shape(), scores = q.shape();
  shape[axes - 1] = attrs.dv;
  scores[axes - 1] = attrs.k_len;
  check_sizes(name, scores, size_of(q.dtype()));  // never all held, but counted
  const Tensor sources[] = {q, k, v};
  return attend({{{q, 0}, {k, 0}, {v, 0}}}, sources, attrs, rule, scores, shape);
}

namespace {

void check_heads(const Tensor& x, int64_t heads, int64_t parts) {
  float_only("the input", x);
  check(x.ndim() == 3, name, ": the input has shape ", x.shape(), "; expected (batch, steps, features)");
  check(heads > 0 && x.size(2) % (parts * heads) == 0, name, ": ", x.size(2), " features of ", x.shape(),
        " do not divide by ", parts, " x ", heads, " heads");
}

}  // namespace

Tensor attention_of_rows(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                         const AttentionRule& rule) {
  for (const Tensor* t : {&q, &k, &v}) {
    check_heads(*t, heads, 1);
    check<TypeError>(t->dtype() == q.dtype(), name, ": query, key and value have different dtypes");
    check(t->size(0) == q.size(0), name, ": query ", q.shape(), ", key ", k.shape(), " and value ", v.shape(),
          " have different batches");
  }
  check(k.size(1) == v.size(1) && k.size(2) == q.size(2), name, ": query ", q.shape(), ", key ", k.shape(),
        " and value ", v.shape(), " do not fit");
  AttentionAttrs attrs{};
  attrs.batch = q.size(0), attrs.heads = attrs.kv_heads = heads;
  attrs.q_len = q.size(1), attrs.k_len = k.size(1), attrs.d = q.size(2) / heads, attrs.dv = v.size(2) / heads;
  attrs.q = by_rows(attrs.q_len, attrs.d, q.size(2));
  attrs.k = by_rows(attrs.k_len, attrs.d, k.size(2));
  attrs.v = by_rows(attrs.k_len, attrs.dv, v.size(2));
  attrs.out = by_rows(attrs.q_len, attrs.dv, v.size(2));
  const Tensor sources[] = {q, k, v};
  return attend({{{q, 0}, {k, 0}, {v, 0}}}, sources, attrs, rule,
                {attrs.batch, heads, attrs.q_len, attrs.k_len}, {attrs.batch, attrs.q_len, v.size(2)});
}

Tensor attention_of_packed(const Tensor& qkv, int64_t heads, const AttentionRule& rule) {
  check_heads(qkv, heads, 3);
  const int64_t width = qkv.size(2) / 3, steps = qkv.size(1);
  AttentionAttrs attrs{};
  attrs.batch = qkv.size(0), attrs.heads = attrs.kv_heads = heads;
  attrs.q_len = attrs.k_len = steps, attrs.d = attrs.dv = width / heads;
  attrs.q = attrs.k = attrs.v = by_rows(steps, attrs.d, 3 * width);
  attrs.out = by_rows(steps, attrs.d, width);
  return attend({{{qkv, 0}, {qkv, width}, {qkv, 2 * width}}}, std::span(&qkv, 1), attrs, rule,
                {attrs.batch, heads, steps, steps}, {attrs.batch, steps, width});
}

}  // namespace nncore::ops
