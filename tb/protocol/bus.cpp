// SPDX-License-Identifier: Apache-2.0
#include "tb/protocol/bus.h"

namespace dlac::tb::protocol {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_ZERO_TIME;

Bus::Bus(sc_core::sc_module_name name, std::size_t initiators)
    : sc_module(name), ports("port", initiators), states_(initiators) {
  for (std::size_t i = 0; i < initiators; ++i) {
    const int id = static_cast<int>(i);
    ports[i].register_b_transport(this, &Bus::b_transport, id);
    ports[i].register_nb_transport_fw(this, &Bus::nb_transport_fw, id);
    ports[i].register_get_direct_mem_ptr(this, &Bus::get_direct_mem_ptr, id);
    ports[i].register_transport_dbg(this, &Bus::transport_dbg, id);
  }
  memory.register_nb_transport_bw(this, &Bus::nb_transport_bw);
  memory.register_invalidate_direct_mem_ptr(this, &Bus::invalidate_direct_mem_ptr);
  SC_HAS_PROCESS(Bus);
  SC_METHOD(forward);
  sensitive << forward_;
  dont_initialize();
}

void Bus::b_transport(int /*id*/, Payload& payload, sc_time& delay) { memory->b_transport(payload, delay); }

bool Bus::get_direct_mem_ptr(int /*id*/, Payload& payload, tlm::tlm_dmi& dmi) {
  return memory->get_direct_mem_ptr(payload, dmi);
}

unsigned int Bus::transport_dbg(int /*id*/, Payload& payload) { return memory->transport_dbg(payload); }

void Bus::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  for (auto& port : ports) port->invalidate_direct_mem_ptr(first, last);
}

tlm::tlm_sync_enum Bus::nb_transport_fw(int id, Payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    payload.acquire();
    origin_[&payload] = static_cast<std::size_t>(id);
    due_.notify(payload, tlm::BEGIN_REQ, delay);
  } else if (phase == tlm::END_RESP) {
    due_.notify(payload, tlm::END_RESP, delay);
    return tlm::TLM_COMPLETED;
  }
  return tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum Bus::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
  request_ended(payload, delay);
  if (phase == tlm::END_REQ) return tlm::TLM_ACCEPTED;
  due_.notify(payload, tlm::BEGIN_RESP, delay);
  return tlm::TLM_COMPLETED;  // it waits here, not in the target
}

void Bus::phase_due(Payload& payload, const tlm::tlm_phase& phase) {
  const std::size_t id = origin_.at(&payload);
  Port& port = states_[id];
  if (phase == tlm::BEGIN_REQ) {
    port.request = &payload;
    forward_.notify(SC_ZERO_TIME);
    return;
  }
  if (phase == tlm::BEGIN_RESP) {
    port.responses.push_back(&payload);
  } else {
    port.responses.pop_front();
    port.responding = false;
    origin_.erase(&payload);
    payload.release();
  }
  respond(id);
}

void Bus::forward() {
  if (requesting_ != nullptr) return;
  if (sc_time_stamp() < request_free_) {
    forward_.notify(request_free_ - sc_time_stamp());
    return;
  }
  for (std::size_t step = 1; step <= states_.size(); ++step) {
    const std::size_t id = (last_ + step) % states_.size();
    if (states_[id].request == nullptr) continue;
    last_ = id;
    Payload& payload = *states_[id].request;
    requesting_ = &payload;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay = SC_ZERO_TIME;
    const tlm::tlm_sync_enum status = memory->nb_transport_fw(payload, phase, delay);
    if (status == tlm::TLM_ACCEPTED) return;
    request_ended(payload, delay);
    if (status == tlm::TLM_UPDATED && phase == tlm::END_REQ) return;
    due_.notify(payload, tlm::BEGIN_RESP, delay);
    if (status == tlm::TLM_UPDATED) {
      phase = tlm::END_RESP;
      (void)memory->nb_transport_fw(payload, phase, delay);
    }
    return;
  }
}

void Bus::request_ended(Payload& payload, const sc_time& delay) {
  if (requesting_ != &payload) return;
  requesting_ = nullptr;
  request_free_ = sc_time_stamp() + delay;
  forward_.notify(delay);
  const std::size_t id = origin_.at(&payload);
  states_[id].request = nullptr;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_time annotated = delay;
  (void)ports[id]->nb_transport_bw(payload, phase, annotated);
}

void Bus::respond(std::size_t id) {
  Port& port = states_[id];
  if (port.responding || port.responses.empty()) return;
  port.responding = true;
  Payload& payload = *port.responses.front();
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_time delay = SC_ZERO_TIME;
  const tlm::tlm_sync_enum status = ports[id]->nb_transport_bw(payload, phase, delay);
  if (status != tlm::TLM_ACCEPTED) due_.notify(payload, tlm::END_RESP, delay);  // else the initiator calls
}

}  // namespace dlac::tb::protocol
