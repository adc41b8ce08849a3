// SPDX-License-Identifier: Apache-2.0
// The base-protocol checker itself: each rule on direct memory and debug accesses broken once, by a scripted initiator
// or target, is found under its own name and under no other.
#include "tb/tests/tb/protocol/sc_checker_rig.h"

namespace dlac::tb::protocol::checker_rig {

TEST_CASE("protocol checker: direct memory and debug accesses") {
  const auto granted = [](const char* what, Rule rule, const std::function<void(Payload&, tlm::tlm_dmi&)>& change) {
    return Case{what, rule, [change](Rig& r) {
                  r.target.dmi = [change, &r](Payload& payload, tlm::tlm_dmi& dmi) {
                    dmi.set_dmi_ptr(r.data.data());
                    dmi.set_start_address(0x10);
                    dmi.set_end_address(0x17);
                    dmi.allow_read_write();
                    change(payload, dmi);
                    return true;
                  };
                  Payload p;
                  r.prepare(p);
                  tlm::tlm_dmi dmi;
                  r.initiator.socket->get_direct_mem_ptr(p, dmi);
                }};
  };
  const auto debug = [](const char* what, Rule rule, const std::function<unsigned int(Payload&)>& access,
                        bool null_data = false) {
    return Case{what, rule, [access, null_data](Rig& r) {
                  r.target.debug = access;
                  Payload p;
                  r.prepare(p);
                  if (null_data) {
                    p.set_read();
                    p.set_data_ptr(nullptr);
                  }
                  r.initiator.socket->transport_dbg(p);
                }};
  };
  all_found({
      granted("no pointer", Rule::DmiGrant, [](Payload&, tlm::tlm_dmi& d) { d.set_dmi_ptr(nullptr); }),
      granted("an empty range", Rule::DmiGrant, [](Payload&, tlm::tlm_dmi& d) { d.set_start_address(0x18); }),
      granted("another range", Rule::DmiGrant, [](Payload&, tlm::tlm_dmi& d) { d.set_start_address(0x11); }),
      granted("another access", Rule::DmiGrant, [](Payload&, tlm::tlm_dmi& d) { d.allow_read(); }),
      granted("the request changed", Rule::Modified, [](Payload& p, tlm::tlm_dmi&) { p.set_read(); }),
      {"neither read nor write", Rule::DmiRequest,
       [](Rig& r) {
         Payload p;
         r.prepare(p).set_command(tlm::TLM_IGNORE_COMMAND);
         tlm::tlm_dmi dmi;
         r.initiator.socket->get_direct_mem_ptr(p, dmi);
       }},
      {"an old descriptor", Rule::DmiRequest,
       [](Rig& r) {
         Payload p;
         tlm::tlm_dmi dmi;
         dmi.set_dmi_ptr(r.data.data());
         r.initiator.socket->get_direct_mem_ptr(r.prepare(p), dmi);
       }},
      {"out of an invalidation", Rule::DmiRequest,
       [](Rig& r) {
         r.initiator.invalidated = [&r] {
           Payload p;
           tlm::tlm_dmi dmi;
           r.initiator.socket->get_direct_mem_ptr(r.prepare(p), dmi);
         };
         r.target.socket->invalidate_direct_mem_ptr(0, 1);
       }},
      {"an empty invalidation", Rule::DmiInvalidate, [](Rig& r) { r.target.socket->invalidate_direct_mem_ptr(1, 0); }},
      debug("too many bytes", Rule::DebugCount, [](Payload&) { return 5U; }),
      debug("debug write data", Rule::DebugModified,
            [](Payload& p) {
              *p.get_data_ptr() ^= 1;
              return 4U;
            }),
      debug(
          "debug without a pointer", Rule::DebugRequest, [](Payload&) { return 0U; }, true),
      debug("debug that waits", Rule::NonBlocking,
            [](Payload&) {
              sc_core::wait(ns(1));
              return 4U;
            }),
  });
}

}  // namespace dlac::tb::protocol::checker_rig
