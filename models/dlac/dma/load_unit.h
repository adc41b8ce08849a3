// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/links/buffer_port.h>
#include <dlac/links/transfer_protocol.h>
#include <dlac/links/transport_defaults.h>
#include <dlac/units/command_unit.h>
#include <dlac/units/grid_activity.h>

#include <cstdint>
#include <deque>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// Executes the load queue: memory -> weight buffer, memory -> feature buffer. Commands overlap: the bursts of the next
/// one follow those of the last; they are completed in order.
class LoadUnit final : public CommandUnit, private BackwardDefaults<TransferTypes> {
 public:
  tlm::tlm_initiator_socket<32, TransferTypes> memory{"memory"};
  BufferPort weight_buffer{"weight_buffer", BufferRequester::Load};
  BufferPort feature_buffer{"feature_buffer", BufferRequester::Load};

  /// Everything given is the core's and outlives the unit.
  LoadUnit(const sc_core::sc_module_name& name, const Config& config, const CoreClock& clock, TokenCounters& tokens,
           CompletionLog& log, GridActivity& activity);

  void reset() override;
  [[nodiscard]] std::vector<std::string> waits_for_links() const override;

 private:
  /// A load under way; the port holds on to its transfer.
  struct InFlight : Transfer {
    QueuedCommand queued;
    std::uint64_t start = 0;
    BufferPort* buffer = nullptr;
    bool answered = false;
  };

  void run();
  void waiting() override { tell_activity(); }
  void start(const QueuedCommand& queued);
  tlm::tlm_sync_enum nb_transport_bw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time& delay) override;
  /// Puts what a burst has brought into the buffer.
  void deliver(const InFlight& load);
  /// Completes the loads that are answered, in order.
  void complete_loads();
  [[nodiscard]] ErrorCode set_runs(const LoadWeights& load, InFlight& in_flight);
  [[nodiscard]] ErrorCode set_runs(const LoadFeatures& load, InFlight& in_flight);
  /// What a grid that waits for operands waits for is now this.
  void tell_activity();

  const Config& config_;
  GridActivity& activity_;
  std::deque<InFlight> in_flight_;
  sc_core::sc_event slot_free_;
};

}  // namespace dlac
