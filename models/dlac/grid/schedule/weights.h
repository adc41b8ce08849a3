// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/grid/engine.h>
#include <dlac/grid/schedule/simd.h>
#include <dlac/grid/schedule/values.h>

#include <cstdint>

namespace dlac::schedule {

/// Turns a segment's weights, as they lie in the weight buffer, into the panels, live counts and statistics of a chunk.
class WeightReader {
 public:
  /// For a segment on a grid of `rows` rows, of which the tile's `channels` are used.
  void begin(const Config& config, BufferView buffer, const MmOp& op);
  /// Reads beats [first, first + beats) of the segment, at most ChunkBeats.
  void read(std::uint32_t first, std::uint32_t beats);

  // Of the chunk; see ValueChunk and Recurrence::advance.
  [[nodiscard]] const float* panels() const { return panels_.data(); }
  [[nodiscard]] const std::uint16_t* counts() const { return counts_.data(); }
  [[nodiscard]] std::size_t count_stride() const { return fixed_counts_ ? 0 : LanePad; }
  [[nodiscard]] std::uint32_t nonzero(std::uint32_t beat) const { return nonzero_[beat]; }
  [[nodiscard]] bool finite() const { return largest_ < 0x7F800000; }
  /// Infinite or NaN weights of a beat.
  [[nodiscard]] std::uint32_t nonfinite(std::uint32_t beat) const;

  [[nodiscard]] std::uint32_t rows() const { return rows_; }                        ///< that take part
  [[nodiscard]] std::uint32_t padded_channels() const { return padded_channels_; }  ///< multiple of ChannelPad
  [[nodiscard]] std::uint32_t largest_count() const { return largest_count_; }

  /// The kernels' view. Flags are one field of `flag_bits` bits per channel whose lowest bit says that the weight is
  /// not zero: the packed ternary codes themselves, or one bit per full-precision weight.
  struct Kernel {
    const std::uint8_t* data;  ///< first beat of the chunk
    std::uint64_t beat_bits;
    std::uint32_t first_bit;  ///< of the first beat in *data, 0 .. 7
    std::uint32_t beats, channels, padded_channels, rows, buffers;
    bool ternary, half;
    std::uint32_t updates_per_cycle;  ///< A'
    float* panels;
    std::uint64_t* flags;  ///< [beat][flag_words], zero beyond the tile
    std::size_t flag_words;
    std::uint16_t* counts;  ///< [beat][LanePad], or null
    std::uint32_t* nonzero;
    std::uint32_t largest;  ///< out: largest magnitude as binary32 bits
  };

 private:
  const std::uint8_t* data_ = nullptr;
  std::uint64_t beat_bits_ = 0;
  std::uint32_t channels_ = 0, padded_channels_ = 0, rows_ = 0, buffers_ = 0;
  std::uint32_t updates_per_cycle_ = 1, largest_count_ = 0, largest_ = 0;
  bool ternary_ = true, half_ = false, fixed_counts_ = false;
  std::size_t flag_words_ = 0;
  AlignedArray<float> panels_;
  AlignedArray<std::uint64_t> flags_;
  AlignedArray<std::uint16_t> counts_;
  AlignedArray<std::uint32_t> nonzero_;
};

}  // namespace dlac::schedule
