// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/reference/policy.h"
#include "tb/reference/schedule.h"

namespace reference {

/// The machine of The schedule clock by clock, as the page tells it: streams, windows and PEs that all move in each
/// cycle. Gives what segment_cycles() gives; the two have the operands in common, not the time.
[[nodiscard]] SegmentCycles clock_by_clock(const Grid& grid, Policy policy, const Segment& segment);

}  // namespace reference
