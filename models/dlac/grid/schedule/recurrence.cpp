// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/recurrence.h>
#include <dlac/grid/schedule/simd_config.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE <dlac/grid/schedule/recurrence.cpp>
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using State = Recurrence::State;

/// Both operands of the recurrence, as given to Recurrence::advance, from one beat on.
struct Operands {
  const std::uint16_t* counts;
  std::size_t count_stride;
  const std::uint16_t* live;
  std::size_t live_stride;
  const std::uint32_t* live_columns;
};

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
using Vector = hn::Vec<Tag<T>>;

template <typename T>
[[nodiscard]] T* at(AlignedArray<std::uint8_t>& array) {
  return reinterpret_cast<T*>(array.data());
}

[[nodiscard]] HWY_INLINE Vector<std::uint16_t> difference_or_zero(Vector<std::uint16_t> a, Vector<std::uint16_t> b) {
  return hn::SaturatedSub(a, b);
}
[[nodiscard]] HWY_INLINE Vector<std::uint32_t> difference_or_zero(Vector<std::uint32_t> a, Vector<std::uint32_t> b) {
  return hn::Sub(hn::Max(a, b), b);
}

/// One vector of counts or masks; masks are sign-extended.
[[nodiscard]] HWY_INLINE Vector<std::uint16_t> load_operand(Tag<std::uint16_t> d, const std::uint16_t* from) {
  return hn::LoadU(d, from);
}
[[nodiscard]] HWY_INLINE Vector<std::uint32_t> load_operand(Tag<std::uint32_t> d, const std::uint16_t* from) {
  const hn::RebindToSigned<Tag<std::uint32_t>> d32;
  const hn::Rebind<std::int16_t, decltype(d32)> d16;
  return hn::BitCast(d, hn::PromoteTo(d32, hn::LoadU(d16, reinterpret_cast<const std::int16_t*>(from))));
}

/// A time or operand in all lanes: 16-bit ones are stored twice in a 32-bit word, since a 32-bit broadcast is a load.
template <typename T>
[[nodiscard]] HWY_INLINE Vector<T> broadcast(Tag<T> d, const std::uint32_t* from) {
  const Tag<std::uint32_t> d32;
  return hn::BitCast(d, hn::Set(d32, *from));
}

/// Maximum of `a` and of `b` in lanes that alternate between the two, a first; Lane is the unit that alternates.
template <typename Lane, typename T>
[[nodiscard]] HWY_INLINE Vector<T> merge(Tag<T> d, Vector<T> a, Vector<T> b) {
  const Tag<Lane> dl;
  const auto x = hn::BitCast(dl, a);
  const auto y = hn::BitCast(dl, b);
  return hn::Max(hn::BitCast(d, hn::InterleaveLower(dl, x, y)), hn::BitCast(d, hn::InterleaveUpper(dl, x, y)));
}

/// In every 128-bit block, lane k (mod N) holds the maximum of that block's lanes of x[k].
template <typename T, int N>
[[nodiscard]] HWY_INLINE Vector<T> transposed_max(Tag<T> d, Vector<T> (&x)[N]) {
  constexpr int N2 = N >= 2 ? N / 2 : 1;
  constexpr int N4 = N2 >= 2 ? N2 / 2 : 1;
  if constexpr (sizeof(T) == 2) {
    Vector<T> y[N2];
#pragma GCC unroll 8
    for (int i = 0; i < N2; ++i) y[i] = merge<std::uint16_t, T>(d, x[2 * i], x[N >= 2 ? 2 * i + 1 : 0]);
    Vector<T> z[N4];
#pragma GCC unroll 8
    for (int i = 0; i < N4; ++i) z[i] = merge<std::uint32_t, T>(d, y[2 * i], y[N2 >= 2 ? 2 * i + 1 : 0]);
    return merge<std::uint64_t, T>(d, z[0], z[N4 - 1]);
  } else {
    static_assert(N <= 4);
    Vector<T> y[N2];
#pragma GCC unroll 8
    for (int i = 0; i < N2; ++i) y[i] = merge<std::uint32_t, T>(d, x[2 * i], x[N >= 2 ? 2 * i + 1 : 0]);
    return merge<std::uint64_t, T>(d, y[0], y[N2 - 1]);
  }
}

