// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "tb/platform/register_device.h"

namespace dlac::platform {

/// The transmitter of an Arm PL011, as far as a polling driver sees it: a byte is sent the moment it is written.
/// Registers: UART_ in platform_map.h.
class Uart : public RegisterDevice {
 public:
  /// Sends to `out`, which is flushed at the end of a line.
  Uart(sc_core::sc_module_name name, std::ostream& out);

 private:
  [[nodiscard]] std::optional<std::uint32_t> read(std::uint32_t offset) override { return peek(offset); }
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t value) override;
  [[nodiscard]] std::optional<std::uint32_t> peek(std::uint32_t offset) const override;

  std::ostream& out_;
};

}  // namespace dlac::platform
