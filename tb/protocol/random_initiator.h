// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

#include "tb/protocol/csr_model.h"
#include "tb/protocol/memory_manager.h"

namespace dlac::tb::protocol {

/// What a RandomInitiator does. Probabilities are rolled per transaction; durations are uniform from 0.
struct InitiatorBehaviour {
  std::uint64_t transactions = 1000;
  double blocking = 0.5;           ///< share of b_transport; 0 and 1 leave the other style out
  double debug = 0.02;             ///< of a debug or DMI access in between
  double ignorable_phases = 0.02;  ///< of a phase that the base protocol does not know (15.2.5)
  double pause = 0.5;              ///< of a pause before a transaction, else it follows as soon as it may
  sc_core::sc_time max_pause{50, sc_core::SC_NS};
  sc_core::sc_time max_annotation{20, sc_core::SC_NS};
  double carries_time = 0.5;  ///< of a b_transport whose delay is carried into the next one: temporal decoupling
  std::size_t in_flight = 8;  ///< largest number of nb_transport transactions under way
  // The end of a response: the first of these that the dice choose; else a call with END_RESP later.
  double completes = 0.3;      ///< TLM_COMPLETED to BEGIN_RESP
  double returns_end = 0.2;    ///< END_RESP returned
  double ends_at_once = 0.15;  ///< the call with END_RESP out of the call with BEGIN_RESP
  sc_core::sc_time max_response_accept{30, sc_core::SC_NS};
};

/// A host as somebody else might have written it: everything that the base protocol (IEEE 1666-2011 15.2) leaves open
/// to an initiator is chosen at random. It compares each response with a CsrModel. Requests go out in the order of
/// their effective times, so the model knows the order in which the registers see them.
class RandomInitiator : public sc_core::sc_module, private tlm::tlm_bw_transport_if<tlm::tlm_base_protocol_types> {
 public:
  tlm::tlm_initiator_socket<32> socket{"socket"};

  RandomInitiator(sc_core::sc_module_name name, const CsrModel& model, const InitiatorBehaviour& behaviour,
                  std::uint32_t seed);

  /// The first responses that were wrong, a line each.
  [[nodiscard]] const std::vector<std::string>& mismatches() const { return mismatches_; }
  [[nodiscard]] std::uint64_t completed() const { return completed_; }
  /// Of those, how many were answered TLM_OK_RESPONSE.
  [[nodiscard]] std::uint64_t succeeded() const { return succeeded_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] const MemoryManager& pool() const { return pool_; }

 private:
  using Payload = tlm::tlm_generic_payload;

  struct Record {
    CsrAccess access;
    CsrExpectation expected;
    std::array<unsigned char, CsrAccess::MaxBytes> data;
    std::array<unsigned char, 8> enables;
  };

  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64 /*first*/, sc_dt::uint64 /*last*/) override {}

  void run();
  void send_blocking();
  void send_nonblocking();
  void look_around();
  void send_ignorable_phase();
  void end_late();
  void prepare(Payload& payload, Record& record);
  void check(const Payload& payload, const Record& record);
  void request_ended(const Payload& payload, const sc_core::sc_time& delay);
  void complete(Payload& payload);
  void mismatch(const std::string& what, const CsrAccess& access);

  [[nodiscard]] bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
  [[nodiscard]] sc_core::sc_time pick_time(const sc_core::sc_time& high) {
    return sc_core::sc_time::from_value(std::uniform_int_distribution<std::uint64_t>(0, high.value())(random_));
  }

  CsrModel model_;
  const InitiatorBehaviour behaviour_;
  std::mt19937 random_;
  MemoryManager pool_;
  sc_core::sc_time local_;  ///< ahead of the simulation time, in runs of b_transport

  std::unordered_map<const Payload*, Record> under_way_;
  const Payload* requesting_ = nullptr;
  sc_core::sc_time request_free_, last_request_;
  Payload* ending_ = nullptr;  ///< its END_RESP is to be called
  sc_core::sc_time end_at_;
  sc_core::sc_event progress_, end_;

  std::vector<std::string> mismatches_;
  std::uint64_t completed_ = 0, succeeded_ = 0;
  bool finished_ = false;
};

}  // namespace dlac::tb::protocol
