// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/register_map.h>
#include <dlac/control/command_processor.h>
#include <dlac/links/resettable.h>
#include <dlac/units/completion_log.h>
#include <dlac/units/core_clock.h>
#include <dlac/units/faults.h>
#include <dlac/units/grid_activity.h>
#include <dlac/units/port_traffic.h>
#include <dlac/units/tokens.h>

#include <array>
#include <cstdint>
#include <optional>
#include <systemc>
#include <utility>
#include <vector>

namespace dlac {

using CounterValues = std::array<std::uint64_t, CounterCount>;  ///< index: Counter

/// What register writes set off.
class ListCommandIf : public virtual sc_core::sc_interface {
 public:
  virtual void reset_core() = 0;
  /// Starts a list of `length` commands.
  virtual void start(std::uint64_t address, std::uint32_t length) = 0;
  virtual void clear_counters() = 0;
  [[nodiscard]] virtual CounterValues counters() = 0;
};

/// What the registers hear of a list.
class ListStatusIf : public virtual sc_core::sc_interface {
 public:
  virtual void list_finished() = 0;
  /// The list has ended with an error.
  virtual void list_failed(ErrorCode code, std::uint64_t fault_address) = 0;
  virtual void reset_registers() = 0;
  /// While the core is held in reset, writes are answered and lost.
  virtual void hold(bool held) = 0;
};

/// The life of a command list: its start and its end, errors, the reset by register and by port, and the counters.
class ListControl final : public sc_core::sc_module, public FaultIf, public ListCommandIf {
 public:
  sc_core::sc_in<bool> reset{"reset"};
  sc_core::sc_port<ListStatusIf> status{"status"};

  /// What a list runs on. All of it is the core's and outlives the module.
  struct Parts {
    const CoreClock& clock;
    TokenCounters& tokens;
    CompletionLog& log;
    GridActivity& activity;
    TrafficCounter& traffic;
    CommandProcessor& processor;
    /// Stopped at the end of a failed list, and by a reset, in this order. A thread that is reset runs at once, to its
    /// first wait: by then there must be nothing left for it to do, so queues come before their units.
    std::vector<Resettable*> stopped;
    /// Brought back by a reset only: what an error leaves to be read.
    std::vector<Resettable*> cleared;
  };
  ListControl(const sc_core::sc_module_name& name, Parts parts);
  ListControl(const ListControl&) = delete;
  ListControl& operator=(const ListControl&) = delete;

  void start(std::uint64_t address, std::uint32_t length) override;
  void fail(ErrorCode code, std::uint64_t fault_address) override;
  [[nodiscard]] bool halted() const override { return halted_; }
  void reset_core() override;
  void clear_counters() override;
  [[nodiscard]] CounterValues counters() override;

 private:
  /// Stops every unit; registers and counters stay.
  void stop_units();
  /// Counters and buffers as after elaboration.
  void clear();
  void on_halt();
  void on_resume();
  void on_reset();

  const Parts parts_;
  bool halted_ = false;
  std::pair<ErrorCode, std::uint64_t> failure_{ErrorCode::None, 0};
  bool stop_pending_ = false;  ///< a reset came from outside of the running simulation
  std::optional<std::pair<std::uint64_t, std::uint32_t>> start_pending_;  ///< list address, commands
  sc_core::sc_event halt_{"halt"};
  sc_core::sc_event resume_{"resume"};
};

}  // namespace dlac
