// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/system_controller.h"

#include "tb/platform/platform_map.h"

namespace dlac::platform {

SystemController::SystemController(sc_core::sc_module_name name, const Facts& facts)
    : RegisterDevice(name), facts_(facts) {}

bool SystemController::write(std::uint32_t offset, std::uint32_t value) {
  if (offset != SYSTEM_EXIT) return false;
  exit_code_ = static_cast<int>(value & 0xFFU);
  sc_core::sc_stop();
  return true;
}

std::optional<std::uint32_t> SystemController::peek(std::uint32_t offset) const {
  switch (offset) {
    case SYSTEM_RAM_BYTES: return facts_.ram_bytes;
    case SYSTEM_IMAGE_BYTES: return facts_.image_bytes;
    case SYSTEM_TASK: return facts_.task;
    default: return std::nullopt;
  }
}

}  // namespace dlac::platform
