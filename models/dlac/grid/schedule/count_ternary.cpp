// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/divide_up.h>
#include <dlac/common/simd_config.h>
#include <dlac/grid/schedule/count_ternary.h>
#include <dlac/grid/schedule/simd.h>

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(bugprone-macro-parentheses): not an expression
#define HWY_TARGET_INCLUDE <dlac/grid/schedule/count_ternary.cpp>
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

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

void count_ternary_on_target(const CountJob& job) {
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

}  // namespace dlac::schedule::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::schedule {

HWY_EXPORT(count_ternary_on_target);

void count_ternary(const CountJob& job) { HWY_DYNAMIC_DISPATCH(count_ternary_on_target)(job); }

}  // namespace dlac::schedule
#endif
