// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/command_protocol.h>
#include <dlac/links/transfer_protocol.h>
#include <dlac/links/transport_defaults.h>
#include <dlac/units/command_queue.h>
#include <dlac/units/command_unit.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// One of the three ways out of the command processor: a queue, and the unit behind it. Modules in their links may hold
/// on to commands: what counts is what went in and what was completed.
struct Lane {
  const CommandQueue& queue;
  const CommandUnit& unit;
  std::uint64_t dispatched = 0;  ///< since the last reset
  [[nodiscard]] std::uint64_t incomplete() const { return dispatched - unit.status().completed; }
};

/// Fetches a command list from memory, decodes it and hands each command to its queue, one per cycle, in order.
class CommandProcessor final : public sc_core::sc_module, public Resettable, private BackwardDefaults<TransferTypes> {
 public:
  tlm::tlm_initiator_socket<32, TransferTypes> memory{"memory"};
  sc_core::sc_port<CommandPutIf> load_queue{"load_queue"};
  sc_core::sc_port<CommandPutIf> compute_queue{"compute_queue"};
  sc_core::sc_port<CommandPutIf> store_queue{"store_queue"};
  sc_core::sc_port<FaultIf> faults{"faults"};

  /// The lanes are looked at for fences, the end of the list, and deadlocks.
  CommandProcessor(const sc_core::sc_module_name& name, const CoreClock& clock, const TokenCounters& tokens,
                   CompletionLog& log, Lane load, Lane compute, Lane store);
  CommandProcessor(const CommandProcessor&) = delete;
  CommandProcessor& operator=(const CommandProcessor&) = delete;

  /// Starts the list of `length` commands at `address`; `finished` is called when its end command is reached and
  /// everything before it is complete.
  void start(std::uint64_t address, std::uint32_t length, std::function<void()> finished);
  void reset() override;
  /// Names of the links that do not take a command, do not pass one on, or do not answer a fetch.
  [[nodiscard]] std::vector<std::string> waits_for_links() const;

 private:
  static constexpr std::size_t PrefetchBytes = 1024;  // [A] commands fetched ahead
  static constexpr std::uint32_t FetchBytes = 256;    // [A] two commands per fetch

  struct Fetch : Transfer {
    std::array<std::uint8_t, FetchBytes> buffer{};
    std::uint32_t count = 0;
    bool arrived = false;
  };

  void run();
  tlm::tlm_sync_enum nb_transport_bw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time& delay) override;
  void prefetch();
  [[nodiscard]] CommandImage next_image();
  void dispatch(const Command& command, std::uint64_t address);
  [[nodiscard]] bool all_idle() const;
  [[nodiscard]] bool deadlocked() const;
  /// Waits until something happens that may let the dispatcher go on, or finds a deadlock.
  void wait_for_progress();
  void put(sc_core::sc_port<CommandPutIf>& port, Lane& lane, const QueuedCommand& command);
  void fail(ErrorCode code, std::uint64_t address);

  const CoreClock& clock_;
  const TokenCounters& tokens_;
  CompletionLog& log_;
  Lane load_, compute_, store_;
  const sc_core::sc_object* refused_by_ = nullptr;  ///< a port whose link takes no command though the queue has room

  bool running_ = false;
  std::uint64_t list_ = 0;
  std::uint32_t length_ = 0;
  std::uint64_t fetched_ = 0;     ///< bytes of the list asked for
  std::uint64_t dispatched_ = 0;  ///< commands dispatched
  std::function<void()> finished_;
  std::deque<Fetch> fetches_;
  std::uint32_t consumed_ = 0;  ///< bytes used of the oldest fetch
  sc_core::sc_event started_;
  sc_core::sc_event fetch_done_;
  sc_core::sc_event never_;
  sc_core::sc_process_handle thread_;
};

}  // namespace dlac
