// SPDX-License-Identifier: Apache-2.0
#include "tb/system/memory.h"

#include <cstring>
#include <new>

namespace dlac::tb {

Memory::Memory(sc_core::sc_module_name name, std::uint64_t bytes, const sc_core::sc_time& latency)
    : sc_module(name),
      bytes_(bytes),
      latency_(latency),
      storage_(static_cast<std::uint8_t*>(std::calloc(bytes, 1))) {  // calloc: untouched pages cost nothing
  if (!storage_) throw std::bad_alloc();
  socket.register_b_transport(this, &Memory::b_transport);
  socket.register_nb_transport_fw(this, &Memory::nb_transport_fw);
  socket.register_get_direct_mem_ptr(this, &Memory::get_direct_mem_ptr);
  socket.register_transport_dbg(this, &Memory::transport_dbg);
}

bool Memory::inside(const tlm::tlm_generic_payload& payload) const {
  return payload.get_address() <= bytes_ && payload.get_data_length() <= bytes_ - payload.get_address();
}

void Memory::access(tlm::tlm_generic_payload& payload) {
  if (!inside(payload)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  if (payload.get_streaming_width() != 0 && payload.get_streaming_width() < payload.get_data_length()) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  std::uint8_t* at = storage_.get() + payload.get_address();
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), at, payload.get_data_length());
  if (payload.is_write()) std::memcpy(at, payload.get_data_ptr(), payload.get_data_length());
  payload.set_dmi_allowed(true);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void Memory::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  access(payload);
  delay += latency_;  // an error takes as long
}

tlm::tlm_sync_enum Memory::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                           sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    payload.acquire();
    due_.notify(payload, tlm::BEGIN_RESP, delay + latency_);
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  if (phase == tlm::END_RESP) due_.notify(payload, tlm::END_RESP, delay);
  return tlm::TLM_ACCEPTED;
}

void Memory::phase_due(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
  if (phase == tlm::BEGIN_RESP) {
    access(payload);
    responses_.push_back(&payload);
  } else {
    responding_ = false;
    responses_.pop_front();
    payload.release();
  }
  respond();
}

void Memory::respond() {
  if (responding_ || responses_.empty()) return;
  tlm::tlm_generic_payload& payload = *responses_.front();
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  responding_ = true;
  const tlm::tlm_sync_enum status = socket->nb_transport_bw(payload, phase, delay);
  // TLM_ACCEPTED: the initiator calls with END_RESP, perhaps it has already.
  if (status != tlm::TLM_ACCEPTED) due_.notify(payload, tlm::END_RESP, delay);
}

bool Memory::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  dmi.init();
  dmi.set_dmi_ptr(storage_.get());
  dmi.set_start_address(0);
  dmi.set_end_address(bytes_ - 1);
  dmi.set_read_latency(latency_);
  dmi.set_write_latency(latency_);
  dmi.allow_read_write();
  return true;
}

unsigned int Memory::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (!inside(payload)) return 0;
  std::uint8_t* at = storage_.get() + payload.get_address();
  if (payload.is_read()) std::memcpy(payload.get_data_ptr(), at, payload.get_data_length());
  if (payload.is_write()) std::memcpy(at, payload.get_data_ptr(), payload.get_data_length());
  return payload.get_data_length();
}

}  // namespace dlac::tb
