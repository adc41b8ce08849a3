// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tb/protocol/checker.h"
#include "tb/protocol/memory_manager.h"

/// What the tests of the base-protocol checker share: a scripted initiator and a scripted target with the checker
/// between them.
namespace dlac::tb::protocol::checker_rig {

using sc_core::SC_NS;
using sc_core::sc_time;
using tlm::TLM_ACCEPTED;
using tlm::TLM_COMPLETED;
using tlm::TLM_UPDATED;
using Payload = tlm::tlm_generic_payload;
using Phase = tlm::tlm_phase;
using Sync = tlm::tlm_sync_enum;
using NonBlocking = std::function<Sync(Payload&, Phase&, sc_time&)>;

[[nodiscard]] inline sc_time ns(double value) { return {value, SC_NS}; }

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

inline void all_found(const std::vector<Case>& cases) {
  run(cases, [](const Case& expected, Rig& rig) {
    CHECK(rig.checker.count(expected.rule) >= 1);
    CHECK(rig.checker.violation_count() == rig.checker.count(expected.rule));  // and nothing else
  });
}

inline void none_found(const std::vector<Case>& cases) {
  run(cases, [](const Case&, Rig& rig) {
    CHECK(rig.checker.violation_count() == 0);
    CHECK(rig.checker.under_way() == 0);
    CHECK(rig.pool.in_use() == 0);  // the checker keeps no reference
  });
}

constexpr Rule None{};  // of a legal case

}  // namespace dlac::tb::protocol::checker_rig
