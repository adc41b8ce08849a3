// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/link.h>

#include <array>
#include <cstring>
#include <vector>

#include "tb/tests/models/sc_core_rig.h"

/// A small layer that the tests of the links run.
namespace link_rig {

namespace tb = dlac::tb;
using dlac::Command;
using dlac::Config;
using dlac::Counter;
using dlac::CounterCount;
using dlac::End;
using dlac::EngineKind;
using dlac::ErrorCode;
using dlac::Fittings;
using dlac::Half;
using dlac::LoadFeatures;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Mode;
using dlac::Store;

constexpr std::uint64_t Channels = 16;  // all of the tile: four rows of four output buffers
constexpr std::uint64_t Columns = 4;
constexpr std::uint64_t Beats = 18;
constexpr std::uint64_t WeightsAt = 0x4000, FeaturesAt = 0x8000, OutputsAt = 0xC000;

/// Loads weights and features, multiplies and stores; one command at a time.
[[nodiscard]] inline std::vector<Command> layer(Mode mode) {
  const std::uint32_t word = mode == Mode::Train ? 4 : 2;
  LoadWeights weights;
  weights.address = WeightsAt;
  weights.bytes = Channels * Beats / 4;
  LoadFeatures features;
  features.header.fence = 1;
  features.address = FeaturesAt;
  features.channels = 2;
  features.width = features.pitch = 8;
  features.height = features.rows = features.row_capacity = 4;
  features.row_stride = 8 * word;
  features.channel_stride = features.image_stride = 32 * word;
  MmOp op = core_rig::small_convolution();
  op.header.fence = 1;
  Store store;
  store.header.fence = 1;
  store.address = OutputsAt;
  store.channel_stride = Columns * word;
  store.image_pixels = store.columns = Columns;
  store.log2_rows = 2;
  store.channels = Channels;
  return {weights, features, op, store, End{}};
}

/// Ternary weights and small whole features, some of them zero.
inline void fill(tb::Testbench& bench, Mode mode) {
  for (std::size_t i = 0; i < Channels * Beats / 4; ++i) {
    static constexpr std::uint8_t Codes[] = {0x1D, 0xC7, 0x70, 0x34, 0x00, 0x5F};
    bench.memory.data()[WeightsAt + i] = Codes[i % 6];
  }
  for (std::size_t i = 0; i < 64; ++i) {
    const float value = i % 3 == 0 ? 0.0F : static_cast<float>(i % 7) - 3.0F;
    if (mode == Mode::Train) {
      std::memcpy(bench.memory.data() + FeaturesAt + 4 * i, &value, 4);
    } else {
      const std::uint16_t half = Half::from_float(value).bits();
      std::memcpy(bench.memory.data() + FeaturesAt + 2 * i, &half, 2);
    }
  }
}

struct Outcome {
  ErrorCode error = ErrorCode::None;
  std::vector<std::uint8_t> outputs;
  std::array<std::uint64_t, CounterCount> counters{};
  [[nodiscard]] std::uint64_t counter(Counter which) const { return counters[static_cast<std::size_t>(which)]; }
};

/// Makes a testbench that runs the layer; the simulation is the caller's to start, by run().
struct Bench {
  Bench(const char* name, const Config& config, Fittings* fittings)
      : testbench(
            name, config, core_rig::MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
            [this](tb::Testbench& self) {
              const Mode mode = self.config().mode;
              fill(self, mode);
              outcome.error = self.run_list(layer(mode));
              outcome.counters = self.read_counters();
              const std::uint8_t* const first = self.memory.data() + OutputsAt;
              outcome.outputs.assign(first, first + Channels * Columns * (mode == Mode::Train ? 4 : 2));
            },
            fittings) {}
  Outcome outcome;
  tb::Testbench testbench;
};

[[nodiscard]] inline Config config_of(EngineKind engine, Mode mode = Mode::Train, std::uint32_t dmi = 1) {
  Config config = core_rig::small_config(mode);
  config.engine = engine;
  config.dmi = dmi;
  return config;
}

}  // namespace link_rig
