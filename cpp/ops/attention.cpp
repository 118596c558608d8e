#include "attention.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "../autograd/tape.h"
#include "../backend/backend.h"
#include "../backend/kernels/attention.h"
#include "composed/composed.h"
#include "create.h"
#include "shape.h"
#include "strided.h"

namespace nncore::ops {

namespace {

const char* const name = "scaled_dot_product_attention";

void float_only(const char* what, const Tensor& x) {
  check<TypeError>(is_floating(x.dtype()), name, ": ", what, " is ", x.dtype(),
                   "; expected float32 or float64, convert with .float() or .double()");
}

// The elements of t from index `at` to the end.
Tensor from(const Tensor& t, int64_t at) {
  if (!t.defined() || at == 0 || t.numel() == 0) return t;
  return t.alias({t.numel() - at}, at);
}

// Dense (..., heads, rows, width).
AttentionLayout by_heads(int64_t heads, int64_t rows, int64_t width) {
  return {heads * rows * width, rows * width, width};
}
// (batch, rows, heads * width) with rows `ld` elements apart.
AttentionLayout by_rows(int64_t rows, int64_t width, int64_t ld) { return {rows * ld, width, ld}; }

// The mask in the form that the kernel reads; writes its strides to `spec`.
Tensor prepared_mask(const AttentionRule& rule, const Tensor& q, const Shape& scores, AttentionSpec& spec) {
  if (!rule.mask.defined()) return {};
  Tensor mask = rule.mask.detach();
  check(!rule.causal, name, ": a mask and is_causal cannot be combined; put the triangle into the mask");
  check<TypeError>(mask.dtype() == DType::boolean || mask.dtype() == q.dtype(), name, ": the mask is ",
                   mask.dtype(), "; expected bool or ", q.dtype(), " like the query");
  check(mask.ndim() <= scores.ndim(), name, ": the mask ", mask.shape(), " has more axes than the scores ",
        scores);
  const int lead = scores.ndim() - mask.ndim();
  for (int i = 0; i < mask.ndim(); i++)
    check(mask.shape()[i] == 1 || mask.shape()[i] == scores[i + lead], name, ": the mask ", mask.shape(),
          " cannot be broadcast to the scores ", scores);
  if (scores.ndim() > 4 && mask.ndim() > 3) mask = expand(mask, scores);  // many axes are merged into one
  const Strides strides = broadcast_strides(mask.shape(), scores);
  for (int i = 0; i < 4 && i < scores.ndim(); i++) spec.mask_stride[3 - i] = strides[scores.ndim() - 1 - i];
  if (scores.ndim() > 4 && mask.ndim() == scores.ndim())
    spec.mask_stride[0] = spec.heads * spec.q_len * spec.k_len;
  return mask;
}

// An operand: a tensor and the index of its first element.
struct Source {
  Tensor values;
  int64_t at;
  Tensor span() const { return from(values, at); }
};

// Runs the composition on operands laid out as (batch, heads, rows, width).
Tensor composition(const std::array<Source, 3>& qkv, const Tensor& mask, const AttentionSpec& s,
                   const AttentionRule& rule, const Shape& shape) {
  const auto by_heads = [&](const Source& x, const AttentionLayout& at, int64_t heads, int64_t rows,
                            int64_t width) {
    return strided(name, x.values, {s.batch, heads, rows, width}, {at.batch, at.head, at.row, 1}, x.at);
  };
  const auto& [batch, head, query, key] = s.mask_stride;
  const Tensor y = composed::attention(
      by_heads(qkv[0], s.q, s.heads, s.q_len, s.d), by_heads(qkv[1], s.k, s.kv_heads, s.k_len, s.d),
      by_heads(qkv[2], s.v, s.kv_heads, s.k_len, s.dv),
      mask.defined() ? strided(name, mask, {s.batch, s.heads, s.q_len, s.k_len}, {batch, head, query, key}, 0)
                     : mask,
      rule);
  const bool heads_last = s.out.head < s.out.row;  // each row of the result holds all heads
  return reshape(heads_last ? transpose(y, 1, 2) : y, shape);
}

// Submits the calls; sizes and layouts are decided. Inputs of the node: the distinct tensors among q, k, v.
Tensor attend(const std::array<Source, 3>& qkv, std::span<const Tensor> sources, AttentionSpec spec,
              const AttentionRule& rule, const Shape& scores, const Shape& shape) {
  const Tensor& q = qkv[0].values;
  spec.scale = rule.scale.value_or(1 / std::sqrt(double(std::max<int64_t>(spec.d, 1))));
  spec.causal = rule.causal;
  spec.dropout = rule.dropout;
  check(rule.dropout >= 0 && rule.dropout <= 1, name, ": dropout_p is ", rule.dropout,
        " but must lie between 0 and 1");
  const Tensor mask = prepared_mask(rule, q, scores, spec);
  if (!runs<AttentionFwd, AttentionBwd>(q)) return composition(qkv, mask, spec, rule, shape);
  Tensor out = empty(shape, q);
  const Tensor stats = empty({2, spec.batch, spec.heads, spec.q_len}, q);
  const Tensor key = rule.dropout > 0 ? empty({2}, DType::int64, q) : Tensor();
  if (out.numel() > 0)
    submit(AttentionFwd{.q = qkv[0].span(),
                        .k = qkv[1].span(),
                        .v = qkv[2].span(),
                        .mask = mask,
                        .out = out,
                        .stats = stats,
                        .key = key,
                        .spec = spec},
           key.defined() ? rule.generator : nullptr);
  if (Tape tape{sources}) {
    std::array<Source, 3> saved;
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
                    if (!grads[source].defined()) grads[source] = any ? empty_like(x) : zeros(x.shape(), x);
                    d[i] = from(grads[source], saved[i].at);
                  }
                  if (!any) return;
                  submit(AttentionBwd{.q = saved[0].span(),
                                      .k = saved[1].span(),
                                      .v = saved[2].span(),
                                      .mask = mask,
                                      .out = out,
                                      .stats = stats,
                                      .dout = dy,
                                      .key = key,
                                      .dq = d[0],
                                      .dk = d[1],
                                      .dv = d[2],
                                      .spec = spec});
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
  AttentionSpec spec{};
  spec.heads = size(q, -3), spec.kv_heads = size(k, -3);
  spec.q_len = q.size(-2), spec.k_len = k.size(-2), spec.d = q.size(-1), spec.dv = v.size(-1);
  spec.batch = 1;
  for (int i = 0; i < axes - 3; i++) {
    check(k.size(i) == q.size(i) && v.size(i) == q.size(i), name, ": query ", q.shape(), ", key ", k.shape(),
          " and value ", v.shape(), " differ in axis ", i, "; expand the smaller one");
    spec.batch *= q.size(i);
  }
  check(k.size(-1) == spec.d, name, ": query ", q.shape(), " and key ", k.shape(),
        " differ in their last axis");
  check(v.size(-2) == spec.k_len && size(v, -3) == spec.kv_heads, name, ": key ", k.shape(), " and value ",
        v.shape(), " differ in heads or rows");
  if (grouped)
    check(spec.kv_heads > 0 && spec.heads % spec.kv_heads == 0, name, ": ", spec.heads,
          " heads of the query are not a multiple of ", spec.kv_heads, " heads of key and value");
  else
    check(spec.heads == spec.kv_heads, name, ": ", spec.heads, " heads of the query but ", spec.kv_heads,
          " of key and value; pass enable_gqa=True to let heads share key and value");
  spec.q = by_heads(spec.heads, spec.q_len, spec.d);
  spec.k = by_heads(spec.kv_heads, spec.k_len, spec.d);
  spec.v = by_heads(spec.kv_heads, spec.k_len, spec.dv);
  spec.out = by_heads(spec.heads, spec.q_len, spec.dv);
  Shape shape = q.shape(), scores = q.shape();
  shape[axes - 1] = spec.dv;
  scores[axes - 1] = spec.k_len;
  check_sizes(name, scores, size_of(q.dtype()));  // the scores are never stored, but their number must fit
  const Tensor sources[] = {q, k, v};
  return attend({{{q, 0}, {k, 0}, {v, 0}}}, sources, spec, rule, scores, shape);
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
  AttentionSpec spec{};
  spec.batch = q.size(0), spec.heads = spec.kv_heads = heads;
  spec.q_len = q.size(1), spec.k_len = k.size(1), spec.d = q.size(2) / heads, spec.dv = v.size(2) / heads;
  spec.q = by_rows(spec.q_len, spec.d, q.size(2));
  spec.k = by_rows(spec.k_len, spec.d, k.size(2));
  spec.v = by_rows(spec.k_len, spec.dv, v.size(2));
  spec.out = by_rows(spec.q_len, spec.dv, v.size(2));
  const Tensor sources[] = {q, k, v};
  return attend({{{q, 0}, {k, 0}, {v, 0}}}, sources, spec, rule, {spec.batch, heads, spec.q_len, spec.k_len},
                {spec.batch, spec.q_len, v.size(2)});
}

Tensor attention_of_packed(const Tensor& qkv, int64_t heads, const AttentionRule& rule) {
  check_heads(qkv, heads, 3);
  const int64_t width = qkv.size(2) / 3, steps = qkv.size(1);
  AttentionSpec spec{};
  spec.batch = qkv.size(0), spec.heads = spec.kv_heads = heads;
  spec.q_len = spec.k_len = steps, spec.d = spec.dv = width / heads;
  spec.q = spec.k = spec.v = by_rows(steps, spec.d, 3 * width);
  spec.out = by_rows(steps, spec.d, width);
  return attend({{{qkv, 0}, {qkv, width}, {qkv, 2 * width}}}, std::span(&qkv, 1), spec, rule,
                {spec.batch, heads, steps, steps}, {spec.batch, steps, width});
}

}  // namespace nncore::ops
