// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/platform/register_device.h"

namespace dlac::platform {

/// A free-running 64-bit counter of simulated time with one compare register, like RISC-V's mtime and mtimecmp.
/// Registers: TIMER_ in platform_map.h.
class Timer : public RegisterDevice {
 public:
  sc_core::sc_out<bool> irq{"irq"};  ///< level: high while time >= compare

  explicit Timer(sc_core::sc_module_name name);

 private:
  [[nodiscard]] std::optional<std::uint32_t> read(std::uint32_t offset) override;
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t value) override;
  [[nodiscard]] std::optional<std::uint32_t> peek(std::uint32_t offset) const override;
  void drive_irq();

  std::uint64_t compare_ = ~std::uint64_t{0};
  std::uint32_t latched_high_ = 0;
  sc_core::sc_event update_;
};

}  // namespace dlac::platform
