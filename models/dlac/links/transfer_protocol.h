// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace dlac {

/// A contiguous piece of memory and the local bytes that it is copied to or from.
struct MemoryRun {
  std::uint64_t address = 0;
  std::uint64_t local = 0;  ///< byte offset in what the requester reads into or writes from
  std::uint32_t bytes = 0;
};

/// A DMA job: its runs in order, split into bursts by the memory port. It belongs to the requester, and stays where it
/// is from the request to the response, or to a reset.
struct Transfer {
  bool write = false;
  std::vector<MemoryRun> runs;
  const std::uint8_t* data = nullptr;  ///< of a write: the bytes at local offset 0

  /// Phase Data: what a burst of a read has brought.
  struct Chunk {
    std::uint64_t local = 0;
    const std::uint8_t* data = nullptr;
    std::uint32_t bytes = 0;
    std::uint64_t cycle = 0;  ///< in which the burst is complete, perhaps still to come
  } chunk;

  // The result.
  bool ok = true;
  std::uint64_t fault_address = 0;  ///< of the burst that was answered with an error

  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const MemoryRun& run : runs) sum += run.bytes;
    return sum;
  }
};

/// Which of a requester's own transfers this is; nullptr for one that it has no more.
template <typename Own>
[[nodiscard]] auto find_transfer(Own& own, const Transfer& transfer) -> decltype(&own.front()) {
  for (auto& each : own) {
    if (&each == &transfer) return &each;
  }
  return nullptr;
}

/// Request: forward, in the cycle in which the job is submitted. Data: backward, for every burst of a read, in order of
/// the responses of memory. Response: backward, in the cycle in which the last burst, and every earlier transfer of
/// this requester, is complete. All are TLM_ACCEPTED.
enum class TransferPhase : std::uint8_t { Request, Data, Response };

struct TransferTypes {
  using tlm_payload_type = Transfer;
  using tlm_phase_type = TransferPhase;
};

}  // namespace dlac
