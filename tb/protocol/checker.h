// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

#include "tb/protocol/lifetime.h"
#include "tb/protocol/payload_image.h"
#include "tb/protocol/rules.h"

namespace dlac::tb::protocol {

struct Violation {
  sc_core::sc_time time;
  Rule rule;
  std::string message;  ///< one line: time, checker, rule, clause, what happened, to which transaction
};

/// Binds in-line between an initiator and a target, forwards every call unchanged and records each violation of the
/// base protocol of IEEE 1666-2011, of either side. It takes no time, calls nobody on its own, and keeps a reference to
/// a non-blocking transaction only while that is under way.
class Checker : public sc_core::sc_module,
                private tlm::tlm_fw_transport_if<tlm::tlm_base_protocol_types>,
                private tlm::tlm_bw_transport_if<tlm::tlm_base_protocol_types> {
 public:
  struct Options {
    bool strict_response = true;       ///< a target must not leave the status incomplete
    bool strict_requests = true;       ///< an initiator sends neither unknown commands nor null data pointers
    bool strict_grants = true;         ///< a target grants DMI where it was asked for
    bool address_may_change = false;   ///< an interconnect, which may translate addresses, follows
    bool ordered_times = false;        ///< report effective times that go back between transactions of one direction
    std::size_t kept_violations = 50;  ///< messages; further ones are counted
  };

  tlm::tlm_target_socket<32> target{"target"};           ///< to the initiator
  tlm::tlm_initiator_socket<32> initiator{"initiator"};  ///< to the target

  explicit Checker(sc_core::sc_module_name name) : Checker(name, Options{}) {}
  Checker(sc_core::sc_module_name name, const Options& options);

  /// Checks that nothing is under way and that all references were released. Once, when the simulation has ended.
  void finish();

  /// The first of them, in the order in which they happened.
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] std::uint64_t violation_count() const { return count_; }
  [[nodiscard]] std::uint64_t count(Rule rule) const;
  /// All kept messages, one a line.
  [[nodiscard]] std::string report() const;

  /// Transactions that have begun.
  [[nodiscard]] std::uint64_t blocking_transactions() const { return blocking_count_; }
  [[nodiscard]] std::uint64_t nonblocking_transactions() const { return nonblocking_count_; }
  [[nodiscard]] std::size_t under_way() const { return flights_.size(); }
  [[nodiscard]] std::size_t most_under_way() const { return most_under_way_; }
  /// Longest delay that a b_transport call was annotated with.
  [[nodiscard]] const sc_core::sc_time& most_ahead() const { return most_ahead_; }

 private:
  using Payload = tlm::tlm_generic_payload;

  /// A transaction between BEGIN_REQ and its end.
  struct Flight {
    std::uint64_t serial = 0;
    tlm::tlm_phase phase = tlm::UNINITIALIZED_PHASE;
    sc_core::sc_time time;  ///< effective time of the last phase
    PayloadImage image;
    tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;  ///< at BEGIN_RESP
    bool referenced = false;                                         ///< by this checker
  };
  /// The request or response channel of the socket: whom it serves, and until when.
  struct Channel {
    const Payload* owner = nullptr;
    sc_core::sc_time free_at;
  };

  // Forward interface, as the target of the initiator.
  void b_transport(Payload& payload, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned int transport_dbg(Payload& payload) override;
  // Backward interface, as the initiator of the target.
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;

  void check_request(const Payload& payload);
  void check_response(const Payload& payload);
  void check_references(const Payload& payload, const Flight* flight);
  void check_unmodified(const Payload& payload, const PayloadImage& image, const char* when);
  void check_time(const Payload& payload, Flight& flight, const sc_core::sc_time& time, const char* when);
  void check_socket_time(const Payload& payload, sc_core::sc_time& last, const sc_core::sc_time& time);

  void begin_request(Payload& payload, const sc_core::sc_time& time);
  void end_response(Payload& payload, Flight& flight, const sc_core::sc_time& time, const char* when);
  /// END_REQ or BEGIN_RESP, called on the backward path or returned on the forward path.
  void target_phase(Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& time, const char* when);
  void end_request(const Payload& payload, const sc_core::sc_time& time);
  void end_life(Payload& payload);
  /// Drops a transaction; true if this checker still holds its reference.
  bool forget(const Payload& payload);

  [[nodiscard]] Flight* find(const Payload& payload);
  void report(Rule rule, const std::string& what, const Payload* payload = nullptr);

  const Options options_;
  std::unordered_map<const Payload*, Flight> flights_;
  std::unordered_map<const Payload*, unsigned> blocking_;  ///< b_transport calls under way
  std::shared_ptr<Lifetime::Objects> objects_ = std::make_shared<Lifetime::Objects>();
  Channel request_, response_;
  sc_core::sc_time last_forward_, last_backward_;
  unsigned invalidating_ = 0;

  std::vector<Violation> violations_;
  std::map<Rule, std::uint64_t> count_of_;
  std::uint64_t count_ = 0;
  std::uint64_t blocking_count_ = 0, nonblocking_count_ = 0;
  std::size_t most_under_way_ = 0;
  sc_core::sc_time most_ahead_;
};

}  // namespace dlac::tb::protocol
