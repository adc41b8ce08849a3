// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/schedule/buffer_view.h>
#include <dlac/grid/schedule/simd.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dlac::schedule {

/// What the column streams deliver in a run of beats, as the kernels want it.
struct FeaturePanel {
  std::size_t stride = 0;                       ///< columns, rounded up to LanePad
  std::uint32_t columns = 0;                    ///< that the last segment had
  AlignedArray<float> values;                   ///< [beats][stride]; zero outside the map and beyond the columns
  AlignedArray<std::uint16_t> live;             ///< [beats][stride]: 0xFFFF where a column is live under the policy
  AlignedArray<std::uint32_t> live_columns;     ///< per beat
  AlignedArray<std::uint32_t> nonzero_columns;  ///< per beat: features other than +-0
  AlignedArray<std::uint32_t> counted_columns;  ///< per beat: columns that are no inserted zero
  AlignedArray<float> magnitude;                ///< infer only: [stride]: sum of |x| over the beats
  bool nonfinite = false;                       ///< some feature is infinite or NaN
};

/// The address generator of the column streams for one segment: from beats to panels.
class FeatureGather {
 public:
  FeatureGather(const Config& config, BufferView features);
  /// Between segments: another feature buffer.
  void set_buffer(BufferView features) { features_ = features; }

  void begin(const MmOp& op);
  /// Fills `panel` with beats [first, first + beats) of the segment, counted from the operation's first beat.
  void gather(std::uint32_t first, std::uint32_t beats, FeaturePanel& panel);

  static constexpr std::int32_t Padding = -1;
  static constexpr std::int32_t Inserted = -2;

 private:
  void begin_kernel_beats(const MmOp& op);
  /// Offsets of the columns' features at kernel position (kh, kw).
  static void fill_offsets(const MmOp& op, std::int64_t kh, std::int64_t kw, std::int32_t* offsets);
  void gather_kernel_beats(std::uint32_t first, std::uint32_t beats, FeaturePanel& panel);
  void gather_pixel_beats(std::uint32_t first, std::uint32_t beats, FeaturePanel& panel);

  const Config& config_;
  const bool by_feature_;  ///< zero features are not live
  BufferView features_;
  MmOp op_;
  std::size_t stride_ = 0;
  // KernelBeats. Entry i is the kernel position of the segment's beat i, and of every beat `kernel` further on.
  std::uint32_t positions_ = 1;         ///< entries: kernel positions that the segment visits
  AlignedArray<std::int32_t> offsets_;  ///< [positions][stride]: word offset within a channel, or Padding, or Inserted
  AlignedArray<std::int32_t> runs_;     ///< see find_runs()
  std::vector<std::uint32_t> counted_;  ///< [positions]: columns that are no inserted zero
};

}  // namespace dlac::schedule
