// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <systemc>

namespace dlac {

/// A command and where it lies in memory, which is what an error reports.
struct QueuedCommand {
  Command command;
  std::uint64_t address = 0;
};

/// One of the three in-order queues between the dispatcher and a unit.
class CommandQueue {
 public:
  explicit CommandQueue(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] bool full() const { return commands_.size() >= capacity_; }
  [[nodiscard]] bool empty() const { return commands_.empty(); }
  [[nodiscard]] const QueuedCommand& front() const { return commands_.front(); }

  void push(const QueuedCommand& command) {
    commands_.push_back(command);
    changed_.notify(sc_core::SC_ZERO_TIME);
  }
  /// Takes the head out, when the unit starts it.
  void pop() {
    commands_.pop_front();
    changed_.notify(sc_core::SC_ZERO_TIME);
  }
  void clear() { commands_.clear(); }
  [[nodiscard]] const sc_core::sc_event& changed() const { return changed_; }

 private:
  std::size_t capacity_;
  std::deque<QueuedCommand> commands_;
  sc_core::sc_event changed_;
};

}  // namespace dlac
