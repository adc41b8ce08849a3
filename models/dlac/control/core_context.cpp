// SPDX-License-Identifier: Apache-2.0
#include <dlac/control/core_context.h>

namespace dlac {

QueuedCommand next_command(CoreContext& core, UnitState& unit, const std::function<void()>& on_wait) {
  while (core.halted) sc_core::wait(core.progress);  // until this process is reset
  while (unit.queue.empty()) {
    if (on_wait) on_wait();
    sc_core::wait(unit.queue.changed());
  }
  const CommandHeader header = header_of(unit.queue.front().command);
  while (!core.tokens.available(header.pop)) {
    unit.blocked_on = header.pop;
    if (on_wait) on_wait();
    core.progress.notify(sc_core::SC_ZERO_TIME);  // the dispatcher looks for a deadlock
    sc_core::wait(core.tokens.changed());
  }
  unit.blocked_on = 0;
  core.tokens.take(header.pop);
  const QueuedCommand command = unit.queue.front();
  unit.in_flight += 1;
  unit.opcode = static_cast<std::uint32_t>(header.opcode);
  unit.tag = header.tag;
  unit.queue.pop();
  return command;
}

}  // namespace dlac
