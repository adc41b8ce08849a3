// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "workloads/mapper.h"

namespace dlac::tb {

/// What the recurrence (The schedule) needs of a machine when nothing is skipped.
struct DenseMachine {
  std::uint64_t buffers = 1;      ///< B
  std::uint64_t units = 1;        ///< A'
  std::uint64_t window = 1;       ///< D, beats
  std::uint64_t beat_cycles = 1;  ///< p

  [[nodiscard]] static DenseMachine of(const Config& config, bool full_precision);
};

/// Compute cycles under policy none of segments with given numbers of tile channels and beats: the dense machine that
/// gains are measured against. Under policy none all columns of a forward pass move alike, and of the rows at most the
/// last one has fewer live buffers, so that one column and two rows tell it all.
class DenseCycles {
 public:
  explicit DenseCycles(const DenseMachine& machine) : machine_(machine) {}

  /// `channels` and `beats` at least 1.
  [[nodiscard]] std::uint64_t segment(std::uint32_t channels, std::uint32_t beats);
  /// Sum over a plan's segments.
  [[nodiscard]] std::uint64_t plan(const workloads::LayerPlan& plan);

 private:
  DenseMachine machine_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> known_;  // (channels, beats) -> cycles
};

}  // namespace dlac::tb
