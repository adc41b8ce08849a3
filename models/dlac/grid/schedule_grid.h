// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/grid/grid.h>
#include <dlac/grid/schedule/schedule_engine.h>
#include <dlac/links/buffer_port.h>

#include <cstdint>
#include <systemc>
#include <vector>

namespace dlac {

/// The grid as the schedule engine: an operation is computed at once and answered with its cycles. What it needs of a
/// buffer it reads directly where that is granted, else by one burst per segment and operand.
class ScheduleGrid final : public Grid {
 public:
  BufferPort weight_buffer{"weight_buffer", BufferRequester::RowStream, BufferAccess::AllStreams};
  BufferPort feature_buffer{"feature_buffer", BufferRequester::ColumnStream, BufferAccess::AllStreams};

  ScheduleGrid(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_time& period);

  void bind(Links& links, Buffer& weights, Buffer& features) override;
  void reset() override;
  void trace(sc_core::sc_trace_file*) const override {}

 private:
  /// The bytes [address, address + bytes) of a buffer and what the kernels' vectors may read behind them.
  struct Range {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
  };
  /// A buffer's link and the copy that stands for what cannot be read directly.
  struct Operand {
    BufferPort& port;
    std::vector<std::uint8_t> copy;
  };

  tlm::tlm_sync_enum nb_transport_fw(Operation& operation, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  void b_transport(Drain& drain, sc_core::sc_time& delay) override;
  void execute(const MmOp& op, Operation& operation);
  void execute(const PtWiseOp& op, Operation& operation);
  /// A view in which all of the ranges can be read; false if the buffer answered with an error. Throws ConfigError when
  /// it answered with a delay.
  [[nodiscard]] bool view(Operand& operand, const std::vector<Range>& ranges, BufferRequester requester,
                          std::uint64_t beat, std::uint64_t cycle, BufferView& view);

  const Config config_;
  const sc_core::sc_time period_;
  ScheduleEngine engine_;
  Operand weights_{weight_buffer, {}};
  Operand features_{feature_buffer, {}};
};

}  // namespace dlac
