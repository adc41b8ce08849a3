// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/command_protocol.h>
#include <dlac/links/resettable.h>

#include <cstddef>
#include <deque>
#include <systemc>

namespace dlac {

/// One of the three in-order queues between the command processor and a unit: a channel with TLM's non-blocking
/// interfaces. Unlike tlm_fifo it has a reset, and what is put can be taken in the same delta cycle.
class CommandQueue : public sc_core::sc_module, public CommandPutIf, public CommandGetIf, public Resettable {
 public:
  CommandQueue(const sc_core::sc_module_name& name, std::size_t capacity) : sc_module(name), capacity_(capacity) {}
  CommandQueue(const CommandQueue&) = delete;
  CommandQueue& operator=(const CommandQueue&) = delete;

  [[nodiscard]] bool full() const { return commands_.size() >= capacity_; }
  [[nodiscard]] std::size_t size() const { return commands_.size(); }
  [[nodiscard]] bool empty() const { return commands_.empty(); }
  void reset() override { commands_.clear(); }

  bool nb_put(const QueuedCommand& command) override {
    if (full()) return false;
    commands_.push_back(command);
    changed_.notify(sc_core::SC_ZERO_TIME);
    return true;
  }
  bool nb_can_put(tlm::tlm_tag<QueuedCommand>*) const override { return !full(); }
  const sc_core::sc_event& ok_to_put(tlm::tlm_tag<QueuedCommand>*) const override { return changed_; }

  /// Takes the head out, when the unit starts it.
  bool nb_get(QueuedCommand& command) override {
    if (!nb_peek(command)) return false;
    commands_.pop_front();
    changed_.notify(sc_core::SC_ZERO_TIME);
    return true;
  }
  bool nb_can_get(tlm::tlm_tag<QueuedCommand>*) const override { return !empty(); }
  const sc_core::sc_event& ok_to_get(tlm::tlm_tag<QueuedCommand>*) const override { return changed_; }
  bool nb_peek(QueuedCommand& command) const override {
    if (empty()) return false;
    command = commands_.front();
    return true;
  }
  bool nb_can_peek(tlm::tlm_tag<QueuedCommand>*) const override { return !empty(); }
  const sc_core::sc_event& ok_to_peek(tlm::tlm_tag<QueuedCommand>*) const override { return changed_; }

 private:
  const std::size_t capacity_;
  std::deque<QueuedCommand> commands_;
  sc_core::sc_event changed_{"changed"};
};

}  // namespace dlac
