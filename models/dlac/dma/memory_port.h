// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/common/divide_up.h>
#include <dlac/dma/burst_payload.h>
#include <dlac/dma/dmi_map.h>
#include <dlac/dma/memory_transport.h>
#include <dlac/links/resettable.h>
#include <dlac/links/transfer_protocol.h>
#include <dlac/links/transport_defaults.h>
#include <dlac/units/core_clock.h>
#include <dlac/units/port_traffic.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// A transfer in the port.
struct MemoryJob {
  Transfer* transfer = nullptr;
  std::uint64_t arrival = 0;        ///< first cycle in which it can be issued
  std::uint64_t complete = 0;       ///< latest completion of its bursts so far
  std::size_t unanswered = 0;       ///< bursts issued whose completion is not known
  std::deque<BurstPayload*> early;  ///< bursts sent ahead of their issue, in order (temporal decoupling)
};

/// The `mem` side of the core: splits transfers into bursts, arbitrates, and keeps its timing (Memory port):
///   issue(i) = max(issue(i-1) + beats(i-1), complete(i-N)),  complete(i) = issue(i) + beats(i) + latency
/// in cycles, beats(i) = ceil(bytes / port width), latency = the memory's, from request to response, rounded up to
/// cycles. A transfer submitted in cycle t takes part in the arbitration from t+1 on, so the outcome does not depend on
/// the order in which the requesters run within a cycle.
///
/// How a burst reaches memory does not change the cycles:
///  - through DMI, where memory grants it (loosely timed only): the port wakes once per transfer;
///  - through a MemoryTransport, burst by burst. A loosely timed port with a global quantum sends bursts ahead of their
///    issue, up to a quantum, with the delay annotated; arbitration and completion keep their cycles.
class MemoryPort final : public sc_core::sc_module,
                         public Resettable,
                         public TrafficCounter,
                         private tlm::tlm_bw_transport_if<> {
 public:
  // Jobs of those who share the port, in round-robin order. (Memory port)
  using JobSocket = tlm::tlm_target_socket<32, TransferTypes>;
  JobSocket fetch{"fetch"};
  JobSocket load{"load"};
  JobSocket store{"store"};
  MemoryTransport::Socket memory{"memory"};

  MemoryPort(const sc_core::sc_module_name& name, const Config& config);
  MemoryPort(const MemoryPort&) = delete;
  MemoryPort& operator=(const MemoryPort&) = delete;
  ~MemoryPort() override;

  /// What has been issued up to now.
  [[nodiscard]] const PortTraffic& traffic() override;
  void clear_traffic() override;
  /// Whether memory owes the answer to a burst that still counts.
  [[nodiscard]] bool unanswered() const { return !in_flight_.empty(); }

  /// Drops every transfer: nobody hears of an earlier request any more, and responses to bursts that are on their way
  /// change nothing (nor do they count among the N outstanding ones any more).
  void reset() override;

 private:
  static constexpr std::uint32_t RequesterCount = 3;

  /// The target of one requester's jobs.
  class JobTarget final : public ForwardDefaults<TransferTypes> {
   public:
    JobTarget(MemoryPort& port, std::uint32_t requester) : port_(port), requester_(requester) {}
    tlm::tlm_sync_enum nb_transport_fw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time& delay) override;

   private:
    MemoryPort& port_;
    const std::uint32_t requester_;
  };

  void submit(std::uint32_t requester, Transfer& transfer);
  /// Tells a requester what became of its transfer.
  void tell(std::uint32_t requester, Transfer& transfer, TransferPhase phase);
  /// Hands what a burst of a read has brought to its requester.
  void hand_over(std::uint32_t requester, Transfer& transfer, const Transfer::Chunk& chunk);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    return transport_->nb_transport_bw(payload, phase, delay);
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;

  static constexpr std::uint64_t Unknown = ~std::uint64_t{0};  ///< a cycle that depends on a response to come

  struct Cursor {
    std::size_t job = 0;                 ///< index in the requester's queue; its size when nothing is left
    const MemoryJob* current = nullptr;  ///< that job, null when nothing is left
    std::size_t run = 0;
    std::uint32_t offset = 0;
    std::size_t burst = 0;  ///< number of the next burst within the job
  };
  /// Everything that decides when the next burst is issued: copied to look ahead.
  struct Timing {
    std::uint64_t next_free = 0;
    std::uint64_t channel_free = 0;       ///< cycle from which the transport takes a request
    std::vector<std::uint64_t> complete;  ///< of the last N bursts, a ring
    std::size_t index = 0;
    std::uint32_t last_requester = RequesterCount - 1;
    std::array<Cursor, RequesterCount> cursors;
  };
  struct Burst {
    std::uint32_t requester = 0;
    std::uint64_t issue = 0;
    std::uint64_t address = 0;
    std::uint64_t local = 0;
    std::uint32_t bytes = 0;
    std::size_t number = 0;
    bool last_of_transfer = false;
  };

  void step();
  [[nodiscard]] std::optional<Burst> next_burst(const Timing& timing) const;
  void account(Timing& timing, const Burst& burst, std::uint64_t complete) const;
  void finish_job(Cursor& cursor, std::uint32_t requester) const;
  enum class Through : std::uint8_t { Anything, DmiOnly };
  void issue_until(std::uint64_t cycle, Through through);
  /// The port sleeps while latencies are known, and issues afterwards what was due meanwhile. This brings it up to now.
  void settle();
  void deliver_until(std::uint64_t cycle);
  /// Sends what would be issued within the global quantum, as far as the responses so far tell.
  void run_ahead(std::uint64_t now);
  [[nodiscard]] std::optional<std::uint64_t> next_wake() const;
  /// Latency of a burst if it is known without asking the memory now: through DMI, or because it was sent ahead.
  [[nodiscard]] std::optional<std::uint64_t> known_latency(const MemoryJob& job, const Burst& burst) const;
  [[nodiscard]] MemoryJob& job_of(const Burst& burst, const Timing& timing) {
    return jobs_[burst.requester][timing.cursors[burst.requester].job];
  }

  /// The burst of that number if it was sent ahead of its issue, else null.
  [[nodiscard]] static BurstPayload* find_early(const MemoryJob& job, std::size_t number);
  /// A transaction for a burst, ready to be sent.
  [[nodiscard]] BurstPayload& prepare(MemoryJob& job, const Burst& burst, const sc_core::sc_time& start);
  void responded(BurstPayload& payload, const sc_core::sc_time& response);
  [[nodiscard]] bool response_ok(const BurstPayload& payload);
  /// Cycle in which the answer to an issued burst counts.
  [[nodiscard]] static std::uint64_t response_cycle(const BurstPayload& payload) {
    return payload.issue + payload.latency;
  }
  /// An issued burst was answered.
  void answer(BurstPayload& payload);
  /// Completes bursts that were answered with an error ahead of time.
  void fail_until(std::uint64_t cycle);
  /// Nobody waits for the response any more.
  void abandon(BurstPayload& payload);
  /// Copies the data of an answered burst, books its completion.
  void complete(BurstPayload& payload);
  void fail(MemoryJob& job, const BurstPayload& failed);
  void request_dmi(const BurstPayload& payload);

  [[nodiscard]] std::uint64_t beats(std::uint32_t bytes) const { return divide_up(bytes, bytes_per_cycle_); }

  const CoreClock clock_;
  const std::uint32_t burst_bytes_;
  const std::uint32_t bytes_per_cycle_;
  const bool use_dmi_;
  const bool strict_response_;
  std::array<JobTarget, RequesterCount> job_targets_{JobTarget{*this, 0}, JobTarget{*this, 1}, JobTarget{*this, 2}};
  std::array<JobSocket*, RequesterCount> requesters_{&fetch, &load, &store};
  std::shared_ptr<BurstPool> pool_;
  std::unique_ptr<MemoryTransport> transport_;

  std::array<std::deque<MemoryJob>, RequesterCount> jobs_;
  Timing timing_;
  DmiMap dmi_;
  PortTraffic traffic_;
  std::vector<BurstPayload*> in_flight_;  ///< sent and not complete
  std::vector<BurstPayload*> failing_;    ///< of these, answered with an error that does not count yet
  bool warned_ = false;                   ///< of an incomplete response
  sc_core::sc_event wake_;
};

}  // namespace dlac