/// Block i of the result is the maximum over the blocks of y[i].
template <typename T, int Blocks>
[[nodiscard]] HWY_INLINE Vector<T> max_of_blocks(Tag<T> d, Vector<T> (&y)[Blocks]) {
  if constexpr (Blocks == 1) {
    (void)d;
    return y[0];
  } else if constexpr (Blocks == 2) {
    return hn::Max(hn::ConcatLowerLower(d, y[1], y[0]), hn::ConcatUpperUpper(d, y[1], y[0]));
  } else {
    static_assert(Blocks == 4);
    const auto even = hn::Max(hn::ConcatLowerLower(d, y[2], y[0]), hn::ConcatUpperUpper(d, y[2], y[0]));
    const auto odd = hn::Max(hn::ConcatLowerLower(d, y[3], y[1]), hn::ConcatUpperUpper(d, y[3], y[1]));
    return hn::OddEvenBlocks(hn::Max(odd, hn::SwapAdjacentBlocks(odd)), hn::Max(even, hn::SwapAdjacentBlocks(even)));
  }
}

/// Lane k of every block is at(k) for k < N, else 0.
template <typename T, int N, typename At>
[[nodiscard]] HWY_INLINE Vector<T> block_pattern(Tag<T> d, At at) {
  constexpr int BlockLanes = 16 / static_cast<int>(sizeof(T));
  HWY_ALIGN T lanes[HWY_LANES(T)] = {};
  for (int i = 0; i < static_cast<int>(HWY_LANES(T)); ++i) {
    if (i % BlockLanes < N) lanes[i] = static_cast<T>(at(i % BlockLanes));
  }
  return hn::Load(d, lanes);
}

/// All ones in the lanes of vector v that are rows or columns taking part.
template <typename T>
[[nodiscard]] HWY_INLINE Vector<T> lane_mask(Tag<T> d, const State& state, std::uint32_t v) {
  const std::size_t first = std::size_t{v} * hn::Lanes(d);
  return hn::VecFromMask(d, hn::FirstN(d, state.inner > first ? state.inner - first : 0));
}

/// Spreads the outers' operands of the next `beats` beats, one 32-bit word each, to outer_operand.
template <typename T>
void spread_outer(State& state, const std::uint16_t* from, std::size_t stride, std::uint32_t beats) {
  std::uint32_t* to = at<std::uint32_t>(state.outer_operand);
  const std::size_t padded = round_up(state.outer, 8);
  for (std::uint32_t k = 0; k < beats; ++k, from += stride, to += padded) {
    if constexpr (sizeof(T) == 2) {
      const hn::Full128<std::uint16_t> d;
      for (std::size_t o = 0; o < padded; o += 8) {
        const auto v = hn::LoadU(d, from + o);
        hn::StoreU(hn::InterleaveLower(d, v, v), d, reinterpret_cast<std::uint16_t*>(to + o));
        hn::StoreU(hn::InterleaveUpper(d, v, v), d, reinterpret_cast<std::uint16_t*>(to + o + 4));
      }
    } else {
      for (std::size_t o = 0; o < padded; ++o) {
        to[o] = static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<std::int16_t>(from[o])));
      }
    }
  }
}

