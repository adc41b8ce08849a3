// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <tlm>

namespace dlac::tb {

/// Sets every attribute of a transaction that reads or writes one 32-bit register, as an initiator has to before each
/// use. `value` must stay where it is until the transaction is through.
inline void set_register_access(tlm::tlm_generic_payload& payload, tlm::tlm_command command, std::uint64_t offset,
                                std::uint32_t& value) {
  payload.set_command(command);
  payload.set_address(offset);
  payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  payload.set_data_length(sizeof value);
  payload.set_streaming_width(sizeof value);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

}  // namespace dlac::tb
