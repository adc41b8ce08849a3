// SPDX-License-Identifier: Apache-2.0
// What IEEE 1666-2011 permits, or the options do, the base-protocol checker does not report.
#include "tb/tests/tb/protocol/sc_checker_rig.h"

namespace dlac::tb::protocol::checker_rig {

TEST_CASE("protocol checker: what the standard permits is not reported") {
  DECLARE_EXTENDED_PHASE(ignorable);
  const Phase ignorable_phase = ignorable;
  none_found({
      {"blocking, waiting and annotated", None,
       [](Rig& r) {
         r.target.b = [](Payload& payload, sc_time& delay) {
           sc_core::wait(delay + ns(5));
           delay = ns(2);
           payload.set_dmi_allowed(true);
           payload.set_response_status(tlm::TLM_OK_RESPONSE);
         };
         Payload p;
         r.b(r.prepare(p), ns(10));
       }},
      {"two objects in b_transport at once", None,
       [](Rig& r) {
         r.target.b = [&r](Payload& q, sc_time& delay) {
           q.set_response_status(tlm::TLM_OK_RESPONSE);
           if (q.get_address() != 0x10) return;
           Payload p;
           r.prepare(p).set_address(0x20);
           r.initiator.socket->b_transport(p, delay);
         };
         r.b([](Payload&) {});
       }},
      {"an ignore command without data", None,
       [](Rig& r) {
         r.b([](Payload& p) {
           p.set_command(tlm::TLM_IGNORE_COMMAND);
           p.set_data_ptr(nullptr);
           p.set_data_length(0);
         });
       }},
      {"a read that writes enabled bytes", None,
       [](Rig& r) {
         r.target.b = [](Payload& p, sc_time&) {
           p.get_data_ptr()[0] = p.get_data_ptr()[2] = 0x99;
           p.set_response_status(tlm::TLM_OK_RESPONSE);
         };
         r.b([&r](Payload& p) {
           p.set_read();
           p.set_byte_enable_ptr(r.enables.data());
           p.set_byte_enable_length(4);
         });
       }},
      {"early completion", None,
       [](Rig& r) {
         r.target.fw = [](Payload& payload, Phase&, sc_time& delay) {
           payload.set_response_status(tlm::TLM_OK_RESPONSE);
           delay += ns(10);
           return TLM_COMPLETED;
         };
         Payload& p = r.fresh();
         CHECK(r.fw(p, tlm::BEGIN_REQ, ns(3)) == TLM_COMPLETED);
         p.release();
         Payload& q = r.fresh();  // the same object, at once
         r.fw(q, tlm::BEGIN_REQ, ns(13));
         q.release();
       }},
      {"four explicit phases", None,
       [](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ, ns(1));
         sc_core::wait(ns(2));
         r.bw(p, tlm::END_REQ, ns(1));
         r.bw(p, tlm::BEGIN_RESP, ns(2));
         sc_core::wait(ns(2));
         r.fw(p, tlm::END_RESP);
         p.release();
       }},
      {"no END_REQ", None,
       [](Rig& r) {
         r.accept_all();
         Payload& p = r.fresh();
         Payload& q = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         r.fw(q, tlm::BEGIN_REQ);
         r.bw(q, tlm::BEGIN_RESP);
         p.release();
         q.release();
       }},
      {"phases returned with annotated times", None,
       [](Rig& r) {
         r.target.fw = [](Payload&, Phase& phase, sc_time& delay) {
           phase = tlm::END_REQ;
           delay += ns(10);
           return TLM_UPDATED;
         };
         r.initiator.bw = [](Payload&, Phase& phase, sc_time& delay) {
           phase = tlm::END_RESP;
           delay += ns(10);
           return TLM_UPDATED;
         };
         Payload& p = r.fresh();
         Payload& q = r.fresh();
         r.fw(p, tlm::BEGIN_REQ, ns(5));
         r.fw(q, tlm::BEGIN_REQ, ns(15));  // when the request before ends
         r.bw(q, tlm::BEGIN_RESP, ns(25));
         r.bw(p, tlm::BEGIN_RESP, ns(35));  // out of order, when the response before ends
         p.release();
         q.release();
       }},
      {"BEGIN_RESP returned", None,
       [](Rig& r) {
         r.target.fw = [](Payload& payload, Phase& phase, sc_time& delay) {
           if (phase == tlm::END_RESP) return TLM_COMPLETED;
           phase = tlm::BEGIN_RESP;
           delay += ns(7);
           payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
           return TLM_UPDATED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.fw(p, tlm::END_RESP, ns(7));
         p.release();
       }},
      {"backward calls out of the forward call, which is then accepted", None,
       [](Rig& r) {
         r.target.fw = [&r](Payload& payload, Phase& phase, sc_time&) {
           if (phase == tlm::BEGIN_REQ) {
             r.bw(payload, tlm::END_REQ);
             r.bw(payload, tlm::BEGIN_RESP);
           }
           return TLM_ACCEPTED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         p.release();
       }},
      {"the object is back in its pool, and sent again, before the forward call returns", None,
       [](Rig& r) {
         int requests = 0;
         r.target.fw = [&r, &requests](Payload& payload, Phase&, sc_time&) {
           if (++requests == 1) r.bw(payload, tlm::BEGIN_RESP);
           if (requests < 2) return TLM_ACCEPTED;
           payload.set_response_status(tlm::TLM_OK_RESPONSE);
           return TLM_COMPLETED;
         };
         r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_COMPLETED; };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         p.release();
         Payload& q = r.fresh();
         CHECK(&p == &q);
         r.fw(q, tlm::BEGIN_REQ);
         q.release();
       }},
      {"data given up with the end of the response", None,
       [](Rig& r) {
         r.accept_all();
         auto bytes = std::make_unique<std::array<unsigned char, 4>>();
         r.initiator.bw = [&bytes](Payload&, Phase&, sc_time&) {
           bytes.reset();
           return TLM_COMPLETED;
         };
         Payload& p = r.fresh();
         p.set_data_ptr(bytes->data());
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         p.release();
       }},
      {"an ignorable phase either way", None,
       [ignorable_phase](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase& phase, sc_time&) {
           return phase == tlm::BEGIN_RESP ? TLM_COMPLETED : TLM_ACCEPTED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.fw(p, ignorable_phase);
         r.bw(p, ignorable_phase);
         r.bw(p, tlm::BEGIN_RESP);
         p.release();
       }},
      {"times of different transactions in any order", None,
       [](Rig& r) {
         Payload& p = r.fresh();
         Payload& q = r.fresh();
         r.fw(p, tlm::BEGIN_REQ, ns(10));
         r.fw(q, tlm::BEGIN_REQ, ns(5));
         p.release();
         q.release();
       }},
      {"blocking after non-blocking", None,
       [](Rig& r) {
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.b(r.prepare(p));
         p.release();
       }},
      {"direct memory, denied and granted", None,
       [](Rig& r) {
         Payload p;
         tlm::tlm_dmi denied;
         CHECK_FALSE(r.initiator.socket->get_direct_mem_ptr(r.prepare(p), denied));
         r.target.dmi = [&r](Payload&, tlm::tlm_dmi& dmi) {
           r.target.socket->invalidate_direct_mem_ptr(0, 0xFF);  // an older grant gives way
           dmi.set_dmi_ptr(r.data.data());
           dmi.set_start_address(0x10);
           dmi.set_end_address(0x17);
           dmi.allow_write();
           return true;
         };
         tlm::tlm_dmi dmi;
         CHECK(r.initiator.socket->get_direct_mem_ptr(p, dmi));
         CHECK(dmi.get_dmi_ptr() == r.data.data());
         r.target.socket->invalidate_direct_mem_ptr(0x1000, 0x2000);  // never granted
       }},
      {"fewer debug bytes, and none at all", None,
       [](Rig& r) {
         r.target.debug = [](Payload& p) { return p.get_data_length() / 2; };
         Payload p;
         CHECK(r.initiator.socket->transport_dbg(r.prepare(p)) == 2);
         p.set_data_ptr(nullptr);
         p.set_data_length(0);
         CHECK(r.initiator.socket->transport_dbg(p) == 0);
       }},
  });
}

TEST_CASE("protocol checker: an interconnect that follows may translate addresses") {
  Checker::Options bus;
  bus.address_may_change = true;
  none_found({{"translated", None,
               [](Rig& r) {
                 r.target.b = [](Payload& p, sc_time&) {
                   p.set_address(p.get_address() + 0x1000);
                   p.set_response_status(tlm::TLM_OK_RESPONSE);
                 };
                 r.b([](Payload&) {});
               },
               bus}});
}

TEST_CASE("protocol checker: strange requests and misplaced grants are permitted where the options say so") {
  Checker::Options lenient;
  lenient.strict_requests = lenient.strict_grants = false;
  none_found({{"unknown command", None,
               [](Rig& r) { r.b([](Payload& p) { p.set_command(static_cast<tlm::tlm_command>(3)); }); }, lenient},
              {"no data pointer", None, [](Rig& r) { r.b([](Payload& p) { p.set_data_ptr(nullptr); }); }, lenient},
              {"grant elsewhere", None,
               [](Rig& r) {
                 r.target.dmi = [&r](Payload&, tlm::tlm_dmi& dmi) {
                   dmi.set_dmi_ptr(r.data.data());
                   dmi.set_start_address(0x20);
                   dmi.set_end_address(0x27);
                   dmi.allow_read_write();
                   return true;
                 };
                 Payload p;
                 r.prepare(p);
                 tlm::tlm_dmi dmi;
                 r.initiator.socket->get_direct_mem_ptr(p, dmi);
               },
               lenient}});
}

}  // namespace dlac::tb::protocol::checker_rig
