// SPDX-License-Identifier: Apache-2.0
// The base-protocol checker itself: each rule on phases broken once, by a scripted initiator or
// target, is found under its own name and under no other.
#include "tb/tests/tb/protocol/sc_checker_rig.h"

namespace dlac::tb::protocol::checker_rig {

TEST_CASE("protocol checker: phases on the wrong path or out of order") {
  const auto forward = [](const char* what, Phase phase) {
    return Case{what, Rule::PhaseDirection, [phase](Rig& r) {
                  r.accept_all();
                  Payload& p = r.fresh();
                  r.fw(p, phase);
                  p.release();
                }};
  };
  const auto backward = [](const char* what, Phase phase) {
    return Case{what, Rule::PhaseDirection, [phase](Rig& r) {
                  r.accept_all();
                  Payload& p = r.fresh();
                  r.fw(p, tlm::BEGIN_REQ);
                  r.bw(p, phase);
                  r.bw(p, tlm::BEGIN_RESP);
                  p.release();
                }};
  };
  const auto sequence = [](const char* what, const std::vector<Phase>& phases) {
    return Case{what, Rule::PhaseSequence, [phases](Rig& r) {
                  r.accept_all();
                  r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
                  Payload& p = r.fresh();
                  for (const Phase& phase : phases) {
                    if (phase == tlm::BEGIN_REQ || phase == tlm::END_RESP) {
                      r.fw(p, phase);
                    } else {
                      r.bw(p, phase);
                    }
                  }
                  p.release();
                }};
  };
  const Phase begin_req = tlm::BEGIN_REQ;
  const Phase end_req = tlm::END_REQ;
  const Phase begin_resp = tlm::BEGIN_RESP;
  const Phase end_resp = tlm::END_RESP;
  all_found({
      forward("END_REQ forward", end_req),
      forward("BEGIN_RESP forward", begin_resp),
      forward("no phase forward", tlm::UNINITIALIZED_PHASE),
      backward("BEGIN_REQ backward", begin_req),
      backward("END_RESP backward", end_resp),
      backward("no phase backward", tlm::UNINITIALIZED_PHASE),
      sequence("END_RESP first", {end_resp}),
      sequence("END_REQ first", {end_req}),
      sequence("BEGIN_RESP first", {begin_resp}),
      sequence("END_REQ twice", {begin_req, end_req, end_req, begin_resp, end_resp}),
      sequence("END_REQ after BEGIN_RESP", {begin_req, begin_resp, end_req, end_resp}),
      sequence("BEGIN_RESP twice", {begin_req, begin_resp, begin_resp, end_resp}),
      sequence("END_RESP before BEGIN_RESP", {begin_req, end_req, end_resp, begin_resp, end_resp}),
      sequence("END_RESP twice", {begin_req, begin_resp, end_resp, end_resp}),
      sequence("BEGIN_RESP after the end", {begin_req, begin_resp, end_resp, begin_resp}),
  });
}

TEST_CASE("protocol checker: return values that a call does not permit") {
  const auto begin_req_returns = [](const char* what, Phase returned) {
    return Case{what, Rule::Return, [returned](Rig& r) {
                  r.target.fw = [returned](Payload&, Phase& phase, sc_time&) {
                    phase = returned;
                    return TLM_UPDATED;
                  };
                  Payload& p = r.fresh();
                  r.fw(p, tlm::BEGIN_REQ);
                  r.bw(p, tlm::BEGIN_RESP);
                  p.release();
                }};
  };
  const auto bw_returns = [](const char* what, Phase called, Sync sync, Phase returned) {
    return Case{what, Rule::Return, [=](Rig& r) {
                  r.accept_all();
                  r.initiator.bw = [=](Payload&, Phase& phase, sc_time&) {
                    if (phase != called) return TLM_COMPLETED;
                    phase = returned;
                    return sync;
                  };
                  Payload& p = r.fresh();
                  r.fw(p, tlm::BEGIN_REQ);
                  r.bw(p, called);
                  if (called == tlm::END_REQ) {
                    r.bw(p, tlm::BEGIN_RESP);
                  } else {
                    r.fw(p, tlm::END_RESP);
                  }
                  p.release();
                }};
  };
  all_found({
      begin_req_returns("BEGIN_REQ returns BEGIN_REQ", tlm::BEGIN_REQ),
      begin_req_returns("BEGIN_REQ returns END_RESP", tlm::END_RESP),
      bw_returns("END_REQ is completed", tlm::END_REQ, TLM_COMPLETED, tlm::END_REQ),
      bw_returns("END_REQ is updated", tlm::END_REQ, TLM_UPDATED, tlm::BEGIN_RESP),
      bw_returns("BEGIN_RESP returns END_REQ", tlm::BEGIN_RESP, TLM_UPDATED, tlm::END_REQ),
      {"END_RESP is updated", Rule::Return,
       [](Rig& r) {
         r.target.fw = [](Payload&, Phase& phase, sc_time&) {
           return phase == tlm::END_RESP ? TLM_UPDATED : TLM_ACCEPTED;
         };
         r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         r.fw(p, tlm::END_RESP);
         p.release();
       }},
      {"completed after END_REQ", Rule::Return,
       [](Rig& r) {
         r.target.fw = [&r](Payload& p, Phase&, sc_time&) {
           r.bw(p, tlm::END_REQ);
           p.set_response_status(tlm::TLM_OK_RESPONSE);
           return TLM_COMPLETED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         p.release();
       }},
      {"accepted with a changed phase", Rule::Accepted,
       [](Rig& r) {
         r.target.fw = [](Payload&, Phase& phase, sc_time&) {
           phase = tlm::END_REQ;
           return TLM_ACCEPTED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         p.release();
       }},
      {"accepted with a changed time, backward", Rule::Accepted,
       [](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase& phase, sc_time& delay) {
           if (phase == tlm::BEGIN_RESP) return TLM_COMPLETED;
           delay += ns(1);
           return TLM_ACCEPTED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::END_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         p.release();
       }},
  });
}

TEST_CASE("protocol checker: request and response exclusion") {
  all_found({
      {"a second request", Rule::RequestExclusion,
       [](Rig& r) {
         r.accept_all();
         Payload& p = r.fresh();
         Payload& q = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.fw(q, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         r.bw(q, tlm::BEGIN_RESP);
         p.release();
         q.release();
       }},
      {"a second request within the accept delay", Rule::RequestExclusion,
       [](Rig& r) {
         r.target.fw = [](Payload&, Phase& phase, sc_time& delay) {
           phase = tlm::END_REQ;
           delay += ns(10);
           return TLM_UPDATED;
         };
         Payload& p = r.fresh();
         Payload& q = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         sc_core::wait(ns(9));
         r.fw(q, tlm::BEGIN_REQ);
         sc_core::wait(ns(20));
         r.bw(p, tlm::BEGIN_RESP);
         r.bw(q, tlm::BEGIN_RESP);
         p.release();
         q.release();
       }},
      {"a second response", Rule::ResponseExclusion,
       [](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
         Payload& p = r.fresh();
         Payload& q = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::END_REQ);
         r.fw(q, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         r.bw(q, tlm::BEGIN_RESP);
         r.fw(p, tlm::END_RESP);
         r.fw(q, tlm::END_RESP);
         p.release();
         q.release();
       }},
      {"a second response within the accept delay", Rule::ResponseExclusion,
       [](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase& phase, sc_time& delay) {
           if (phase == tlm::END_REQ) return TLM_ACCEPTED;
           phase = tlm::END_RESP;
           delay += ns(10);
           return TLM_UPDATED;
         };
         Payload& p = r.fresh();
         Payload& q = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::END_REQ);
         r.fw(q, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         sc_core::wait(ns(9));
         r.bw(q, tlm::BEGIN_RESP);
         p.release();
         q.release();
       }},
      {"a returned second response", Rule::ResponseExclusion,
       [](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
         Payload& p = r.fresh();
         Payload& q = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         r.target.fw = [](Payload& payload, Phase& phase, sc_time&) {
           if (phase == tlm::END_RESP) return TLM_ACCEPTED;
           phase = tlm::BEGIN_RESP;
           payload.set_response_status(tlm::TLM_OK_RESPONSE);
           return TLM_UPDATED;
         };
         r.fw(q, tlm::BEGIN_REQ);
         r.fw(p, tlm::END_RESP);
         r.fw(q, tlm::END_RESP);
         p.release();
         q.release();
       }},
  });
}

}  // namespace dlac::tb::protocol::checker_rig
