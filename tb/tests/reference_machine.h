// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>

#include <cstdint>
#include <vector>

#include "tb/reference/machine.h"

namespace dlac {

[[nodiscard]] inline reference::Precision precision_of(Mode mode) {
  return mode == Mode::Train ? reference::Precision::Binary32 : reference::Precision::Binary16;
}

/// The naive machine of tb/reference with the types of the core. It gets its commands as they lie in memory.
class ReferenceMachine {
 public:
  explicit ReferenceMachine(const Config& config, reference::Timing timing = reference::Timing::Recurrence)
      : machine_({precision_of(config.mode), static_cast<reference::Policy>(config.policy), config.pes,
                  config.output_buffers, config.arithmetic_units, config.multiply_units, config.window_beats,
                  config.row_port_words, config.column_port_words},
                 timing) {}

  SegmentResult multiply(const MmOp& op, const reference::Bytes& weights, const reference::Bytes& features) {
    const reference::SegmentCycles cycles = machine_.multiply(encode(op), weights, features);
    const auto natural = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    SegmentResult result;
    result.cycles = natural(cycles.cycles);
    result.updates = {natural(cycles.executed), natural(cycles.skipped_weight), natural(cycles.skipped_feature),
                      natural(cycles.skipped_both), natural(cycles.masked_nonfinite)};
    result.pe = {natural(cycles.busy), natural(cycles.starved_row), natural(cycles.starved_column),
                 natural(cycles.finished_early)};
    return result;
  }
  std::uint64_t pointwise(const PtWiseOp& op, const reference::Bytes& weights, const reference::Bytes& features) {
    return static_cast<std::uint64_t>(machine_.pointwise(encode(op), weights, features));
  }
  [[nodiscard]] std::vector<std::uint32_t> drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels,
                                                 std::uint32_t columns) const {
    return machine_.drain(bank, log2_rows, channels, columns);
  }
  void reset() { machine_.reset(); }

 private:
  reference::Machine machine_;
};

}  // namespace dlac
