// SPDX-License-Identifier: Apache-2.0
// One process that simulates for long: what lists, errors and resets take from the heap they give back.
#include <malloc.h>

#include <cstddef>

#include "tb/tests/models/sc_core_rig.h"
#include "tb/tests/random_layers.h"

namespace {

using core_rig::column_of_beats;
using core_rig::images;
using core_rig::MemoryBytes;
using core_rig::ring;
using core_rig::small_config;
using core_rig::Testbench;
using dlac::CodingStyle;
using dlac::Config;
using dlac::End;
using dlac::ErrorCode;
using dlac::LoadFeatures;
using dlac::Mode;

[[nodiscard]] std::size_t heap_in_use() {
  malloc_trim(0);
  return mallinfo2().uordblks;
}

/// Layers, failing lists and resets in the middle of a list, over and over. After the first rounds, in which pools fill
/// up, the heap must stay as it is.
void endure(CodingStyle style, std::uint32_t dmi) {
  constexpr int WarmUp = 50;
  constexpr int Rounds = 1000;
  constexpr std::size_t Tolerance = 16384;  // the rounds differ in the transactions under way at their end
  Config config = small_config(Mode::Train);
  config.mem_style = style;
  config.dmi = dmi;
  Testbench bench("bench", config, MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS), [](Testbench& b) {
    std::size_t settled = 0;
    for (int round = 0; round < WarmUp + Rounds; ++round) {
      if (round == WarmUp) settled = heap_in_use();
      LoadFeatures load;
      load.address = 0x8000;
      load.channels = 8;
      load.channel_stride = load.image_stride = 256;
      load.width = load.pitch = 16;
      load.row_stride = 64;
      load.height = load.rows = load.row_capacity = 4;
      CHECK(b.run_list({load, column_of_beats(40), End{}}) == ErrorCode::None);
      load.address = ~std::uint64_t{0xFF};  // no memory there
      CHECK(b.run_list({load, End{}}) == ErrorCode::LoadFault);
      b.reset_core();
      load.address = 0x8000;
      ring(b, images({load, load, load, End{}}), 0x4000, 4);
      sc_core::wait(300 + round % 700, sc_core::SC_NS);
      b.reset_core();
    }
    const std::size_t in_use = heap_in_use();
    CAPTURE(settled, in_use);
    CHECK(in_use <= settled + Tolerance);
  });
  bench.run();
}

}  // namespace

TEST_CASE("endurance: the heap does not grow, loosely timed, direct memory access") {
  endure(CodingStyle::LooselyTimed, 1);
}
TEST_CASE("endurance: the heap does not grow, loosely timed, by transactions") { endure(CodingStyle::LooselyTimed, 0); }
TEST_CASE("endurance: the heap does not grow, approximately timed") { endure(CodingStyle::ApproximatelyTimed, 0); }
