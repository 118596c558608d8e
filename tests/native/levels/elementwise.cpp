// Every formula of the lists, forward and backward, in each form.
#include "backend/elementwise_list.h"

#include "check.h"

namespace nncore::test {
namespace {

constexpr Kind kinds[] = {Kind::plain, Kind::positive, Kind::wild};
constexpr const char* forms[] = {"vectors", "b_single", "a_single"};

template <class T, class... Ops>
void run_unary(const ElementwiseKernels<T>& level, Log& log, OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  const T scalars[] = {T(0.75), T(1.5)};
  for (int op = 0; op < int(sizeof...(Ops)); op++)
    for (const Kind kind : kinds)
      for (const int64_t n : sizes) {
        Buffer<T> x(n), dy(n), y(n), dx(n);
        fill(x, uint64_t(op * 2000 + n), kind);
        fill(dy, 7, Kind::plain);
        const std::string label = name("%s n=%d kind=%d", names[op], int(n), int(kind));
        level.unary_fwd[op](n, x.data(), y.data(), scalars);
        log.add(std::string("unary.fwd.") + names[op], label, y);
        level.unary_bwd[op](n, x.data(), y.data(), dy.data(), dx.data(), scalars);
        log.add(std::string("unary.bwd.") + names[op], label, dx);
      }
}

template <class T, class... Ops>
void run_binary(const ElementwiseKernels<T>& level, Log& log, OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  for (int op = 0; op < int(sizeof...(Ops)); op++)
    for (int form = 0; form < 3; form++)
      for (const Kind kind : kinds)
        for (const int64_t n : sizes) {
          Buffer<T> a(form == a_single ? 1 : n), b(form == b_single ? 1 : n), y(n), dy(n), dx(n);
          fill(a, uint64_t(op * 2000 + n), kind);
          fill(b, uint64_t(op * 2000 + n + 1000), kind);
          fill(dy, 7, Kind::plain);
          const std::string label = name("%s %s n=%d kind=%d", names[op], forms[form], int(n), int(kind));
          level.binary_fwd[op][form](n, a.data(), b.data(), y.data());
          log.add(std::string("binary.fwd.") + names[op], label, y);
          level.binary_da[op][form](n, a.data(), b.data(), y.data(), dy.data(), dx.data());
          log.add(std::string("binary.da.") + names[op], label, dx);
          level.binary_db[op][form](n, a.data(), b.data(), y.data(), dy.data(), dx.data());
          log.add(std::string("binary.db.") + names[op], label, dx);
        }
}

template <class T, class... Ops>
void run_compare(const ElementwiseKernels<T>& level, Log& log, OpList<Ops...>) {
  const char* const names[] = {Ops::name...};
  for (int form = 0; form < 3; form++)
    for (const int64_t n : sizes) {
      Buffer<T> a(form == a_single ? 1 : n), b(form == b_single ? 1 : n), y(n), numbers(n);
      Buffer<uint8_t> mask(n);
      fill(a, uint64_t(n), Kind::wild);
      fill(b, uint64_t(n) + 1000, Kind::wild);
      for (int64_t i = 1; i < n && form == both_vectors; i += 3) b[i] = a[i];
      for (int op = 0; op < int(sizeof...(Ops)); op++) {
        const std::string label = name("%s %s n=%d", names[op], forms[form], int(n));
        level.compare[op](BinaryForm(form), n, a.data(), b.data(), mask.data());
        for (int64_t i = 0; i < n; i++) numbers[i] = T(mask[i]);
        log.add(std::string("compare.") + names[op], label, numbers);
        level.select[form](n, mask.data(), a.data(), b.data(), y.data());
        log.add("select", label, y);
      }
      level.fill(n, T(1.25), y.data());
      log.add("fill", name("%s n=%d", forms[form], int(n)), y);
    }
}

}  // namespace

template <class T>
void run_elementwise(const LevelKernels<T>& level, Log& log) {
  run_unary(level.elementwise, log, UnaryOps{});
  run_binary(level.elementwise, log, BinaryOps{});
  run_compare(level.elementwise, log, CompareOps{});
}
template void run_elementwise<float>(const LevelKernels<float>&, Log&);
template void run_elementwise<double>(const LevelKernels<double>&, Log&);

}  // namespace nncore::test
