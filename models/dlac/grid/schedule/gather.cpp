// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/half.h>
#include <dlac/common/simd_config.h>
#include <dlac/grid/schedule/gather.h>

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(bugprone-macro-parentheses): not an expression
#define HWY_TARGET_INCLUDE <dlac/grid/schedule/gather.cpp>
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<DF>;
using DU = hn::RebindToUnsigned<DF>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;

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

void find_runs_on_target(const std::int32_t* offsets, std::size_t positions, std::size_t stride,
                         std::size_t vector_columns, std::int32_t* runs) {
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

void gather_features_on_target(const GatherJob& job, FeaturePanel& panel) {
  if (job.half) {
    job.by_feature ? gather_all<true, true>(job, panel) : gather_all<true, false>(job, panel);
  } else {
    job.by_feature ? gather_all<false, true>(job, panel) : gather_all<false, false>(job, panel);
  }
}

}  // namespace dlac::schedule::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::schedule {

HWY_EXPORT(find_runs_on_target);
HWY_EXPORT(gather_features_on_target);

void find_runs(const std::int32_t* offsets, std::size_t positions, std::size_t stride, std::size_t vector_columns,
               std::int32_t* runs) {
  HWY_DYNAMIC_DISPATCH(find_runs_on_target)(offsets, positions, stride, vector_columns, runs);
}

void gather_features(const GatherJob& job, FeaturePanel& panel) {
  HWY_DYNAMIC_DISPATCH(gather_features_on_target)(job, panel);
}

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

}  // namespace dlac::schedule
#endif
