// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "tensor.h"

namespace dlac::workloads {

/// A value that is no ternary code. what() is one line: tensor, index, value, expected.
class CodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The part of a filter matrix [filters][filter_beats] that one tile and one segment read: filters (output channels of
/// one group) [first_channel, first_channel + channels), beats [first_beat, first_beat + beats). The tile has room for
/// `tile_channels` = R*B >= channels of them; those beyond `channels` are packed as zeros.
struct TileSlice {
  std::size_t first_channel = 0;
  std::size_t channels = 0;
  std::size_t first_beat = 0;
  std::size_t beats = 0;
  std::size_t tile_channels = 0;
};

/// Bytes of `beats` packed ternary beats: ceil(2 * tile_channels * beats / 8). The caller aligns tiles to 16 bytes.
[[nodiscard]] constexpr std::uint64_t packed_ternary_bytes(std::uint64_t beats, std::uint64_t tile_channels) {
  return (2 * tile_channels * beats + 7) / 8;
}
/// Bytes of `beats` beats of full-precision words (4 bytes in train, 2 in infer).
[[nodiscard]] constexpr std::uint64_t packed_word_bytes(std::uint64_t beats, std::uint64_t tile_channels,
                                                        std::uint64_t word_bytes) {
  return tile_channels * beats * word_bytes;
}

/// Packs int8 codes (-1, 0, 1) as the row streams read them: two bits each, 00 = 0, 01 = +1, 11 = -1, order [t][r][b]
/// without gaps, i.e. channel r*B + b of beat first_beat + t at bit 2*(t*tile_channels + channel), little-endian
/// (Data layout). `codes` points to filter 0, beat 0; a filter's beats are contiguous, filters are `filter_beats`
/// apart. Writes exactly packed_ternary_bytes(beats, tile_channels) bytes to `out`; bits behind the last code are 0.
/// Codes must have passed check_ternary(): other values give some packing, never an access outside the arrays.
/// Fast when tile_channels is a multiple of 16.
void pack_ternary(const std::int8_t* codes, std::size_t filter_beats, const TileSlice& slice, std::uint8_t* out);

/// The same for full-precision words, one word per weight, order [t][channel]; channels beyond the layer are +0.
void pack_words(const std::uint32_t* words, std::size_t filter_beats, const TileSlice& slice, std::uint32_t* out);
void pack_words(const std::uint16_t* words, std::size_t filter_beats, const TileSlice& slice, std::uint16_t* out);

/// Index of the first element other than -1, 0, 1; nullopt if there is none.
[[nodiscard]] std::optional<std::size_t> find_invalid_code(const std::int8_t* codes, std::size_t count);
/// Throws CodeError, naming `tensor`, the index and the value, at the first element other than -1, 0, 1.
void check_ternary(const std::string& tensor, const std::int8_t* codes, std::size_t count);
/// Codes of any integer type as Int8. Throws CodeError for an element that is not -1, 0 or 1.
[[nodiscard]] Tensor ternary_codes(const std::string& tensor, Tensor codes);

/// Index of the first 2-bit code 10 in `codes` packed codes; nullopt if there is none.
[[nodiscard]] std::optional<std::uint64_t> find_invalid_packed(const std::uint8_t* packed, std::uint64_t codes);

}  // namespace dlac::workloads
