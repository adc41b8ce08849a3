// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/register_device.h"

#include <cstring>
#include <limits>

namespace dlac::platform {
namespace {

constexpr unsigned WordBytes = 4;

/// The offset of a register; nullopt for an address that is none.
[[nodiscard]] std::optional<std::uint32_t> register_offset(std::uint64_t address) {
  if (address % WordBytes != 0 || address > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(address);
}

}  // namespace

RegisterDevice::RegisterDevice(sc_core::sc_module_name name) : sc_module(name) {
  socket.register_b_transport(this, &RegisterDevice::b_transport);
  socket.register_transport_dbg(this, &RegisterDevice::transport_dbg);
}

void RegisterDevice::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  if (payload.get_data_length() != WordBytes ||
      (payload.get_streaming_width() != 0 && payload.get_streaming_width() < WordBytes)) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  const std::optional<std::uint32_t> offset = register_offset(payload.get_address());
  if (!offset) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (payload.is_read()) {
    const std::optional<std::uint32_t> value = read(*offset);
    if (value) std::memcpy(payload.get_data_ptr(), &*value, WordBytes);
    payload.set_response_status(value ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
  } else if (payload.is_write()) {
    std::uint32_t value = 0;
    std::memcpy(&value, payload.get_data_ptr(), WordBytes);
    payload.set_response_status(write(*offset, value) ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
  } else {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);  // ignore
  }
}

unsigned int RegisterDevice::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::optional<std::uint32_t> offset = register_offset(payload.get_address());
  if (!payload.is_read() || !offset) return 0;
  unsigned int moved = 0;
  while (payload.get_data_length() - moved >= WordBytes) {
    const std::optional<std::uint32_t> value = peek(*offset + moved);
    if (!value) break;
    std::memcpy(payload.get_data_ptr() + moved, &*value, WordBytes);
    moved += WordBytes;
  }
  return moved;
}

}  // namespace dlac::platform
