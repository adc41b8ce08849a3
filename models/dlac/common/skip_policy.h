// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dlac {

/// Which updates the machine must execute. (The schedule)
/// Another policy is an enumerator here, its rule and name in skip_policy.cpp, and its naive twin in tb/reference.
enum class Policy : std::uint8_t { None, Features, Weights, Both };

[[nodiscard]] std::string_view to_string(Policy policy);
[[nodiscard]] std::optional<Policy> policy_from(std::string_view name);
/// In the order of the enumerators.
[[nodiscard]] const std::vector<std::string_view>& policy_names();

/// What a policy demands, in the terms of the hardware: the row stream knows a beat's weights, the column stream its
/// feature, and an update is executed if its buffer is a candidate and the feature passes. Both engines ask this and
/// nothing else. A rule never drops an update with two non-zero operands.
class SkipRule {
 public:
  /// Candidates from a row beat's non-zero weights and the buffers that hold channels of the layer.
  using Candidates = std::uint64_t (*)(std::uint64_t nonzero, std::uint64_t valid);
  using Passes = bool (*)(bool feature_is_zero);

  explicit SkipRule(Policy policy);
  SkipRule(Candidates candidates, Passes passes) : candidates_(candidates), passes_(passes) {}

  /// Output buffers whose update is live if the feature lets it; bit b is output buffer b. nonzero is part of the
  /// candidates, and they are part of valid.
  [[nodiscard]] std::uint64_t candidates(std::uint64_t nonzero, std::uint64_t valid) const {
    return candidates_(nonzero, valid);
  }
  /// Whether updates with a feature are executed at all; one that is not zero always passes.
  [[nodiscard]] bool passes(bool feature_is_zero) const { return passes_(feature_is_zero); }

  // What an engine may count instead of asking beat by beat.
  /// candidates() is `nonzero`, whatever the masks.
  [[nodiscard]] bool candidates_are_nonzero() const;
  /// candidates() is `valid`, whatever the masks: the policy ignores weights.
  [[nodiscard]] bool candidates_are_valid() const;

 private:
  Candidates candidates_;
  Passes passes_;
};

}  // namespace dlac
