// SPDX-License-Identifier: Apache-2.0
// The base-protocol checker itself: each rule broken once, by a scripted initiator or target, is found under its own
// name and under no other; what IEEE 1666-2011 permits is not found.
#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tb/protocol/checker.h"
#include "tb/protocol/memory_manager.h"

namespace {

using namespace dlac::tb::protocol;
using sc_core::SC_NS;
using sc_core::sc_time;
using tlm::TLM_ACCEPTED;
using tlm::TLM_COMPLETED;
using tlm::TLM_UPDATED;
using Payload = tlm::tlm_generic_payload;
using Phase = tlm::tlm_phase;
using Sync = tlm::tlm_sync_enum;
using NonBlocking = std::function<Sync(Payload&, Phase&, sc_time&)>;

[[nodiscard]] sc_time ns(double value) { return {value, SC_NS}; }

class Initiator : public sc_core::sc_module, private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_initiator_socket<32> socket{"socket"};
  NonBlocking bw = [](Payload&, Phase& phase, sc_time&) {
    return phase == tlm::BEGIN_RESP ? TLM_COMPLETED : TLM_ACCEPTED;
  };
  std::function<void()> invalidated = [] {};

  explicit Initiator(sc_core::sc_module_name name) : sc_module(name) { socket.bind(*this); }

 private:
  Sync nb_transport_bw(Payload& payload, Phase& phase, sc_time& delay) override { return bw(payload, phase, delay); }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override { invalidated(); }
};

class Target : public sc_core::sc_module, private tlm::tlm_fw_transport_if<> {
 public:
  tlm::tlm_target_socket<32> socket{"socket"};
  std::function<void(Payload&, sc_time&)> b = [](Payload& p, sc_time&) { p.set_response_status(tlm::TLM_OK_RESPONSE); };
  NonBlocking fw = [](Payload& payload, Phase& phase, sc_time&) {
    if (phase == tlm::BEGIN_REQ) payload.set_response_status(tlm::TLM_OK_RESPONSE);
    return phase == tlm::BEGIN_REQ || phase == tlm::END_RESP ? TLM_COMPLETED : TLM_ACCEPTED;
  };
  std::function<bool(Payload&, tlm::tlm_dmi&)> dmi = [](Payload&, tlm::tlm_dmi&) { return false; };
  std::function<unsigned int(Payload&)> debug = [](Payload& p) { return p.get_data_length(); };

  explicit Target(sc_core::sc_module_name name) : sc_module(name) { socket.bind(*this); }

 private:
  void b_transport(Payload& payload, sc_time& delay) override { b(payload, delay); }
  Sync nb_transport_fw(Payload& payload, Phase& phase, sc_time& delay) override { return fw(payload, phase, delay); }
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& d) override { return dmi(payload, d); }
  unsigned int transport_dbg(Payload& payload) override { return debug(payload); }
};

/// An initiator, the checker and a target; the body runs in a thread of its own.
class Rig : public sc_core::sc_module {
 public:
  using Body = std::function<void(Rig&)>;

  Initiator initiator{"initiator"};
  Checker checker;
  Target target{"target"};
  MemoryManager pool;
  std::array<unsigned char, 8> data{1, 2, 3, 4, 5, 6, 7, 8};
  std::array<unsigned char, 4> enables{0xFF, 0x00, 0xFF, 0x00};
  std::function<void()> in_method;  ///< what a method process does when `call_method` is notified
  sc_core::sc_event call_method;

  Rig(sc_core::sc_module_name name, const Checker::Options& options, Body body)
      : sc_module(name), checker("checker", options), body_(std::move(body)) {
    initiator.socket.bind(checker.target);
    checker.initiator.bind(target.socket);
    SC_HAS_PROCESS(Rig);
    SC_THREAD(run);
    SC_METHOD(method);
    sensitive << call_method;
    dont_initialize();
  }

