// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

namespace dlac::platform {

/// A memory-mapped bus: any number of initiators and targets, no contention. It keeps no state of a blocking
/// transaction, so that initiators may be in it at the same time.
///
/// A target sees addresses from 0 of its window. Direct memory access, its invalidation, debug access and the four
/// phases of the non-blocking transport pass through with their addresses translated; an access that is not inside
/// one window is answered with an address error.
class Bus : public sc_core::sc_module {
 public:
  using TargetSocket = tlm_utils::simple_target_socket_tagged<Bus, 32>;
  using InitiatorSocket = tlm_utils::simple_initiator_socket_tagged<Bus, 32>;

  /// Who uses the bus. Each access takes `latency` more than the target says.
  struct Initiator {
    std::string name;
    sc_core::sc_time latency;
  };
  /// What is on the bus. Windows do not overlap.
  struct Target {
    std::string name;
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
  };

  Bus(sc_core::sc_module_name name, const std::vector<Initiator>& initiators, const std::vector<Target>& targets);

  /// The sockets to bind, in the constructor's order.
  [[nodiscard]] TargetSocket& initiator(std::size_t index) { return initiators_.at(index)->socket; }
  [[nodiscard]] InitiatorSocket& target(std::size_t index) { return targets_.at(index)->socket; }

  /// `watcher` is shown each transaction for a target, with the target's address, before the target gets it.
  void watch(std::size_t target, std::function<void(const tlm::tlm_generic_payload&)> watcher) {
    targets_.at(target)->watcher = std::move(watcher);
  }

  /// Adds address, data (the first four bytes), command and activity of each initiator's accesses to a waveform.
  /// Direct memory access does not show: it does not pass here.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  struct InitiatorPort {
    explicit InitiatorPort(const Initiator& initiator) : socket(initiator.name.c_str()), latency(initiator.latency) {}
    TargetSocket socket;
    const sc_core::sc_time latency;
    // What a waveform shows of the access that began last.
    std::uint64_t address = 0;
    std::uint32_t data = 0;
    bool write = false;
    bool error = false;
    bool active = false;
    sc_core::sc_event over;
  };
  struct TargetPort {
    explicit TargetPort(const Target& target) : socket(target.name.c_str()), base(target.base), bytes(target.bytes) {}
    InitiatorSocket socket;
    const std::uint64_t base, bytes;
    std::function<void(const tlm::tlm_generic_payload&)> watcher;
  };
  /// Where a non-blocking transaction came from and what its address was.
  struct Route {
    InitiatorPort* initiator = nullptr;
    TargetPort* target = nullptr;
    std::uint64_t address = 0;
    std::uint64_t number = 0;  ///< of the transaction
  };

  void b_transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(int target, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  unsigned int transport_dbg(int initiator, tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  void invalidate_direct_mem_ptr(int target, sc_dt::uint64 first, sc_dt::uint64 last);

  /// The target whose window holds all of the access, or its first byte where `whole` is false; null for none.
  [[nodiscard]] TargetPort* decode(const tlm::tlm_generic_payload& payload, bool whole = true) const;
  /// The address that the target sees.
  [[nodiscard]] static std::uint64_t address_at(const Route& route) { return route.address - route.target->base; }
  void show_begin(InitiatorPort& port, const tlm::tlm_generic_payload& payload) const;
  void show_end(InitiatorPort& port, const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) const;

  std::vector<std::unique_ptr<InitiatorPort>> initiators_;  // sockets cannot move
  std::vector<std::unique_ptr<TargetPort>> targets_;
  std::unordered_map<const tlm::tlm_generic_payload*, Route> routes_;
  std::uint64_t begun_ = 0;  ///< non-blocking transactions
};

}  // namespace dlac::platform
