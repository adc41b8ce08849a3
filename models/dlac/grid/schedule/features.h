// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/grid/engine.h>
#include <dlac/grid/schedule/simd.h>
#include <dlac/grid/schedule/values.h>

#include <cstdint>
#include <vector>

namespace dlac::schedule {

/// Generates the column streams of a segment, a chunk of beats at a time: what MmOp calls the feature of a
/// (column, beat) pair, whether it is live, and statistics.
class FeatureReader {
 public:
  void begin(const Config& config, BufferView buffer, const MmOp& op);
  /// Reads beats [first, first + beats) of the segment, at most ChunkBeats; chunks must follow one another.
  void read(std::uint32_t first, std::uint32_t beats);

  // Of the chunk; see ValueChunk and Recurrence::advance.
  [[nodiscard]] const float* values() const { return values_.data(); }
  [[nodiscard]] std::size_t value_stride() const { return stride_; }
  [[nodiscard]] const std::uint64_t* nonzero_beats() const { return nonzero_beats_.data(); }  ///< [column]
  [[nodiscard]] const std::uint16_t* live() const { return live_.data(); }
  [[nodiscard]] std::size_t live_stride() const { return fixed_live_ ? 0 : live_stride_; }
  [[nodiscard]] const std::uint32_t* live_columns() const { return fixed_count_ ? real_.data() : nonzero_.data(); }
  [[nodiscard]] std::uint32_t nonzero(std::uint32_t beat) const { return nonzero_[beat]; }
  /// Columns whose feature is not an inserted zero.
  [[nodiscard]] std::uint32_t real(std::uint32_t beat) const { return real_[beat]; }
  [[nodiscard]] bool finite() const { return largest_ < 0x7F800000; }
  [[nodiscard]] std::uint32_t nonfinite(std::uint32_t beat) const;
  /// Upper bound of the sum of a column's magnitudes over the chunk (finite features only).
  [[nodiscard]] float largest_sum() const { return largest_sum_; }

  /// Where the features of a beat lie: per column a word offset from a base, or none.
  struct Beat {
    const std::int32_t* offsets;    ///< [column]; of lanes that are not loaded: any that may be loaded
    const std::uint32_t* loaded;    ///< [padded column] all ones, or 0: padding, an inserted zero, or no column
    const std::uint32_t* real;      ///< [padded column] all ones, or 0: an inserted zero, or no column
    std::int64_t base;              ///< word offset
    const struct FeatureRun* runs;  ///< null: load column by column
    std::uint32_t run_count;
    bool any;  ///< whether anything is loaded
  };
  /// The kernels' view.
  struct Kernel {
    const std::uint8_t* buffer;
    bool half;
    const Beat* beat;
    std::uint32_t beats, columns;
    std::size_t stride;
    std::uint8_t* raw;  ///< [beat][stride] words
    float* values;
    std::uint16_t* live;  ///< or null: not wanted
    std::size_t live_stride;
    bool live_is_nonzero;
    std::uint64_t* nonzero_beats;
    std::uint32_t* nonzero;
    std::uint32_t largest;  ///< out: largest magnitude as binary32 bits
    float largest_sum;      ///< out
  };

 private:
  /// One image axis of a feature's address: what of it a pixel and a kernel position determine together.
  struct AxisTerm {
    std::int32_t offset;  ///< words
    std::uint32_t state;  ///< Loaded | Real
  };
  static constexpr std::uint32_t Loaded = 1;
  static constexpr std::uint32_t Real = 2;
  struct Pixel {
    std::uint64_t n;
    std::uint32_t oy, ox;
  };

  [[nodiscard]] AxisTerm row_term(const Pixel& pixel, std::uint32_t kh) const;
  [[nodiscard]] AxisTerm column_term(const Pixel& pixel, std::uint32_t kw) const;
  [[nodiscard]] Pixel pixel_at(std::uint64_t q) const;
  void advance(Pixel& pixel) const;
  void make_kernel_tables();
  void make_pixel_beats(std::uint32_t first, std::uint32_t beats);

  const std::uint8_t* buffer_ = nullptr;
  MmOp op_;
  bool half_ = false, fixed_live_ = false, fixed_count_ = false;
  std::size_t stride_ = 0, live_stride_ = 0;
  std::uint32_t largest_ = 0;
  float largest_sum_ = 0;
  AlignedArray<std::uint8_t> raw_;
  AlignedArray<float> values_;
  AlignedArray<std::uint16_t> live_;
  AlignedArray<std::uint64_t> nonzero_beats_;
  AlignedArray<std::uint32_t> nonzero_, real_;
  std::vector<Beat> beats_;

  // Tables: KernelBeats: one entry per kernel position, repeated with that period; PixelBeats: one per beat of the
  // chunk.
  std::uint32_t entries_ = 0;
  AlignedArray<std::int32_t> offsets_;               ///< [entry][stride]
  AlignedArray<std::uint32_t> loaded_, real_lanes_;  ///< [entry][stride]
  std::vector<std::uint32_t> entry_real_;
  std::vector<std::uint8_t> entry_any_;
  std::vector<struct FeatureRun> runs_;
  std::vector<std::uint32_t> first_run_;  ///< [entry + 1]
  std::vector<AxisTerm> row_terms_, column_terms_;
  std::vector<std::int32_t> channel_offsets_;  ///< PixelBeats, per column
  std::vector<std::uint32_t> kernel_rows_, kernel_columns_;
  Pixel next_pixel_{};
};

/// Loaded columns next to one another whose words are, too.
struct FeatureRun {
  std::uint32_t column;
  std::uint32_t length;
  std::int32_t offset;
};

}  // namespace dlac::schedule