/// Advances by `blocks` blocks of N beats; with Tail, by one block that has only `tail_beats` beats, the last of the
/// segment. Single: there is one vector of inner lanes.
template <typename T, bool RowsOuter, int N, bool Single, bool Tail>
HWY_NOINLINE void advance_blocks(State& state, Operands in, std::uint32_t blocks, int tail_beats) {
  constexpr int BlockLanes = 16 / static_cast<int>(sizeof(T));
  constexpr int Blocks = HWY_LANES(T) / BlockLanes;
  constexpr std::size_t L = HWY_LANES(T);
  using V = Vector<T>;
  const Tag<T> d;
  const std::size_t vectors = Single ? 1 : state.vectors;
  const std::uint32_t outer = state.outer;
  const std::size_t outer_padded = round_up(outer, 8);
  const T p = static_cast<T>(state.shape.row_beat_cycles);
  const T inner_step = RowsOuter ? T{1} : p;
  const T outer_step = RowsOuter ? p : T{1};
  const std::uint32_t slots = state.shape.window_beats / N;
  const int beats = Tail ? tail_beats : N;

  // O(k) = max(O(k-1), h(k)) + s for k = 0 .. N-1 is a prefix maximum of h(k) + (N-k)s, less (N-1-k)s.
  const V ramp = block_pattern<T, N>(d, [=](int k) { return (N - k) * outer_step; });
  const V back = block_pattern<T, N>(d, [=](int k) { return (N - 1 - k) * outer_step; });
  const V whole = hn::Set(d, static_cast<T>(N * outer_step));

  T* const done = at<T>(state.done);
  T* const inner_time = at<T>(state.inner_time);
  T* const inner_now = at<T>(state.inner_now);
  T* const outer_time = at<T>(state.outer_time);
  T* const starved_lanes = at<T>(state.starved_lanes);
  const std::uint32_t* const operand = at<std::uint32_t>(state.outer_operand);
  HWY_ALIGN std::uint32_t now[HWY_LANES(std::uint32_t) * sizeof(std::uint32_t) / sizeof(T)];
  constexpr int HalfBlock = 4;  // outers' times of one store: 4 beats per 128-bit block

  V starved = hn::Load(d, starved_lanes);
  const V mask0 = lane_mask<T>(d, state, 0);
  std::uint32_t slot = state.slot;
  for (std::uint32_t block = 0; block < blocks; ++block) {
    spread_outer<T>(state, RowsOuter ? in.counts : in.live, RowsOuter ? in.count_stride : in.live_stride,
                    static_cast<std::uint32_t>(beats));
    const std::uint16_t* const inner_operand = RowsOuter ? in.live : in.counts;
    const std::size_t inner_stride = RowsOuter ? in.live_stride : in.count_stride;
    T* const inner_history = at<T>(state.inner_history) + std::size_t{slot} * N * vectors * L;
    T* const outer_history = at<T>(state.outer_history) + std::size_t{slot} * state.groups * L;

    for (std::size_t v = 0; v < vectors; ++v) {
      const V mask = Single ? mask0 : lane_mask<T>(d, state, static_cast<std::uint32_t>(v));
      const V step = hn::And(mask, hn::Set(d, inner_step));
      V time = hn::Load(d, inner_time + v * L);
#pragma GCC unroll 8
      for (int k = 0; k < N && k < beats; ++k) {
        // Lanes that take no part stay at 0, so that they hold nobody up.
        time = hn::And(hn::Add(hn::Max(time, hn::Load(d, inner_history + (k * vectors + v) * L)), step), mask);
        hn::Store(time, d, inner_now + (k * vectors + v) * L);
      }
      hn::Store(time, d, inner_time + v * L);
    }

    V latest[N];  // max over the outers of done, for the inner streams
#pragma GCC unroll 8
    for (int k = 0; k < N; ++k) latest[k] = hn::Zero(d);

    for (std::uint32_t g = 0; g < state.groups; ++g) {
      V b = hn::Add(hn::Load(d, outer_history + g * L), ramp);
      if constexpr (N > 1) b = hn::Max(b, hn::ShiftLeftLanes<1>(d, b));
      if constexpr (N > 2) b = hn::Max(b, hn::ShiftLeftLanes<2>(d, b));
      if constexpr (N > 4) b = hn::Max(b, hn::ShiftLeftLanes<4>(d, b));
      b = hn::Max(b, hn::Add(hn::Load(d, outer_time + g * L), whole));
      b = hn::Sub(b, back);
      hn::Store(hn::Broadcast<N - 1>(b), d, outer_time + g * L);
      if constexpr (sizeof(T) == 2) {
        hn::Store(hn::InterleaveLower(d, b, b), d, reinterpret_cast<T*>(now));
        hn::Store(hn::InterleaveUpper(d, b, b), d, reinterpret_cast<T*>(now + HWY_LANES(std::uint32_t)));
      } else {
        hn::Store(b, d, reinterpret_cast<T*>(now));
      }

      V y[Blocks];
#pragma GCC unroll 4
      for (int i = 0; i < Blocks; ++i) {
        const std::uint32_t o = g * Blocks + static_cast<std::uint32_t>(i);
        y[i] = hn::Zero(d);
        if (o >= outer) continue;
        V x[N];
#pragma GCC unroll 8
        for (int k = 0; k < N; ++k) x[k] = hn::Zero(d);
        for (std::size_t v = 0; v < vectors; ++v) {
          V finish = hn::Load(d, done + (o * vectors + v) * L);
          if constexpr (!Single) starved = hn::Load(d, starved_lanes + v * L);
#pragma GCC unroll 8
          for (int k = 0; k < N && k < beats; ++k) {
            const V time =
                broadcast<T>(d, now + (k / HalfBlock) * HWY_LANES(std::uint32_t) + i * HalfBlock + k % HalfBlock);
            const V count = hn::And(load_operand(d, inner_operand + k * inner_stride + v * L),
                                    broadcast<T>(d, operand + k * outer_padded + o));
            const V other = hn::Load(d, inner_now + (k * vectors + v) * L);
            if constexpr (RowsOuter) {
              const V wait = difference_or_zero(time, finish);
              starved = hn::Add(starved, wait);
              finish = hn::Add(hn::Max(hn::Add(finish, wait), other), count);
            } else {
              finish = hn::Max(finish, other);
              const V wait = difference_or_zero(time, finish);
              starved = hn::Add(starved, wait);
              finish = hn::Add(hn::Add(finish, wait), count);
            }
            if constexpr (Single) {
              x[k] = finish;
              latest[k] = hn::Max(latest[k], finish);
            } else {
              x[k] = hn::Max(x[k], finish);
              T* const to = inner_history + (k * vectors + v) * L;  // this beat's window entry has been read
              hn::Store(o == 0 ? finish : hn::Max(hn::Load(d, to), finish), d, to);
            }
          }
          hn::Store(finish, d, done + (o * vectors + v) * L);
          if constexpr (!Single) hn::Store(starved, d, starved_lanes + v * L);
        }
        y[i] = transposed_max<T, N>(d, x);
      }
      hn::Store(max_of_blocks<T, Blocks>(d, y), d, outer_history + g * L);
    }
    if constexpr (Single) {
#pragma GCC unroll 8
      for (int k = 0; k < N; ++k) hn::Store(latest[k], d, inner_history + k * L);
    }
    slot = slot + 1 == slots ? 0 : slot + 1;
    in.counts += in.count_stride * N;
    in.live += in.live_stride * N;
  }
  if constexpr (Single) hn::Store(starved, d, starved_lanes);
  state.slot = slot;
}

