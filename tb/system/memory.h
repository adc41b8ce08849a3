// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <systemc>
#include <tlm>

namespace dlac::tb {

/// The testbench's memory: byte-addressed from 0, one fixed latency per access, DMI to all of it. (Memory port)
///
/// Loosely timed, an access takes place at once and the latency is annotated. Approximately timed, a request is
/// accepted at once, and the access and BEGIN_RESP follow exactly the latency after it, for any number of requests.
/// Only a response that the initiator has not ended yet delays later ones (IEEE 1666-2011 15.2.6).
class Memory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Memory, 32> socket{"socket"};

  /// `bytes` are reserved, and take real memory only when touched. Throws std::bad_alloc.
  Memory(sc_core::sc_module_name name, std::uint64_t bytes, const sc_core::sc_time& latency);

  /// Backdoor for the host's tensors.
  [[nodiscard]] std::uint8_t* data() { return storage_.get(); }
  [[nodiscard]] std::uint64_t size() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::uint8_t* p) const { std::free(p); }
  };

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);

  [[nodiscard]] bool inside(const tlm::tlm_generic_payload& payload) const;
  /// Moves the data and sets the response status and the DMI hint.
  void access(tlm::tlm_generic_payload& payload);
  /// A phase's time has come: BEGIN_RESP, or the END_RESP of the initiator.
  void phase_due(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  void respond();

  std::uint64_t bytes_;
  sc_core::sc_time latency_;
  std::unique_ptr<std::uint8_t[], Free> storage_;
  tlm_utils::peq_with_cb_and_phase<Memory> due_{this, &Memory::phase_due};
  std::deque<tlm::tlm_generic_payload*> responses_;  ///< the first has been sent where `responding_`
  bool responding_ = false;
};

}  // namespace dlac::tb
