// SPDX-License-Identifier: Apache-2.0
// Timing of the clocked engine, each number worked out by hand from The schedule. W, X: cycles at which the row and
// column streams have delivered a beat; done: cycle at which a PE is past it.
#include <functional>
#include <limits>
#include <string>

#include "tb/tests/models/grid/clocked/sc_clocked_rig.h"

namespace {

using clocked_model::Rig;
using clocked_model::small_config;
using clocked_model::Thread;
using dlac::PeCycles;
using dlac::SegmentResult;
using dlac::UpdateCounts;

using Matrix = std::vector<std::vector<double>>;

/// Runs one segment on one core, checks that exactly its cycles passed, and looks at the result.
void run(const dlac::Config& config, std::uint32_t log2_rows, const Matrix& weights, const Matrix& features,
         bool full_precision, const std::function<void(const SegmentResult&, const std::vector<double>&)>& look) {
  Rig rig("engine", config);
  Thread thread("thread", [&] {
    const dlac::MmOp op = rig.place(log2_rows, weights, features, full_precision);
    const SegmentResult result = rig.engine.multiply(op);
    CHECK(sc_core::sc_time_stamp() ==
          sc_core::sc_time(config.clock_period_ps, sc_core::SC_PS) * static_cast<double>(result.cycles));
    look(result, rig.outputs(op));
  });
  sc_core::sc_start();
}

}  // namespace

TEST_CASE("clocked timing: one update takes a cycle to arrive and a cycle to execute") {
  // W(0) = X(0) = 1, done = 2.
  run(small_config(1, 1, 1, 8), 0, {{-1}}, {{2.5}}, false, [](const SegmentResult& result, const auto& outputs) {
    CHECK(result.cycles == 2);
    CHECK(result.pe == PeCycles{1, 1, 0, 0});
    CHECK(result.updates == UpdateCounts{1, 0, 0, 0, 0});
    CHECK(outputs == std::vector<double>{-2.5});
  });
}

TEST_CASE("clocked timing: dead beats cost nothing once they have arrived") {
  // One beat arrives per cycle; the PE is past it at once.
  run(small_config(1, 1, 1, 8), 0, {{1}, {1}, {1}, {1}, {1}}, {{0}, {0}, {0}, {0}, {0}}, false,
      [](const SegmentResult& result, const auto& outputs) {
        CHECK(result.cycles == 5);
        CHECK(result.pe == PeCycles{0, 5, 0, 0});
        CHECK(result.updates == UpdateCounts{0, 0, 5, 0, 0});
        CHECK(outputs == std::vector<double>{0});
      });
}

TEST_CASE("clocked timing: a zero-skip control jumps over all dead beats of its window in one cycle") {
  // Beat 0 has 4 updates: done(0) = 5. Beats 1 to 3 have arrived at 2, 3, 4 and are dead, so beat 4, which arrived at
  // 5, is executed in the cycle after beat 0: done(4) = 6.
  run(small_config(1, 4, 1, 8), 0, {{1, 1, 1, 1}, {0, 0, 0, 0}, {1, 1, 1, 1}, {0, 0, 0, 0}, {0, 0, -1, 0}},
      {{1}, {2}, {0}, {4}, {8}}, false, [](const SegmentResult& result, const auto& outputs) {
        CHECK(result.cycles == 6);
        CHECK(result.pe == PeCycles{5, 1, 0, 0});
        CHECK(result.updates == UpdateCounts{5, 11, 4, 0, 0});
        CHECK(outputs == std::vector<double>{1, 1, -7, 1});
      });
}

TEST_CASE("clocked timing: a dense beat takes one cycle per update and unit") {
  // W = 1, 2, 3; done = 5, 9, 13.
  run(small_config(1, 4, 1, 8), 0, {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}}, {{1}, {2}, {4}}, false,
      [](const SegmentResult& result, const auto& outputs) {
        CHECK(result.cycles == 13);
        CHECK(result.pe == PeCycles{12, 1, 0, 0});
        CHECK(outputs == std::vector<double>{7, 7, 7, 7});
      });
}

TEST_CASE("clocked timing: the updates of one cycle come from one beat") {
  // Two units, one live update per beat: still one beat per cycle. W = 1, 2, 3; done = 2, 3, 4.
  run(small_config(1, 2, 2, 8), 0, {{1, 0}, {0, 1}, {1, 0}}, {{1}, {2}, {4}}, false,
      [](const SegmentResult& result, const auto& outputs) {
        CHECK(result.cycles == 4);
        CHECK(result.pe == PeCycles{3, 1, 0, 0});
        CHECK(outputs == std::vector<double>{5, 2});
      });
}

TEST_CASE("clocked timing: a window of one beat cannot overlap delivery and execution") {
  // W(0) = 1, done(0) = 3; W(1) = 4, done(1) = 6; W(2) = 7, done(2) = 9.
  run(small_config(1, 2, 1, 1), 0, {{1, 1}, {1, 1}, {1, 1}}, {{1}, {1}, {1}}, false,
      [](const SegmentResult& result, const auto&) {
        CHECK(result.cycles == 9);
        CHECK(result.pe == PeCycles{6, 3, 0, 0});
      });
}

