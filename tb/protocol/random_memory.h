// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac::tb::protocol {

/// What a RandomMemory does. Probabilities are rolled per transaction; durations are uniform from 0, or from the
/// minimum.
struct MemoryBehaviour {
  sc_core::sc_time min_latency{20, sc_core::SC_NS}, max_latency{200, sc_core::SC_NS};  ///< request to response

  // b_transport: waits for the latency, waits for a part of it, or annotates it.
  double waits = 0.3, waits_partly = 0.3;

  // Direct memory access.
  double dmi_hint = 0;       ///< of a response with the DMI hint
  double dmi_grant = 1;      ///< of a DMI request that is granted
  double dmi_latency = 1;    ///< of a grant that states its latencies; else they are zero
  double dmi_misplaced = 0;  ///< of a grant that lies elsewhere and leads to garbage
  /// Longest time between two invalidations; zero for none. The first one comes before anything was granted.
  sc_core::sc_time invalidation_interval;
  double invalidates_in_transport = 0;  ///< of a b_transport that invalidates something before it returns

  // nb_transport: the first of these that the dice choose and the protocol permits; else an END_REQ of its own.
  double early_completion = 0.15;    ///< TLM_COMPLETED to BEGIN_REQ
  double immediate_response = 0.15;  ///< BEGIN_RESP returned
  double returned_end_req = 0.25;    ///< END_REQ returned
  double skipped_end_req = 0.2;      ///< accepted, then BEGIN_RESP without END_REQ
  double calls_back = 0.3;           ///< backward calls out of the forward call instead of later ones
  double ignorable_phases = 0.02;    ///< of a phase that the base protocol does not know (15.2.5)
  sc_core::sc_time max_accept_delay{30, sc_core::SC_NS};
  sc_core::sc_time max_annotation{10, sc_core::SC_NS};  ///< on the backward calls
  bool in_order = false;

  // Faults. Transactions are counted from 0, in the order in which they arrive; see restart().
  std::optional<std::uint64_t> fail_at;
  tlm::tlm_response_status fail_status = tlm::TLM_GENERIC_ERROR_RESPONSE;
  double incomplete = 0;  ///< of an access that is made while its response status is left incomplete

  /// The same time for every transaction: nothing waits, nothing is random.
  [[nodiscard]] static MemoryBehaviour constant(const sc_core::sc_time& latency);
};

/// A memory as somebody else might have written it: everything that the base protocol (IEEE 1666-2011 15.2) leaves open
/// to a target is chosen at random. Accesses to overlapping addresses keep their order, others do not.
///
/// A range that was granted for DMI and then invalidated, all of it or a part, moves to other storage, and the old one
/// is filled with garbage, so that an initiator that goes on using its pointer computes nonsense. Garbage also lies
/// behind the end of a grant. What is granted for reading alone is a copy: a write to it never arrives.
class RandomMemory : public sc_core::sc_module, private tlm::tlm_fw_transport_if<tlm::tlm_base_protocol_types> {
 public:
  tlm::tlm_target_socket<32> socket{"socket"};

  struct Access {
    std::uint64_t address = 0;
    unsigned int bytes = 0;
    bool write = false;
  };

  RandomMemory(sc_core::sc_module_name name, std::uint64_t bytes, const MemoryBehaviour& behaviour, std::uint32_t seed);

  /// Backdoor.
  void write(std::uint64_t address, const void* from, std::uint64_t bytes);
  void read(std::uint64_t address, void* to, std::uint64_t bytes) const;

  /// May be changed at any time; transactions under way keep what was rolled for them.
  MemoryBehaviour behaviour;
  /// Counts transactions from 0 again and forgets the log.
  void restart();
  /// Every transaction since the start, in the order of arrival; DMI accesses do not come by here.
  [[nodiscard]] const std::vector<Access>& log() const { return log_; }
  /// Ends the invalidations, so that the simulation can end.
  void be_quiet() { quiet_ = true; }
  /// nb_transport transactions whose response has not been ended.
  [[nodiscard]] std::size_t under_way() const { return requests_.size(); }
  [[nodiscard]] std::uint64_t grants() const { return grants_; }
  /// Lines that were written through a pointer that did not permit it (any more), as far as it still shows.
  [[nodiscard]] std::uint64_t lost_writes() const;

 private:
  using Payload = tlm::tlm_generic_payload;
  static constexpr std::uint64_t BlockBytes = 4096, LineBytes = 64, BlockLines = BlockBytes / LineBytes;
  static constexpr unsigned char Garbage = 0xEE;
  using Block = std::array<unsigned char, BlockBytes>;

  /// The smallest piece of memory that has a place of its own; at the same offset in any block.
  struct Line {
    unsigned char* at = nullptr;
    unsigned char* copy = nullptr;  ///< granted for reading alone
    bool granted = false;           ///< `at` is
  };
  struct Lines {
    std::uint64_t first, last;
  };

  struct Request {
    Payload* payload = nullptr;
    std::uint64_t index = 0;
    bool ready = false;
  };

  void b_transport(Payload& payload, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned int transport_dbg(Payload& payload) override;

  tlm::tlm_sync_enum begin_request(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void phase_due(Payload& payload, const tlm::tlm_phase& phase);
  void end_request(Payload& payload, sc_core::sc_time delay);
  void send_ignorable_phase(Payload& payload);
  void respond();
  void begin_response(Payload& payload, std::uint64_t index, sc_core::sc_time delay);
  void end_response(Payload& payload, const sc_core::sc_time& delay);
  [[nodiscard]] bool conflicts(const Payload& payload, std::list<Request>::const_iterator before) const;

  std::uint64_t count(const Payload& payload);
  void access(Payload& payload, std::uint64_t index);
  void invalidate();
  void invalidation_thread();
  [[nodiscard]] unsigned char* new_block(unsigned char content);
  /// The lines around `asked` of the same block that one grant may cover: of copies, or of the memory itself.
  [[nodiscard]] Lines extent(std::uint64_t asked, bool copies) const;
  void make_copy(const Lines& lines);
  /// Gives the lines, of one block, another place and leaves garbage at the old one.
  void move(const Lines& lines);
  void bury(unsigned char* line);
  [[nodiscard]] bool inside(std::uint64_t address, std::uint64_t bytes) const;

  [[nodiscard]] bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
  [[nodiscard]] std::uint64_t pick(std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>(low, high)(random_);
  }
  [[nodiscard]] sc_core::sc_time pick_time(const sc_core::sc_time& low, const sc_core::sc_time& high) {
    return sc_core::sc_time::from_value(pick(low.value(), high.value()));
  }
  [[nodiscard]] sc_core::sc_time latency() { return pick_time(behaviour.min_latency, behaviour.max_latency); }

  std::mt19937 random_;
  std::uint64_t bytes_;
  std::vector<Line> lines_;
  std::vector<std::unique_ptr<Block>> blocks_;  ///< all that there ever were
  std::vector<const unsigned char*> buried_;    ///< lines of garbage
  std::uint64_t lost_writes_ = 0;               ///< to copies that are no more
  std::uint64_t grants_ = 0;
  bool quiet_ = false;
  std::vector<Access> log_;

  tlm_utils::peq_with_cb_and_phase<RandomMemory> due_{this, &RandomMemory::phase_due};
  std::list<Request> requests_;  ///< in the order of arrival
  const Payload* responding_ = nullptr;
  sc_core::sc_time response_free_;
  sc_core::sc_event respond_;
};

}  // namespace dlac::tb::protocol
