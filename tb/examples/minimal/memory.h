// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

/// A RAM with a fixed latency per access. Loosely timed; grants DMI to all of it.
class Memory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Memory> socket{"socket"};

  Memory(sc_core::sc_module_name name, std::size_t bytes, const sc_core::sc_time& latency)
      : sc_module(name), storage_(bytes), latency_(latency) {
    socket.register_b_transport(this, &Memory::b_transport);
    socket.register_transport_dbg(this, &Memory::transport_dbg);
    socket.register_get_direct_mem_ptr(this, &Memory::get_direct_mem_ptr);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const tlm::tlm_response_status status = access(payload);
    payload.set_response_status(status);
    if (status != tlm::TLM_OK_RESPONSE) return;
    payload.set_dmi_allowed(true);
    delay += latency_;
  }

  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) {
    return access(payload) == tlm::TLM_OK_RESPONSE ? payload.get_data_length() : 0;
  }

  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.init();
    dmi.set_dmi_ptr(storage_.data());
    dmi.set_start_address(0);
    dmi.set_end_address(storage_.size() - 1);
    dmi.set_read_latency(latency_);
    dmi.set_write_latency(latency_);
    dmi.allow_read_write();
    return true;
  }

  /// Moves the data as the payload's attributes say; the one place that looks at them. (IEEE 1666-2011, 14.8 to 14.17)
  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload) {
    const unsigned int length = payload.get_data_length();
    // After `width` bytes a streaming transfer begins again at its address.
    const unsigned int width = std::min(payload.get_streaming_width(), length);
    const std::uint64_t address = payload.get_address();
    const unsigned char* enables = payload.get_byte_enable_ptr();
    if (length == 0 || width == 0 || (enables != nullptr && payload.get_byte_enable_length() == 0)) {
      return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    if (address >= storage_.size() || width > storage_.size() - address) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    for (unsigned int i = 0; i < length; ++i) {
      if (enables != nullptr && enables[i % payload.get_byte_enable_length()] != TLM_BYTE_ENABLED) continue;
      unsigned char& cell = storage_[address + i % width];
      if (payload.is_read()) payload.get_data_ptr()[i] = cell;
      if (payload.is_write()) cell = payload.get_data_ptr()[i];
    }
    return tlm::TLM_OK_RESPONSE;
  }

  std::vector<unsigned char> storage_;
  const sc_core::sc_time latency_;
};
