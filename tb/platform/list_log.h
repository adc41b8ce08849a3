// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/accelerator.h>
#include <dlac/common/register_map.h>

#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac::platform {

/// What dLAC did with a command list. Cycles are counted from time 0 of the simulation.
struct ListRun {
  std::uint64_t address = 0;  ///< of its first command
  std::uint64_t first = 0;    ///< the cycle of the doorbell
  std::uint64_t last = 0;     ///< the cycle in which it ended; that of the last command so far if it has not
  bool ended = false;         ///< it ran to its end
  std::uint32_t error = 0;    ///< the core's error code for a list that did not, 0 if it holds none
  std::uint64_t commands = 0;
  SegmentResult segments;  ///< of its mmOps, added up
  std::uint64_t segment_count = 0;
};

/// Keeps an account of the command lists that firmware has dLAC run. It looks on only: at accesses of the registers on
/// their way, and at commands as they complete.
class ListLog {
 public:
  /// `dlac` must be there as long as this object is.
  explicit ListLog(Accelerator& dlac);
  ListLog(const ListLog&) = delete;
  ListLog& operator=(const ListLog&) = delete;

  /// A transaction on its way to the registers, addresses from 0 of their window.
  void access(const tlm::tlm_generic_payload& payload);
  /// All lists until now.
  [[nodiscard]] const std::vector<ListRun>& lists();

 private:
  void complete(const CommandRecord& record);
  /// What the core says of a list that has not ended.
  void read_error();
  [[nodiscard]] std::uint32_t read(Register which);
  [[nodiscard]] bool open() const { return !lists_.empty() && !lists_.back().ended; }

  Accelerator& dlac_;
  std::vector<ListRun> lists_;
};

}  // namespace dlac::platform
