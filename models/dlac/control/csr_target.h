// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/control/register_file.h>
#include <tlm_utils/peq_with_get.h>

#include <deque>
#include <systemc>
#include <tlm>

namespace dlac {

/// The `csr` side of the core: the base protocol in front of the registers (IEEE 1666-2011, 15).
///
/// b_transport answers at once. An access that arrives ahead of time (temporal decoupling) and whose outcome depends on
/// the time waits for it first; all others leave the delay as it is. nb_transport has four phases: END_REQ when the
/// access has been made, BEGIN_RESP a delta cycle later or when the response channel is free. Any number of accesses
/// may wait there. A reset of the core does not touch the protocol: who has asked is answered.
class CsrTarget : public sc_core::sc_module {
 public:
  using Socket = tlm::tlm_target_socket<32>;

  CsrTarget(sc_core::sc_module_name name, Socket& socket, RegisterFile& registers);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);

 private:
  void serve();
  void respond();
  void end_response(const sc_core::sc_time& delay);

  Socket& socket_;
  RegisterFile& registers_;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> requests_{"requests"};
  std::deque<tlm::tlm_generic_payload*> answered_;  ///< waiting for the response channel
  tlm::tlm_generic_payload* responding_ = nullptr;  ///< BEGIN_RESP sent, END_RESP to come
  sc_core::sc_time free_at_;                        ///< of the response channel
  sc_core::sc_event respond_;
};

}  // namespace dlac
