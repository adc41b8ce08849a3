// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/skip_policy.h>

#include <array>
#include <cstddef>

namespace dlac {
namespace {

// What a rule says of the weights of a beat ...
[[nodiscard]] std::uint64_t every_weight(std::uint64_t, std::uint64_t valid) { return valid; }
[[nodiscard]] std::uint64_t nonzero_weights(std::uint64_t nonzero, std::uint64_t) { return nonzero; }

// ... and of its feature.
[[nodiscard]] bool every_feature(bool) { return true; }
[[nodiscard]] bool nonzero_features(bool feature_is_zero) { return !feature_is_zero; }

struct Rule {
  std::string_view name;
  SkipRule::Candidates candidates;
  SkipRule::Passes passes;
};

/// In the order of the enumerators.
constexpr std::array Rules{
    Rule{"none", every_weight, every_feature},
    Rule{"features", every_weight, nonzero_features},
    Rule{"weights", nonzero_weights, every_feature},
    Rule{"both", nonzero_weights, nonzero_features},
};

[[nodiscard]] const Rule& rule_of(Policy policy) { return Rules.at(static_cast<std::size_t>(policy)); }

}  // namespace

std::string_view to_string(Policy policy) { return rule_of(policy).name; }

std::optional<Policy> policy_from(std::string_view name) {
  for (std::size_t i = 0; i < Rules.size(); ++i) {
    if (Rules[i].name == name) return static_cast<Policy>(i);
  }
  return std::nullopt;
}

const std::vector<std::string_view>& policy_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    all.reserve(Rules.size());
    for (const Rule& rule : Rules) all.push_back(rule.name);
    return all;
  }();
  return names;
}

SkipRule::SkipRule(Policy policy) : candidates_(rule_of(policy).candidates), passes_(rule_of(policy).passes) {}

bool SkipRule::candidates_are_nonzero() const { return candidates_ == nonzero_weights; }
bool SkipRule::candidates_are_valid() const { return candidates_ == every_weight; }

}  // namespace dlac
