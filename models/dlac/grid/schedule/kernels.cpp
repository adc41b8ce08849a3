// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/kernels.h>
#include <dlac/grid/schedule/simd_config.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE <dlac/grid/schedule/kernels.cpp>
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<DF>;
using DU = hn::RebindToUnsigned<DF>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;

// ---------------------------------------------------------------- features

/// binary16 bits in 32-bit lanes to binary32, exactly; integer and power-of-two arithmetic only.
[[nodiscard]] HWY_INLINE VF half_to_float(hn::Vec<DU> h) {
  const DF df;
  const DU du;
  const auto magnitude = hn::And(h, hn::Set(du, 0x7FFFU));
  const auto sign = hn::ShiftLeft<16>(hn::And(h, hn::Set(du, 0x8000U)));
  // Shifted into place a binary16 pattern is the value times 2^-112; subnormals come out right as well.
  const VF scaled = hn::Mul(hn::BitCast(df, hn::ShiftLeft<13>(magnitude)), hn::Set(df, 0x1p112F));
  const auto special = hn::Gt(hn::BitCast(DI(), magnitude), hn::Set(DI(), 0x7BFF));
  const auto infinite = hn::Or(hn::ShiftLeft<13>(magnitude), hn::Set(du, 0x7F800000U));
  const auto bits = hn::IfThenElse(hn::RebindMask(du, special), infinite, hn::BitCast(du, scaled));
  return hn::BitCast(df, hn::Or(bits, sign));
}

void FindRuns(const std::int32_t* offsets, std::size_t positions, std::size_t stride, std::size_t vector_columns,
              std::int32_t* runs) {
  const DI di;
  const std::size_t lanes = hn::Lanes(di);
  for (std::size_t position = 0; position < positions; ++position) {
    const std::int32_t* row = offsets + position * stride;
    std::int32_t* out = runs + position * (stride / RunLanes);
    for (std::size_t c = 0; c < vector_columns; c += lanes) {
      const VI offset = hn::Load(di, row + c);
      const auto inside = hn::Gt(offset, hn::Set(di, -1));
      const auto first = hn::FindFirstTrue(di, inside);
      const std::int32_t base =
          first < 0 ? 0 : row[c + static_cast<std::size_t>(first)] - static_cast<std::int32_t>(first);
      const bool run = hn::AllTrue(di, hn::Or(hn::Not(inside), hn::Eq(offset, hn::Iota(di, base))));
      *out++ = run ? base : NoRun;
    }
  }
}

