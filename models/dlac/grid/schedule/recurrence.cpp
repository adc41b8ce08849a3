// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/divide_up.h>
#include <dlac/common/simd_config.h>
#include <dlac/grid/schedule/recurrence.h>

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(bugprone-macro-parentheses): not an expression
#define HWY_TARGET_INCLUDE <dlac/grid/schedule/recurrence.cpp>
#include <hwy/foreach_target.h>

#include <dlac/grid/schedule/recurrence_advance_inl.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule::HWY_NAMESPACE {

/// Makes the times relative to the slowest stream: no PE is past a beat before its streams have delivered it.
template <typename T>
void rebase(State& state) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t BlockLanes = 16 / sizeof(T);
  T base = static_cast<T>(~T{0});
  const T* const inner_time = at<T>(state.inner_time);
  for (std::uint32_t i = 0; i < state.inner; ++i) base = std::min(base, inner_time[i]);
  const T* const outer_time = at<T>(state.outer_time);
  for (std::uint32_t o = 0; o < state.outer; ++o) base = std::min(base, outer_time[o * BlockLanes]);
  if (base == 0) return;
  // A window entry from before the slowest stream holds nobody up any more, so that clamping at 0 changes nothing.
  const auto subtract = [&](AlignedArray<std::uint8_t>& array, std::size_t vectors) HWY_ATTR {
    T* const times = at<T>(array);
    for (std::size_t i = 0; i < vectors; ++i) {
      hn::Store(difference_or_zero(hn::Load(d, times + i * lanes), hn::Set(d, base)), d, times + i * lanes);
    }
  };
  subtract(state.done, std::size_t{state.outer} * state.vectors);
  subtract(state.inner_time, state.vectors);
  subtract(state.inner_history, std::size_t{state.shape.window_beats} * state.vectors);
  subtract(state.outer_time, state.groups);
  subtract(state.outer_history, std::size_t{state.shape.window_beats / state.block} * state.groups);
  state.base += base;
}

/// Adds the lanes' starved cycles up and clears them.
template <typename T>
void collect_starved(State& state) {
  T* const starved = at<T>(state.starved_lanes);
  for (std::uint32_t i = 0; i < state.inner; ++i) state.starved += starved[i];
  std::fill_n(starved, state.vectors * HWY_LANES(T), T{0});
}

void add_busy(State& state, const Operands& in, std::uint32_t beats) {
  const hn::Full128<std::uint32_t> d;
  const hn::Rebind<std::uint16_t, decltype(d)> d16;
  HWY_ALIGN std::uint32_t lanes[4];
  auto sum = hn::Zero(d);
  for (std::uint32_t t = 0; t < beats; ++t) {
    const std::uint16_t* const counts = in.counts + t * in.count_stride;
    auto rows = hn::Zero(d);
    for (std::uint32_t r = 0; r < state.shape.rows; r += 4)
      rows = hn::Add(rows, hn::PromoteTo(d, hn::LoadU(d16, counts + r)));
    // At most 64 x 64 per beat times 4096 columns: flushed before 2^8 beats.
    sum = hn::Add(sum, hn::Mul(rows, hn::Set(d, in.live_columns[t])));
    if (t % 64 == 63 || t + 1 == beats) {
      hn::Store(sum, d, lanes);
      state.busy += std::uint64_t{lanes[0]} + lanes[1] + lanes[2] + lanes[3];
      sum = hn::Zero(d);
    }
  }
}

template <typename T>
void advance_typed(State& state, Operands in, std::uint32_t beats) {
  add_busy(state, in, beats);
  while (beats != 0) {
    const std::uint32_t now = std::min(beats, state.chunk);
    rebase<T>(state);
    if (state.rows_outer) {
      advance_any<T, true>(state, in, now);
    } else {
      advance_any<T, false>(state, in, now);
    }
    collect_starved<T>(state);
    in.counts += std::size_t{now} * in.count_stride;
    in.live += std::size_t{now} * in.live_stride;
    beats -= now;
  }
}

void recurrence_advance(State& state, const std::uint16_t* counts, std::size_t count_stride, const std::uint16_t* live,
                        std::size_t live_stride, const std::uint32_t* live_columns, std::uint32_t beats) {
  const Operands in{counts, count_stride, live, live_stride, live_columns};
  if (state.wide) {
    advance_typed<std::uint32_t>(state, in, beats);
  } else {
    advance_typed<std::uint16_t>(state, in, beats);
  }
}

template <typename T>
void finish_typed(State& state) {
  const T* const done = at<T>(state.done);
  std::uint64_t sum = 0;
  std::uint64_t largest = 0;
  for (std::uint32_t o = 0; o < state.outer; ++o) {
    for (std::uint32_t i = 0; i < state.inner; ++i) {
      const T time = done[std::size_t{o} * state.vectors * HWY_LANES(T) + i];
      sum += time;
      largest = std::max<std::uint64_t>(largest, time);
    }
  }
  state.cycles = state.base + largest;
  state.finish_sum = sum + state.base * state.outer * state.inner;
}

void recurrence_finish(State& state) {
  if (state.wide) {
    finish_typed<std::uint32_t>(state);
  } else {
    finish_typed<std::uint16_t>(state);
  }
}

