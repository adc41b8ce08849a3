// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/grid/schedule/feature_panel.h>

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

}  // namespace dlac::schedule