  /// Fills in a correct write of four bytes.
  Payload& prepare(Payload& payload) {
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    payload.set_address(0x10);
    payload.set_data_ptr(data.data());
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_byte_enable_length(0);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return payload;
  }
  /// The same, out of the pool, with one reference.
  Payload& fresh() {
    Payload& payload = pool.allocate();
    payload.acquire();
    return prepare(payload);
  }

  Sync fw(Payload& payload, Phase phase, sc_time delay = sc_core::SC_ZERO_TIME) {
    return initiator.socket->nb_transport_fw(payload, phase, delay);
  }
  Sync bw(Payload& payload, Phase phase, sc_time delay = sc_core::SC_ZERO_TIME) {
    if (phase == tlm::BEGIN_RESP) payload.set_response_status(tlm::TLM_OK_RESPONSE);
    return target.socket->nb_transport_bw(payload, phase, delay);
  }
  void b(Payload& payload, sc_time delay = sc_core::SC_ZERO_TIME) { initiator.socket->b_transport(payload, delay); }
  void b(const std::function<void(Payload&)>& change) {
    Payload payload;
    change(prepare(payload));
    b(payload);
  }
  /// The target accepts everything and lets the body send the phases.
  void accept_all() {
    target.fw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
  }

 private:
  void run() { body_(*this); }
  void method() { in_method(); }
  Body body_;
};

struct Case {
  std::string what;
  Rule rule;
  Rig::Body body;
  Checker::Options options = {};
};

/// Every case in a rig of its own, all in one simulation; `finish` after it.
template <typename Check>
void run(const std::vector<Case>& cases, const Check& check) {
  std::deque<Rig> rigs;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    rigs.emplace_back(("rig" + std::to_string(i)).c_str(), cases[i].options, cases[i].body);
  }
  sc_core::sc_start();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    rigs[i].checker.finish();
    CAPTURE(cases[i].what);
    CAPTURE(rigs[i].checker.report());
    check(cases[i], rigs[i]);
  }
}

void all_found(const std::vector<Case>& cases) {
  run(cases, [](const Case& expected, Rig& rig) {
    CHECK(rig.checker.count(expected.rule) >= 1);
    CHECK(rig.checker.violation_count() == rig.checker.count(expected.rule));  // and nothing else
  });
}

void none_found(const std::vector<Case>& cases) {
  run(cases, [](const Case&, Rig& rig) {
    CHECK(rig.checker.violation_count() == 0);
    CHECK(rig.checker.under_way() == 0);
    CHECK(rig.pool.in_use() == 0);  // the checker keeps no reference
  });
}

constexpr Rule None{};  // of a legal case

}  // namespace

TEST_CASE("protocol checker: attributes that an initiator sets wrongly") {
  all_found({
      {"unknown command", Rule::Command,
       [](Rig& r) { r.b([](Payload& p) { p.set_command(static_cast<tlm::tlm_command>(3)); }); }},
      {"no data pointer", Rule::DataPointer,
       [](Rig& r) {
         r.b([](Payload& p) {
           p.set_read();
           p.set_data_ptr(nullptr);
         });
       }},
      {"no data", Rule::DataLength, [](Rig& r) { r.b([](Payload& p) { p.set_data_length(0); }); }},
      {"byte enables of no length", Rule::ByteEnableLength,
       [](Rig& r) { r.b([&r](Payload& p) { p.set_byte_enable_ptr(r.enables.data()); }); }},
      {"no streaming width", Rule::StreamingWidth, [](Rig& r) { r.b([](Payload& p) { p.set_streaming_width(0); }); }},
      {"DMI hint", Rule::DmiAllowed, [](Rig& r) { r.b([](Payload& p) { p.set_dmi_allowed(true); }); }},
      {"response of before", Rule::ResponseOnEntry,
       [](Rig& r) { r.b([](Payload& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); }); }},
      {"response of before, non-blocking", Rule::ResponseOnEntry,
       [](Rig& r) {
         Payload& p = r.fresh();
         p.set_response_status(tlm::TLM_OK_RESPONSE);
         r.fw(p, tlm::BEGIN_REQ);
         p.release();
       }},
      {"option", Rule::Option, [](Rig& r) { r.b([](Payload& p) { p.set_gp_option(tlm::TLM_FULL_PAYLOAD); }); }},
  });
}

