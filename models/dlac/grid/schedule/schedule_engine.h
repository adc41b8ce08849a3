// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>
#include <dlac/grid/schedule/buffer_view.h>

#include <cstdint>
#include <memory>

namespace dlac {

/// Executes a whole segment at once: cycles and counters from the recurrence (The schedule), values from SIMD
/// kernels that give the bits of The arithmetic. Lets no time pass and depends on no SystemC.
class ScheduleEngine {
 public:
  /// `config` has been validated. What the views name must outlive the operations.
  ScheduleEngine(const Config& config, BufferView weights, BufferView features);
  ~ScheduleEngine();
  ScheduleEngine(const ScheduleEngine&) = delete;
  ScheduleEngine& operator=(const ScheduleEngine&) = delete;

  /// Between operations: what the next ones read.
  void set_views(BufferView weights, BufferView features);

  SegmentResult multiply(const MmOp& op);
  std::uint64_t pointwise(const PtWiseOp& op);
  void drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
             std::uint32_t* out) const;
  void reset();

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace dlac