TEST_CASE("clocked timing: a full window stalls the row stream, not its neighbours") {
  // Two rows, two columns, D = 2. Only PE (0,0) has work: 4 updates in each of 4 beats.
  //   row 0 and column 0 wait for PE (0,0):  W(0,.) = X(0,.) = 1, 2, 6, 10;  done(0,0,.) = 5, 9, 13, 17
  //   row 1 and column 1 do not:             W(1,.) = X(1,.) = 1, 2, 3, 4;   done(1,1,.) = 1, 2, 3, 4
  //   PE (0,1) follows row 0 (starved by the row: 10 cycles), PE (1,0) column 0: 1, 2, 6, 10. It misses both beats
  //   until W(1,2) = 3 and W(1,3) = 4: starved by the row in cycles 0, 1, 2, by the column in 3 to 9.
  const std::vector<double> beat{1, 1, 1, 1, 0, 0, 0, 0};
  run(small_config(4, 4, 1, 2), 1, {beat, beat, beat, beat}, {{1, 0}, {1, 0}, {1, 0}, {1, 0}}, false,
      [](const SegmentResult& result, const auto& outputs) {
        CHECK(result.cycles == 17);
        CHECK(result.pe == PeCycles{16, 1 + 10 + 3 + 4, 7, 7 + 7 + 13});
        CHECK(outputs == std::vector<double>{4, 0, 4, 0, 4, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0});
      });
}

TEST_CASE("clocked timing: a wide beat occupies the row port for p cycles") {
  // Four binary32 weights through a port of one word: p = 4. W = 4, 8; one live update each: done = 5, 9.
  dlac::Config config = small_config(1, 4, 1, 8);
  config.row_port_words = 1;
  run(config, 0, {{0, 0.5, 0, 0}, {0, 0, 0, 2}}, {{3}, {5}}, true,
      [](const SegmentResult& result, const auto& outputs) {
        CHECK(result.cycles == 9);
        CHECK(result.pe == PeCycles{2, 7, 0, 0});
        CHECK(result.updates == UpdateCounts{2, 6, 0, 0, 0});
        CHECK(outputs == std::vector<double>{0, 1.5, 0, 10});
      });
}

TEST_CASE("clocked timing: only the units that multiply serve full-precision weights") {
  // Infer, two adders of which one multiplies, one dense beat of 4 updates: ternary 1 + 2, full precision 1 + 4.
  dlac::Config config = small_config(1, 4, 2, 8);
  config.mode = dlac::Mode::Infer;
  config.multiply_units = 1;
  Rig rig("engine", config);
  Thread thread("thread", [&] {
    const dlac::MmOp ternary = rig.place(0, {{1, -1, 1, -1}}, {{0.5}});
    CHECK(rig.engine.multiply(ternary).cycles == 3);
    CHECK(rig.outputs(ternary) == std::vector<double>{0.5, -0.5, 0.5, -0.5});
    const dlac::MmOp full = rig.place(0, {{1, -1, 2, -4}}, {{0.5}}, true);
    CHECK(rig.engine.multiply(full).cycles == 5);
    CHECK(rig.outputs(full) == std::vector<double>{0.5, -0.5, 1, -2});
  });
  sc_core::sc_start();
}

TEST_CASE("clocked timing: a policy changes cycles and never values") {
  // Beat 0 has weights 1, 0, -1, 0 and a feature; beat 1 has weights 0, 0, 0, 1 and none.
  //   none:     n = 4, 4   done = 5, 9
  //   features: n = 4, 0   done = 5, 5
  //   weights:  n = 2, 1   done = 3, 4
  //   both:     n = 2, 0   done = 3, 3
  dlac::Config config = small_config(1, 4, 1, 8);
  config.policy = dlac::Policy::None;
  Rig none("none", config);
  config.policy = dlac::Policy::Features;
  Rig features("features", config);
  config.policy = dlac::Policy::Weights;
  Rig weights("weights", config);
  config.policy = dlac::Policy::Both;
  Rig both("both", config);

  Thread thread("thread", [&] {
    const auto check = [](Rig& rig, std::uint64_t cycles, const UpdateCounts& updates) {
      const dlac::MmOp op = rig.place(0, {{1, 0, -1, 0}, {0, 0, 0, 1}}, {{3}, {0}});
      const SegmentResult result = rig.engine.multiply(op);
      INFO(rig.engine.name());
      CHECK(result.cycles == cycles);
      CHECK(result.updates == updates);
      CHECK(rig.outputs(op) == std::vector<double>{3, 0, -3, 0});
    };
    check(none, 9, {8, 0, 0, 0, 0});
    check(features, 5, {4, 0, 1, 3, 0});
    check(weights, 4, {3, 2, 0, 3, 0});
    check(both, 3, {2, 2, 1, 3, 0});
  });
  sc_core::sc_start();
}

