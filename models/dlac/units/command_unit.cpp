// SPDX-License-Identifier: Apache-2.0
#include <dlac/units/command_unit.h>

#include <string>

namespace dlac {

void CommandUnit::reset() {
  status_ = {};
  head_.reset();
  thread_.reset();
}

QueuedCommand CommandUnit::next_command() {
  while (faults->halted()) wait(progress_);  // until this process is reset
  QueuedCommand command;
  while (!commands->nb_peek(command)) {
    waiting();
    wait(commands->ok_to_peek());
  }
  const CommandHeader header = header_of(command.command);
  if (!tokens_.available(header.pop)) {
    head_ = command;
    while (!tokens_.available(header.pop)) {
      status_.blocked_on = header.pop;
      waiting();
      progress_.notify(sc_core::SC_ZERO_TIME);  // the dispatcher looks for a deadlock
      wait(tokens_.changed());
    }
    head_.reset();
  }
  status_.blocked_on = 0;
  while (!commands->nb_get(command)) wait(commands->ok_to_get());
  tokens_.take(header.pop);
  status_.in_flight += 1;
  status_.opcode = static_cast<std::uint32_t>(header.opcode);
  status_.tag = header.tag;
  return command;
}

void CommandUnit::complete(const CommandRecord& record, std::uint32_t push, std::uint64_t address) {
  --status_.in_flight;
  ++status_.completed;
  log_.complete(record);
  give(push, address);
  progress_.notify(sc_core::SC_ZERO_TIME);
}

void CommandUnit::give(std::uint32_t push, std::uint64_t address) {
  if (!tokens_.give(push)) faults->fail(ErrorCode::TokenOverflow, address);
}

void CommandUnit::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + '.';
  sc_core::sc_trace(file, status_.opcode, prefix + "opcode");
  sc_core::sc_trace(file, status_.tag, prefix + "tag");
  sc_core::sc_trace(file, status_.in_flight, prefix + "in_flight");
  sc_core::sc_trace(file, status_.blocked_on, prefix + "blocked_on");
}

}  // namespace dlac
