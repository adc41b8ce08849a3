// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace sc_core {
class sc_trace_file;
}

namespace dlac {

/// Read access to a local buffer as the grid's ports see it: little-endian bytes. At least `BufferSlack` readable bytes
/// follow the last one, so that a vector load of the last word stays inside the allocation.
struct BufferView {
  const std::uint8_t* data = nullptr;
  std::uint64_t bytes = 0;
};
inline constexpr std::uint64_t BufferSlack = 64;

/// The PE grid with its output buffers: what executes mmOp and ptWiseOp. Two implementations, chosen by
/// configuration, that agree to the cycle and to the bit. Operations have been validated by the caller: every address
/// they form lies in the buffers, every field is in range, every ternary code is legal.
class Engine {
 public:
  Engine() = default;
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Executes one segment. Called from an SC_THREAD. The clocked engine lets `cycles` clock periods pass; the schedule
  /// engine returns at once and the caller lets them pass.
  [[nodiscard]] virtual SegmentResult multiply(const MmOp& op) = 0;

  /// Executes a point-wise operation; returns its cycles (arch. 2). Lets no time pass.
  [[nodiscard]] virtual std::uint64_t pointwise(const PtWiseOp& op) = 0;

  /// Words (binary32 or binary16 bits, canonical: -0 -> +0, NaN -> 0x7FC00000 / 0x7E00) of tile channels
  /// [0, channels) and columns [0, columns) of a bank: out[channel * columns + column]. Lets no time pass.
  virtual void drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
                     std::uint32_t* out) const = 0;

  /// Back to the state after elaboration: both banks +0. An SC_THREAD inside multiply() must be unwound as well.
  virtual void reset() = 0;

  /// Adds the engine's signals to a waveform; the schedule engine has none.
  virtual void trace(sc_core::sc_trace_file* file) const = 0;
};

}  // namespace dlac
