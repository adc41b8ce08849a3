// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstdint>
#include <systemc>
#include <tlm>

/// Where a target lies in the platform's address map.
struct Window {
  std::uint64_t base = 0;
  std::uint64_t bytes = 0;
};

/// Two initiators, two targets, an address decoder between them; adds no time. A target sees addresses that count from
/// its window's base. Loosely timed; simple_target_socket turns the calls of a four-phase initiator into b_transport,
/// one transaction at a time.
class Bus : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Bus> from_host{"from_host"};
  tlm_utils::simple_target_socket<Bus> from_core{"from_core"};
  tlm_utils::simple_initiator_socket_tagged<Bus> to_memory{"to_memory"};
  tlm_utils::simple_initiator_socket_tagged<Bus> to_registers{"to_registers"};

  Bus(sc_core::sc_module_name name, const Window& memory, const Window& registers)
      : sc_module(name), routes_{{memory, &to_memory}, {registers, &to_registers}} {
    for (auto* socket : {&from_host, &from_core}) {
      socket->register_b_transport(this, &Bus::b_transport);
      socket->register_transport_dbg(this, &Bus::transport_dbg);
      socket->register_get_direct_mem_ptr(this, &Bus::get_direct_mem_ptr);
    }
    for (int i = 0; i < Targets; ++i) {
      routes_[i].socket->register_invalidate_direct_mem_ptr(this, &Bus::invalidate_direct_mem_ptr, i);
    }
  }

 private:
  static constexpr int Targets = 2;
  struct Route {
    Window window;
    tlm_utils::simple_initiator_socket_tagged<Bus>* socket;
  };

  /// The route of the payload's address, which then counts from the window's base; nullptr: nobody is there. A bus may
  /// change the address, so an initiator sets it anew for every transaction. (IEEE 1666-2011, 14.7)
  const Route* decode(tlm::tlm_generic_payload& payload) {
    for (const Route& route : routes_) {
      const std::uint64_t offset = payload.get_address() - route.window.base;  // wraps below the base: too large
      if (offset >= route.window.bytes) continue;
      payload.set_address(offset);
      return &route;
    }
    return nullptr;
  }

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    if (const Route* route = decode(payload)) {
      (*route->socket)->b_transport(payload, delay);
    } else {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
  }

  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) {
    const Route* route = decode(payload);
    return route == nullptr ? 0 : (*route->socket)->transport_dbg(payload);
  }

  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    const Route* route = decode(payload);
    if (route == nullptr) return false;
    const bool granted = (*route->socket)->get_direct_mem_ptr(payload, dmi);
    // The target's addresses become the platform's; beyond the window there may be another target.
    const Window& window = route->window;
    dmi.set_start_address(window.base + dmi.get_start_address());
    dmi.set_end_address(window.base + std::min<std::uint64_t>(dmi.get_end_address(), window.bytes - 1));
    return granted;
  }

  void invalidate_direct_mem_ptr(int target, sc_dt::uint64 first, sc_dt::uint64 last) {
    const Window& window = routes_[target].window;
    if (first >= window.bytes) return;
    last = window.base + std::min<std::uint64_t>(last, window.bytes - 1);
    from_host->invalidate_direct_mem_ptr(window.base + first, last);
    from_core->invalidate_direct_mem_ptr(window.base + first, last);
  }

  const Route routes_[Targets];
};
