// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/platform/register_device.h"

namespace dlac::platform {

/// What the platform tells the firmware, and the firmware's way to end the simulation.
/// Registers: SYSTEM_ in platform_map.h.
class SystemController : public RegisterDevice {
 public:
  struct Facts {
    std::uint32_t ram_bytes = 0;
    std::uint32_t image_bytes = 0;
    std::uint32_t task = 0;
  };

  SystemController(sc_core::sc_module_name name, const Facts& facts);

  /// What the firmware wrote to SYSTEM_EXIT, nullopt as long as it has not.
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }

 private:
  [[nodiscard]] std::optional<std::uint32_t> read(std::uint32_t offset) override { return peek(offset); }
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t value) override;
  [[nodiscard]] std::optional<std::uint32_t> peek(std::uint32_t offset) const override;

  const Facts facts_;
  std::optional<int> exit_code_;
};

}  // namespace dlac::platform
