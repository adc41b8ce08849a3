// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace reference {

/// What is to be known of an operand. Inserted is for features only: never live, not counted.
enum class Operand : std::uint8_t { Zero, NonZero, NonFinite, Inserted };

/// Which updates are executed; the order is the configuration's. (The schedule)
enum class Policy { None, Features, Weights, Both };

/// Whether a PE executes the update of its output buffer `buffer` with a feature. weights[0] .. weights[count - 1] are
/// the beat's weights of its output buffers, those inside the layer.
[[nodiscard]] inline bool is_live(Policy policy, const Operand* weights, std::int64_t count, std::int64_t buffer,
                                  Operand feature) {
  if (feature == Operand::Inserted || buffer >= count) return false;
  const bool weight_zero = weights[buffer] == Operand::Zero;
  const bool feature_zero = feature == Operand::Zero;
  switch (policy) {
    case Policy::None: return true;
    case Policy::Features: return !feature_zero;
    case Policy::Weights: return !weight_zero;
    case Policy::Both: return !weight_zero && !feature_zero;
  }
  return true;
}

}  // namespace reference
