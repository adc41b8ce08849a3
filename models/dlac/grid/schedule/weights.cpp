// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/simd_config.h>
#include <dlac/grid/schedule/weights.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE <dlac/grid/schedule/weights.cpp>
#include <hwy/foreach_target.h>

#include <dlac/grid/schedule/numeric-inl.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using WeightKernel = WeightReader::Kernel;

/// ceil(count / A') in 16-bit lanes; counts are at most 64.
template <typename D>
struct DivideUp {
  explicit DivideUp(std::uint32_t divisor)
      : one(divisor == 1),
        add(hn::Set(D(), static_cast<std::uint16_t>(divisor - 1))),
        reciprocal(hn::Set(D(), static_cast<std::uint16_t>(divisor == 1 ? 0 : 0xFFFF / divisor + 1))) {}
  // (count + A' - 1) * ceil(2^16 / A') / 2^16: the reciprocal's error stays below 1/A' for sums up to 127.
  [[nodiscard]] HWY_INLINE hn::Vec<D> operator()(hn::Vec<D> count) const {
    return one ? count : hn::MulHigh(hn::Add(count, add), reciprocal);
  }
  bool one;
  hn::Vec<D> add, reciprocal;
};

/// Population count of 2-bit fields' low bits, summed over fields of 16 bits.
template <typename D>
[[nodiscard]] HWY_INLINE hn::Vec<D> count_codes16(D d, hn::Vec<D> codes) {
  const auto even = [d](std::uint16_t m) HWY_ATTR { return hn::Set(d, m); };
  auto x = hn::And(codes, even(0x5555));
  x = hn::Add(hn::And(x, even(0x3333)), hn::And(hn::ShiftRight<2>(x), even(0x3333)));
  x = hn::And(hn::Add(x, hn::ShiftRight<4>(x)), even(0x0F0F));
  return hn::And(hn::Add(x, hn::ShiftRight<8>(x)), even(0x00FF));
}

[[nodiscard]] HWY_INLINE std::uint32_t popcount(std::uint64_t x) {
  return static_cast<std::uint32_t>(__builtin_popcountll(x));
}

/// Set bits among bits [first, first + count) of `words`.
[[nodiscard]] HWY_INLINE std::uint32_t count_range(const std::uint64_t* words, std::uint32_t first, std::uint32_t count,
                                                   std::uint64_t mask) {
  std::uint32_t sum = 0;
  while (count != 0) {
    const std::uint32_t offset = first % 64;
    const std::uint32_t here = std::min(count, 64 - offset);
    const std::uint64_t field = (words[first / 64] & mask) >> offset;
    sum += popcount(here == 64 ? field : field & ((std::uint64_t{1} << here) - 1));
    first += here;
    count -= here;
  }
  return sum;
}

/// counts[beat][row] = ceil(live weights / A') from the flags.
void count_rows(const WeightKernel& k) {
  const hn::Full128<std::uint16_t> d;
  const hn::Rebind<std::uint32_t, hn::Half<decltype(d)>> d32;
  const DivideUp<decltype(d)> divide(k.updates_per_cycle);
  const std::uint32_t flag_bits = k.ternary ? 2 : 1;
  const std::uint64_t mask = k.ternary ? 0x5555555555555555U : ~std::uint64_t{0};
  for (std::uint32_t t = 0; t < k.beats; ++t) {
    const std::uint64_t* const flags = k.flags + t * k.flag_words;
    std::uint16_t* const counts = k.counts + t * LanePad;
    const auto* const halves = reinterpret_cast<const std::uint16_t*>(flags);
    if (k.ternary && k.buffers == 8) {
      for (std::uint32_t r = 0; r < k.rows; r += 8) {
        hn::Store(divide(count_codes16(d, hn::Load(d, halves + r))), d, counts + r);
      }
    } else if (k.ternary && k.buffers == 16) {
      for (std::uint32_t r = 0; r < k.rows; r += 8) {
        // Two 16-bit sums per row, added in its 32 bits.
        const auto row_sums = [&](std::uint32_t row) HWY_ATTR {
          const auto sums = hn::BitCast(d32, count_codes16(d, hn::Load(d, halves + 2 * row)));
          return hn::And(hn::Add(sums, hn::ShiftRight<16>(sums)), hn::Set(d32, 0xFFFF));
        };
        const hn::RebindToSigned<decltype(d32)> di32;
        const hn::Rebind<std::uint16_t, decltype(di32)> d16;
        hn::Store(hn::DemoteTo(d16, hn::BitCast(di32, row_sums(r))), d16, counts + r);
        hn::Store(hn::DemoteTo(d16, hn::BitCast(di32, row_sums(r + 4))), d16, counts + r + 4);
        hn::Store(divide(hn::Load(d, counts + r)), d, counts + r);
      }
    } else {
      for (std::uint32_t r = 0; r < k.rows; ++r) {
        const std::uint32_t live = count_range(flags, r * k.buffers * flag_bits, k.buffers * flag_bits, mask);
        counts[r] = static_cast<std::uint16_t>((live + k.updates_per_cycle - 1) / k.updates_per_cycle);
      }
    }
  }
}

