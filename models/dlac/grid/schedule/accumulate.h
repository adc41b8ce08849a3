// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace dlac::schedule {

/// How an update rounds. (The arithmetic)
enum class Rounding {
  Binary32,     ///< fused multiply-add in binary32
  Binary16,     ///< ternary weight, |accumulator| known to stay below 65504
  Binary16Any,  ///< ternary weight, overflow to infinity possible
  Binary16Fma,  ///< binary16 weight, fused multiply-add
};

/// Accumulators += weights x features over a run of beats, in beat order.
struct AccumulateJob {
  float* accumulators = nullptr;    ///< [columns][channel_stride]
  std::size_t channel_stride = 0;   ///< a multiple of 16
  std::size_t channels = 0;         ///< to compute, at most channel_stride
  const float* features = nullptr;  ///< [beats][feature_stride]
  std::size_t feature_stride = 0;
  std::size_t columns = 0;               ///< to compute
  const std::uint8_t* packed = nullptr;  ///< ternary codes [beats][packed_stride bytes], or
  std::size_t packed_stride = 0;
  const float* words = nullptr;  ///< weights as binary32 values [beats][word_stride]
  std::size_t word_stride = 0;
  std::uint32_t beats = 0;
  Rounding rounding = Rounding::Binary32;
  bool guarded = false;  ///< some operand is infinite or NaN: updates with a zero operand do nothing
};
void accumulate(const AccumulateJob& job);

}  // namespace dlac::schedule
