// SPDX-License-Identifier: Apache-2.0
// The base-protocol checker itself: each rule on times and processes broken once, by a scripted initiator or
// target, is found under its own name and under no other.
#include "tb/tests/tb/protocol/sc_checker_rig.h"

namespace dlac::tb::protocol::checker_rig {

TEST_CASE("protocol checker: effective times that go back") {
  Checker::Options ordered;
  ordered.ordered_times = true;
  const auto two_requests = [](Rig& r) {
    r.target.fw = [](Payload& payload, Phase&, sc_time&) {
      payload.set_response_status(tlm::TLM_OK_RESPONSE);
      return TLM_COMPLETED;
    };
    Payload& p = r.fresh();
    Payload& q = r.fresh();
    r.fw(p, tlm::BEGIN_REQ, ns(10));
    r.fw(q, tlm::BEGIN_REQ, ns(5));
    p.release();
    q.release();
  };
  all_found({
      {"END_REQ before BEGIN_REQ", Rule::TransactionTime,
       [](Rig& r) {
         r.accept_all();
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ, ns(10));
         sc_core::wait(ns(5));
         r.bw(p, tlm::END_REQ, ns(4));
         r.bw(p, tlm::BEGIN_RESP, ns(5));
         p.release();
       }},
      {"returned END_REQ before BEGIN_REQ", Rule::TransactionTime,
       [](Rig& r) {
         r.target.fw = [](Payload&, Phase& phase, sc_time& delay) {
           phase = tlm::END_REQ;
           delay = ns(5);
           return TLM_UPDATED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ, ns(10));
         r.bw(p, tlm::BEGIN_RESP, ns(10));
         p.release();
       }},
      {"END_RESP before BEGIN_RESP", Rule::TransactionTime,
       [](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP, ns(10));
         r.fw(p, tlm::END_RESP, ns(9));
         p.release();
       }},
      {"early completion in the past", Rule::TransactionTime,
       [](Rig& r) {
         r.target.fw = [](Payload& payload, Phase&, sc_time& delay) {
           payload.set_response_status(tlm::TLM_OK_RESPONSE);
           delay -= ns(1);
           return TLM_COMPLETED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ, ns(10));
         p.release();
       }},
      {"b_transport takes time off", Rule::TransactionTime,
       [](Rig& r) {
         r.target.b = [](Payload& payload, sc_time& delay) {
           payload.set_response_status(tlm::TLM_OK_RESPONSE);
           sc_core::wait(ns(3));
           delay -= ns(4);
         };
         Payload p;
         r.b(r.prepare(p), ns(10));
       }},
      {"between transactions, where it is asked for", Rule::SocketTime, two_requests, ordered},
  });
}

TEST_CASE("protocol checker: calls in the wrong context") {
  all_found({
      {"b_transport during nb_transport", Rule::MixedTransport,
       [](Rig& r) {
         r.accept_all();
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.b(p);
         p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
         r.bw(p, tlm::BEGIN_RESP);
         p.release();
       }},
      {"b_transport in a method", Rule::BlockingContext,
       [](Rig& r) {
         r.in_method = [&r] { r.b([](Payload&) {}); };
         r.call_method.notify();
       }},
      {"nb_transport that waits", Rule::NonBlocking,
       [](Rig& r) {
         r.target.fw = [](Payload& payload, Phase&, sc_time&) {
           payload.set_response_status(tlm::TLM_OK_RESPONSE);
           sc_core::wait(sc_core::SC_ZERO_TIME);
           return TLM_COMPLETED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         p.release();
       }},
      {"a request that is never answered", Rule::Unfinished,
       [](Rig& r) {
         r.accept_all();
         r.fw(r.fresh(), tlm::BEGIN_REQ);
       }},
  });
}

}  // namespace dlac::tb::protocol::checker_rig