/// The panel word of channel 0 of the 128 that `channel` belongs to, at a beat.
[[nodiscard]] HWY_INLINE float* panel_row(const WeightKernel& k, std::uint32_t channel, std::uint32_t beat) {
  const std::uint32_t first = channel / PanelChannels * PanelChannels;
  const std::uint32_t width = std::min(PanelChannels, k.padded_channels - first);
  return k.panels + std::size_t{first} * ChunkBeats + std::size_t{beat} * width;
}

/// Copies the codes of every beat to whole words of their own, without those beyond the tile.
void align_codes(const WeightKernel& k) {
  const std::uint32_t bits = 2 * k.channels;
  const std::uint32_t words = (bits + 63) / 64;
  const std::uint64_t last = bits % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (bits % 64)) - 1;
  for (std::uint32_t t = 0; t < k.beats; ++t) {
    const std::uint64_t first = k.first_bit + t * k.beat_bits;
    const std::uint8_t* const from = k.data + first / 8;
    const std::uint32_t shift = first % 8;
    std::uint64_t* const to = k.flags + t * k.flag_words;
    std::uint32_t live = 0;
    for (std::uint32_t i = 0; i < words; ++i) {
      std::uint64_t word;
      std::memcpy(&word, from + 8 * i, sizeof word);
      if (shift != 0) word = word >> shift | std::uint64_t{from[8 * i + 8]} << (64 - shift);
      if (i + 1 == words) word &= last;
      to[i] = word;
      live += popcount(word & 0x5555555555555555U);
    }
    k.nonzero[t] = live;
  }
}

/// Decodes the 2-bit codes to -1, 0, 1.
void unpack_codes(const WeightKernel& k) {
  const hn::RebindToSigned<Floats> di;
  // The code of a lane is shifted to the top of its word, and back with its sign.
  const auto shift = hn::Sub(hn::Set(Words(), 30), hn::Add(hn::Iota(Words(), 0), hn::Iota(Words(), 0)));
  for (std::uint32_t first = 0; first < k.padded_channels; first += PanelChannels) {
    const std::uint32_t width = std::min(PanelChannels, k.padded_channels - first);
    float* to = panel_row(k, first, 0);
    for (std::uint32_t t = 0; t < k.beats; ++t) {
      const auto* const words = reinterpret_cast<const std::uint32_t*>(k.flags + t * k.flag_words) + first / 16;
      for (std::uint32_t c = 0; c < width; c += FloatLanes, to += FloatLanes) {
        std::uint32_t word;
        std::memcpy(&word, words + c / 16, sizeof word);
        if (FloatLanes < 16) word >>= 2 * (c % 16);
        const auto code = hn::BitCast(di, hn::Shl(hn::Set(Words(), word), shift));
        hn::Store(hn::ConvertTo(Floats(), hn::ShiftRight<30>(code)), Floats(), to);
      }
    }
  }
}

/// Widens full-precision words and flags the non-zero ones.
void widen_words(WeightKernel& k) {
  WordV largest = hn::Zero(Words());
  const WordV magnitude = hn::Set(Words(), 0x7FFFFFFF);
  const hn::Rebind<std::uint16_t, Words> d16;
  for (std::uint32_t t = 0; t < k.beats; ++t) {
    const std::uint8_t* const from = k.data + t * k.beat_bits / 8;
    std::uint64_t* const flags = k.flags + t * k.flag_words;
    std::memset(flags, 0, k.flag_words * sizeof *flags);
    std::uint32_t live = 0;
    for (std::uint32_t c = 0; c < k.padded_channels; c += FloatLanes) {
      FloatV w;
      if (c >= k.channels) {
        w = hn::Zero(Floats());  // may lie beyond the buffer
      } else {
        if (k.half) {
          w = half_values(hn::PromoteTo(Words(), hn::LoadU(d16, reinterpret_cast<const std::uint16_t*>(from) + c)));
        } else {
          w = hn::LoadU(Floats(), reinterpret_cast<const float*>(from) + c);
        }
        if (c + FloatLanes > k.channels) w = hn::IfThenElseZero(hn::FirstN(Floats(), k.channels - c), w);
      }
      hn::Store(w, Floats(), panel_row(k, c, t) + c % PanelChannels);
      const WordV size = hn::And(bits(w), magnitude);
      largest = hn::Max(largest, size);
      std::uint8_t stored[8] = {};
      hn::StoreMaskBits(Words(), hn::Not(hn::Eq(size, hn::Zero(Words()))), stored);
      std::uint64_t field;
      std::memcpy(&field, stored, sizeof field);
      flags[c / 64] |= field << (c % 64);
      live += popcount(field);
    }
    k.nonzero[t] = live;
  }
  HWY_ALIGN std::uint32_t lanes[FloatLanes];
  hn::Store(largest, Words(), lanes);
  k.largest = *std::max_element(lanes, lanes + FloatLanes);
}