template <bool Half, bool ByFeature>
void gather_all(const GatherJob& job, FeaturePanel& panel) {
  const DF df;
  const DI di;
  const DU du;
  const std::size_t lanes = hn::Lanes(df);
  const hn::Rebind<std::int16_t, DI> di16;
  const hn::Rebind<std::uint16_t, DI> du16;
  const auto* words = reinterpret_cast<const float*>(job.buffer);
  const auto* halves = reinterpret_cast<const std::uint16_t*>(job.buffer);
  VI largest = hn::Zero(di);
  if constexpr (Half) {
    for (std::size_t c = 0; c < job.stride; c += lanes) hn::Store(hn::Zero(df), df, &panel.magnitude[c]);
  }

  std::uint64_t plane = job.plane;
  std::uint32_t position = job.first_position;
  std::uint32_t left = job.beats_to_next_plane;
  for (std::uint32_t t = 0; t < job.beats; ++t) {
    const std::int32_t* offsets = job.offsets + position * job.stride;
    const std::int32_t* runs = job.runs + position * (job.stride / RunLanes);
    float* values = &panel.values[t * job.stride];
    auto* live = reinterpret_cast<std::int16_t*>(&panel.live[t * job.stride]);
    std::size_t nonzero_count = 0;
    std::size_t live_count = 0;
    for (std::size_t c = 0; c < job.vector_columns; c += lanes) {
      const VI offset = hn::Load(di, offsets + c);
      const auto inside = hn::Gt(offset, hn::Set(di, -1));
      const std::int32_t run = *runs++;
      const std::int64_t at = static_cast<std::int64_t>(plane) + run;
      VF x;
      if (run != NoRun && at >= 0) {
        if constexpr (Half) {
          x = half_to_float(hn::PromoteTo(du, hn::LoadU(du16, halves + at)));
        } else {
          x = hn::LoadU(df, words + at);
        }
      } else if constexpr (Half) {
        HWY_ALIGN std::uint32_t gathered[16];
        for (std::size_t i = 0; i < lanes; ++i) {
          gathered[i] = offsets[c + i] >= 0 ? halves[plane + static_cast<std::size_t>(offsets[c + i])] : 0U;
        }
        x = half_to_float(hn::Load(du, gathered));
      } else {
        x = hn::GatherIndex(df, words + plane, hn::IfThenElseZero(inside, offset));
      }
      x = hn::IfThenElseZero(hn::RebindMask(df, inside), x);
      hn::Store(x, df, values + c);
      const VI magnitude = hn::And(hn::BitCast(di, x), hn::Set(di, 0x7FFFFFFF));
      largest = hn::Max(largest, magnitude);
      const auto nonzero = hn::Ne(magnitude, hn::Zero(di));
      nonzero_count += hn::CountTrue(di, nonzero);
      if constexpr (Half) {
        hn::Store(hn::Add(hn::Load(df, &panel.magnitude[c]), hn::BitCast(df, magnitude)), df, &panel.magnitude[c]);
      }
      auto is_live = nonzero;
      if constexpr (!ByFeature) {
        is_live = hn::Gt(offset, hn::Set(di, FeatureGather::Inserted));
        live_count += hn::CountTrue(di, is_live);
      }
      hn::StoreU(hn::DemoteTo(di16, hn::VecFromMask(di, is_live)), di16, live + c);
    }
    panel.nonzero_columns[t] = static_cast<std::uint32_t>(nonzero_count);
    panel.live_columns[t] = static_cast<std::uint32_t>(ByFeature ? nonzero_count : live_count);
    if (++position == job.positions) position = 0;
    if (--left == 0) {
      left = job.beats_per_plane;
      plane += job.plane_stride;
    }
  }
  panel.nonfinite = !hn::AllTrue(di, hn::Lt(largest, hn::Set(di, 0x7F800000)));
}

void GatherFeatures(const GatherJob& job, FeaturePanel& panel) {
  if (job.half) {
    job.by_feature ? gather_all<true, true>(job, panel) : gather_all<true, false>(job, panel);
  } else {
    job.by_feature ? gather_all<false, true>(job, panel) : gather_all<false, false>(job, panel);
  }
}

// ---------------------------------------------------------------- values

/// binary32 to the nearest binary16 value (ties to even), kept as binary32: overflow to infinity, subnormals.
[[nodiscard]] HWY_INLINE VF round_to_half(VF v) {
  const DF df;
  const DU du;
  const DI di;
  const auto bits = hn::BitCast(du, v);
  const auto magnitude = hn::And(bits, hn::Set(du, 0x7FFFFFFFU));
  const auto sign = hn::And(bits, hn::Set(du, 0x80000000U));
  const auto odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(du, 1U));
  auto rounded = hn::And(hn::Add(magnitude, hn::Add(odd, hn::Set(du, 0xFFFU))), hn::Set(du, 0xFFFFE000U));
  const auto signed_magnitude = hn::BitCast(di, magnitude);
  rounded = hn::IfThenElse(hn::RebindMask(du, hn::Gt(hn::BitCast(di, rounded), hn::Set(di, 0x477FE000))),
                           hn::Set(du, 0x7F800000U), rounded);
  // Below 2^-14 the spacing is 2^-24: that of binary32 at 0.75.
  const VF shifter = hn::Set(df, 0.75F);
  const VF subnormal = hn::Sub(hn::Add(hn::BitCast(df, magnitude), shifter), shifter);
  rounded = hn::IfThenElse(hn::RebindMask(du, hn::Lt(signed_magnitude, hn::Set(di, 0x38800000))),
                           hn::BitCast(du, subnormal), rounded);
  rounded = hn::IfThenElse(hn::RebindMask(du, hn::Gt(signed_magnitude, hn::Set(di, 0x7F800000))), magnitude, rounded);
  return hn::BitCast(df, hn::Or(rounded, sign));
}

