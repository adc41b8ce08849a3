// SPDX-License-Identifier: Apache-2.0
// The recurrence (The schedule) in SIMD against that of tb/reference, on every target.
#include <dlac/grid/schedule/recurrence.h>
#include <dlac/grid/schedule/simd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <sstream>
#include <vector>

#include "tb/reference/recurrence.h"
#include "tb/tests/models/grid/schedule/unit_engine_model.h"

namespace {

using dlac::schedule::Recurrence;
using dlac::schedule::RecurrenceResult;
using dlac::schedule::RecurrenceShape;
using engine_model::Dice;
using engine_model::TargetGuard;

struct Case {
  RecurrenceShape shape;
  std::uint32_t beats = 1;
  std::vector<std::uint16_t> counts;  ///< [beats][rows]
  std::vector<std::uint8_t> live;     ///< [beats][columns]
};

[[nodiscard]] RecurrenceResult naive(const Case& c) {
  const reference::RecurrenceTimes times = reference::solve_recurrence(
      {c.shape.rows, c.shape.columns, c.beats, c.shape.window_beats, c.shape.row_beat_cycles},
      [&c](std::int64_t row, std::int64_t column, std::int64_t t) -> std::int64_t {
        const bool live = c.live[static_cast<std::size_t>(t * c.shape.columns + column)] != 0;
        return live ? c.counts[static_cast<std::size_t>(t * c.shape.rows + row)] : 0;
      });
  const auto natural = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  return {natural(times.cycles), natural(times.busy), natural(times.starved_row), natural(times.starved_column)};
}

[[nodiscard]] bool equal(const RecurrenceResult& a, const RecurrenceResult& b) {
  return a.cycles == b.cycles && a.busy == b.busy && a.starved_row == b.starved_row &&
         a.starved_column == b.starved_column;
}

[[nodiscard]] std::string text(const RecurrenceResult& r) {
  std::ostringstream out;
  out << "cycles " << r.cycles << " busy " << r.busy << " row " << r.starved_row << " column " << r.starved_column;
  return out.str();
}
[[nodiscard]] std::string text(const Case& c) {
  std::ostringstream out;
  out << "rows " << c.shape.rows << " columns " << c.shape.columns << " D " << c.shape.window_beats << " p "
      << c.shape.row_beat_cycles << " most " << c.shape.largest_count << " beats " << c.beats;
  return out.str();
}

/// Fills in the operands: dense and empty stretches, rows and columns of their own density, all or nothing.
void fill(Dice& dice, Case& c) {
  c.counts.assign(std::size_t{c.beats} * c.shape.rows, 0);
  c.live.assign(std::size_t{c.beats} * c.shape.columns, 0);
  const std::vector<double> densities{0, 1, 10, 30, 50, 80, 100};
  std::vector<double> of_row(c.shape.rows), of_column(c.shape.columns);
  const bool uneven = dice.chance(60);
  const bool largest_only = dice.chance(40);
  std::uint32_t until = 0;
  for (std::uint32_t t = 0; t < c.beats; ++t) {
    if (t == until) {
      const double rows = dice.pick(densities);
      const double columns = dice.pick(densities);
      for (double& density : of_row) density = uneven ? dice.pick(densities) : rows;
      for (double& density : of_column) density = uneven ? dice.pick(densities) : columns;
      until += dice.chance(30) ? c.beats : dice.scale(c.beats);
    }
    for (std::uint32_t r = 0; r < c.shape.rows; ++r) {
      const std::uint32_t some = largest_only ? c.shape.largest_count : dice.natural(1, c.shape.largest_count);
      if (dice.chance(of_row[r])) c.counts[std::size_t{t} * c.shape.rows + r] = static_cast<std::uint16_t>(some);
    }
    for (std::uint32_t k = 0; k < c.shape.columns; ++k) {
      c.live[std::size_t{t} * c.shape.columns + k] = dice.chance(of_column[k]) ? 1 : 0;
    }
  }
}

[[nodiscard]] Case random_case(Dice& dice, std::uint64_t most_steps) {
  Case c;
  do {
    c.shape.rows = dice.chance(20) ? 1U << dice.natural(0, 6) : dice.scale(64);
    c.shape.columns = dice.chance(20) ? 1U << dice.natural(0, 9) : dice.scale(dice.chance(2) ? 4096 : 600);
    c.beats = dice.chance(50) ? dice.natural(1, 40) : dice.scale(3000);
  } while (std::uint64_t{c.shape.rows} * c.shape.columns * c.beats > most_steps);
  c.shape.window_beats = dice.chance(80) ? dice.natural(1, 10) : dice.natural(1, 64);
  c.shape.row_beat_cycles = dice.chance(80) ? dice.natural(1, 3) : dice.natural(1, 64);
  c.shape.largest_count = dice.chance(70) ? dice.natural(1, 16) : dice.natural(1, 64);
  fill(dice, c);
  return c;
}

/// As the engine does: chunks that are multiples of eight beats, or all beats, padded operands, one object for
/// everything.
[[nodiscard]] RecurrenceResult in_chunks(Dice& dice, Recurrence& recurrence, const Case& c) {
  using dlac::schedule::LanePad;
  using dlac::schedule::round_up;
  const std::size_t count_stride = round_up(c.shape.rows, LanePad) + LanePad * dice.natural(0, 1);
  const std::size_t live_stride = round_up(c.shape.columns, LanePad) + LanePad * dice.natural(0, 1);
  std::vector<std::uint16_t> counts(c.beats * count_stride), live(c.beats * live_stride);
  std::vector<std::uint32_t> live_columns(c.beats);
  for (std::size_t t = 0; t < c.beats; ++t) {
    std::copy_n(&c.counts[t * c.shape.rows], c.shape.rows, &counts[t * count_stride]);
    for (std::size_t k = 0; k < c.shape.columns; ++k) {
      if (c.live[t * c.shape.columns + k] == 0) continue;
      live[t * live_stride + k] = 0xFFFF;
      ++live_columns[t];
    }
  }
  const bool at_once = dice.chance(20);
  recurrence.begin(c.shape);
  for (std::uint32_t t = 0; t < c.beats;) {
    const std::uint32_t now = at_once ? c.beats : std::min(c.beats - t, Recurrence::BeatBlock * dice.scale(32));
    recurrence.advance(&counts[t * count_stride], count_stride, &live[t * live_stride], live_stride, &live_columns[t],
                       now);
    t += now;
  }
  return recurrence.result();
}

}  // namespace

