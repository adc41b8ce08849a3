// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/register_map.h>

#include <cstdint>
#include <systemc>

namespace dlac {

/// The way to report an error. (Registers)
class FaultIf : public virtual sc_core::sc_interface {
 public:
  /// Ends the list with an error; the first one counts. The caller does nothing more: every unit is stopped in the next
  /// delta cycle.
  virtual void fail(ErrorCode code, std::uint64_t fault_address) = 0;
  /// An error was reported; nothing starts before a reset.
  [[nodiscard]] virtual bool halted() const = 0;
};

}  // namespace dlac