[[nodiscard]] HWY_INLINE VF fused(VF a, VF b, VF c) {
#if HWY_NATIVE_FMA
  return hn::MulAdd(a, b, c);
#else
  const DF df;
  HWY_ALIGN float x[16];
  HWY_ALIGN float y[16];
  HWY_ALIGN float z[16];
  hn::Store(a, df, x);
  hn::Store(b, df, y);
  hn::Store(c, df, z);
  for (std::size_t i = 0; i < hn::Lanes(df); ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(df, z);
#endif
}

/// a*b + c for binary16 operands, rounded once to binary16. The product is exact in binary32; the sum is rounded to
/// odd, so that rounding it again to 11 bits is as good as rounding the exact value.
[[nodiscard]] HWY_INLINE VF fused_half(VF a, VF b, VF c) {
  const DF df;
  const DU du;
  const VF p = hn::Mul(a, b);
  const VF s = hn::Add(p, c);
  const VF t = hn::Sub(s, p);
  const VF error = hn::Add(hn::Sub(p, hn::Sub(s, t)), hn::Sub(c, t));  // s + error = p + c exactly
  const auto bits = hn::BitCast(du, s);
  const auto even = hn::Eq(hn::And(bits, hn::Set(du, 1U)), hn::Zero(du));
  const auto inexact = hn::Ne(error, hn::Zero(df));
  const auto opposite = hn::Ne(hn::ShiftRight<31>(hn::Xor(bits, hn::BitCast(du, error))), hn::Zero(du));
  const auto towards = hn::IfThenElse(opposite, hn::Set(du, 0xFFFFFFFFU), hn::Set(du, 1U));
  const auto finite = hn::Lt(hn::BitCast(DI(), hn::And(bits, hn::Set(du, 0x7FFFFFFFU))), hn::Set(DI(), 0x7F800000));
  const auto adjust = hn::And(hn::And(even, hn::RebindMask(du, inexact)), hn::RebindMask(du, finite));
  return round_to_half(hn::BitCast(df, hn::Add(bits, hn::IfThenElseZero(adjust, towards))));
}

template <Rounding R>
[[nodiscard]] HWY_INLINE VF update(VF w, VF x, VF acc) {
  const DF df;
  if constexpr (R == Rounding::Binary32) return fused(w, x, acc);
  if constexpr (R == Rounding::Binary16Fma) return fused_half(w, x, acc);
  const VF s = hn::MulAdd(w, x, acc);  // w*x is exact, so fused or not
  if constexpr (R == Rounding::Binary16Any) return round_to_half(s);
  // With e the exponent of s, adding and subtracting 1.5*2^(e+13) rounds to 11 bits, ties to even. Sums in the
  // subnormal range are exact, and 11 bits hold them.
  const VF power = hn::BitCast(df, hn::And(hn::BitCast(DU(), s), hn::Set(DU(), 0x7F800000U)));
  const VF shifter = hn::Set(df, 12288.0F);
  return hn::NegMulAdd(power, shifter, hn::MulAdd(power, shifter, s));
}

/// Weights of `lanes` channels of one beat.
template <bool Packed>
class WeightReader {
 public:
  explicit WeightReader(const AccumulateJob& job) : job_(job) {
    const DI di;
    shift_ = hn::Sub(hn::Set(di, 30), hn::ShiftLeft<1>(hn::Iota(di, 0)));
  }
  [[nodiscard]] HWY_INLINE VF operator()(std::uint32_t beat, std::size_t channel) const {
    const DF df;
    if constexpr (Packed) {
      const DI di;
      std::uint32_t codes;
      std::memcpy(&codes, job_.packed + beat * job_.packed_stride + channel / 4, sizeof codes);
      const VI v = hn::Shl(hn::Set(di, static_cast<std::int32_t>(codes)), shift_);
      return hn::ConvertTo(df, hn::ShiftRight<30>(v));
    } else {
      return hn::LoadU(df, job_.words + beat * job_.word_stride + channel);
    }
  }

 private:
  const AccumulateJob& job_;
  VI shift_;
};

template <bool Packed, Rounding R, bool Guarded, std::size_t V, std::size_t P>
HWY_INLINE void accumulate_block(const AccumulateJob& job, const WeightReader<Packed>& weights, std::size_t channel,
                                 std::size_t column) {
  const DF df;
  const std::size_t lanes = hn::Lanes(df);
  VF acc[V][P];
  float* out = job.accumulators + column * job.channel_stride + channel;
  for (std::size_t p = 0; p < P; ++p) {
    for (std::size_t v = 0; v < V; ++v) acc[v][p] = hn::Load(df, out + p * job.channel_stride + v * lanes);
  }
  const float* features = job.features + column;
  for (std::uint32_t t = 0; t < job.beats; ++t, features += job.feature_stride) {
    VF w[V];
    for (std::size_t v = 0; v < V; ++v) w[v] = weights(t, channel + v * lanes);
    for (std::size_t p = 0; p < P; ++p) {
      const VF x = hn::Set(df, features[p]);
      for (std::size_t v = 0; v < V; ++v) {
        const VF next = update<R>(w[v], x, acc[v][p]);
        if constexpr (Guarded) {
          const auto dead = hn::Or(hn::Eq(w[v], hn::Zero(df)), hn::Eq(x, hn::Zero(df)));
          acc[v][p] = hn::IfThenElse(dead, acc[v][p], next);
        } else {
          acc[v][p] = next;
        }
      }
    }
  }
  for (std::size_t p = 0; p < P; ++p) {
    for (std::size_t v = 0; v < V; ++v) hn::Store(acc[v][p], df, out + p * job.channel_stride + v * lanes);
  }
}

template <bool Packed, Rounding R, bool Guarded>
void accumulate_all(const AccumulateJob& job) {
  const DF df;
  const std::size_t lanes = hn::Lanes(df);
  constexpr std::size_t P = 8;
  const WeightReader<Packed> weights(job);
  std::size_t channel = 0;
  for (; channel + lanes < job.channels; channel += 2 * lanes) {
    for (std::size_t column = 0; column < job.columns; column += P) {
      accumulate_block<Packed, R, Guarded, 2, P>(job, weights, channel, column);
    }
  }
  for (; channel < job.channels; channel += lanes) {
    for (std::size_t column = 0; column < job.columns; column += P) {
      accumulate_block<Packed, R, Guarded, 1, P>(job, weights, channel, column);
    }
  }
}

template <bool Packed, Rounding R>
void accumulate_guarded(const AccumulateJob& job) {
  if (job.guarded) {
    accumulate_all<Packed, R, true>(job);
  } else {
    accumulate_all<Packed, R, false>(job);
  }
}

template <bool Packed>
void accumulate_rounded(const AccumulateJob& job) {
  switch (job.rounding) {
    case Rounding::Binary32: return accumulate_guarded<Packed, Rounding::Binary32>(job);
    case Rounding::Binary16: return accumulate_guarded<Packed, Rounding::Binary16>(job);
    case Rounding::Binary16Any: return accumulate_guarded<Packed, Rounding::Binary16Any>(job);
    case Rounding::Binary16Fma:
      if constexpr (!Packed) return accumulate_guarded<Packed, Rounding::Binary16Fma>(job);
  }
}

void Accumulate(const AccumulateJob& job) {
  if (job.packed != nullptr) {
    accumulate_rounded<true>(job);
  } else {
    accumulate_rounded<false>(job);
  }
}

// ---------------------------------------------------------------- live weights

/// One row's codes are one T. `counts` get whole vectors; what is behind the rows becomes 0.
template <typename T>
void count_rows(const CountJob& job) {
  constexpr T Low = static_cast<T>(0x5555555555555555ULL);  // codes are 00, 01, 11: the low bit says non-zero
  constexpr std::size_t MaximumRows = 64;
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const hn::Rebind<std::uint16_t, decltype(d)> d16;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN T masks[2 * MaximumRows] = {};
  for (std::uint32_t r = 0; r < job.rows; ++r) masks[r] = Low;
  if (job.last_valid < job.buffers) {
    masks[job.rows - 1] = static_cast<T>(Low & ((std::uint64_t{1} << (2 * job.last_valid)) - 1));
  }
  const std::size_t words = (job.rows * sizeof(T) + 7) / 8;
  std::uint64_t word_masks[MaximumRows];
  std::memcpy(word_masks, masks, words * sizeof(std::uint64_t));
  for (std::uint32_t t = 0; t < job.beats; ++t) {
    const std::uint8_t* beat = job.packed + t * (job.beat_bits / 8);
    std::uint16_t* counts = job.counts + t * job.count_stride;
    for (std::size_t r = 0; r < job.rows; r += lanes) {
      const auto codes = hn::And(hn::LoadU(d, reinterpret_cast<const T*>(beat) + r), hn::Load(d, masks + r));
      auto live = hn::PopulationCount(codes);
      if (job.units == 2) live = hn::ShiftRight<1>(hn::Add(live, hn::Set(d, T{1})));
      if constexpr (sizeof(T) == 2) {
        hn::StoreU(live, d, counts + r);
      } else {
        hn::StoreU(hn::DemoteTo(d16, hn::BitCast(hn::RebindToSigned<decltype(d)>(), live)), d16, counts + r);
      }
    }
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < words; ++i) {
      std::uint64_t codes;
      std::memcpy(&codes, beat + 8 * i, sizeof codes);
      sum += static_cast<std::uint32_t>(__builtin_popcountll(codes & word_masks[i]));
    }
    job.live[t] = sum;
  }
}

