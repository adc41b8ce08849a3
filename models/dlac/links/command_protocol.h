// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>

#include <cstdint>
#include <tlm>

namespace dlac {

/// A command and where it lies in memory, which is what an error reports.
struct QueuedCommand {
  Command command;
  std::uint64_t address = 0;
};

using CommandPutIf = tlm::tlm_nonblocking_put_if<QueuedCommand>;
using CommandGetIf = tlm::tlm_nonblocking_get_peek_if<QueuedCommand>;

}  // namespace dlac
