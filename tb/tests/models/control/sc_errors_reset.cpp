// SPDX-License-Identifier: Apache-2.0
// Resets at any time of a layer, by register and by port. (Organisation)
#include <memory>
#include <string>

#include "tb/tests/models/control/sc_errors_rig.h"

namespace dlac::errors_rig {

namespace {

enum class ResetBy { Register, Port };

/// Resets at random times, on and between clock edges, in the middle of a layer.
void reset_at_random_times(Mode mode, ResetBy by, unsigned seed, int resets) {
  const GoodLayer layer(mode);
  Config config = small_config(mode);
  config.queue_depth = 4;
  std::vector<std::unique_ptr<sc_core::sc_signal<bool>>> lines;
  std::vector<std::unique_ptr<Testbench>> benches;
  for (const EngineKind engine : {EngineKind::Schedule, EngineKind::Clocked}) {
    config.engine = engine;
    const std::string name(to_string(engine));
    lines.push_back(std::make_unique<sc_core::sc_signal<bool>>(("line_" + name).c_str()));
    sc_core::sc_signal<bool>& line = *lines.back();
    benches.push_back(std::make_unique<Testbench>(
        name.c_str(), config, 16 << 20, sc_core::sc_time(100, sc_core::SC_NS),
        [&layer, &line, by, seed, resets](Testbench& b) {
          const tb::LayerRun fresh = layer.check(b);
          const auto cycles = static_cast<std::uint32_t>(fresh.counter(Counter::Cycles));
          const auto length = static_cast<std::uint32_t>(fresh.plan.commands.size());
          std::mt19937 random(seed);
          for (int i = 0; i < resets * soak_factor(); ++i) {
            // The list and its tensors are still in memory; ringing again executes the layer again.
            ring(b, {}, 0, length);
            const std::uint32_t ps = pick(random, 0, cycles * 2000 - 1);
            if (chance(random, 0.5)) {
              sc_core::wait(ps, sc_core::SC_PS);
            } else {
              const std::uint32_t near_edge = ps / 2000 * 2000;
              sc_core::wait(near_edge, sc_core::SC_PS);
            }
            CAPTURE(i, ps);
            CHECK(b.read_register(at(Register::Status)) == StatusBusy);
            if (by == ResetBy::Register) {
              b.reset_core();
            } else {
              line.write(true);
              sc_core::wait(pick(random, 0, 3), sc_core::SC_NS);
              line.write(false);
            }
            // Sometimes at once, sometimes when everything that was under way would have come.
            sc_core::wait(chance(random, 0.5) ? pick(random, 0, 2) : pick(random, 0, 1000), sc_core::SC_NS);
            CHECK(b.read_register(at(Register::Status)) == 0);
            for (const std::uint64_t value : b.read_counters()) CHECK(value == 0);
            layer.check(b, &fresh);
          }
        }));
    if (by == ResetBy::Port) benches.back()->accelerator.reset.bind(line);
  }
  for (auto& bench : benches) bench->run();
}

}  // namespace

TEST_CASE("errors: CTRL.reset at any time, then a layer gives its results and its cycles, training") {
  reset_at_random_times(Mode::Train, ResetBy::Register, 201, 150);
}
TEST_CASE("errors: CTRL.reset at any time, then a layer gives its results and its cycles, inference") {
  reset_at_random_times(Mode::Infer, ResetBy::Register, 202, 150);
}
TEST_CASE("errors: the reset port at any time, then a layer gives its results and its cycles, training") {
  reset_at_random_times(Mode::Train, ResetBy::Port, 203, 150);
}
TEST_CASE("errors: the reset port at any time, then a layer gives its results and its cycles, inference") {
  reset_at_random_times(Mode::Infer, ResetBy::Port, 204, 150);
}

}  // namespace dlac::errors_rig
