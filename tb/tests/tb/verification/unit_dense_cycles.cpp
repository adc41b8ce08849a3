// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <random>

#include "tb/reference/schedule.h"
#include "tb/verification/dense_cycles.h"

namespace dlac::tb {

TEST_CASE("a dense machine with one unit per PE takes B cycles per beat, behind the first beat's arrival") {
  // B = 8, A' = 1, p = 1: the first beat arrives in cycle 1, every beat keeps the PE busy for 8.
  DenseCycles train({8, 1, 8, 1});
  CHECK(train.segment(128, 1) == 1 + 8);
  CHECK(train.segment(128, 576) == 1 + 8 * 576);
  CHECK(train.segment(3, 576) == 1 + 3 * 576);
  // One full row and one with a single buffer: the full row sets the pace.
  CHECK(train.segment(9, 10) == 1 + 8 * 10);
}

TEST_CASE("full-precision weights on a narrow row port set the pace") {
  // B = 8, A' = 8, p = 4: a beat every 4 cycles, one cycle of work behind the last.
  DenseCycles wide({8, 8, 8, 4});
  CHECK(wide.segment(8, 10) == 4 * 10 + 1);
}

TEST_CASE("dense cycles are those of the reference under policy none") {
  std::mt19937 random(11);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int i = 0; i < 500; ++i) {
    reference::Grid grid;
    grid.rows = 1 << draw(0, 2);
    grid.columns = draw(1, 3);
    grid.buffers = draw(1, 9);
    grid.units = draw(1, 4);
    grid.window = draw(1, 6);
    grid.beat_cycles = draw(1, 5);
    reference::Segment segment;
    segment.channels = draw(1, static_cast<int>(grid.rows * grid.buffers));
    segment.columns = draw(1, static_cast<int>(grid.columns));
    segment.beats = draw(1, 40);
    segment.weights.assign(static_cast<std::size_t>(segment.beats * segment.channels), reference::Operand::Zero);
    segment.features.assign(static_cast<std::size_t>(segment.beats * segment.columns), reference::Operand::NonZero);
    DenseCycles dense({static_cast<std::uint64_t>(grid.buffers), static_cast<std::uint64_t>(grid.units),
                       static_cast<std::uint64_t>(grid.window), static_cast<std::uint64_t>(grid.beat_cycles)});
    const auto expected = reference::segment_cycles(grid, reference::Policy::None, segment).cycles;
    const auto channels = static_cast<std::uint32_t>(segment.channels);
    const auto beats = static_cast<std::uint32_t>(segment.beats);
    REQUIRE(dense.segment(channels, beats) == static_cast<std::uint64_t>(expected));
    REQUIRE(dense.segment(channels, beats) == static_cast<std::uint64_t>(expected));  // remembered
  }
}

}  // namespace dlac::tb
