// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>

#include <variant>

// What a progress bar goes by: the host's time as it usually is.
namespace dlac::tb {

/// Nanoseconds that a synthetic feature takes to be made, and a multiply-accumulate to be computed by the reference.
inline constexpr double FeatureNanoseconds = 40, ReferenceMacNanoseconds = 16;

/// Multiply-accumulates of a command.
[[nodiscard]] inline double macs_of(const Command& command) {
  const auto* op = std::get_if<MmOp>(&command);
  return op == nullptr ? 0 : static_cast<double>(op->channels) * op->columns * op->beats;
}

}  // namespace dlac::tb
