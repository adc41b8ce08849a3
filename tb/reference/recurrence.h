// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace reference {

/// What the recurrence depends on besides the work; all at least 1.
struct RecurrenceShape {
  std::int64_t rows = 1;         ///< that take part
  std::int64_t columns = 1;      ///< that take part
  std::int64_t beats = 1;        ///< T
  std::int64_t window = 1;       ///< D, beats
  std::int64_t beat_cycles = 1;  ///< p, cycles per beat of a row stream
};

/// Of the PEs that take part; finish is the sum of done(r,c,T-1).
struct RecurrenceTimes {
  std::int64_t cycles = 0;
  std::int64_t finish = 0;
  std::int64_t busy = 0;
  std::int64_t starved_row = 0;
  std::int64_t starved_column = 0;
};

/// The recurrence (The schedule), term by term. work(r, c, t) is n(r,c,t), asked for once each, beat by beat.
template <class Work>
[[nodiscard]] RecurrenceTimes solve_recurrence(const RecurrenceShape& shape, Work work) {
  std::vector<std::int64_t> w(shape.rows, 0);     // W(r, t-1)
  std::vector<std::int64_t> x(shape.columns, 0);  // X(c, t-1)
  // done(r, c, t) of the last D beats at slot t mod D, which still holds beat t-D when beat t comes; 0 before the
  // first.
  const std::int64_t pes = shape.rows * shape.columns;
  std::vector<std::int64_t> done(shape.window * pes, 0);
  RecurrenceTimes result;
  for (std::int64_t t = 0; t < shape.beats; ++t) {
    std::int64_t* const now = &done[t % shape.window * pes];
    const std::int64_t* const previous = &done[(t + shape.window - 1) % shape.window * pes];
    for (std::int64_t r = 0; r < shape.rows; ++r) {
      for (std::int64_t c = 0; c < shape.columns; ++c) {
        w[r] = std::max(w[r], now[r * shape.columns + c]);
        x[c] = std::max(x[c], now[r * shape.columns + c]);
      }
    }
    for (std::int64_t& time : w) time += shape.beat_cycles;
    for (std::int64_t& time : x) time += 1;
    for (std::int64_t r = 0; r < shape.rows; ++r) {
      for (std::int64_t c = 0; c < shape.columns; ++c) {
        const std::int64_t before = previous[r * shape.columns + c];
        const std::int64_t n = work(r, c, t);
        now[r * shape.columns + c] = std::max({before, w[r], x[c]}) + n;
        result.busy += n;
        result.starved_row += std::max<std::int64_t>(0, w[r] - before);
        result.starved_column += std::max<std::int64_t>(0, x[c] - std::max(w[r], before));
      }
    }
  }
  const std::int64_t* const last = &done[(shape.beats - 1) % shape.window * pes];
  result.cycles = *std::max_element(last, last + pes);
  result.finish = std::accumulate(last, last + pes, std::int64_t{0});
  return result;
}

}  // namespace reference