TEST_CASE("clocked timing: a zero operand masks infinity and NaN under every policy") {
  constexpr double Infinity = std::numeric_limits<double>::infinity();
  constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
  dlac::Config config = small_config(1, 2, 1, 8);
  config.policy = dlac::Policy::None;
  Rig none("none", config);
  config.policy = dlac::Policy::Both;
  Rig both("both", config);
  Thread thread("thread", [&] {
    for (Rig* rig : {&none, &both}) {
      // 0 x infinity, 2 x infinity; NaN x 0, 1 x 0.
      const dlac::MmOp op = rig->place(0, {{0, 2}, {NaN, 1}}, {{Infinity}, {-0.0}}, true);
      const SegmentResult result = rig->engine.multiply(op);
      CHECK(result.updates.masked_nonfinite == 2);
      CHECK(rig->outputs(op) == std::vector<double>{0, Infinity});
    }
  });
  sc_core::sc_start();
}

TEST_CASE("clocked timing: an inserted zero is a beat but no update") {
  // A map of one row, 1, 2, with a zero between: beats see 1, inserted, 2, inserted. W = X = 1, 2, 3, 4.
  // Policy none, one buffer: done = 2, 2, 4, 4.
  dlac::Config config = small_config(1, 1, 1, 8);
  config.policy = dlac::Policy::None;
  Rig rig("engine", config);
  Thread thread("thread", [&] {
    dlac::MmOp op = rig.place(0, {{1}, {1}, {1}, {1}}, {{1}, {2}, {0}, {0}});
    op.kernel_width = 4;
    op.insert_x = 2;
    op.width = op.pitch = 2;
    const SegmentResult result = rig.engine.multiply(op);
    CHECK(result.cycles == 4);
    CHECK(result.updates == UpdateCounts{2, 0, 0, 0, 0});
    CHECK(result.pe == PeCycles{2, 2, 0, 0});
    CHECK(rig.outputs(op) == std::vector<double>{3});
  });
  sc_core::sc_start();
}

TEST_CASE("clocked timing: PEs that take no part are finished early for the whole segment") {
  // Eight PEs as 2 x 4; one channel and one column leave one PE: done = 2, 3.
  run(small_config(8, 2, 1, 8), 1, {{1}, {1}}, {{1}, {1}}, false, [](const SegmentResult& result, const auto& outputs) {
    CHECK(result.cycles == 3);
    CHECK(result.pe == PeCycles{2, 1, 0, 21});
    CHECK(outputs == std::vector<double>{2});
  });
}

TEST_CASE("clocked timing: a segment continues the accumulators and starts with empty windows") {
  // Each segment: W(0) = 1, done = 2, 3.
  Rig rig("engine", small_config(1, 1, 1, 8));
  Thread thread("thread", [&] {
    dlac::MmOp op = rig.place(0, {{1}, {1}, {1}, {1}}, {{1}, {2}, {4}, {8}});
    op.beats = 2;
    op.kernel_width = 4;
    op.width = op.pitch = 4;
    CHECK(rig.engine.multiply(op).cycles == 3);
    CHECK(rig.outputs(op) == std::vector<double>{3});
    op.first_beat = 2;
    op.clear = 0;
    CHECK(rig.engine.multiply(op).cycles == 3);
    CHECK(rig.outputs(op) == std::vector<double>{15});
    op.bank = 1;
    CHECK(rig.engine.multiply(op).cycles == 3);
    CHECK(rig.outputs(op) == std::vector<double>{12});
    CHECK(sc_core::sc_time_stamp() == sc_core::sc_time(9 * 2000, sc_core::SC_PS));
  });
  sc_core::sc_start();
  // Nothing goes on ticking.
  CHECK(sc_core::sc_time_stamp() == sc_core::sc_time(9 * 2000, sc_core::SC_PS));
}

TEST_CASE("clocked timing: a ragged tile clears and changes its own outputs alone") {
  // Two PEs in a row, all four output buffers; then two channels and one column of the same bank.
  Rig rig("engine", small_config(2, 4, 1, 8));
  Thread thread("thread", [&] {
    const dlac::MmOp whole = rig.place(0, {{1, 1, 1, -1}}, {{5, 6}});
    rig.engine.multiply(whole);
    CHECK(rig.outputs(whole) == std::vector<double>{5, 6, 5, 6, 5, 6, -5, -6});
    const dlac::MmOp ragged = rig.place(0, {{1, -1}}, {{3}});
    rig.engine.multiply(ragged);
    CHECK(rig.outputs(ragged) == std::vector<double>{3, -3});
    CHECK(rig.outputs(whole) == std::vector<double>{3, 6, -3, 6, 5, 6, -5, -6});
  });
  sc_core::sc_start();
}
