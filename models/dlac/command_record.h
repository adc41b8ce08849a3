// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/counters.h>

#include <cstdint>
#include <functional>

namespace dlac {

/// A completed command, for reports and timelines. Cycles are counted from time 0 of the simulation.
struct CommandRecord {
  const Command& command;
  std::uint64_t start = 0;  ///< cycle in which it had its tokens and began
  std::uint64_t end = 0;    ///< cycle in which it was complete
  SegmentResult segment;    ///< of an mmOp; zero otherwise
};

using CommandObserver = std::function<void(const CommandRecord&)>;

}  // namespace dlac