template <typename T, bool RowsOuter, int N>
void advance_beats(State& state, const Operands& in, std::uint32_t beats) {
  const std::uint32_t blocks = beats / N;
  if (blocks != 0) {
    if (sizeof(T) == 2 && state.vectors == 1) {
      advance_blocks<T, RowsOuter, N, sizeof(T) == 2, false>(state, in, blocks, N);
    } else {
      advance_blocks<T, RowsOuter, N, false, false>(state, in, blocks, N);
    }
  }
  if constexpr (N > 1) {
    if (beats % N == 0) return;
    Operands rest = in;
    rest.counts += std::size_t{blocks} * N * in.count_stride;
    rest.live += std::size_t{blocks} * N * in.live_stride;
    advance_blocks<T, RowsOuter, N, false, true>(state, rest, 1, static_cast<int>(beats % N));
  }
}

template <typename T, bool RowsOuter>
void advance_any(State& state, const Operands& in, std::uint32_t beats) {
  switch (state.block) {
    case 1: return advance_beats<T, RowsOuter, 1>(state, in, beats);
    case 2: return advance_beats<T, RowsOuter, 2>(state, in, beats);
    case 4: return advance_beats<T, RowsOuter, 4>(state, in, beats);
    default:
      if constexpr (sizeof(T) == 2) return advance_beats<T, RowsOuter, 8>(state, in, beats);
  }
}

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

}  // namespace HWY_NAMESPACE
}  // namespace dlac::schedule
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
