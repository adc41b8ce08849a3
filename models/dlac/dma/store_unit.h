// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/links/operation_protocol.h>
#include <dlac/links/transfer_protocol.h>
#include <dlac/links/transport_defaults.h>
#include <dlac/units/command_unit.h>

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// Executes the store queue: drains a bank of output buffers into a staging buffer, then writes that to memory.
///   drained = start + ceil(live rows * B / drain port words)     (Tiles in sequence; all live columns in parallel)
/// The bank is free (store->compute) once drained; the command is complete when its writes are acknowledged. Two
/// staging buffers [A]: one is written to memory while the next fills.
class StoreUnit final : public CommandUnit,
                        private BackwardDefaults<TransferTypes>,
                        private BackwardDefaults<DrainTypes> {
 public:
  tlm::tlm_initiator_socket<32, TransferTypes> memory{"memory"};
  tlm::tlm_initiator_socket<32, DrainTypes> grid{"grid"};

  /// Everything given is the core's and outlives the unit.
  StoreUnit(const sc_core::sc_module_name& name, const Config& config, const CoreClock& clock, TokenCounters& tokens,
            CompletionLog& log);

  void reset() override;
  [[nodiscard]] std::vector<std::string> waits_for_links() const override;

 private:
  static constexpr std::size_t StagingBuffers = 2;

  /// A store whose writes are under way; the port holds on to its transfer.
  struct Writing : Transfer {
    QueuedCommand queued;
    std::uint64_t start = 0;
    std::uint32_t push = 0;  ///< tokens to be given at the end
    bool answered = false;
  };

  void run();
  void execute(const QueuedCommand& queued);
  /// Drains the bank into the next staging buffer; nullptr if the grid answered with an error.
  [[nodiscard]] const std::uint8_t* drain(const Store& store);
  tlm::tlm_sync_enum nb_transport_bw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
  [[nodiscard]] std::vector<MemoryRun> runs_of(const Store& store) const;

  const Config& config_;
  std::vector<std::uint32_t> words_;
  std::array<std::vector<std::uint8_t>, StagingBuffers> staging_;
  std::size_t next_staging_ = 0;
  std::size_t staging_in_use_ = 0;
  std::deque<Writing> writing_;
  sc_core::sc_event staging_free_;
};

}  // namespace dlac