TEST_CASE("recurrence: 20,000 random segments, at once and in chunks, on every target", "[engine]") {
  const TargetGuard guard;
  Dice dice(20170305);
  Recurrence recurrence;
  int wrong = 0;
  int long_ones = 0;
  for (int i = 0; i < 20'000 && wrong < 5; ++i) {
    const Case c = random_case(dice, i % 100 == 0 ? 400'000 : 30'000);
    long_ones += c.beats > 1024 ? 1 : 0;
    const RecurrenceResult expected = naive(c);
    for (const std::int64_t target : dlac::schedule::simd_targets()) {
      dlac::schedule::force_simd_target(target);
      const RecurrenceResult whole = solve_recurrence(c.shape, c.counts.data(), c.live.data(), c.beats);
      const RecurrenceResult chunked = in_chunks(dice, recurrence, c);
      if (equal(whole, expected) && equal(chunked, expected)) continue;
      ++wrong;
      INFO(dlac::schedule::simd_target_name(target)
           << ": " << text(c) << "\n  expected " << text(expected) << "\n  at once  " << text(whole) << "\n  chunked  "
           << text(chunked));
      CHECK(equal(whole, expected));
      CHECK(equal(chunked, expected));
    }
  }
  CHECK(long_ones > 200);
}

TEST_CASE("recurrence: large grids and the widest skew", "[engine]") {
  const TargetGuard guard;
  Dice dice(20170309);
  Recurrence recurrence;
  const auto check = [&](const Case& c) {
    const RecurrenceResult expected = naive(c);
    for (const std::int64_t target : dlac::schedule::simd_targets()) {
      dlac::schedule::force_simd_target(target);
      const RecurrenceResult result = in_chunks(dice, recurrence, c);
      INFO(dlac::schedule::simd_target_name(target)
           << ": " << text(c) << "\n  expected " << text(expected) << "\n  got      " << text(result));
      CHECK(equal(result, expected));
    }
  };
  for (const std::uint32_t rows : {1U, 2U, 31U, 32U, 33U, 63U, 64U}) {
    for (const std::uint32_t columns : {1U, 33U, 64U, 513U, 4096U}) {
      for (const std::uint32_t window : {1U, 6U, 8U, 12U, 64U}) {
        Case c;
        c.shape = {rows, columns, window, dice.natural(1, 4), dice.natural(1, 64)};
        c.beats = std::clamp(300'000U / (rows * columns), 3U, 900U);
        fill(dice, c);
        check(c);
      }
    }
  }
  // One PE with all the work, in the first row and column or the last; its streams hold up their neighbours.
  for (const std::uint32_t window : {1U, 2U, 3U, 5U, 8U, 10U, 16U, 64U}) {
    for (const std::uint32_t most : {1U, 7U, 64U}) {
      for (const bool last : {false, true}) {
        for (const std::uint32_t p : {1U, 3U, 64U}) {
          Case c;
          c.shape = {dice.natural(2, 64), dice.natural(2, 40), window, p, most};
          c.beats = 400;
          c.counts.assign(std::size_t{c.beats} * c.shape.rows, 0);
          c.live.assign(std::size_t{c.beats} * c.shape.columns, 0);
          for (std::size_t t = 0; t < c.beats; ++t) {
            c.counts[t * c.shape.rows + (last ? c.shape.rows - 1 : 0)] = static_cast<std::uint16_t>(most);
            c.live[t * c.shape.columns + (last ? c.shape.columns - 1 : 0)] = 1;
          }
          check(c);
        }
      }
    }
  }
}

TEST_CASE("recurrence: idle neighbours of the busiest rows and columns", "[engine]") {
  // With D = 1 a beat takes p + n cycles, and all that an idle PE does is to wait for them: 64 rows wait 64*128 cycles
  // per beat, more than 16 bits after eight beats.
  const TargetGuard guard;
  Dice dice(4);
  Recurrence recurrence;
  for (const std::uint32_t rows : {16U, 63U, 64U}) {
    for (const std::uint32_t columns : {64U, 100U, 640U}) {
      for (const std::uint32_t window : {1U, 2U, 8U, 12U}) {
        for (const bool by_row : {false, true}) {
          Case c;
          c.shape = {rows, columns, window, 64, 64};
          c.beats = 60;
          c.counts.assign(std::size_t{c.beats} * rows, 0);
          c.live.assign(std::size_t{c.beats} * columns, 0);
          for (std::size_t t = 0; t < c.beats; ++t) {
            for (std::size_t r = 0; r < (by_row ? 1 : rows); ++r) c.counts[t * rows + r] = 64;
            for (std::size_t k = 0; k < (by_row ? columns : 1); ++k) c.live[t * columns + k] = 1;
          }
          const RecurrenceResult expected = naive(c);
          if (window == 1) CHECK(expected.cycles == std::uint64_t{60} * 128);
          for (const std::int64_t target : dlac::schedule::simd_targets()) {
            dlac::schedule::force_simd_target(target);
            const RecurrenceResult result = in_chunks(dice, recurrence, c);
            INFO(dlac::schedule::simd_target_name(target)
                 << ": " << text(c) << "\n  expected " << text(expected) << "\n  got      " << text(result));
            CHECK(equal(result, expected));
          }
        }
      }
    }
  }
}

TEST_CASE("recurrence: a stride of zero repeats one beat", "[engine]") {
  using dlac::schedule::LanePad;
  const TargetGuard guard;
  Dice dice(3);
  for (int i = 0; i < 300; ++i) {
    Case c = random_case(dice, 20'000);
    for (std::size_t t = 1; t < c.beats; ++t) {
      std::copy_n(c.counts.begin(), c.shape.rows, c.counts.begin() + static_cast<std::ptrdiff_t>(t * c.shape.rows));
      std::copy_n(c.live.begin(), c.shape.columns, c.live.begin() + static_cast<std::ptrdiff_t>(t * c.shape.columns));
    }
    std::vector<std::uint16_t> counts(dlac::schedule::round_up(c.shape.rows, LanePad));
    std::vector<std::uint16_t> live(dlac::schedule::round_up(c.shape.columns, LanePad));
    std::copy_n(c.counts.begin(), c.shape.rows, counts.begin());
    std::uint32_t columns = 0;
    for (std::size_t k = 0; k < c.shape.columns; ++k) {
      live[k] = c.live[k] != 0 ? 0xFFFF : 0;
      columns += c.live[k];
    }
    const std::vector<std::uint32_t> live_columns(c.beats, columns);
    const RecurrenceResult expected = naive(c);
    for (const std::int64_t target : dlac::schedule::simd_targets()) {
      dlac::schedule::force_simd_target(target);
      Recurrence recurrence;
      recurrence.begin(c.shape);
      recurrence.advance(counts.data(), 0, live.data(), 0, live_columns.data(), c.beats);
      const RecurrenceResult result = recurrence.result();
      INFO(dlac::schedule::simd_target_name(target) << ": " << text(c));
      CHECK(equal(result, expected));
    }
  }
}