/// Sizes and clears the state for state.shape.
void recurrence_begin(State& state) {
  const RecurrenceShape& shape = state.shape;
  const std::uint64_t per_beat = std::uint64_t{shape.row_beat_cycles} + shape.largest_count;
  const auto lay_out = [&](std::uint32_t lanes) {
    // The cheaper assignment of the axes; a vector costs some 7 operations per beat, an outer's maximum some 3.
    const auto cost = [&](std::uint32_t outer, std::uint32_t inner) {
      return outer * (7 * divide_up(inner, lanes) + 3);
    };
    state.rows_outer = cost(shape.rows, shape.columns) <= cost(shape.columns, shape.rows);
    state.outer = state.rows_outer ? shape.rows : shape.columns;
    state.inner = state.rows_outer ? shape.columns : shape.rows;
    state.vectors = static_cast<std::uint32_t>(divide_up(state.inner, lanes));
  };
  // Beats until the largest sum, of one lane's starved cycles over the outers, would not fit in T.
  const auto room = [&](std::uint64_t limit) {
    const std::uint64_t beats = limit / (state.outer * per_beat);
    const std::uint64_t skew = 3 * std::uint64_t{shape.window_beats} + 16;
    return beats > skew ? (beats - skew) / Recurrence::BeatBlock * Recurrence::BeatBlock : 0;
  };
  constexpr std::uint64_t LargestChunk = 1024;
  lay_out(HWY_LANES(std::uint16_t));
  std::uint64_t chunk = room(std::numeric_limits<std::uint16_t>::max());
  state.wide = chunk == 0;
  if (state.wide) {
    lay_out(HWY_LANES(std::uint32_t));
    chunk = room(std::numeric_limits<std::uint32_t>::max());
  }
  state.chunk = static_cast<std::uint32_t>(std::min(chunk, LargestChunk));
  const std::uint32_t block_lanes = state.wide ? 4 : 8;
  state.block = std::min(block_lanes, shape.window_beats & (0U - shape.window_beats));
  const std::uint32_t vector_bytes = HWY_LANES(std::uint8_t);
  state.groups = static_cast<std::uint32_t>(divide_up(state.outer, vector_bytes / 16));
  state.slot = 0;
  state.base = state.starved = state.busy = 0;
  const auto clear = [](AlignedArray<std::uint8_t>& array, std::size_t bytes) {
    array.resize(bytes);
    std::memset(array.data(), 0, bytes);
  };
  const std::size_t row = std::size_t{state.vectors} * vector_bytes;
  clear(state.done, state.outer * row);
  clear(state.inner_time, row);
  clear(state.inner_history, shape.window_beats * row);
  clear(state.inner_now, 8 * row);
  clear(state.outer_time, std::size_t{state.groups} * vector_bytes);
  clear(state.outer_history, std::size_t{shape.window_beats / state.block} * state.groups * vector_bytes);
  clear(state.outer_operand, 8 * round_up(state.outer, 8) * sizeof(std::uint32_t));
  clear(state.starved_lanes, row);
}

}  // namespace dlac::schedule::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::schedule {
HWY_EXPORT(recurrence_begin);
HWY_EXPORT(recurrence_advance);
HWY_EXPORT(recurrence_finish);

void Recurrence::begin(const RecurrenceShape& shape) {
  state_.shape = shape;
  HWY_DYNAMIC_DISPATCH(recurrence_begin)(state_);
}

void Recurrence::advance(const std::uint16_t* counts, std::size_t count_stride, const std::uint16_t* live,
                         std::size_t live_stride, const std::uint32_t* live_columns, std::uint32_t beats) {
  HWY_DYNAMIC_DISPATCH(recurrence_advance)
  (state_, counts, count_stride, live, live_stride, live_columns, beats);
}

RecurrenceResult Recurrence::result() {
  HWY_DYNAMIC_DISPATCH(recurrence_finish)(state_);
  RecurrenceResult result;
  result.cycles = state_.cycles;
  result.busy = state_.busy;
  const std::uint64_t other = state_.finish_sum - state_.busy - state_.starved;
  result.starved_row = state_.rows_outer ? state_.starved : other;
  result.starved_column = state_.rows_outer ? other : state_.starved;
  return result;
}

RecurrenceResult solve_recurrence(const RecurrenceShape& shape, const std::uint16_t* counts, const std::uint8_t* live,
                                  std::uint64_t beats) {
  constexpr std::uint32_t Chunk = 256;
  const std::size_t count_stride = round_up(shape.rows, LanePad);
  const std::size_t live_stride = round_up(shape.columns, LanePad);
  std::vector<std::uint16_t> padded_counts(Chunk * count_stride);
  std::vector<std::uint16_t> padded_live(Chunk * live_stride);
  std::vector<std::uint32_t> live_columns(Chunk);
  Recurrence recurrence;
  recurrence.begin(shape);
  while (beats != 0) {
    const auto now = static_cast<std::uint32_t>(std::min<std::uint64_t>(beats, Chunk));
    for (std::uint32_t t = 0; t < now; ++t, counts += shape.rows, live += shape.columns) {
      std::copy_n(counts, shape.rows, padded_counts.begin() + static_cast<std::ptrdiff_t>(t * count_stride));
      live_columns[t] = 0;
      for (std::uint32_t c = 0; c < shape.columns; ++c) {
        padded_live[t * live_stride + c] = live[c] != 0 ? 0xFFFF : 0;
        live_columns[t] += live[c] != 0 ? 1 : 0;
      }
    }
    recurrence.advance(padded_counts.data(), count_stride, padded_live.data(), live_stride, live_columns.data(), now);
    beats -= now;
  }
  return recurrence.result();
}

}  // namespace dlac::schedule
#endif  // HWY_ONCE
