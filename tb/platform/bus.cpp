// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/bus.h"

#include <algorithm>
#include <cstring>

namespace dlac::platform {

Bus::Bus(sc_core::sc_module_name name, const std::vector<Initiator>& initiators, const std::vector<Target>& targets)
    : sc_module(name) {
  for (const Initiator& initiator : initiators) {
    const int id = static_cast<int>(initiators_.size());
    InitiatorPort& port = *initiators_.emplace_back(std::make_unique<InitiatorPort>(initiator));
    port.socket.register_b_transport(this, &Bus::b_transport, id);
    port.socket.register_nb_transport_fw(this, &Bus::nb_transport_fw, id);
    port.socket.register_transport_dbg(this, &Bus::transport_dbg, id);
    port.socket.register_get_direct_mem_ptr(this, &Bus::get_direct_mem_ptr, id);
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(&port.over);
    sc_core::sc_spawn([&port] { port.active = false; }, (initiator.name + "_over").c_str(), &options);
  }
  for (const Target& target : targets) {
    const int id = static_cast<int>(targets_.size());
    TargetPort& port = *targets_.emplace_back(std::make_unique<TargetPort>(target));
    port.socket.register_nb_transport_bw(this, &Bus::nb_transport_bw, id);
    port.socket.register_invalidate_direct_mem_ptr(this, &Bus::invalidate_direct_mem_ptr, id);
  }
}

void Bus::trace(sc_core::sc_trace_file* file) const {
  for (const auto& port : initiators_) {
    const std::string prefix = std::string(port->socket.name()) + ".";
    sc_core::sc_trace(file, port->active, prefix + "active");
    sc_core::sc_trace(file, port->write, prefix + "write");
    sc_core::sc_trace(file, port->address, prefix + "address", 32);
    sc_core::sc_trace(file, port->data, prefix + "data");
    sc_core::sc_trace(file, port->error, prefix + "error");
  }
}

Bus::TargetPort* Bus::decode(const tlm::tlm_generic_payload& payload, bool whole) const {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = whole ? std::max<std::uint64_t>(1, payload.get_data_length()) : 1;
  for (const auto& port : targets_) {
    if (address >= port->base && address - port->base < port->bytes && length <= port->bytes - (address - port->base)) {
      return port.get();
    }
  }
  return nullptr;
}

void Bus::show_begin(InitiatorPort& port, const tlm::tlm_generic_payload& payload) const {
  port.over.cancel();
  port.active = true;
  port.error = false;
  port.address = payload.get_address();
  port.write = payload.is_write();
  port.data = 0;
  if (payload.is_write()) {
    std::memcpy(&port.data, payload.get_data_ptr(), std::min<std::size_t>(payload.get_data_length(), 4));
  }
}

void Bus::show_end(InitiatorPort& port, const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) const {
  port.error = payload.is_response_error();
  if (payload.is_read()) {
    std::memcpy(&port.data, payload.get_data_ptr(), std::min<std::size_t>(payload.get_data_length(), 4));
  }
  port.over.notify(delay);
}

void Bus::b_transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  InitiatorPort& port = *initiators_[static_cast<std::size_t>(initiator)];
  show_begin(port, payload);
  if (TargetPort* const target = decode(payload)) {
    const std::uint64_t address = payload.get_address();
    payload.set_address(address - target->base);
    if (target->watcher) target->watcher(payload);
    target->socket->b_transport(payload, delay);
    payload.set_address(address);
  } else {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  delay += port.latency;
  show_end(port, payload, delay);
}

tlm::tlm_sync_enum Bus::nb_transport_fw(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_core::sc_time& delay) {
  InitiatorPort& port = *initiators_[static_cast<std::size_t>(initiator)];
  const std::uint64_t address = payload.get_address();
  if (phase == tlm::BEGIN_REQ) {
    show_begin(port, payload);
    delay += port.latency;
    TargetPort* const target = decode(payload);
    if (target == nullptr) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      show_end(port, payload, delay);
      return tlm::TLM_COMPLETED;
    }
    routes_[&payload] = {&port, target, address, ++begun_};
  }
  // On the target's side the payload holds the target's address; the initiator's it holds when it is there.
  const Route route = routes_.at(&payload);
  const bool ends = phase == tlm::END_RESP;
  payload.set_address(address_at(route));
  if (phase == tlm::BEGIN_REQ && route.target->watcher) route.target->watcher(payload);
  const tlm::tlm_sync_enum result = route.target->socket->nb_transport_fw(payload, phase, delay);
  const bool responds = result == tlm::TLM_COMPLETED || (result == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP);
  if (ends || responds) payload.set_address(route.address);
  if (!ends && responds) show_end(port, payload, delay);
  if (ends || result == tlm::TLM_COMPLETED) routes_.erase(&payload);
  return result;
}

tlm::tlm_sync_enum Bus::nb_transport_bw(int, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_core::sc_time& delay) {
  const Route route = routes_.at(&payload);
  if (phase == tlm::BEGIN_RESP) show_end(*route.initiator, payload, delay);
  payload.set_address(route.address);
  const tlm::tlm_sync_enum result = route.initiator->socket->nb_transport_bw(payload, phase, delay);
  // The initiator may have ended the transaction out of this call, and begun another one with the same payload.
  const auto still = routes_.find(&payload);
  if (still == routes_.end() || still->second.number != route.number) return result;
  if (result == tlm::TLM_COMPLETED || (result == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
    routes_.erase(still);
  } else {
    payload.set_address(address_at(route));
  }
  return result;
}

unsigned int Bus::transport_dbg(int, tlm::tlm_generic_payload& payload) {
  TargetPort* const target = decode(payload);
  if (target == nullptr) return 0;
  const std::uint64_t address = payload.get_address();
  payload.set_address(address - target->base);
  const unsigned int moved = target->socket->transport_dbg(payload);
  payload.set_address(address);
  return moved;
}

bool Bus::get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const std::uint64_t address = payload.get_address();
  TargetPort* const target = decode(payload, false);
  if (target == nullptr) {
    dmi.init();
    dmi.set_start_address(address);
    dmi.set_end_address(address);
    return false;
  }
  payload.set_address(address - target->base);
  const bool granted = target->socket->get_direct_mem_ptr(payload, dmi);
  payload.set_address(address);
  // A target may speak of more than its window.
  const std::uint64_t last = target->bytes - 1;
  dmi.set_start_address(target->base + std::min<std::uint64_t>(dmi.get_start_address(), last));
  dmi.set_end_address(target->base + std::min<std::uint64_t>(dmi.get_end_address(), last));
  if (granted) {
    const sc_core::sc_time& latency = initiators_[static_cast<std::size_t>(initiator)]->latency;
    dmi.set_read_latency(dmi.get_read_latency() + latency);
    dmi.set_write_latency(dmi.get_write_latency() + latency);
  }
  return granted;
}

void Bus::invalidate_direct_mem_ptr(int target, sc_dt::uint64 first, sc_dt::uint64 last) {
  const TargetPort& port = *targets_[static_cast<std::size_t>(target)];
  if (first >= port.bytes) return;
  last = std::min<sc_dt::uint64>(last, port.bytes - 1);
  for (const auto& initiator : initiators_) {
    initiator->socket->invalidate_direct_mem_ptr(port.base + first, port.base + last);
  }
}

}  // namespace dlac::platform
