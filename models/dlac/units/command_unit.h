// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/command_record.h>
#include <dlac/links/command_protocol.h>
#include <dlac/links/resettable.h>
#include <dlac/units/completion_log.h>
#include <dlac/units/core_clock.h>
#include <dlac/units/faults.h>
#include <dlac/units/tokens.h>

#include <cstdint>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

namespace dlac {

/// What a unit is doing with its queue.
struct UnitStatus {
  std::uint32_t blocked_on = 0;  ///< token mask that the head of the queue waits for
  std::uint32_t in_flight = 0;   ///< commands started and not complete
  std::uint64_t completed = 0;   ///< since the last reset
  std::uint32_t opcode = 0;      ///< of the command started last; for waveforms
  std::uint32_t tag = 0;         ///< likewise
};

/// A unit that executes the commands of one queue: takes them in order, each when its tokens are there, and books them
/// when they are complete. The load, compute and store units are such.
class CommandUnit : public sc_core::sc_module, public Resettable {
 public:
  sc_core::sc_port<CommandGetIf> commands{"commands"};
  sc_core::sc_port<FaultIf> faults{"faults"};

  CommandUnit(const CommandUnit&) = delete;
  CommandUnit& operator=(const CommandUnit&) = delete;

  [[nodiscard]] const UnitStatus& status() const { return status_; }
  /// A command was completed, or the head of the queue found its tokens missing.
  [[nodiscard]] const sc_core::sc_event& progress() const { return progress_; }
  /// Names of the links that owe this unit an answer.
  [[nodiscard]] virtual std::vector<std::string> waits_for_links() const { return {}; }
  void reset() override;
  void trace(sc_core::sc_trace_file* file) const override;

 protected:
  /// The clock, the tokens and the log are the core's and outlive the unit.
  CommandUnit(const sc_core::sc_module_name& name, const CoreClock& clock, TokenCounters& tokens, CompletionLog& log)
      : sc_module(name), clock_(clock), tokens_(tokens), log_(log) {}

  /// Blocks the calling SC_THREAD until the queue has a command whose tokens are there; takes both.
  [[nodiscard]] QueuedCommand next_command();
  /// Called before each wait of next_command(): for tokens, if status().blocked_on says so, else for a command.
  virtual void waiting() {}
  /// The command that waits for its tokens, if one does.
  [[nodiscard]] const Command* head() const { return head_ ? &head_->command : nullptr; }
  /// Books a completed command and gives the tokens of `push`.
  void complete(const CommandRecord& record, std::uint32_t push, std::uint64_t address);
  void give(std::uint32_t push, std::uint64_t address);

  [[nodiscard]] const CoreClock& clock() const { return clock_; }
  [[nodiscard]] TokenCounters& tokens() const { return tokens_; }
  [[nodiscard]] CompletionLog& log() const { return log_; }
  /// The unit's thread, which a reset restarts.
  sc_core::sc_process_handle thread_;

 private:
  const CoreClock& clock_;
  TokenCounters& tokens_;
  CompletionLog& log_;
  UnitStatus status_;
  std::optional<QueuedCommand> head_;
  sc_core::sc_event progress_{"progress"};
};

}  // namespace dlac
