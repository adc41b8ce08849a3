// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/half.h>
#include <dlac/grid/schedule/feature_panel.h>
#include <dlac/grid/schedule/simd.h>

#include <cstddef>
#include <cstdint>

namespace dlac::schedule {

/// Beats of consecutive kernel positions to be gathered into a panel.
struct GatherJob {
  const std::uint8_t* buffer = nullptr;   ///< feature buffer
  bool half = false;                      ///< words are binary16
  std::size_t stride = 0;                 ///< of offsets and panel rows
  std::size_t vector_columns = 0;         ///< columns rounded up to 16
  std::uint64_t plane = 0;                ///< word offset of the first beat's channel
  std::uint64_t plane_stride = 0;         ///< words between channels
  std::uint32_t positions = 1;            ///< entries of offsets, visited in turn
  std::uint32_t first_position = 0;       ///< entry of the first beat
  std::uint32_t beats_to_next_plane = 1;  ///< beats left of the first beat's channel
  std::uint32_t beats_per_plane = 1;      ///< beats of a channel
  std::uint32_t beats = 0;
  const std::int32_t* offsets = nullptr;  ///< [positions][stride]; negative: FeatureGather::Padding, Inserted
  const std::int32_t* runs = nullptr;     ///< [positions][stride / RunLanes], from find_runs()
  bool by_feature = true;                 ///< live columns are those with a non-zero feature; else all not inserted
};
/// Smallest number of columns that a vector may have: an upper bound of the vectors per row of offsets.
inline constexpr std::size_t RunLanes = 4;
inline constexpr std::int32_t NoRun = INT32_MIN;
/// For each vector of columns the offset of its first lane if all features inside the map lie side by side, so that one
/// load fetches them; else NoRun. The first lane may be outside the map, and its offset negative.
void find_runs(const std::int32_t* offsets, std::size_t positions, std::size_t stride, std::size_t vector_columns,
               std::int32_t* runs);
/// Fills values, live, live_columns, nonzero_columns, nonfinite, and magnitude if `half`.
void gather_features(const GatherJob& job, FeaturePanel& panel);
[[nodiscard]] float load_feature(const std::uint8_t* buffer, std::uint64_t word, bool half);

/// How an update rounds. (arch. contract 4)
enum class Rounding {
  Binary32,     ///< fused multiply-add in binary32
  Binary16,     ///< ternary weight, |accumulator| known to stay below 65504
  Binary16Any,  ///< ternary weight, overflow to infinity possible
  Binary16Fma,  ///< binary16 weight, fused multiply-add
};

/// Accumulators += weights x features over a run of beats, in beat order.
struct AccumulateJob {
  float* accumulators = nullptr;    ///< [columns][channel_stride]
  std::size_t channel_stride = 0;   ///< a multiple of 16
  std::size_t channels = 0;         ///< to compute, at most channel_stride
  const float* features = nullptr;  ///< [beats][feature_stride]
  std::size_t feature_stride = 0;
  std::size_t columns = 0;               ///< to compute
  const std::uint8_t* packed = nullptr;  ///< ternary codes [beats][packed_stride bytes], or
  std::size_t packed_stride = 0;
  const float* words = nullptr;  ///< weights as binary32 values [beats][word_stride]
  std::size_t word_stride = 0;
  std::uint32_t beats = 0;
  Rounding rounding = Rounding::Binary32;
  bool guarded = false;  ///< some operand is infinite or NaN: updates with a zero operand do nothing
};
void accumulate(const AccumulateJob& job);

/// Ternary weights of consecutive beats, packed without gaps.
struct CountJob {
  const std::uint8_t* packed = nullptr;
  std::uint64_t beat_bits = 0;   ///< between beats
  std::uint32_t rows = 0;        ///< that take part
  std::uint32_t buffers = 0;     ///< weights per row and beat, at most 64
  std::uint32_t last_valid = 0;  ///< of the last row's weights, those that belong to the layer
  std::uint32_t units = 1;       ///< updates per cycle
  std::uint32_t beats = 0;
  std::uint16_t* counts = nullptr;  ///< out: [beats][count_stride], ceil(non-zero weights / units) per row
  std::size_t count_stride = 0;     ///< a multiple of LanePad; entries up to the next vector behind the rows become 0
  std::uint32_t* live = nullptr;    ///< out: [beats], non-zero weights
};
/// Fast for 8 and 16 buffers when beats are whole bytes.
void count_ternary(const CountJob& job);

/// Transposes a bank's accumulators [columns][channel_stride] to words out[channel*columns + column], canonical.
void drain_words(const float* accumulators, std::size_t channel_stride, std::uint32_t channels, std::uint32_t columns,
                 bool half, std::uint32_t* out);

}  // namespace dlac::schedule