TEST_CASE("protocol checker: attributes that change under way") {
  const auto target_changes = [](const char* what, Rule rule, const std::function<void(Payload&)>& change) {
    return Case{what, rule, [change](Rig& r) {
                  r.target.b = [change](Payload& p, sc_time&) {
                    p.set_response_status(tlm::TLM_OK_RESPONSE);
                    change(p);
                  };
                  r.b([](Payload&) {});
                }};
  };
  const auto initiator_changes = [](const char* what, Rule rule, const std::function<void(Payload&)>& change) {
    return Case{what, rule, [change](Rig& r) {
                  r.accept_all();
                  Payload& p = r.fresh();
                  r.fw(p, tlm::BEGIN_REQ);
                  change(p);
                  r.bw(p, tlm::BEGIN_RESP);
                  p.release();
                }};
  };
  all_found({
      target_changes("command", Rule::Modified, [](Payload& p) { p.set_read(); }),
      target_changes("address", Rule::Modified, [](Payload& p) { p.set_address(0x14); }),
      target_changes("data pointer", Rule::Modified, [](Payload& p) { p.set_data_ptr(p.get_data_ptr() + 1); }),
      target_changes("data length", Rule::Modified, [](Payload& p) { p.set_data_length(3); }),
      target_changes("streaming width", Rule::Modified, [](Payload& p) { p.set_streaming_width(8); }),
      target_changes("byte enable length", Rule::Modified, [](Payload& p) { p.set_byte_enable_length(1); }),
      target_changes("write data", Rule::Modified, [](Payload& p) { *p.get_data_ptr() ^= 1; }),
      target_changes("option", Rule::Option, [](Payload& p) { p.set_gp_option(tlm::TLM_FULL_PAYLOAD_ACCEPTED); }),
      {"byte enables", Rule::Modified,
       [](Rig& r) {
         r.target.b = [](Payload& p, sc_time&) {
           p.set_response_status(tlm::TLM_OK_RESPONSE);
           *p.get_byte_enable_ptr() ^= 0xFF;
         };
         r.b([&r](Payload& p) {
           p.set_byte_enable_ptr(r.enables.data());
           p.set_byte_enable_length(4);
         });
       }},
      {"disabled byte", Rule::DisabledByte,
       [](Rig& r) {
         r.target.b = [](Payload& p, sc_time&) {
           p.set_response_status(tlm::TLM_OK_RESPONSE);
           p.get_data_ptr()[1] = 0x99;
         };
         r.b([&r](Payload& p) {
           p.set_read();
           p.set_byte_enable_ptr(r.enables.data());
           p.set_byte_enable_length(4);
         });
       }},
      initiator_changes("address, by the initiator", Rule::Modified, [](Payload& p) { p.set_address(0x20); }),
      initiator_changes("write data, by the initiator", Rule::Modified, [](Payload& p) { *p.get_data_ptr() ^= 1; }),
      {"response status after BEGIN_RESP", Rule::ResponseChanged,
       [](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         p.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
         r.fw(p, tlm::END_RESP);
         p.release();
       }},
  });
}

