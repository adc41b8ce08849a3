// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/packing.cpp"  // compiled once per SIMD target
#include <hwy/foreach_target.h>
// must follow foreach_target.h
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "workloads/packing.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::workloads::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// A quad is four channels: one byte of a packed beat. Packing first makes rows of bytes [quad][beat] in a block that
// stays in the first-level cache, then transposes the block to [beat][quad].
constexpr std::size_t BlockBeats = 512;  // long enough for the prefetcher to follow each filter
constexpr std::size_t BlockQuads = 16;
constexpr std::size_t BlockPitch = BlockBeats + 64;  // no power of two: rows would share cache sets
using QuadBlock = std::array<std::uint8_t, BlockQuads * BlockPitch>;
using QuadRows = std::array<const std::int8_t*, 4>;

inline std::uint8_t quad_byte(const QuadRows& rows, std::size_t t) {
  unsigned byte = 0;
  for (unsigned i = 0; i < 4; ++i) byte |= (static_cast<unsigned>(rows[i][t]) & 3U) << (2 * i);
  return static_cast<std::uint8_t>(byte);
}

template <class D>
HWY_INLINE void combine_at(D d, const QuadRows& rows, std::size_t t, std::uint8_t* out) {
  // Bytes of 0 to 3 shifted by at most 6 stay in their byte, so 16-bit shifts do.
  const hn::RepartitionToWide<D> d16;
  const auto mask = hn::Set(d16, 0x0303);
  const auto load = [&](std::size_t i) {
    return hn::And(hn::BitCast(d16, hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(rows[i]) + t)), mask);
  };
  const auto low = hn::Or(load(0), hn::ShiftLeft<2>(load(1)));
  const auto high = hn::Or(load(2), hn::ShiftLeft<2>(load(3)));
  hn::StoreU(hn::BitCast(d, hn::Or(low, hn::ShiftLeft<4>(high))), d, out + t);
}

/// out[t] = the four codes of beat t, for t < beats.
HWY_INLINE void combine(const QuadRows& rows, std::size_t beats, std::uint8_t* out) {
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::uint8_t> wide;
  const std::size_t lanes = hn::Lanes(wide);
  if (beats >= lanes) {
    std::size_t t = 0;
    for (; t + lanes <= beats; t += lanes) combine_at(wide, rows, t, out);
    if (t < beats) combine_at(wide, rows, beats - lanes, out);  // overlaps: the same bytes again
    return;
  }
  const hn::FixedTag<std::uint8_t, 16> narrow;
  if (beats >= 16) {
    std::size_t t = 0;
    for (; t + 16 <= beats; t += 16) combine_at(narrow, rows, t, out);
    if (t < beats) combine_at(narrow, rows, beats - 16, out);
    return;
  }
#endif
  for (std::size_t t = 0; t < beats; ++t) out[t] = quad_byte(rows, t);
}

