// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/uart.h"

#include "tb/platform/platform_map.h"

namespace dlac::platform {

Uart::Uart(sc_core::sc_module_name name, std::ostream& out) : RegisterDevice(name), out_(out) {}

bool Uart::write(std::uint32_t offset, std::uint32_t value) {
  if (offset != UART_DATA) return false;
  const char byte = static_cast<char>(value & 0xFFU);
  out_.put(byte);
  if (byte == '\n') out_.flush();
  return true;
}

std::optional<std::uint32_t> Uart::peek(std::uint32_t offset) const {
  if (offset != UART_FLAGS) return std::nullopt;
  return UART_FLAG_TXFE | UART_FLAG_RXFE;
}

}  // namespace dlac::platform
