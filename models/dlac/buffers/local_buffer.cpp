// SPDX-License-Identifier: Apache-2.0
#include <dlac/buffers/local_buffer.h>

#include <algorithm>
#include <cstring>

namespace dlac {
namespace {

// Granted with the rest, so that a vector load of the last word may reach behind it.
constexpr std::uint64_t Margin = 64;

}  // namespace

LocalBuffer::LocalBuffer(const sc_core::sc_module_name& name, std::uint32_t bytes)
    : Buffer(name), bytes_(bytes), storage_(bytes_ + Margin) {}

void LocalBuffer::reset() { std::fill(storage_.begin(), storage_.end(), std::uint8_t{0}); }

void LocalBuffer::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = payload.get_data_length();
  if (address > bytes_ || length > bytes_ - address) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &storage_[address], length);
  if (payload.is_write()) std::memcpy(&storage_[address], payload.get_data_ptr(), length);
  payload.set_dmi_allowed(true);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool LocalBuffer::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  dmi.init();
  dmi.set_dmi_ptr(storage_.data());
  dmi.set_start_address(0);
  dmi.set_end_address(storage_.size() - 1);
  dmi.allow_read_write();
  return true;
}

unsigned int LocalBuffer::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  if (address >= bytes_) return 0;
  const std::uint64_t length = std::min<std::uint64_t>(payload.get_data_length(), bytes_ - address);
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &storage_[address], length);
  if (payload.is_write()) std::memcpy(&storage_[address], payload.get_data_ptr(), length);
  return static_cast<unsigned int>(length);
}

}  // namespace dlac
