// SPDX-License-Identifier: Apache-2.0
// The inner loops of the recurrence, for the target being compiled.
#if defined(DLAC_RECURRENCE_ADVANCE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_RECURRENCE_ADVANCE_INL_H
#undef DLAC_RECURRENCE_ADVANCE_INL_H
#else
#define DLAC_RECURRENCE_ADVANCE_INL_H
#endif

#include <dlac/common/simd_config.h>
#include <dlac/grid/schedule/recurrence.h>
#include <dlac/grid/schedule/recurrence_lanes_inl.h>

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule::HWY_NAMESPACE {
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
[[nodiscard]] T* at(AlignedArray<std::uint8_t>& array) {
  return reinterpret_cast<T*>(array.data());
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
  auto* to = at<std::uint32_t>(state.outer_operand);
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

constexpr std::size_t HalfBlock = 4;  // outers' times of one store: 4 beats per 128-bit block

/// The times of a vector of inner streams over a block of N beats, from what the window's entries of D beats before
/// were. Lanes that take no part stay at 0, so that they hold nobody up.
template <typename T, int N>
HWY_INLINE void advance_inner(Vector<T> mask, T step, int beats, const T* history, std::size_t stride, T* last,
                              T* now) {
  const Tag<T> d;
  const Vector<T> steps = hn::And(mask, hn::Set(d, step));
  Vector<T> time = hn::Load(d, last);
#pragma GCC unroll 8
  for (int k = 0; k < N && k < beats; ++k) {
    time = hn::And(hn::Add(hn::Max(time, hn::Load(d, history + k * stride)), steps), mask);
    hn::Store(time, d, now + k * stride);
  }
  hn::Store(time, d, last);
}

/// The times of a group of outer streams over a block of N beats, lane k of a 128-bit block for beat k:
/// O(k) = max(O(k-1), h(k)) + s is a prefix maximum of h(k) + (N-k)s, less (N-1-k)s.
template <typename T, int N>
class OuterStep {
 public:
  explicit OuterStep(T step)
      : ramp_(block_pattern<T, N>(Tag<T>(), [=](int k) { return (N - k) * step; })),
        back_(block_pattern<T, N>(Tag<T>(), [=](int k) { return (N - 1 - k) * step; })),
        whole_(hn::Set(Tag<T>(), static_cast<T>(N * step))) {}

  /// `last` holds O(-1) in all lanes and gets O(N-1); `now` gets the times as broadcast() wants them.
  HWY_INLINE void advance(const T* history, T* last, std::uint32_t* now) const {
    const Tag<T> d;
    Vector<T> b = hn::Add(hn::Load(d, history), ramp_);
    if constexpr (N > 1) b = hn::Max(b, hn::ShiftLeftLanes<1>(d, b));
    if constexpr (N > 2) b = hn::Max(b, hn::ShiftLeftLanes<2>(d, b));
    if constexpr (N > 4) b = hn::Max(b, hn::ShiftLeftLanes<4>(d, b));
    b = hn::Max(b, hn::Add(hn::Load(d, last), whole_));
    b = hn::Sub(b, back_);
    hn::Store(hn::Broadcast<N - 1>(b), d, last);
    if constexpr (sizeof(T) == 2) {
      hn::Store(hn::InterleaveLower(d, b, b), d, reinterpret_cast<T*>(now));
      hn::Store(hn::InterleaveUpper(d, b, b), d, reinterpret_cast<T*>(now + HWY_LANES(std::uint32_t)));
    } else {
      hn::Store(b, d, reinterpret_cast<T*>(now));
    }
  }

 private:
  Vector<T> ramp_, back_, whole_;
};

/// One beat of a vector of PEs: waits for the row stream, then for the column stream, then executes.
template <typename T, bool RowsOuter>
HWY_INLINE void advance_pes(Vector<T> outer_time, Vector<T> inner_time, Vector<T> count, Vector<T>& done,
                            Vector<T>& starved) {
  if constexpr (RowsOuter) {
    const Vector<T> wait = difference_or_zero(outer_time, done);
    starved = hn::Add(starved, wait);
    done = hn::Add(hn::Max(hn::Add(done, wait), inner_time), count);
  } else {
    done = hn::Max(done, inner_time);
    const Vector<T> wait = difference_or_zero(outer_time, done);
    starved = hn::Add(starved, wait);
    done = hn::Add(hn::Add(done, wait), count);
  }
}

/// Where the lanes of a segment lie.
template <typename T>
struct Lanes {
  explicit Lanes(State& state)
      : done(at<T>(state.done)),
        inner_time(at<T>(state.inner_time)),
        inner_now(at<T>(state.inner_now)),
        outer_time(at<T>(state.outer_time)),
        starved(at<T>(state.starved_lanes)),
        operand(at<std::uint32_t>(state.outer_operand)) {}

  T* const done;
  T* const inner_time;
  T* const inner_now;
  T* const outer_time;
  T* const starved;
  const std::uint32_t* const operand;
};

template <typename T, int N>
HWY_INLINE void clear(Vector<T> (&beats)[N]) {
  const Tag<T> d;
#pragma GCC unroll 8
  for (int k = 0; k < N; ++k) beats[k] = hn::Zero(d);
}

template <typename T, int N>
HWY_INLINE void store_beats(const Vector<T> (&beats)[N], T* to) {
  const Tag<T> d;
#pragma GCC unroll 8
  for (int k = 0; k < N; ++k) hn::Store(beats[k], d, to + k * HWY_LANES(T));
}

/// Where OuterStep puts the time of beat k of the outer lane i of a group.
HWY_INLINE constexpr std::size_t now_entry(std::size_t k, std::size_t i) {
  return (k / HalfBlock) * HWY_LANES(std::uint32_t) + i * HalfBlock + k % HalfBlock;
}

/// The latest of the outers' `finish` of a beat, in its entry of the window, which has been read.
template <typename T>
HWY_INLINE void keep_latest(Vector<T> finish, bool first, T* entry) {
  const Tag<T> d;
  hn::Store(first ? finish : hn::Max(hn::Load(d, entry), finish), d, entry);
}

/// Advances by `blocks` blocks of N beats; with Tail, by one block that has only `tail_beats` beats, the last of the
/// segment. Single: there is one vector of inner lanes.
template <typename T, bool RowsOuter, int N, bool Single, bool Tail>
HWY_NOINLINE void advance_blocks(State& state, Operands in, std::uint32_t blocks, int tail_beats) {
  constexpr std::size_t L = HWY_LANES(T);
  constexpr int Blocks = static_cast<int>(L * sizeof(T) / 16);  // of 128 bits
  using V = Vector<T>;
  const Tag<T> d;
  const std::size_t vectors = Single ? 1 : state.vectors;
  const std::uint32_t outer = state.outer;
  const std::size_t outer_padded = round_up(outer, 8);
  const T p = static_cast<T>(state.shape.row_beat_cycles);
  const T inner_step = RowsOuter ? T{1} : p;
  const OuterStep<T, N> outer_step(RowsOuter ? p : T{1});
  const std::uint32_t slots = state.shape.window_beats / N;
  const int beats = Tail ? tail_beats : N;
  const Lanes<T> lanes(state);
  HWY_ALIGN std::uint32_t now[HWY_LANES(std::uint32_t) * sizeof(std::uint32_t) / sizeof(T)];

  V starved = hn::Load(d, lanes.starved);
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
      advance_inner<T, N>(mask, inner_step, beats, inner_history + v * L, vectors * L, lanes.inner_time + v * L,
                          lanes.inner_now + v * L);
    }

    V latest[N];  // max over the outers of done, for the inner streams
    clear<T, N>(latest);

    for (std::uint32_t g = 0; g < state.groups; ++g) {
      outer_step.advance(outer_history + g * L, lanes.outer_time + g * L, now);
      V y[Blocks];
#pragma GCC unroll 4
      for (int i = 0; i < Blocks; ++i) {
        const std::uint32_t o = g * Blocks + static_cast<std::uint32_t>(i);
        y[i] = hn::Zero(d);
        if (o >= outer) continue;
        V x[N];
        clear<T, N>(x);
        for (std::size_t v = 0; v < vectors; ++v) {
          V finish = hn::Load(d, lanes.done + (o * vectors + v) * L);
          if constexpr (!Single) starved = hn::Load(d, lanes.starved + v * L);
#pragma GCC unroll 8
          // NOLINTNEXTLINE(misc-redundant-expression): the bounds differ with Tail
          for (int k = 0; k < N && k < beats; ++k) {
            const V time = broadcast<T>(d, now + now_entry(static_cast<std::size_t>(k), static_cast<std::size_t>(i)));
            const V count = hn::And(load_operand(d, inner_operand + k * inner_stride + v * L),
                                    broadcast<T>(d, lanes.operand + k * outer_padded + o));
            const V other = hn::Load(d, lanes.inner_now + (k * vectors + v) * L);
            advance_pes<T, RowsOuter>(time, other, count, finish, starved);
            if constexpr (Single) {
              x[k] = finish;
              latest[k] = hn::Max(latest[k], finish);
            } else {
              x[k] = hn::Max(x[k], finish);
              keep_latest<T>(finish, o == 0, inner_history + (k * vectors + v) * L);
            }
          }
          hn::Store(finish, d, lanes.done + (o * vectors + v) * L);
          if constexpr (!Single) hn::Store(starved, d, lanes.starved + v * L);
        }
        y[i] = transposed_max<T, N>(d, x);
      }
      hn::Store(max_of_blocks<T, Blocks>(d, y), d, outer_history + g * L);
    }
    if constexpr (Single) store_beats<T, N>(latest, inner_history);
    slot = slot + 1 == slots ? 0 : slot + 1;
    in.counts += in.count_stride * N;
    in.live += in.live_stride * N;
  }
  if constexpr (Single) hn::Store(starved, d, lanes.starved);
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

}  // namespace dlac::schedule::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
