// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/link.h>

#include <systemc>
#include <tlm>

namespace dlac {

/// A module in a link of sockets, of any protocol: passes everything on, unchanged and at once, except that it denies
/// direct memory access, so that it sees every transaction. Derive from it and override what is of interest; call the
/// base to pass a transaction on.
template <typename Types = tlm::tlm_base_protocol_types>
class Probe : public LinkModule, public tlm::tlm_fw_transport_if<Types>, public tlm::tlm_bw_transport_if<Types> {
 public:
  using Payload = typename Types::tlm_payload_type;
  using Phase = typename Types::tlm_phase_type;

  tlm::tlm_target_socket<32, Types> target{"target"};           ///< towards the link's initiator
  tlm::tlm_initiator_socket<32, Types> initiator{"initiator"};  ///< towards the link's target

  explicit Probe(const sc_core::sc_module_name& name) : LinkModule(name) {
    target.bind(static_cast<tlm::tlm_fw_transport_if<Types>&>(*this));
    initiator.bind(static_cast<tlm::tlm_bw_transport_if<Types>&>(*this));
  }

  void b_transport(Payload& payload, sc_core::sc_time& delay) override {
    if (next_ == nullptr) next_ = initiator.operator->();
    next_->b_transport(payload, delay);
  }
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, Phase& phase, sc_core::sc_time& delay) override {
    return initiator->nb_transport_fw(payload, phase, delay);
  }
  unsigned int transport_dbg(Payload& payload) override { return initiator->transport_dbg(payload); }
  bool get_direct_mem_ptr(Payload&, tlm::tlm_dmi& dmi) override {
    dmi.init();
    return false;
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, Phase& phase, sc_core::sc_time& delay) override {
    return target->nb_transport_bw(payload, phase, delay);
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override {
    target->invalidate_direct_mem_ptr(first, last);
  }

 private:
  tlm::tlm_blocking_transport_if<Payload>* next_ = nullptr;  ///< behind the initiator; sockets are bound late
};

}  // namespace dlac
