// SPDX-License-Identifier: Apache-2.0
// Whole layers through the whole chain: host, CSRs, command list, DMA, buffers, grid, memory; both engines and the
// naive reference must agree to the bit and to the cycle.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <random>

#include "tb/reference/schedule.h"
#include "tb/system/testbench.h"
#include "tb/tests/random_layers.h"

namespace workloads = dlac::workloads;
using dlac::Config;
using dlac::Counter;
using dlac::EngineKind;
using dlac::Mode;
using dlac::Policy;
using dlac::tb::LayerRun;
using dlac::tb::random_layer;
using dlac::tb::RandomLayer;
using dlac::tb::Testbench;
using dlac::tb::words_of;

namespace {

[[nodiscard]] int soak_factor() { return std::getenv("DLAC_SOAK") != nullptr ? 20 : 1; }

/// The identities of the counters. (Counters)
void check_counters(const LayerRun& run, const RandomLayer& random, const Config& config) {
  using C = Counter;
  CHECK(run.counter(C::UpdatesExecuted) + run.counter(C::UpdatesSkippedWeight) + run.counter(C::UpdatesSkippedFeature) +
            run.counter(C::UpdatesSkippedBoth) ==
        random.layer.macs());
  CHECK(run.counter(C::ComputeCycles) + run.counter(C::PointwiseCycles) + run.counter(C::WaitWeightsCycles) +
            run.counter(C::WaitFeaturesCycles) + run.counter(C::WaitDrainCycles) + run.counter(C::IdleCycles) ==
        run.counter(C::Cycles));
  CHECK(run.counter(C::PeBusyCycles) + run.counter(C::PeStarvedRowCycles) + run.counter(C::PeStarvedColumnCycles) +
            run.counter(C::PeFinishedEarlyCycles) ==
        config.pes * run.counter(C::ComputeCycles));
  CHECK(run.counter(C::Segments) == run.plan.segments.size());
  CHECK(run.counter(C::Commands) == run.plan.commands.size());
  const std::uint64_t word = config.word_bytes();
  CHECK(run.counter(C::BytesWritten) == random.layer.output_count() * word);
}

void check_against_reference(const LayerRun& run, const RandomLayer& random, const Config& config) {
  const reference::Words expected = reference_outputs(random, config.mode);
  const std::vector<std::uint32_t> actual = words_of(run.outputs);
  REQUIRE(actual.size() == expected.size());
  std::size_t differing = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) differing += actual[i] != expected[i] ? 1 : 0;
  CHECK(differing == 0);

  reference::SegmentCycles sum;
  for (std::size_t i = 0; i < run.plan.segments.size(); ++i) {
    const reference::SegmentCycles s = reference_cycles(random, config, run.plan, run.plan.segments[i]);
    CHECK(run.segment_cycles[i] == static_cast<std::uint64_t>(s.cycles));
    sum += s;
  }
  const auto counter = [&run](Counter c) { return static_cast<std::int64_t>(run.counter(c)); };
  CHECK(counter(Counter::ComputeCycles) == sum.cycles);
  CHECK(counter(Counter::UpdatesExecuted) == sum.executed);
  CHECK(counter(Counter::UpdatesSkippedWeight) == sum.skipped_weight);
  CHECK(counter(Counter::UpdatesSkippedFeature) == sum.skipped_feature);
  CHECK(counter(Counter::UpdatesSkippedBoth) == sum.skipped_both);
  CHECK(counter(Counter::UpdatesMaskedNonfinite) == sum.masked_nonfinite);
  CHECK(counter(Counter::PeBusyCycles) == sum.busy);
  CHECK(counter(Counter::PeStarvedRowCycles) == sum.starved_row);
  CHECK(counter(Counter::PeStarvedColumnCycles) == sum.starved_column);
  CHECK(counter(Counter::PeFinishedEarlyCycles) == sum.finished_early);
}

