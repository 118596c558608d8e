// Cells of recurrent layers, tiles of attention.
#include "check.h"

namespace nncore::test {
namespace {

// A batch of cells; each array has its own row length.
template <class T>
struct CellArrays {
  int64_t rows = 3, units, hidden, ld;
  Buffer<T> gates, before, state, h, dh, dc, dgates;

  CellArrays(int64_t n, int64_t count, Kind kind)
      : units(n),
        hidden(n + 2),
        ld(count * hidden + 1),
        gates(cells(ld, count)),
        before(cells(hidden + 3, 1)),
        state(cells(hidden, 1)),
        h(cells(hidden + 1, 1)),
        dh(cells(hidden, 1)),
        dc(cells(hidden, 1)),
        dgates(cells(ld, 4)) {
    uint64_t seed = uint64_t(n);
    for (Buffer<T>* b : {&gates, &before, &state, &dh, &dc}) fill(*b, seed++, kind);
  }
  int64_t cells(int64_t row, int64_t count) const { return 2 * row + (count - 1) * hidden + units; }
};

template <class T>
void run_lstm(const RecurrentKernels<T>& level, int64_t n, Kind kind, Log& log) {
  CellArrays<T> a(n, 4, kind);
  const std::string label = name("n=%d kind=%d", int(n), int(kind));
  LstmCells<T> cells{};
  cells.rows = a.rows, cells.units = n, cells.hidden = a.hidden;
  cells.gates = a.gates.data(), cells.ld_gates = a.ld;
  cells.c_before = a.before.data(), cells.ld_before = a.hidden + 3;
  cells.c = a.state.data(), cells.h = a.h.data(), cells.ld_h = a.hidden + 1;
  level.lstm_fwd(cells);
  log.add("recurrent.lstm_fwd.gates", label, a.gates);
  log.add("recurrent.lstm_fwd.c", label, a.state);
  log.add("recurrent.lstm_fwd.h", label, a.h);
  cells.dh = a.dh.data(), cells.dc = a.dc.data(), cells.dgates = a.dgates.data();
  level.lstm_bwd(cells);
  log.add("recurrent.lstm_bwd.dgates", label, a.dgates);
  log.add("recurrent.lstm_bwd.dc", label, a.dc);
}

template <class T>
void run_gru(const RecurrentKernels<T>& level, int64_t n, Kind kind, Log& log) {
  CellArrays<T> a(n, 3, kind);
  const std::string label = name("n=%d kind=%d", int(n), int(kind));
  Buffer<T> dgates(a.cells(4 * a.hidden, 4));
  GruCells<T> cells{};
  cells.rows = a.rows, cells.units = n, cells.hidden = a.hidden;
  cells.gates = a.gates.data(), cells.ld_gates = a.ld;
  cells.hn = a.state.data();
  cells.h_before = a.before.data(), cells.ld_before = a.hidden + 3;
  cells.h = a.h.data(), cells.ld_h = a.hidden + 1;
  level.gru_fwd(cells);
  log.add("recurrent.gru_fwd.gates", label, a.gates);
  log.add("recurrent.gru_fwd.h", label, a.h);
  cells.dh = a.dh.data(), cells.dgates = dgates.data();
  level.gru_bwd(cells);
  log.add("recurrent.gru_bwd.dgates", label, dgates);
  log.add("recurrent.gru_bwd.dh", label, a.dh);
}

template <class T>
void run_attention(const AttentionKernels<T>& level, int64_t n, Kind kind, Log& log) {
  const int64_t rows = 3, ld = n + 2, size = (rows - 1) * ld + n;
  for (const bool biased : {false, true})
    for (const int64_t ahead : {n, int64_t(0), n / 2}) {
      const std::string label =
          name("n=%d kind=%d biased=%d ahead=%d", int(n), int(kind), biased, int(ahead));
      Buffer<T> p(size), dp(size), bias(size), largest(rows), sum(rows), factor(rows), shift(rows),
          delta(rows);
      uint64_t seed = uint64_t(n);
      for (Buffer<T>* b : {&p, &dp, &bias, &largest, &shift, &delta}) fill(*b, seed++, kind);
      fill(sum, seed, Kind::positive);
      AttentionTile<T> tile{};
      tile.rows = rows, tile.keys = n, tile.ahead = ahead;
      tile.scores = p.data(), tile.ld = ld, tile.scale = T(0.3);
      tile.bias = biased ? bias.data() : nullptr, tile.ld_bias = ld;
      tile.largest = largest.data(), tile.sum = sum.data(), tile.factor = factor.data();
      level.softmax(tile);
      log.add("attention.softmax.p", label, p);
      log.add("attention.softmax.largest", label, largest);
      log.add("attention.softmax.sum", label, sum);
      log.add("attention.softmax.factor", label, factor);
      level.scale_rows(rows, n, factor.data(), bias.data(), ld);
      log.add("attention.scale_rows", label, bias);
      level.finish(rows, largest.data(), sum.data(), factor.data(), shift.data());
      log.add("attention.finish.share", label, factor);
      log.add("attention.finish.shift", label, shift);
      tile.dp = dp.data(), tile.shift = shift.data(), tile.share = factor.data(), tile.delta = delta.data();
      level.softmax_bwd(tile);
      log.add("attention.softmax_bwd.p", label, p);
      log.add("attention.softmax_bwd.dp", label, dp);
    }
}

}  // namespace

template <class T>
void run_sequences(const LevelKernels<T>& level, Log& log) {
  for (const Kind kind : {Kind::plain, Kind::wild})
    for (const int64_t n : sizes) {
      if (n == 0) continue;
      run_lstm(level.recurrent, n, kind, log);
      run_gru(level.recurrent, n, kind, log);
      run_attention(level.attention, n, kind, log);
    }
}
template void run_sequences<float>(const LevelKernels<float>&, Log&);
template void run_sequences<double>(const LevelKernels<double>&, Log&);

}  // namespace nncore::test
