// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/control/list_control.h>
#include <dlac/control/register_file.h>
#include <dlac/links/transport_defaults.h>
#include <tlm_utils/peq_with_get.h>

#include <deque>
#include <systemc>
#include <tlm>

namespace dlac {

/// The `csr` side of the core: the base protocol in front of the registers (IEEE 1666-2011, 15).
///
/// b_transport answers at once. An access that arrives ahead of time (temporal decoupling) and whose outcome depends on
/// the time waits for it first, and that time is spent: the delay is 0 afterwards, or with csr_keep_delay what it was;
/// all others leave the delay as it is. nb_transport has four phases: END_REQ when the
/// access has been made, BEGIN_RESP a delta cycle later or when the response channel is free. Any number of accesses
/// may wait there. A reset of the core does not touch the protocol: who has asked is answered.
class CsrTarget final : public sc_core::sc_module, public ListStatusIf, private ForwardDefaults<> {
 public:
  tlm::tlm_target_socket<32> csr{"csr"};
  sc_core::sc_out<bool> irq{"irq"};
  /// What register writes set off.
  sc_core::sc_port<ListCommandIf> lists{"lists"};

  CsrTarget(const sc_core::sc_module_name& name, const Config& config);
  CsrTarget(const CsrTarget&) = delete;
  CsrTarget& operator=(const CsrTarget&) = delete;

  void list_finished() override { registers_.list_finished(); }
  void list_failed(ErrorCode code, std::uint64_t fault_address) override {
    registers_.list_failed(code, fault_address);
  }
  void reset_registers() override { registers_.reset(); }
  void hold(bool held) override { registers_.hold(held); }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override;
  void drive_irq();
  void serve();
  void respond();
  void end_response(const sc_core::sc_time& delay);

  const bool keep_delay_;
  sc_core::sc_event irq_changed_{"irq_changed"};
  RegisterFile registers_;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> requests_{"requests"};
  std::deque<tlm::tlm_generic_payload*> answered_;  ///< waiting for the response channel
  tlm::tlm_generic_payload* responding_ = nullptr;  ///< BEGIN_RESP sent, END_RESP to come
  sc_core::sc_time free_at_;                        ///< of the response channel
  sc_core::sc_event respond_;
};

}  // namespace dlac