/// Runs the same random layers on a core with each engine and compares everything.
void run_random_layers(Config config, unsigned seed, int layers, std::uint64_t largest_macs) {
  layers *= soak_factor();
  std::vector<RandomLayer> inputs;
  std::mt19937 random(seed);
  inputs.reserve(static_cast<std::size_t>(layers));
  for (int i = 0; i < layers; ++i) inputs.push_back(random_layer(random, config.mode, largest_macs));

  std::vector<LayerRun> schedule_runs;
  std::vector<LayerRun> clocked_runs;
  const auto program = [&inputs](std::vector<LayerRun>& runs) {
    return [&inputs, &runs](Testbench& bench) {
      for (const RandomLayer& input : inputs) runs.push_back(bench.execute(input.layer, input.tensors, {}));
    };
  };
  constexpr std::uint64_t MemoryBytes = 64 << 20;
  const sc_core::sc_time latency(100, sc_core::SC_NS);
  config.engine = EngineKind::Schedule;
  Testbench schedule("schedule", config, MemoryBytes, latency, program(schedule_runs));
  config.engine = EngineKind::Clocked;
  Testbench clocked("clocked", config, MemoryBytes, latency, program(clocked_runs));
  schedule.run();
  clocked.run();

  REQUIRE(schedule_runs.size() == inputs.size());
  REQUIRE(clocked_runs.size() == inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const workloads::ConvLayer& l = inputs[i].layer;
    CAPTURE(i, l.batch, l.in_channels, l.height, l.width, l.out_channels, l.kernel_h, l.kernel_w, l.stride_h,
            l.stride_w, l.pad_h, l.pad_w, l.dilation_h, l.dilation_w, l.groups, static_cast<int>(l.weights));
    CHECK(schedule_runs[i].counters == clocked_runs[i].counters);
    CHECK(schedule_runs[i].segment_cycles == clocked_runs[i].segment_cycles);
    CHECK(words_of(schedule_runs[i].outputs) == words_of(clocked_runs[i].outputs));
    check_counters(clocked_runs[i], inputs[i], config);
    check_against_reference(clocked_runs[i], inputs[i], config);
  }
}

[[nodiscard]] Config small_train() {
  Config config = Config::defaults(Mode::Train);
  config.pes = 16;
  config.rows = 4;
  config.columns = 4;
  config.output_buffers = 4;
  config.weight_buffer_bytes = 512;
  config.feature_buffer_bytes = 4096;
  config.row_port_words = 4;
  return config;
}

[[nodiscard]] Config small_infer() {
  Config config = Config::defaults(Mode::Infer);
  config.pes = 16;
  config.rows = 4;
  config.columns = 4;
  config.output_buffers = 6;
  config.weight_buffer_bytes = 512;
  config.feature_buffer_bytes = 2048;
  config.row_port_words = 6;
  return config;
}

}  // namespace

TEST_CASE("random layers on a small training core") { run_random_layers(small_train(), 1, 60, 60000); }
TEST_CASE("random layers on a small inference core") { run_random_layers(small_infer(), 2, 60, 60000); }

void run_policy(Policy policy) {
  Config config = small_train();
  config.policy = policy;
  run_random_layers(config, 3, 30, 40000);
}
TEST_CASE("random layers under policy none") { run_policy(Policy::None); }
TEST_CASE("random layers under policy features") { run_policy(Policy::Features); }
TEST_CASE("random layers under policy weights") { run_policy(Policy::Weights); }

TEST_CASE("random layers with a narrow row port and a short window and odd buffer counts") {
  Config config = small_train();
  config.output_buffers = 5;
  config.row_port_words = 2;
  config.window_beats = 1;
  config.arithmetic_units = 2;
  run_random_layers(config, 4, 40, 40000);
}

TEST_CASE("random layers without DMI and with one outstanding burst and short queues") {
  Config config = small_train();
  config.dmi = 0;
  config.outstanding = 1;
  config.queue_depth = 1;
  config.token_limit = 2;
  run_random_layers(config, 5, 30, 40000);
}

TEST_CASE("random layers on the default training core") {
  run_random_layers(Config::defaults(Mode::Train), 6, 20, 2000000);
}
TEST_CASE("random layers on the default inference core") {
  run_random_layers(Config::defaults(Mode::Infer), 7, 20, 2000000);
}