/// out[t * pitch + q] = block[q][t] for q < quads, t < beats.
HWY_INLINE void transpose(const std::uint8_t* block, std::size_t quads, std::size_t beats, std::uint8_t* out,
                          std::size_t pitch) {
  std::size_t first_quad = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<std::uint8_t, 16> d;
  using V = hn::Vec<decltype(d)>;
  if (quads == BlockQuads) {
    for (std::size_t t = 0; t < beats; t += 16) {
      // A round rotates the 8 index bits (row, column) left by one: ZipLo/ZipHi of rows i and i + 8 are rows 2i, 2i
      // + 1.
      const auto row = [&](std::size_t q) { return hn::LoadU(d, block + q * BlockPitch + t); };
#define DLAC_ROUND(o, i)                                                                            \
  const V o##0 = hn::InterleaveLower(d, i##0, i##8), o##1 = hn::InterleaveUpper(d, i##0, i##8);     \
  const V o##2 = hn::InterleaveLower(d, i##1, i##9), o##3 = hn::InterleaveUpper(d, i##1, i##9);     \
  const V o##4 = hn::InterleaveLower(d, i##2, i##10), o##5 = hn::InterleaveUpper(d, i##2, i##10);   \
  const V o##6 = hn::InterleaveLower(d, i##3, i##11), o##7 = hn::InterleaveUpper(d, i##3, i##11);   \
  const V o##8 = hn::InterleaveLower(d, i##4, i##12), o##9 = hn::InterleaveUpper(d, i##4, i##12);   \
  const V o##10 = hn::InterleaveLower(d, i##5, i##13), o##11 = hn::InterleaveUpper(d, i##5, i##13); \
  const V o##12 = hn::InterleaveLower(d, i##6, i##14), o##13 = hn::InterleaveUpper(d, i##6, i##14); \
  const V o##14 = hn::InterleaveLower(d, i##7, i##15), o##15 = hn::InterleaveUpper(d, i##7, i##15)
      const V a0 = row(0), a1 = row(1), a2 = row(2), a3 = row(3), a4 = row(4), a5 = row(5), a6 = row(6), a7 = row(7);
      const V a8 = row(8), a9 = row(9), a10 = row(10), a11 = row(11), a12 = row(12), a13 = row(13), a14 = row(14),
              a15 = row(15);
      DLAC_ROUND(b, a);
      DLAC_ROUND(c, b);
      DLAC_ROUND(e, c);
      DLAC_ROUND(f, e);
#undef DLAC_ROUND
      const V result[16] = {f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15};
      const std::size_t valid = std::min<std::size_t>(16, beats - t);
      if (valid == 16) {
        for (std::size_t i = 0; i < 16; ++i) hn::StoreU(result[i], d, out + (t + i) * pitch);
      } else {
        for (std::size_t i = 0; i < valid; ++i) hn::StoreU(result[i], d, out + (t + i) * pitch);
      }
    }
    return;
  }
  for (; first_quad + 4 <= quads; first_quad += 4) {
    for (std::size_t t = 0; t < beats; t += 16) {
      const auto row = [&](std::size_t q) { return hn::LoadU(d, block + (first_quad + q) * BlockPitch + t); };
      const V a0 = row(0), a1 = row(1), a2 = row(2), a3 = row(3);
      const V b0 = hn::InterleaveLower(d, a0, a2), b1 = hn::InterleaveUpper(d, a0, a2);
      const V b2 = hn::InterleaveLower(d, a1, a3), b3 = hn::InterleaveUpper(d, a1, a3);
      std::uint8_t words[64];
      hn::StoreU(hn::InterleaveLower(d, b0, b2), d, words);
      hn::StoreU(hn::InterleaveUpper(d, b0, b2), d, words + 16);
      hn::StoreU(hn::InterleaveLower(d, b1, b3), d, words + 32);
      hn::StoreU(hn::InterleaveUpper(d, b1, b3), d, words + 48);
      const std::size_t valid = std::min<std::size_t>(16, beats - t);
      for (std::size_t i = 0; i < valid; ++i) std::memcpy(out + (t + i) * pitch + first_quad, words + 4 * i, 4);
    }
  }
#endif
  for (; first_quad < quads; ++first_quad) {
    for (std::size_t t = 0; t < beats; ++t) out[t * pitch + first_quad] = block[first_quad * BlockPitch + t];
  }
}

/// tile_channels is a multiple of 4.
void pack_quads(const std::int8_t* codes, std::size_t filter_beats, const TileSlice& slice, std::uint8_t* out) {
  static constexpr std::array<std::int8_t, BlockBeats> Zeros{};
  alignas(64) QuadBlock block;
  const std::size_t pitch = slice.tile_channels / 4;
  for (std::size_t t = 0; t < slice.beats; t += BlockBeats) {
    const std::size_t beats = std::min(BlockBeats, slice.beats - t);
    for (std::size_t quad = 0; quad < pitch; quad += BlockQuads) {
      const std::size_t quads = std::min(BlockQuads, pitch - quad);
      for (std::size_t q = 0; q < quads; ++q) {
        std::uint8_t* row = block.data() + q * BlockPitch;
        const std::size_t channel = 4 * (quad + q);
        if (channel >= slice.channels) {
          std::memset(row, 0, beats);
          continue;
        }
        QuadRows rows;
        for (std::size_t i = 0; i < 4; ++i) {
          rows[i] = channel + i < slice.channels
                        ? codes + (slice.first_channel + channel + i) * filter_beats + slice.first_beat + t
                        : Zeros.data();
        }
        combine(rows, beats, row);
      }
      transpose(block.data(), quads, beats, out + t * pitch + quad, pitch);
    }
  }
}

/// True if an element is other than -1, 0, 1.
bool has_invalid_code(const std::int8_t* codes, std::size_t count) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(codes);
  std::size_t i = 0;
  bool bad = false;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::uint8_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = hn::Set(d, 1);
  auto worst = hn::Zero(d);
  for (; i + lanes <= count; i += lanes) worst = hn::Max(worst, hn::Add(hn::LoadU(d, bytes + i), one));
  bad = !hn::AllFalse(d, hn::Gt(worst, hn::Set(d, 2)));
