// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/simd_config.h>
#include <dlac/grid/schedule/accumulate.h>

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(bugprone-macro-parentheses): not an expression
#define HWY_TARGET_INCLUDE <dlac/grid/schedule/accumulate.cpp>
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <cmath>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<DF>;
using DU = hn::RebindToUnsigned<DF>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;

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

void accumulate_on_target(const AccumulateJob& job) {
  if (job.packed != nullptr) {
    accumulate_rounded<true>(job);
  } else {
    accumulate_rounded<false>(job);
  }
}

}  // namespace dlac::schedule::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::schedule {

HWY_EXPORT(accumulate_on_target);

void accumulate(const AccumulateJob& job) { HWY_DYNAMIC_DISPATCH(accumulate_on_target)(job); }

}  // namespace dlac::schedule
#endif
