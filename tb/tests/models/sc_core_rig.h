// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/register_map.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tb/system/testbench.h"

namespace dlac {

inline std::ostream& operator<<(std::ostream& os, ErrorCode code) { return os << to_string(code); }

}  // namespace dlac

/// What the tests of the whole core share.
namespace core_rig {

using dlac::Command;
using dlac::Config;
using dlac::tb::Testbench;

constexpr std::uint32_t LoadToCompute = dlac::token_bit(dlac::Token::LoadToCompute);
constexpr std::uint32_t ComputeToLoad = dlac::token_bit(dlac::Token::ComputeToLoad);
constexpr std::uint32_t ComputeToStore = dlac::token_bit(dlac::Token::ComputeToStore);
constexpr std::uint32_t StoreToCompute = dlac::token_bit(dlac::Token::StoreToCompute);

constexpr std::uint64_t MemoryBytes = 1 << 20;

[[nodiscard]] constexpr std::uint32_t at(dlac::Register r) { return static_cast<std::uint32_t>(r); }

/// 4 x 4 PEs with four output buffers, one unit that adds (train) or two, one of which multiplies (infer).
[[nodiscard]] inline Config small_config(dlac::Mode mode) {
  Config config = Config::defaults(mode);
  config.pes = 16;
  config.rows = config.columns = 4;
  config.output_buffers = config.row_port_words = 4;
  config.weight_buffer_bytes = 4096;
  config.feature_buffer_bytes = 4096;
  return config;
}

/// Runs a program on two cores of one simulation that differ in their engine alone.
inline void on_both_engines(Config config, const Testbench::Program& program,
                            std::uint64_t memory_bytes = MemoryBytes) {
  const sc_core::sc_time latency(100, sc_core::SC_NS);
  config.engine = dlac::EngineKind::Schedule;
  Testbench schedule("schedule", config, memory_bytes, latency, program);
  config.engine = dlac::EngineKind::Clocked;
  Testbench clocked("clocked", config, memory_bytes, latency, program);
  schedule.run();
  clocked.run();
}

/// Writes a command list to memory and rings the doorbell; does not wait.
inline void ring(Testbench& bench, const std::vector<dlac::CommandImage>& list, std::uint64_t address,
                 std::uint32_t length) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::memcpy(bench.memory.data() + address + i * dlac::CommandBytes, list[i].data(), dlac::CommandBytes);
  }
  bench.write_register(at(dlac::Register::ListAddrLo), static_cast<std::uint32_t>(address));
  bench.write_register(at(dlac::Register::ListAddrHi), static_cast<std::uint32_t>(address >> 32));
  bench.write_register(at(dlac::Register::ListLength), length);
  bench.write_register(at(dlac::Register::Doorbell), 1);
}

[[nodiscard]] inline std::vector<dlac::CommandImage> images(const std::vector<Command>& commands) {
  std::vector<dlac::CommandImage> list;
  list.reserve(commands.size());
  for (const Command& command : commands) list.push_back(dlac::encode(command));
  return list;
}

[[nodiscard]] inline std::uint64_t counter(Testbench& bench, dlac::Counter which) {
  return bench.read_counters()[static_cast<std::size_t>(which)];
}

/// When a command began and was complete, in cycles from time 0.
struct Span {
  std::uint32_t tag;
  std::uint64_t start, end;
  [[nodiscard]] bool operator==(const Span& o) const { return tag == o.tag && start == o.start && end == o.end; }
};
inline std::ostream& operator<<(std::ostream& os, const Span& s) {
  return os << "command " << s.tag << ": " << s.start << " to " << s.end;
}

/// An mmOp on `beats` dead or live beats of one channel and one pixel: reads `beats` words of the feature buffer.
[[nodiscard]] inline dlac::MmOp column_of_beats(std::uint32_t beats) {
  dlac::MmOp op;
  op.clear = 1;
  op.channels = op.columns = 1;
  op.beats = beats;
  op.row_capacity = op.pitch = op.height = op.width = 1;
  return op;
}

/// A 3x3 convolution with a padding of one on a map of 4 x 8, two channels, in the feature buffer from word 0, to 16
/// channels and four pixels.
[[nodiscard]] inline dlac::MmOp small_convolution() {
  dlac::MmOp op;
  op.log2_rows = 2;
  op.clear = 1;
  op.channels = 16;
  op.columns = 4;
  op.beats = 18;
  op.row_capacity = op.height = op.out_height = 4;
  op.pitch = op.width = op.out_width = 8;
  op.kernel_height = op.kernel_width = 3;
  op.offset_y = op.offset_x = -1;
  return op;
}

}  // namespace core_rig
