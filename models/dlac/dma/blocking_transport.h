// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/dma/memory_transport.h>

#include <memory>
#include <systemc>
#include <utility>
#include <vector>

namespace dlac {

/// Loosely timed: b_transport. Every call runs in a thread of a pool, so that a memory which blocks in it holds up one
/// burst and not the port: as many calls overlap as bursts are outstanding. A call is never interrupted, not even by a
/// reset, for what is on the stack there is not ours.
class BlockingTransport : public MemoryTransport {
 public:
  BlockingTransport(Socket& socket, Listener listener) : socket_(socket), listener_(std::move(listener)) {}

  void send(BurstPayload& payload) override;
  [[nodiscard]] bool decoupled() const override { return true; }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) override {
    return tlm::TLM_ACCEPTED;  // no transaction is under way on this path
  }

 private:
  struct Caller {
    BurstPayload* payload = nullptr;
    sc_core::sc_event go;
  };

  void serve(Caller& caller);
  void call(BurstPayload& payload);

  Socket& socket_;
  const Listener listener_;
  std::vector<std::unique_ptr<Caller>> callers_;
  std::vector<Caller*> idle_;
};

}  // namespace dlac
