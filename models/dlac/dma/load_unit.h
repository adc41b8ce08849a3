// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/control/core_context.h>
#include <dlac/dma/memory_port.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <deque>
#include <systemc>

namespace dlac {

/// Executes the load queue: memory -> weight buffer, memory -> feature buffer. Commands overlap: the bursts of the next
/// one follow those of the last; they are completed in order.
class LoadUnit : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<LoadUnit, 32> weight_socket{"weight_socket"};
  tlm_utils::simple_initiator_socket<LoadUnit, 32> feature_socket{"feature_socket"};

  LoadUnit(sc_core::sc_module_name name, CoreContext& core, MemoryPort& port);

  void reset();
  /// What a grid that waits for operands is waiting for: WaitWeights, WaitFeatures, or Idle when no load is under way.
  [[nodiscard]] GridState awaited() const;
  /// Charges a grid that waits for operands to what it waits for now.
  void refresh_activity();

 private:
  void run();
  void start(const QueuedCommand& queued);
  void complete(const TransferResult& result);
  [[nodiscard]] ErrorCode runs_of(const LoadWeights& load, std::vector<MemoryRun>& runs);
  [[nodiscard]] ErrorCode runs_of(const LoadFeatures& load, std::vector<MemoryRun>& runs);

  struct InFlight {
    QueuedCommand queued;
    std::uint64_t start = 0;
  };

  CoreContext& core_;
  MemoryPort& port_;
  std::deque<InFlight> in_flight_;
  sc_core::sc_event slot_free_;
  sc_core::sc_process_handle thread_;
};

}  // namespace dlac
