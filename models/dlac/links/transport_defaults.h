// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm>

namespace dlac {

/// What a target answers where it has nothing of its own to say: no memory access, no debug access, no phases. A module
/// derives from it and overrides what its protocol uses.
template <typename Types = tlm::tlm_base_protocol_types>
class ForwardDefaults : public tlm::tlm_fw_transport_if<Types> {
 public:
  using Payload = typename Types::tlm_payload_type;
  using Phase = typename Types::tlm_phase_type;

  void b_transport(Payload&, sc_core::sc_time&) override {}
  tlm::tlm_sync_enum nb_transport_fw(Payload&, Phase&, sc_core::sc_time&) override { return tlm::TLM_COMPLETED; }
  bool get_direct_mem_ptr(Payload&, tlm::tlm_dmi& dmi) override {
    dmi.init();
    return false;
  }
  unsigned int transport_dbg(Payload&) override { return 0; }
};

/// The same for an initiator: no phases come back, nothing was granted that could be taken back.
template <typename Types = tlm::tlm_base_protocol_types>
class BackwardDefaults : public tlm::tlm_bw_transport_if<Types> {
 public:
  using Payload = typename Types::tlm_payload_type;
  using Phase = typename Types::tlm_phase_type;

  tlm::tlm_sync_enum nb_transport_bw(Payload&, Phase&, sc_core::sc_time&) override { return tlm::TLM_ACCEPTED; }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
};

}  // namespace dlac
