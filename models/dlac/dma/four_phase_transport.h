// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/dma/memory_transport.h>
#include <tlm_utils/peq_with_get.h>

#include <systemc>
#include <vector>

namespace dlac {

/// Approximately timed: the four phases of the base protocol (IEEE 1666-2011, 15). One request at a time on the request
/// channel, as many transactions outstanding as the port allows, responses in any order; the memory may take every
/// short cut of the protocol. Responses are accepted at once; the data beats are in the port's own timing.
/// What is under way when the port is reset is carried to its end, for the protocol knows no reset.
class FourPhaseTransport : public sc_core::sc_module, public MemoryTransport {
 public:
  FourPhaseTransport(sc_core::sc_module_name name, Socket& socket, Listener listener);

  void send(BurstPayload& payload) override;
  [[nodiscard]] bool decoupled() const override { return false; }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;

 private:
  enum class State : std::uint8_t { Requested, Accepted, Responding, Complete };
  struct Transaction {
    BurstPayload* payload = nullptr;
    State state = State::Requested;
  };

  void collect();
  /// The request channel is free after `delay`.
  void free_channel(const sc_core::sc_time& delay);
  [[nodiscard]] bool ready() const { return request_ == nullptr && sc_core::sc_time_stamp() >= free_at_; }
  [[nodiscard]] Transaction* find(const tlm::tlm_generic_payload& payload);

  Socket& socket_;
  const Listener listener_;
  std::vector<Transaction> transactions_;  ///< under way
  const BurstPayload* request_ = nullptr;  ///< occupies the request channel
  sc_core::sc_time free_at_;               ///< of the request channel, when request_ is null
  tlm_utils::peq_with_get<BurstPayload> responses_{"responses"};
};

}  // namespace dlac
