// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/links/resettable.h>

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

namespace dlac {

/// The four token counters that synchronise the load, compute and store queues. (Tokens)
class TokenCounters : public Resettable {
 public:
  explicit TokenCounters(std::uint32_t limit) : limit_(limit) {}

  [[nodiscard]] bool available(std::uint32_t mask) const { return missing(mask) == 0; }
  /// The tokens of `mask` that are not there.
  [[nodiscard]] std::uint32_t missing(std::uint32_t mask) const {
    std::uint32_t result = 0;
    for (std::uint32_t i = 0; i < TokenCount; ++i) {
      if ((mask >> i & 1U) != 0 && counts_[i] == 0) result |= 1U << i;
    }
    return result;
  }
  /// Takes one of each; all must be available.
  void take(std::uint32_t mask) {
    for (std::uint32_t i = 0; i < TokenCount; ++i) counts_[i] -= mask >> i & 1U;
  }
  /// Gives one of each; false if a counter would pass its limit.
  [[nodiscard]] bool give(std::uint32_t mask) {
    for (std::uint32_t i = 0; i < TokenCount; ++i) {
      if ((mask >> i & 1U) == 0) continue;
      if (counts_[i] == limit_) return false;
      ++counts_[i];
    }
    if (mask != 0) changed_.notify(sc_core::SC_ZERO_TIME);
    return true;
  }
  void reset() override { counts_ = {}; }
  [[nodiscard]] const sc_core::sc_event& changed() const { return changed_; }
  /// `prefix`: of the counters' names.
  void trace(sc_core::sc_trace_file* file, const std::string& prefix) const {
    for (std::uint32_t i = 0; i < TokenCount; ++i) {
      sc_core::sc_trace(file, counts_[i], prefix + std::string(to_string(static_cast<Token>(i))));
    }
  }

 private:
  std::uint32_t limit_;
  std::array<std::uint32_t, TokenCount> counts_{};
  sc_core::sc_event changed_;
};

}  // namespace dlac
