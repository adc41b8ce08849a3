// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstddef>
#include <deque>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

namespace dlac::tb::protocol {

/// A bus from several initiators to one target, for both coding styles: requests in turns, one at a time; responses
/// wait here for the initiator's response channel, so that no initiator holds up another. Every hop keeps the base
/// protocol by itself. (IEEE 1666-2011 15.2)
class Bus : public sc_core::sc_module {
 public:
  sc_core::sc_vector<tlm_utils::simple_target_socket_tagged<Bus, 32>> ports;
  tlm_utils::simple_initiator_socket<Bus, 32> memory{"memory"};

  Bus(sc_core::sc_module_name name, std::size_t initiators);

 private:
  using Payload = tlm::tlm_generic_payload;

  struct Port {
    Payload* request = nullptr;      ///< waits for its turn, or has it
    std::deque<Payload*> responses;  ///< the first has been sent where `responding`
    bool responding = false;
  };

  void b_transport(int id, Payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(int id, Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(int id, Payload& payload, tlm::tlm_dmi& dmi);
  unsigned int transport_dbg(int id, Payload& payload);
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);

  /// The time of a request's arrival (BEGIN_REQ), of a response (BEGIN_RESP) or of its end (END_RESP) has come.
  void phase_due(Payload& payload, const tlm::tlm_phase& phase);
  void forward();
  void request_ended(Payload& payload, const sc_core::sc_time& delay);
  void respond(std::size_t id);

  std::vector<Port> states_;
  std::unordered_map<const Payload*, std::size_t> origin_;
  tlm_utils::peq_with_cb_and_phase<Bus> due_{this, &Bus::phase_due};
  std::size_t last_ = 0;                 ///< whose turn it was
  const Payload* requesting_ = nullptr;  ///< occupies the request channel to the target
  sc_core::sc_time request_free_;
  sc_core::sc_event forward_;
};

}  // namespace dlac::tb::protocol
