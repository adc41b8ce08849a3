// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/links/buffer_port.h>
#include <dlac/links/operation_protocol.h>
#include <dlac/links/transport_defaults.h>
#include <dlac/units/command_unit.h>
#include <dlac/units/grid_activity.h>

#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// Executes the compute queue on the grid, whichever engine it is: checks an operation, has the grid execute it, and
/// books what it did.
class ComputeUnit final : public CommandUnit, private BackwardDefaults<OperationTypes> {
 public:
  tlm::tlm_initiator_socket<32, OperationTypes> grid{"grid"};
  /// Looks for illegal ternary codes.
  BufferPort weight_codes{"weight_codes", BufferRequester::CodeCheck};

  /// Everything given is the core's and outlives the unit.
  ComputeUnit(const sc_core::sc_module_name& name, const Config& config, const CoreClock& clock, TokenCounters& tokens,
              CompletionLog& log, GridActivity& activity);

  void reset() override;
  [[nodiscard]] std::vector<std::string> waits_for_links() const override;

 private:
  void run();
  void waiting() override;
  [[nodiscard]] ErrorCode check_operation(const MmOp& op);
  [[nodiscard]] ErrorCode check_operation(const PtWiseOp& op);
  /// Checks and executes an operation, in the grid's state `state`.
  template <typename Op>
  void execute(const Op& op, GridState state, const QueuedCommand& queued);
  /// Has the grid execute `operation_` and lets its cycles pass.
  void run_on_grid();
  tlm::tlm_sync_enum nb_transport_bw(Operation& operation, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;

  const Config& config_;
  GridActivity& activity_;
  Operation operation_;
  bool asked_ = false;  ///< the grid owes an answer
  sc_core::sc_event answered_{"answered"};
  std::vector<std::uint8_t> codes_;  ///< weights under check, where they are not read directly
};

}  // namespace dlac
