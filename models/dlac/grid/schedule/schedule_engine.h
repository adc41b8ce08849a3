// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/grid/engine.h>

#include <cstdint>
#include <memory>

namespace dlac {

/// Executes a whole segment at once: cycles and counters from the recurrence of arch. contract 3, values from SIMD
/// kernels that give the bits of contract 4. Lets no time pass and depends on no SystemC.
class ScheduleEngine final : public Engine {
 public:
  /// `config` has been validated. What the views name must outlive the operations.
  ScheduleEngine(const Config& config, BufferView weights, BufferView features);
  ~ScheduleEngine() override;

  /// Between operations: what the next ones read.
  void set_views(BufferView weights, BufferView features);

  SegmentResult multiply(const MmOp& op) override;
  std::uint64_t pointwise(const PtWiseOp& op) override;
  void drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
             std::uint32_t* out) const override;
  void reset() override;
  /// Does nothing: this engine has no signals.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace dlac
