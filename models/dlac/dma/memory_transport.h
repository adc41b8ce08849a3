// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/dma/burst_payload.h>

#include <cstdint>
#include <functional>
#include <systemc>
#include <tlm>

namespace dlac {

/// How bursts travel to memory and responses come back: one interface, a class per coding style.
class MemoryTransport {
 public:
  using Socket = tlm::tlm_initiator_socket<32>;

  struct Listener {
    /// The memory has answered: response status and data are in the payload, `response` is the time that counts, which
    /// may lie ahead. The transport is through with the payload.
    std::function<void(BurstPayload&, const sc_core::sc_time& response)> responded;
    /// From this time on a request may be sent.
    std::function<void(const sc_core::sc_time&)> ready;
  };

  MemoryTransport() = default;
  MemoryTransport(const MemoryTransport&) = delete;
  MemoryTransport& operator=(const MemoryTransport&) = delete;
  virtual ~MemoryTransport() = default;

  /// Sends a request that the memory sees at `payload.start`, now or later. The answer comes through the listener,
  /// perhaps before this returns.
  virtual void send(BurstPayload& payload) = 0;
  /// Whether requests may be sent at any time, also before their own (temporal decoupling); else the next one may
  /// follow when the listener hears `ready`.
  [[nodiscard]] virtual bool decoupled() const = 0;
  virtual tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                             sc_core::sc_time& delay) = 0;
};

}  // namespace dlac
