// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/platform/register_device.h"

namespace dlac::platform {

/// A small relative of RISC-V's platform-level interrupt controller, for one processor and without priorities:
/// level-sensitive sources from number 1, the lowest number first, claim and complete. A claimed source is quiet until
/// it is completed. Registers: INTC_ in platform_map.h.
class InterruptController : public RegisterDevice {
 public:
  sc_core::sc_out<bool> irq{"irq"};                ///< high while an enabled source is pending
  sc_core::sc_vector<sc_core::sc_in<bool>> lines;  ///< lines[n - 1] is source n

  /// `sources`: 1 to 31.
  InterruptController(sc_core::sc_module_name name, std::uint32_t sources);

 private:
  [[nodiscard]] std::optional<std::uint32_t> read(std::uint32_t offset) override;
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t value) override;
  [[nodiscard]] std::optional<std::uint32_t> peek(std::uint32_t offset) const override;
  /// Sources whose line is high and that are not claimed; bit n is source n.
  [[nodiscard]] std::uint32_t pending() const;
  /// The enabled pending source with the lowest number, 0 for none.
  [[nodiscard]] std::uint32_t next() const;
  void drive_irq();

  std::uint32_t enabled_ = 0;
  std::uint32_t claimed_ = 0;
  sc_core::sc_event update_;
};

}  // namespace dlac::platform
