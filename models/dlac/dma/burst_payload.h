// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

struct MemoryJob;

/// One burst on the wire: the transaction, its own data, and what it belongs to. The data are copied from and to the
/// core's buffers, so a memory that answers after a reset writes nowhere else.
struct BurstPayload : tlm::tlm_generic_payload {
  BurstPayload(tlm::tlm_mm_interface* manager, std::size_t burst_bytes)
      : tlm::tlm_generic_payload(manager), data(burst_bytes) {}

  std::vector<std::uint8_t> data;
  std::uint64_t address = 0;    ///< as sent; an interconnect may change the transaction's own
  bool held = false;            ///< by the core; foreign components may hold references of their own
  MemoryJob* job = nullptr;     ///< null: abandoned, nobody waits for the response
  std::uint32_t requester = 0;  ///< whose transfer it is
  std::uint64_t local = 0;      ///< where the data of a read go in the requester's space
  std::size_t number = 0;       ///< of the burst within its transfer
  sc_core::sc_time start;       ///< when the memory sees the request; ahead of time with a quantum
  // Known once the port has issued it; a transport may send it earlier.
  bool issued = false;
  std::uint64_t issue = 0;  ///< cycle
  std::size_t slot = 0;     ///< of the N outstanding ones
  // Known once the memory has answered.
  bool responded = false;
  bool ok = false;
  std::uint64_t latency = 0;  ///< cycles from request to response
};

/// Memory manager of the port's transactions: makes them when needed and uses them again. It lives until the last
/// transaction is released, for a foreign component may do so after the core is gone.
class BurstPool : public tlm::tlm_mm_interface, public std::enable_shared_from_this<BurstPool> {
 public:
  explicit BurstPool(std::size_t burst_bytes) : burst_bytes_(burst_bytes) {}

  /// A transaction with clean attributes and one reference, the core's.
  [[nodiscard]] BurstPayload& take(bool write, std::uint64_t address, std::uint32_t bytes);
  /// The core is through with it.
  static void give_back(BurstPayload& payload);
  /// The core goes: gives up its references and keeps itself alive for those of others.
  void close();

 private:
  void free(tlm::tlm_generic_payload* payload) override;

  std::size_t burst_bytes_;
  std::vector<std::unique_ptr<BurstPayload>> all_;
  std::vector<BurstPayload*> free_;
  bool closing_ = false;
  std::shared_ptr<BurstPool> self_;  ///< once closed, while transactions are out
};

}  // namespace dlac
