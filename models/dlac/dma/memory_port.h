// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/control/core_clock.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// Who shares the memory port, in round-robin order. (arch. 2)
enum class Requester : std::uint32_t { Fetch = 0, Load = 1, Store = 2 };
inline constexpr std::uint32_t RequesterCount = 3;

/// A contiguous piece of memory and the local bytes that it is copied to or from.
struct MemoryRun {
  std::uint64_t address = 0;
  std::uint8_t* local = nullptr;
  std::uint32_t bytes = 0;
};

struct TransferResult {
  bool ok = true;
  std::uint64_t fault_address = 0;  ///< of the burst that was answered with an error
};

/// A DMA job: runs in order, split into bursts; `done` is called in the cycle in which its last burst, and all earlier
/// transfers of the same requester, are complete.
struct Transfer {
  bool write = false;
  std::vector<MemoryRun> runs;
  std::function<void(const TransferResult&)> done;
};

struct PortTraffic {
  std::uint64_t bytes_read = 0, bytes_written = 0, read_bursts = 0, write_bursts = 0;
};

/// The `mem` side of the core: splits transfers into bursts, arbitrates, and keeps the timing of arch. 2:
///   issue(i) = max(issue(i-1) + beats(i-1), complete(i-N)),  complete(i) = issue(i) + beats(i) + latency
/// in cycles, beats(i) = ceil(bytes / port width), latency as the memory returned it (rounded up to cycles). A transfer
/// submitted in cycle t takes part in the arbitration from t+1 on, so the outcome does not depend on the order in
/// which the requesters run within a cycle.
///
/// Loosely timed. Where the memory grants DMI, the port wakes once per transfer and issues its bursts in a loop; else
/// it wakes for every burst and calls b_transport.
class MemoryPort : public sc_core::sc_module {
 public:
  using Socket = tlm::tlm_initiator_socket<32>;

  MemoryPort(sc_core::sc_module_name name, const Config& config, Socket& socket);

  void submit(Requester requester, Transfer transfer);
  [[nodiscard]] bool idle() const;
  [[nodiscard]] const PortTraffic& traffic() const { return traffic_; }
  void clear_traffic() { traffic_ = {}; }

  /// Drops every transfer; no `done` of an earlier submission is called any more.
  void reset();
  void invalidate_dmi(std::uint64_t first, std::uint64_t last);

 private:
  struct Job {
    Transfer transfer;
    std::uint64_t arrival = 0;   ///< first cycle in which it can be issued
    std::uint64_t complete = 0;  ///< latest completion of its bursts so far
    TransferResult result;
  };
  struct Cursor {
    std::size_t job = 0;           ///< index in the requester's queue; its size when nothing is left
    const Job* current = nullptr;  ///< that job, null when nothing is left
    std::size_t run = 0;
    std::uint32_t offset = 0;
    std::uint64_t last_complete = 0;  ///< completion of the requester's previous transfer
  };
  /// Everything that decides when the next burst is issued: copied to look ahead.
  struct Timing {
    std::uint64_t next_free = 0;
    std::vector<std::uint64_t> complete;  ///< of the last N bursts, a ring
    std::size_t index = 0;
    std::uint32_t last_requester = RequesterCount - 1;
    std::array<Cursor, RequesterCount> cursors;
  };
  struct Burst {
    std::uint32_t requester = 0;
    std::uint64_t issue = 0;
    std::uint64_t address = 0;
    std::uint8_t* local = nullptr;
    std::uint32_t bytes = 0;
    bool last_of_transfer = false;
  };
  struct DmiRegion {
    std::uint64_t first = 0, last = 0;
    std::uint8_t* pointer = nullptr;
    bool read = false, write = false;
    std::uint64_t read_latency = 0, write_latency = 0;  ///< cycles
  };

  void run();
  [[nodiscard]] std::optional<Burst> next_burst(const Timing& timing) const;
  void account(Timing& timing, const Burst& burst, std::uint64_t complete) const;
  void issue_until(std::uint64_t cycle);
  void deliver_until(std::uint64_t cycle);
  [[nodiscard]] std::optional<std::uint64_t> next_wake() const;
  [[nodiscard]] const DmiRegion* dmi_region(const Burst& burst, bool write) const;
  /// Moves the data; returns the latency in cycles, or nullopt on an error response.
  [[nodiscard]] std::optional<std::uint64_t> perform(const Burst& burst, bool write);
  void request_dmi(std::uint64_t address, bool write, std::uint64_t latency);
  [[nodiscard]] std::uint64_t beats(std::uint32_t bytes) const {
    return (bytes + bytes_per_cycle_ - 1) / bytes_per_cycle_;
  }

  const CoreClock clock_;
  const std::uint32_t burst_bytes_;
  const std::uint32_t bytes_per_cycle_;
  const bool use_dmi_;
  Socket& socket_;

  std::array<std::deque<Job>, RequesterCount> jobs_;
  Timing timing_;
  std::vector<DmiRegion> dmi_regions_;
  PortTraffic traffic_;
  tlm::tlm_generic_payload payload_;
  sc_core::sc_event wake_;
  sc_core::sc_process_handle thread_;
};

}  // namespace dlac
