// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/interrupt_controller.h"

#include "tb/platform/platform_map.h"

namespace dlac::platform {

InterruptController::InterruptController(sc_core::sc_module_name name, std::uint32_t sources)
    : RegisterDevice(name), lines("lines", sources) {
  SC_HAS_PROCESS(InterruptController);
  SC_METHOD(drive_irq);
  sensitive << update_;
  for (auto& line : lines) sensitive << line;
}

std::uint32_t InterruptController::pending() const {
  std::uint32_t bits = 0;
  for (std::uint32_t i = 0; i < lines.size(); ++i) {
    if (lines[i].read()) bits |= 1U << (i + 1);
  }
  return bits & ~claimed_;
}

std::uint32_t InterruptController::next() const {
  const std::uint32_t candidates = pending() & enabled_;
  for (std::uint32_t number = 1; number <= lines.size(); ++number) {
    if ((candidates >> number & 1U) != 0) return number;
  }
  return 0;
}

std::optional<std::uint32_t> InterruptController::read(std::uint32_t offset) {
  const std::optional<std::uint32_t> value = peek(offset);
  if (offset == INTC_CLAIM && *value != 0) {
    claimed_ |= 1U << *value;
    update_.notify(sc_core::SC_ZERO_TIME);
  }
  return value;
}

std::optional<std::uint32_t> InterruptController::peek(std::uint32_t offset) const {
  switch (offset) {
    case INTC_PENDING: return pending();
    case INTC_ENABLE: return enabled_;
    case INTC_CLAIM: return next();
    default: return std::nullopt;
  }
}

bool InterruptController::write(std::uint32_t offset, std::uint32_t value) {
  switch (offset) {
    case INTC_ENABLE: enabled_ = value & ~1U; break;
    case INTC_CLAIM:
      if (value <= lines.size()) claimed_ &= ~(1U << value);
      break;
    default: return false;
  }
  update_.notify(sc_core::SC_ZERO_TIME);
  return true;
}

void InterruptController::drive_irq() { irq.write(next() != 0); }

}  // namespace dlac::platform
