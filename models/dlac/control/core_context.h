// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/command_record.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>
#include <dlac/common/register_map.h>
#include <dlac/control/command_queue.h>
#include <dlac/control/core_clock.h>
#include <dlac/control/grid_activity.h>
#include <dlac/control/tokens.h>

#include <cstdint>
#include <functional>

namespace dlac {

/// A unit's queue and what the unit is doing with it.
struct UnitState {
  explicit UnitState(std::size_t capacity) : queue(capacity) {}
  CommandQueue queue;
  std::uint32_t blocked_on = 0;  ///< token mask that the head of the queue waits for
  std::uint32_t in_flight = 0;   ///< commands started and not complete
  std::uint32_t opcode = 0;      ///< of the command started last; for waveforms
  std::uint32_t tag = 0;         ///< likewise
  [[nodiscard]] bool idle() const { return queue.empty() && in_flight == 0; }
  void reset() {
    queue.clear();
    blocked_on = in_flight = opcode = tag = 0;
  }
};

/// What the units of one core share: configuration, clock, queues, tokens, counters, and the way to report an error.
struct CoreContext {
  explicit CoreContext(const Config& c)
      : config(c),
        clock(c.clock_period_ps),
        load(c.queue_depth),
        compute(c.queue_depth),
        store(c.queue_depth),
        tokens(c.token_limit) {}

  const Config config;
  const CoreClock clock;
  UnitState load, compute, store;
  TokenCounters tokens;
  GridActivity activity;
  SegmentResult totals;        ///< sums over the segments; `cycles` is unused
  std::uint64_t commands = 0;  ///< completed
  std::uint64_t segments = 0;  ///< mmOps completed
  sc_core::sc_event progress;  ///< a command was completed
  CommandObserver observer;
  /// Ends the list with an error. The caller does nothing more; every unit is stopped in the next delta cycle.
  std::function<void(ErrorCode, std::uint64_t fault_address)> fail;
  bool halted = false;  ///< an error was reported; nothing starts before a reset

  /// Books a completed command: gives its tokens and tells the observer.
  void complete(UnitState& unit, const CommandRecord& record, std::uint32_t push, std::uint64_t address) {
    --unit.in_flight;
    ++commands;
    if (observer) observer(record);
    give(push, address);
    progress.notify(sc_core::SC_ZERO_TIME);
  }
  void give(std::uint32_t push, std::uint64_t address) {
    if (!tokens.give(push)) fail(ErrorCode::TokenOverflow, address);
  }
};

/// Blocks the calling SC_THREAD until the unit's queue has a command whose tokens are there; takes both. `on_wait` is
/// called before each wait.
[[nodiscard]] QueuedCommand next_command(CoreContext& core, UnitState& unit, const std::function<void()>& on_wait = {});

}  // namespace dlac