TEST_CASE("protocol checker: a response that is left incomplete") {
  const auto incomplete_b = [](Rig& r) {
    r.target.b = [](Payload&, sc_time&) {};
    r.b([](Payload&) {});
  };
  const auto incomplete_early = [](Rig& r) {
    r.target.fw = [](Payload&, Phase&, sc_time&) { return TLM_COMPLETED; };
    Payload& p = r.fresh();
    r.fw(p, tlm::BEGIN_REQ);
    p.release();
  };
  const auto incomplete_begin_resp = [](Rig& r) {
    r.accept_all();
    Payload& p = r.fresh();
    r.fw(p, tlm::BEGIN_REQ);
    Phase phase = tlm::BEGIN_RESP;
    sc_time delay;
    r.target.socket->nb_transport_bw(p, phase, delay);
    p.release();
  };
  all_found({{"b_transport", Rule::ResponseMissing, incomplete_b},
             {"early completion", Rule::ResponseMissing, incomplete_early},
             {"BEGIN_RESP", Rule::ResponseMissing, incomplete_begin_resp}});
}

TEST_CASE("protocol checker: a response that is left incomplete is permitted where the options say so") {
  Checker::Options lenient;
  lenient.strict_response = false;
  none_found({{"b_transport", None,
               [](Rig& r) {
                 r.target.b = [](Payload&, sc_time&) {};
                 r.b([](Payload&) {});
               },
               lenient}});
}

TEST_CASE("protocol checker: memory management") {
  all_found({
      {"no memory manager", Rule::MemoryManager,
       [](Rig& r) {
         Payload p;
         r.fw(r.prepare(p), tlm::BEGIN_REQ);
       }},
      {"no reference at BEGIN_REQ", Rule::ReferenceCount,
       [](Rig& r) { r.fw(r.prepare(r.pool.allocate()), tlm::BEGIN_REQ); }},
      {"no reference at b_transport", Rule::ReferenceCount, [](Rig& r) { r.b(r.prepare(r.pool.allocate())); }},
      {"reference given up under way", Rule::ReferenceCount,
       [](Rig& r) {
         r.accept_all();
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         p.release();
         r.bw(p, tlm::BEGIN_RESP);  // NOLINT(clang-analyzer-unix.Malloc): the checker's reference is left
       }},
      {"sent twice", Rule::Reused,
       [](Rig& r) {
         r.target.fw = [](Payload&, Phase& phase, sc_time&) {
           phase = tlm::END_REQ;
           return TLM_UPDATED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         p.release();
       }},
      {"one object in two b_transports", Rule::Reused,
       [](Rig& r) {
         Payload& p = r.fresh();
         r.target.b = [&r, &p, calls = 0](Payload& q, sc_time& delay) mutable {
           if (calls++ == 0) r.initiator.socket->b_transport(p, delay);
           q.set_response_status(tlm::TLM_OK_RESPONSE);
         };
         r.b(p);
         p.release();
       }},
      {"never released", Rule::Leaked, [](Rig& r) { r.fw(r.fresh(), tlm::BEGIN_REQ); }},
  });
}

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

TEST_CASE("protocol checker: the longest delay of b_transport is noted") {
  run({{"delays", None,
        [](Rig& r) {
          for (const double delay : {3.0, 7.0, 5.0}) {
            Payload p;
            r.b(r.prepare(p), ns(delay));
          }
        }}},
      [](const Case&, Rig& rig) { CHECK(rig.checker.most_ahead() == ns(7)); });
}

TEST_CASE("protocol checker: counts go on when the messages are full") {
  Checker::Options few;
  few.kept_violations = 2;
  run({{"five", Rule::DataLength,
        [](Rig& r) {
          for (int i = 0; i < 5; ++i) r.b([](Payload& p) { p.set_data_length(0); });
        },
        few}},
      [](const Case&, Rig& rig) {
        CHECK(rig.checker.violation_count() == 5);
        REQUIRE(rig.checker.violations().size() == 2);
        CHECK(rig.checker.violations()[0].message ==
              "0 s rig0.checker: DataLength (IEEE 1666-2011 14.12): data length 0; write of 0 at 0x10");
        CHECK(rig.checker.blocking_transactions() == 5);
        CHECK(rig.checker.nonblocking_transactions() == 0);
      });
}