void CountTernary(const CountJob& job) {
  if (job.beat_bits % 8 == 0 && job.units <= 2 && job.buffers == 8) return count_rows<std::uint16_t>(job);
  if (job.beat_bits % 8 == 0 && job.units <= 2 && job.buffers == 16) return count_rows<std::uint32_t>(job);
  constexpr std::uint64_t Low = 0x5555555555555555ULL;
  for (std::uint32_t t = 0; t < job.beats; ++t) {
    std::uint32_t sum = 0;
    for (std::uint32_t r = 0; r < job.rows; ++r) {
      std::uint32_t live = 0;
      std::uint64_t bit = t * job.beat_bits + std::uint64_t{r} * 2 * job.buffers;
      for (std::uint32_t left = 2 * (r + 1 == job.rows ? job.last_valid : job.buffers); left != 0;) {
        const std::uint32_t chunk = std::min<std::uint32_t>(left, 32);
        std::uint64_t codes;
        std::memcpy(&codes, job.packed + bit / 8, sizeof codes);
        codes = codes >> (bit % 8) & ((std::uint64_t{1} << chunk) - 1);
        live += static_cast<std::uint32_t>(__builtin_popcountll(codes & Low));
        bit += chunk;
        left -= chunk;
      }
      sum += live;
      job.counts[t * job.count_stride + r] = static_cast<std::uint16_t>(divide_up(live, job.units));
    }
    job.live[t] = sum;
  }
}