void read_weights(WeightKernel& kernel) {
  if (kernel.ternary) {
    align_codes(kernel);
    unpack_codes(kernel);
  } else {
    widen_words(kernel);
  }
  if (kernel.counts != nullptr) count_rows(kernel);
}

}  // namespace HWY_NAMESPACE
}  // namespace dlac::schedule
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::schedule {
HWY_EXPORT(read_weights);

void WeightReader::begin(const Config& config, BufferView buffer, const MmOp& op) {
  const std::uint32_t grid_rows = 1U << op.log2_rows;
  ternary_ = op.full_precision == 0;
  half_ = config.mode == Mode::Infer;
  data_ = buffer.data + op.weights;
  beat_bits_ = config.beat_bits(grid_rows, !ternary_);
  channels_ = op.channels;
  padded_channels_ = static_cast<std::uint32_t>(round_up(channels_, ChannelPad));
  buffers_ = config.output_buffers;
  rows_ = static_cast<std::uint32_t>(divide_up(channels_, buffers_));
  updates_per_cycle_ = config.updates_per_cycle(!ternary_);
  largest_count_ = static_cast<std::uint32_t>(divide_up(std::min(buffers_, channels_), updates_per_cycle_));
  largest_ = 0;
  // Whole 64-byte lines, so that vectors of rows and of codes stay inside. Bits beyond the tile stay zero.
  flag_words_ = round_up(std::size_t{padded_channels_} * 2, 1024) / 64;
  panels_.resize(std::size_t{padded_channels_} * ChunkBeats);
  flags_.resize(flag_words_ * ChunkBeats);
  std::memset(flags_.data(), 0, flag_words_ * ChunkBeats * sizeof(std::uint64_t));
  nonzero_.resize(ChunkBeats);
  counts_.resize(LanePad * ChunkBeats);
  std::memset(counts_.data(), 0, LanePad * ChunkBeats * sizeof(std::uint16_t));
  fixed_counts_ = config.policy == Policy::None || config.policy == Policy::Features;
  if (fixed_counts_) {
    for (std::uint32_t r = 0; r < rows_; ++r) {
      const std::uint32_t valid = std::min(buffers_, channels_ - r * buffers_);
      counts_[r] = static_cast<std::uint16_t>(divide_up(valid, updates_per_cycle_));
    }
  }
}

void WeightReader::read(std::uint32_t first, std::uint32_t beats) {
  const std::uint64_t bit = first * beat_bits_;
  Kernel kernel{data_ + bit / 8,
                beat_bits_,
                static_cast<std::uint32_t>(bit % 8),
                beats,
                channels_,
                padded_channels_,
                rows_,
                buffers_,
                ternary_,
                half_,
                updates_per_cycle_,
                panels_.data(),
                flags_.data(),
                flag_words_,
                fixed_counts_ ? nullptr : counts_.data(),
                nonzero_.data(),
                0};
  HWY_DYNAMIC_DISPATCH(read_weights)(kernel);
  largest_ = kernel.largest;
}

std::uint32_t WeightReader::nonfinite(std::uint32_t beat) const {
  std::uint32_t count = 0;
  for (std::uint32_t c = 0; c < channels_; ++c) {
    const std::uint32_t first = c / PanelChannels * PanelChannels;
    const std::uint32_t width = std::min(PanelChannels, padded_channels_ - first);
    const float w = panels_[std::size_t{first} * ChunkBeats + std::size_t{beat} * width + c % PanelChannels];
    if (!(w - w == 0.0F)) ++count;
  }
  return count;
}

}  // namespace dlac::schedule
#endif  // HWY_ONCE
