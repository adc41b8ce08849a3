// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/register_device.h"

#include <cstring>

namespace dlac::platform {
namespace {

constexpr unsigned WordBytes = 4;

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
  if (payload.get_data_length() != WordBytes || payload.get_streaming_width() < WordBytes) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  if (payload.get_address() % WordBytes != 0) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const auto offset = static_cast<std::uint32_t>(payload.get_address());
  if (payload.is_read()) {
    const std::optional<std::uint32_t> value = read(offset);
    if (value) std::memcpy(payload.get_data_ptr(), &*value, WordBytes);
    payload.set_response_status(value ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
  } else if (payload.is_write()) {
    std::uint32_t value = 0;
    std::memcpy(&value, payload.get_data_ptr(), WordBytes);
    payload.set_response_status(write(offset, value) ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
  } else {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);  // ignore
  }
}

unsigned int RegisterDevice::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (!payload.is_read() || payload.get_address() % WordBytes != 0) return 0;
  unsigned int moved = 0;
  while (payload.get_data_length() - moved >= WordBytes) {
    const std::optional<std::uint32_t> value = peek(static_cast<std::uint32_t>(payload.get_address() + moved));
    if (!value) break;
    std::memcpy(payload.get_data_ptr() + moved, &*value, WordBytes);
    moved += WordBytes;
  }
  return moved;
}

}  // namespace dlac::platform
