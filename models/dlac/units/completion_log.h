// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/command_record.h>
#include <dlac/common/counters.h>

#include <cstdint>
#include <systemc>
#include <utility>
#include <vector>

namespace dlac {

/// What was completed: counts, sums over the segments, and those who want to hear of it.
class CompletionLog {
 public:
  /// An empty observer removes all others.
  void observe(CommandObserver observer) {
    if (observer == nullptr) {
      observers_.clear();
    } else {
      observers_.push_back(std::move(observer));
    }
  }

  void complete(const CommandRecord& record) {
    ++commands_;
    for (const CommandObserver& observer : observers_) observer(record);
  }
  void add(const SegmentResult& segment) {
    ++segments_;
    totals_.updates += segment.updates;
    totals_.pe += segment.pe;
  }
  void clear() {
    totals_ = {};
    commands_ = segments_ = 0;
  }

  [[nodiscard]] const SegmentResult& totals() const { return totals_; }  ///< `cycles` is unused
  [[nodiscard]] std::uint64_t commands() const { return commands_; }
  [[nodiscard]] std::uint64_t segments() const { return segments_; }  ///< mmOps

 private:
  SegmentResult totals_;
  std::uint64_t commands_ = 0;
  std::uint64_t segments_ = 0;
  std::vector<CommandObserver> observers_;
};

}  // namespace dlac
