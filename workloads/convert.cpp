// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/simd_config.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/convert.cpp"  // compiled once per SIMD target
#include <hwy/foreach_target.h>
// must follow foreach_target.h
#include <hwy/highway.h>

#include "workloads/convert.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::workloads::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Integer arithmetic, the same on every target: Highway's own conversion does not round to nearest even where the CPU
// has no F16C.
template <class D32>
HWY_INLINE hn::Vec<D32> half_bits(D32 d, hn::Vec<D32> bits) {
  const auto sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 0x8000U));
  const auto magnitude = hn::And(bits, hn::Set(d, 0x7FFFFFFFU));

  // Normal results: exponent rebiased by 15 - 127, 13 bits rounded off to nearest even; carries run into the exponent
  // and, at the top, into infinity.
  const auto odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(d, 1U));
  const auto rounded = hn::Add(hn::Add(magnitude, odd), hn::Set(d, (0xFFFFFFFFU - (112U << 23U) + 1U) + 0xFFFU));
  auto result = hn::ShiftRight<13>(rounded);

  // Subnormal results: adding 0.5 aligns the value so that the adder itself rounds at 2^-24.
  const hn::RebindToFloat<D32> df;
  const auto half = hn::Set(df, 0.5F);
  const auto aligned = hn::BitCast(d, hn::Add(hn::BitCast(df, magnitude), half));
  const auto small = hn::Sub(aligned, hn::BitCast(d, half));

  // Unsigned comparisons done signed: all magnitudes are below 2^31.
  const hn::RebindToSigned<D32> di;
  const auto m = hn::BitCast(di, magnitude);
  const auto as_unsigned = [&](auto mask) { return hn::BitCast(d, hn::VecFromMask(di, mask)); };
  const auto is_small = as_unsigned(hn::Lt(m, hn::Set(di, 113 << 23)));        // < 2^-14
  const auto is_large = as_unsigned(hn::Gt(m, hn::Set(di, (143 << 23) - 1)));  // >= 2^16
  const auto is_nan = as_unsigned(hn::Gt(m, hn::Set(di, 0x7F800000)));
  result = hn::IfVecThenElse(is_small, small, result);
  result = hn::IfVecThenElse(is_large, hn::Set(d, 0x7C00U), result);
  result = hn::Or(result, sign);
  return hn::IfVecThenElse(is_nan, hn::Set(d, 0x7E00U), result);
}

template <class D32>
HWY_INLINE hn::Vec<D32> float_bits(D32 d, hn::Vec<D32> bits) {
  const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(d, 0x8000U)));
  const auto magnitude = hn::And(bits, hn::Set(d, 0x7FFFU));
  const auto shifted = hn::ShiftLeft<13>(magnitude);
  const auto normal = hn::Add(shifted, hn::Set(d, 112U << 23U));

  // Subnormals: integer times 2^-24, exact.
  const hn::RebindToSigned<D32> di;
  const hn::RebindToFloat<D32> df;
  const auto m = hn::BitCast(di, magnitude);
  const auto small = hn::BitCast(d, hn::Mul(hn::ConvertTo(df, m), hn::Set(df, 0x1p-24F)));

  const auto as_unsigned = [&](auto mask) { return hn::BitCast(d, hn::VecFromMask(di, mask)); };
  auto result = hn::IfVecThenElse(as_unsigned(hn::Lt(m, hn::Set(di, 0x0400))), small, normal);
  result = hn::IfVecThenElse(as_unsigned(hn::Gt(m, hn::Set(di, 0x7BFF))), hn::Set(d, 0x7F800000U), result);
  result = hn::Or(result, sign);
  return hn::IfVecThenElse(as_unsigned(hn::Gt(m, hn::Set(di, 0x7C00))), hn::Set(d, 0x7FC00000U), result);
}

template <class D32>
HWY_INLINE void to_half_at(D32 d, const float* in, std::uint16_t* out) {
  const hn::RebindToFloat<D32> df;
  const hn::RebindToSigned<D32> di;
  const hn::Rebind<std::uint16_t, D32> d16;
  const auto bits = half_bits(d, hn::BitCast(d, hn::LoadU(df, in)));
  hn::StoreU(hn::DemoteTo(d16, hn::BitCast(di, bits)), d16, out);  // below 2^16: saturation does not act
}
template <class D32>
HWY_INLINE void to_float_at(D32 d, const std::uint16_t* in, float* out) {
  const hn::RebindToFloat<D32> df;
  const hn::Rebind<std::uint16_t, D32> d16;
  hn::StoreU(hn::BitCast(df, float_bits(d, hn::PromoteTo(d, hn::LoadU(d16, in)))), df, out);
}

void to_half(const float* in, std::size_t count, std::uint16_t* out) {
  const hn::ScalableTag<std::uint32_t> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) to_half_at(d, in + i, out + i);
  for (; i < count; ++i) to_half_at(hn::CappedTag<std::uint32_t, 1>(), in + i, out + i);
}

void to_float(const std::uint16_t* in, std::size_t count, float* out) {
  const hn::ScalableTag<std::uint32_t> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) to_float_at(d, in + i, out + i);
  for (; i < count; ++i) to_float_at(hn::CappedTag<std::uint32_t, 1>(), in + i, out + i);
}

}  // namespace
}  // namespace dlac::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::workloads {
namespace {
HWY_EXPORT(to_half);
HWY_EXPORT(to_float);
}  // namespace

void convert_to_half(const float* in, std::size_t count, std::uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(to_half)(in, count, out);
}
void convert_to_float(const std::uint16_t* in, std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(to_float)(in, count, out);
}

}  // namespace dlac::workloads
#endif  // HWY_ONCE