#endif
  for (; i < count; ++i) bad |= static_cast<std::uint8_t>(bytes[i] + 1) > 2;
  return bad;
}

}  // namespace
}  // namespace dlac::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::workloads {
namespace {

HWY_EXPORT(pack_quads);
HWY_EXPORT(has_invalid_code);

/// Any tile width, code by code; only grids of very few output buffers come here.
void pack_codes(const std::int8_t* codes, std::size_t filter_beats, const TileSlice& slice, std::uint8_t* out) {
  unsigned byte = 0;
  unsigned filled = 0;  // bits
  for (std::size_t t = 0; t < slice.beats; ++t) {
    for (std::size_t channel = 0; channel < slice.tile_channels; ++channel) {
      unsigned code = 0;
      if (channel < slice.channels) {
        code = static_cast<unsigned>(codes[(slice.first_channel + channel) * filter_beats + slice.first_beat + t]) & 3U;
      }
      byte |= code << filled;
      filled += 2;
      if (filled < 8) continue;
      *out++ = static_cast<std::uint8_t>(byte);
      byte = filled = 0;
    }
  }
  if (filled != 0) *out = static_cast<std::uint8_t>(byte);
}

template <class Word>
void pack(const Word* words, std::size_t filter_beats, const TileSlice& slice, Word* out) {
  constexpr std::size_t Block = 16;  // a block of source lines and one of target lines fit in the first-level cache
  for (std::size_t t0 = 0; t0 < slice.beats; t0 += Block) {
    const std::size_t t1 = std::min(slice.beats, t0 + Block);
    for (std::size_t c0 = 0; c0 < slice.tile_channels; c0 += Block) {
      const std::size_t c1 = std::min(slice.tile_channels, c0 + Block);
      const std::size_t filled = std::min(c1, std::max(c0, slice.channels));
      for (std::size_t c = c0; c < filled; ++c) {
        const Word* filter = words + (slice.first_channel + c) * filter_beats + slice.first_beat;
        for (std::size_t t = t0; t < t1; ++t) out[t * slice.tile_channels + c] = filter[t];
      }
      for (std::size_t t = t0; t < t1; ++t) {
        for (std::size_t c = filled; c < c1; ++c) out[t * slice.tile_channels + c] = 0;
      }
    }
  }
}

}  // namespace

void pack_ternary(const std::int8_t* codes, std::size_t filter_beats, const TileSlice& slice, std::uint8_t* out) {
  if (slice.tile_channels % 4 == 0) {
    HWY_DYNAMIC_DISPATCH(pack_quads)(codes, filter_beats, slice, out);
  } else {
    pack_codes(codes, filter_beats, slice, out);
  }
}

void pack_words(const std::uint32_t* words, std::size_t filter_beats, const TileSlice& slice, std::uint32_t* out) {
  pack(words, filter_beats, slice, out);
}
void pack_words(const std::uint16_t* words, std::size_t filter_beats, const TileSlice& slice, std::uint16_t* out) {
  pack(words, filter_beats, slice, out);
}

std::optional<std::size_t> find_invalid_code(const std::int8_t* codes, std::size_t count) {
  constexpr std::size_t Chunk = 1U << 16U;
  for (std::size_t first = 0; first < count; first += Chunk) {
    const std::size_t length = std::min(Chunk, count - first);
    if (!HWY_DYNAMIC_DISPATCH(has_invalid_code)(codes + first, length)) continue;
    for (std::size_t i = first; i < first + length; ++i) {
      if (codes[i] < -1 || codes[i] > 1) return i;
    }
  }
  return std::nullopt;
}

void check_ternary(const std::string& tensor, const std::int8_t* codes, std::size_t count) {
  const std::optional<std::size_t> index = find_invalid_code(codes, count);
  if (!index) return;
  throw CodeError(tensor + ": element " + std::to_string(*index) + " is " + std::to_string(codes[*index]) +
                  ": expected -1, 0 or 1");
}

namespace {

template <typename T>
Tensor narrowed(const std::string& name, const Tensor& codes) {
  Tensor narrow(ElementType::Int8, codes.shape());
  const Span<const T> from = codes.span<T>();
  const Span<std::int8_t> to = narrow.span<std::int8_t>();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] != 0 && from[i] != 1 && static_cast<std::int64_t>(from[i]) != -1) {
      throw CodeError(name + ": element " + std::to_string(i) + " is " + std::to_string(from[i]) +
                      ": expected -1, 0 or 1");
    }
    to[i] = static_cast<std::int8_t>(from[i]);
  }
  return narrow;
}

}  // namespace

Tensor ternary_codes(const std::string& tensor, Tensor codes) {
  switch (codes.type()) {
    case ElementType::Int8: check_ternary(tensor, codes.span<std::int8_t>().data(), codes.elements()); return codes;
    case ElementType::UInt8: return narrowed<std::uint8_t>(tensor, codes);
    case ElementType::Int32: return narrowed<std::int32_t>(tensor, codes);
    case ElementType::Int64: return narrowed<std::int64_t>(tensor, codes);
    default: break;
  }
  throw std::logic_error("codes are integers");
}

std::optional<std::uint64_t> find_invalid_packed(const std::uint8_t* packed, std::uint64_t codes) {
  const auto bad_bits = [](std::uint64_t bits) { return (bits >> 1U) & ~bits & 0x5555555555555555U; };
  for (std::uint64_t first = 0; first < codes; first += 32) {
    const std::uint64_t here = std::min<std::uint64_t>(32, codes - first);
    std::uint64_t bits = 0;
    std::memcpy(&bits, packed + first / 4, static_cast<std::size_t>((2 * here + 7) / 8));
    if (here < 32) bits &= (std::uint64_t{1} << (2 * here)) - 1;
    if (const std::uint64_t bad = bad_bits(bits)) return first + static_cast<unsigned>(__builtin_ctzll(bad)) / 2;
  }
  return std::nullopt;
}

}  // namespace dlac::workloads
#endif  // HWY_ONCE