// ---------------------------------------------------------------- drain

void DrainWords(const float* accumulators, std::size_t channel_stride, std::uint32_t channels, std::uint32_t columns,
                bool half, std::uint32_t* out) {
  const DF df;
  const DU du;
  const DI di;
  const std::size_t lanes = hn::Lanes(df);
  HWY_ALIGN std::uint32_t tile[16][16];
  for (std::uint32_t k = 0; k < channels; k += static_cast<std::uint32_t>(lanes)) {
    const std::uint32_t live_channels = std::min<std::uint32_t>(static_cast<std::uint32_t>(lanes), channels - k);
    for (std::uint32_t c0 = 0; c0 < columns; c0 += 16) {
      const std::uint32_t count = std::min<std::uint32_t>(16, columns - c0);
      for (std::uint32_t c = 0; c < count; ++c) {
        const auto bits = hn::BitCast(du, hn::Load(df, accumulators + (c0 + c) * channel_stride + k));
        const auto magnitude = hn::And(bits, hn::Set(du, 0x7FFFFFFFU));
        const auto signed_magnitude = hn::BitCast(di, magnitude);
        const auto zero = hn::RebindMask(du, hn::Eq(signed_magnitude, hn::Zero(di)));
        const auto nan = hn::RebindMask(du, hn::Gt(signed_magnitude, hn::Set(di, 0x7F800000)));
        auto word = hn::IfThenZeroElse(zero, bits);
        if (half) {
          // The value is a binary16 one. Times 2^-112 its bits lie in place, those of subnormals too.
          const VF scaled = hn::Mul(hn::BitCast(df, magnitude), hn::Set(df, 0x1p-112F));
          const auto infinite = hn::RebindMask(du, hn::Eq(signed_magnitude, hn::Set(di, 0x7F800000)));
          auto h = hn::ShiftRight<13>(hn::BitCast(du, scaled));
          h = hn::IfThenElse(infinite, hn::Set(du, 0x7C00U), h);
          h = hn::Or(h, hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 0x8000U)));
          word = hn::IfThenElse(nan, hn::Set(du, 0x7E00U), hn::IfThenZeroElse(zero, h));
        } else {
          word = hn::IfThenElse(nan, hn::Set(du, 0x7FC00000U), word);
        }
        hn::Store(word, du, tile[c]);
      }
      for (std::uint32_t i = 0; i < live_channels; ++i) {
        std::uint32_t* to = out + std::size_t{k + i} * columns + c0;
        for (std::uint32_t c = 0; c < count; ++c) to[c] = tile[c][i];
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dlac::schedule
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::schedule {

HWY_EXPORT(FindRuns);
HWY_EXPORT(GatherFeatures);
HWY_EXPORT(Accumulate);
HWY_EXPORT(CountTernary);
HWY_EXPORT(DrainWords);

void find_runs(const std::int32_t* offsets, std::size_t positions, std::size_t stride, std::size_t vector_columns,
               std::int32_t* runs) {
  HWY_DYNAMIC_DISPATCH(FindRuns)(offsets, positions, stride, vector_columns, runs);
}

void gather_features(const GatherJob& job, FeaturePanel& panel) { HWY_DYNAMIC_DISPATCH(GatherFeatures)(job, panel); }

float load_feature(const std::uint8_t* buffer, std::uint64_t word, bool half) {
  if (half) {
    std::uint16_t bits;
    std::memcpy(&bits, buffer + 2 * word, sizeof bits);
    return Half::from_bits(bits).to_float();
  }
  float value;
  std::memcpy(&value, buffer + 4 * word, sizeof value);
  return value;
}

void accumulate(const AccumulateJob& job) { HWY_DYNAMIC_DISPATCH(Accumulate)(job); }

void count_ternary(const CountJob& job) { HWY_DYNAMIC_DISPATCH(CountTernary)(job); }

void drain_words(const float* accumulators, std::size_t channel_stride, std::uint32_t channels, std::uint32_t columns,
                 bool half, std::uint32_t* out) {
  HWY_DYNAMIC_DISPATCH(DrainWords)(accumulators, channel_stride, channels, columns, half, out);
}

}  // namespace dlac::schedule
#endif
