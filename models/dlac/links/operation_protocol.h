// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/counters.h>

#include <cstdint>
#include <tlm>
#include <variant>

namespace dlac {

/// An mmOp or ptWiseOp that the grid executes. Its fields were checked: every address that it forms lies in the
/// buffers, every field is in range, every ternary code is legal.
///
/// nb_transport_fw with BEGIN_REQ, in the cycle in which it starts. A grid that knows the outcome answers TLM_COMPLETED
/// with the operation's cycles as the delay; one that works clock by clock answers TLM_ACCEPTED, and calls
/// nb_transport_bw with BEGIN_RESP in the cycle in which it ends.
struct Operation {
  std::variant<MmOp, PtWiseOp> command;
  std::uint64_t start = 0;  ///< cycle
  // The result.
  SegmentResult segment;     ///< of an mmOp
  std::uint64_t cycles = 0;  ///< of either
  tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;
};

struct OperationTypes {
  using tlm_payload_type = Operation;
  using tlm_phase_type = tlm::tlm_phase;
};

/// Words that leave output buffers, by b_transport: from the grid to the store unit tile channels [0, channels) and
/// columns [0, columns) of a grid of 2^log2_rows rows; from a PE to the grid the output buffers [0, channels), columns
/// = 1. The drain port's time is the store unit's.
struct Drain {
  std::uint32_t bank = 0;
  std::uint32_t log2_rows = 0;
  std::uint32_t channels = 0;
  std::uint32_t columns = 0;
  std::uint64_t cycle = 0;  ///< in which the drain starts
  /// [channel * columns + column], binary32 or binary16 bits, canonical: -0 is +0, every NaN the quiet one.
  std::uint32_t* words = nullptr;
  tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;
};

struct DrainTypes {
  using tlm_payload_type = Drain;
  using tlm_phase_type = tlm::tlm_phase;
};

}  // namespace dlac
