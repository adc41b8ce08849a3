// SPDX-License-Identifier: Apache-2.0
// What a reset leaves behind: nothing in the buffers, the accumulators and the registers, and in memory what was
// written before it. (docs/integration.md sections 4 and 5)
#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tb/tests/models/sc_core_rig.h"

namespace {

using core_rig::at;
using core_rig::images;
using core_rig::MemoryBytes;
using core_rig::ring;
using core_rig::small_config;
using core_rig::small_convolution;
using core_rig::Testbench;
using dlac::Command;
using dlac::CommandImage;
using dlac::CommandRecord;
using dlac::Config;
using dlac::Counter;
using dlac::CtrlReset;
using dlac::CtrlSnapshot;
using dlac::End;
using dlac::EngineKind;
using dlac::ErrorCode;
using dlac::IrqDone;
using dlac::IrqError;
using dlac::LoadFeatures;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Mode;
using dlac::Register;
using dlac::StatusBusy;
using dlac::StatusDone;
using dlac::StatusError;
using dlac::Store;

constexpr std::uint64_t DataAt = 0x8000;
constexpr std::uint64_t OutputsAt = 0x10000;
constexpr std::uint64_t PeriodPs = 2000;

enum class ResetBy { Register, Port };

/// A core with a reset line.
struct Rig {
  Rig(
      const char* name, const Config& config, const sc_core::sc_time& latency,
      const std::function<void(Rig&)>& program = [](Rig&) {})
      : line((std::string(name) + "_reset").c_str()),
        bench(name, config, MemoryBytes, latency, [this, program](Testbench&) { program(*this); }) {
    bench.accelerator.reset.bind(line);
  }
  void reset(ResetBy by) {
    if (by == ResetBy::Register) {
      bench.reset_core();
      return;
    }
    line.write(true);
    sc_core::wait(10, sc_core::SC_NS);
    line.write(false);
    sc_core::wait(10, sc_core::SC_NS);
  }
  sc_core::sc_signal<bool> line;
  Testbench bench;
};

template <typename T>
[[nodiscard]] T fenced(T command) {
  command.header.fence = 1;
  return command;
}

constexpr std::uint64_t TileBytes = std::uint64_t{16} * 4 * 4;  // 16 channels x 4 columns

/// A small convolution that goes on from what the accumulators hold.
[[nodiscard]] MmOp convolution(std::uint32_t bank, std::uint32_t weights, std::uint32_t base) {
  MmOp op = small_convolution();
  op.clear = 0;
  op.bank = bank;
  op.weights = weights;
  op.base = base;
  return op;
}
[[nodiscard]] Store store_tile(std::uint32_t bank, std::uint64_t address) {
  Store command;
  command.address = address;
  command.channel_stride = command.image_stride = 16;
  command.image_pixels = command.columns = 4;
  command.log2_rows = 2;
  command.bank = bank;
  command.channels = 16;
  return command;
}
[[nodiscard]] LoadWeights load_weights(std::uint32_t bytes) {
  LoadWeights load;
  load.address = DataAt;
  load.bytes = bytes;
  return load;
}
[[nodiscard]] LoadFeatures load_features(std::uint32_t channels) {
  LoadFeatures load;
  load.address = DataAt + 4096;
  load.channels = channels;
  load.channel_stride = load.image_stride = 128;
  load.row_stride = 32;
  load.width = load.pitch = 8;
  load.height = load.rows = load.row_capacity = 4;
  return load;
}

/// Fills both buffers and both banks.
[[nodiscard]] std::vector<Command> fill() {
  return {load_weights(4096), load_features(32), fenced(convolution(0, 0, 0)), convolution(1, 0, 0), End{}};
}
/// Stores what the core holds: the accumulators on weights and features that nobody has loaded, then loaded weights on
/// features that nobody has loaded, then the other way round.
[[nodiscard]] std::vector<Command> probe() {
  return {convolution(0, 0, 0),
          fenced(store_tile(0, OutputsAt)),
          load_weights(1024),
          load_features(4),
          fenced(convolution(1, 0, 512)),
          fenced(store_tile(1, OutputsAt + TileBytes)),
          fenced(convolution(1, 2048, 0)),
          fenced(store_tile(1, OutputsAt + 2 * TileBytes)),
          End{}};
}
[[nodiscard]] std::vector<std::uint32_t> probe_words(Testbench& bench) {
  std::memset(bench.memory.data() + OutputsAt, 0x5A, 3 * TileBytes);
  CHECK(bench.run_list(probe()) == ErrorCode::None);
  std::vector<std::uint32_t> words(3 * TileBytes / 4);
  std::memcpy(words.data(), bench.memory.data() + OutputsAt, 3 * TileBytes);
  return words;
}

void probe_after_reset(EngineKind engine) {
  Config config = small_config(Mode::Train);
  config.engine = engine;
  Rig rig("rig", config, sc_core::sc_time(100, sc_core::SC_NS), [](Rig& r) {
    Testbench& bench = r.bench;
    std::memset(bench.memory.data() + DataAt, 0x55, 4096);  // ternary ones
    const std::vector<float> ones(1024, 1.0F);
    std::memcpy(bench.memory.data() + DataAt + 4096, ones.data(), 4096);
    const std::vector<std::uint32_t> fresh = probe_words(bench);
    CHECK(fresh == std::vector<std::uint32_t>(fresh.size(), 0));
    for (const ResetBy by : {ResetBy::Register, ResetBy::Port}) {
      CAPTURE(static_cast<int>(by));
      CHECK(bench.run_list(fill()) == ErrorCode::None);
      CHECK(probe_words(bench) != fresh);
      CHECK(bench.run_list(fill()) == ErrorCode::None);
      r.reset(by);
      CHECK(probe_words(bench) == fresh);
    }
  });
  rig.bench.run();
}

/// Cycle in which a list that is rung on a clock edge begins its first store, from the ring on.
[[nodiscard]] std::uint64_t store_begins(Testbench& bench, const std::vector<Command>& list) {
  std::uint64_t start = 0;
  bench.accelerator.observe([&start](const CommandRecord& record) {
    if (std::holds_alternative<Store>(record.command)) start = record.start;
  });
  const std::uint64_t rung = sc_core::sc_time_stamp().value() / PeriodPs;
  CHECK(bench.run_list(list) == ErrorCode::None);
  bench.accelerator.observe({});
  return start - rung;
}
/// To the next edge that is a multiple of 1 us.
void to_microsecond() {
  const std::uint64_t us = 1000000;
  sc_core::wait(sc_core::sc_time::from_value(us - sc_core::sc_time_stamp().value() % us));
}

constexpr std::uint8_t Garbage = 0x5A;
/// Bytes of the tile in memory that a store of zeros has written; those behind them must be as they were.
[[nodiscard]] std::uint64_t bytes_written(Testbench& bench) {
  const std::uint8_t* const tile = bench.memory.data() + OutputsAt;
  const auto first = std::find(tile, tile + TileBytes, Garbage);
  CHECK(std::all_of(first, tile + TileBytes, [](std::uint8_t byte) { return byte == Garbage; }));
  return static_cast<std::uint64_t>(first - tile);
}

// Of the tile; its 16 bursts follow, one per cycle, where memory has no latency.
constexpr std::uint64_t DrainCycles = 16;

}  // namespace

TEST_CASE("reset state: buffers and accumulators are those of a fresh core, schedule engine") {
  probe_after_reset(EngineKind::Schedule);
}
TEST_CASE("reset state: buffers and accumulators are those of a fresh core, clocked engine") {
  probe_after_reset(EngineKind::Clocked);
}

TEST_CASE("reset state: of a store under direct memory access what was due has reached memory, and nothing else") {
  Rig rig("rig", small_config(Mode::Train), sc_core::SC_ZERO_TIME, [](Rig& r) {
    Testbench& bench = r.bench;
    const std::vector<Command> list{store_tile(0, OutputsAt), End{}};
    to_microsecond();
    CHECK(bench.run_list(list) == ErrorCode::None);  // brings the grant
    to_microsecond();
    // A transfer submitted in a cycle is issued from the next one on.
    const std::uint64_t first = store_begins(bench, list) + DrainCycles + 1;
    for (const ResetBy by : {ResetBy::Register, ResetBy::Port}) {
      for (std::uint64_t half = 2 * (first - 2); half < 2 * (first + 18); ++half) {
        CAPTURE(static_cast<int>(by), half, first);
        std::memset(bench.memory.data() + OutputsAt, Garbage, TileBytes);
        to_microsecond();
        ring(bench, images(list), 0, 2);
        sc_core::wait(sc_core::sc_time::from_value(half * PeriodPs / 2));
        r.reset(by);
        const std::uint64_t cycle = half / 2;
        const std::uint64_t expected = cycle < first ? 0 : std::min<std::uint64_t>(cycle - first + 1, 16) * 16;
        CHECK(bytes_written(bench) == expected);
        sc_core::wait(1, sc_core::SC_US);
        CHECK(bytes_written(bench) == expected);
      }
    }
  });
  rig.bench.run();
}

TEST_CASE("reset state: nothing of an abandoned store is written after the reset") {
  Config config = small_config(Mode::Train);
  config.dmi = 0;
  Rig rig("rig", config, sc_core::SC_ZERO_TIME, [](Rig& r) {
    Testbench& bench = r.bench;
    const std::vector<Command> list{store_tile(0, OutputsAt), End{}};
    to_microsecond();
    const std::uint64_t first = store_begins(bench, list) + DrainCycles + 1;
    for (std::uint64_t cycle = first - 1; cycle <= first + 16; ++cycle) {
      for (int deltas = 0; deltas < 4; ++deltas) {
        CAPTURE(cycle, first, deltas);
        std::memset(bench.memory.data() + OutputsAt, Garbage, TileBytes);
        to_microsecond();
        ring(bench, images(list), 0, 2);
        // In the first delta cycle of a clock edge the port has just sent a burst, and memory has not seen it.
        sc_core::wait(sc_core::sc_time::from_value(cycle * PeriodPs));
        for (int i = 0; i < deltas; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
        bench.write_register(at(Register::Ctrl), CtrlReset);
        const std::uint64_t at_reset = bytes_written(bench);
        const std::uint64_t due = std::min<std::uint64_t>(cycle + 1 - first, 16) * 16;
        CHECK(at_reset == (deltas == 0 && due > 0 && cycle < first + 16 ? due - 16 : due));
        sc_core::wait(1, sc_core::SC_US);
        CHECK(bytes_written(bench) == at_reset);
      }
    }
  });
  rig.bench.run();
}

namespace {

/// Lists whose last event, an end or an error, comes at a known time.
struct Ending {
  const char* what;
  std::vector<CommandImage> list;
  std::uint32_t status;  ///< afterwards
};
[[nodiscard]] std::vector<Ending> endings() {
  LoadWeights nowhere = load_weights(64);
  nowhere.address = ~std::uint64_t{0xFFFF};
  return {{"an end", images({End{}}), StatusDone},
          {"an illegal command", {CommandImage{0xFF}}, StatusError},
          {"an illegal field", images({load_weights(0), End{}}), StatusError},
          {"a memory error", images({nowhere, End{}}), StatusError}};
}
void start_outside(Testbench& bench, const std::vector<CommandImage>& list) {
  bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
  ring(bench, list, 0, static_cast<std::uint32_t>(list.size()));
}
/// No list, no error, no interrupt.
void check_idle(Testbench& bench) {
  CHECK(bench.read_register(at(Register::Status)) == 0);
  CHECK(bench.read_register(at(Register::Error)) == 0);
  CHECK(bench.read_register(at(Register::FaultAddrLo)) == 0);
  CHECK(bench.read_register(at(Register::IrqStatus)) == 0);
}

/// A host that resets the core before the simulation starts.
class EarlyHost final : public sc_core::sc_module {
 public:
  EarlyHost(sc_core::sc_module_name name, std::function<void()> program)
      : sc_module(name), program_(std::move(program)) {}

 private:
  void start_of_simulation() override { program_(); }
  std::function<void()> program_;
};

}  // namespace

TEST_CASE("reset state: a reset from outside in any delta cycle of a list's end or error leaves no trace of it") {
  Rig rig("rig", small_config(Mode::Train), sc_core::sc_time(100, sc_core::SC_NS));
  Testbench& bench = rig.bench;
  const sc_core::sc_time us(1, sc_core::SC_US);
  const sc_core::sc_time period = sc_core::sc_time::from_value(PeriodPs);
  sc_core::sc_start(us);
  for (const Ending& ending : endings()) {
    start_outside(bench, ending.list);
    sc_core::sc_time after;
    while (bench.read_register(at(Register::Status)) == StatusBusy && after < us * 10) {
      sc_core::sc_start(period, sc_core::SC_RUN_TO_TIME);
      after += period;
    }
    after -= period;  // sc_start leaves the delta cycles of its last instant for the next one
    CHECK(bench.read_register(at(Register::Status)) == ending.status);
    int still_busy = 0;
    for (const bool ring_at_once : {false, true}) {
      for (int deltas = 0; deltas < 8; ++deltas) {
        CAPTURE(ending.what, ring_at_once, deltas);
        bench.write_register(at(Register::Ctrl), CtrlReset);
        sc_core::sc_start(us, sc_core::SC_RUN_TO_TIME);
        start_outside(bench, ending.list);
        sc_core::sc_start(after, sc_core::SC_RUN_TO_TIME);
        for (int i = 0; i < deltas && sc_core::sc_pending_activity_at_current_time(); ++i) {
          sc_core::sc_start(sc_core::SC_ZERO_TIME);
        }
        still_busy += bench.read_register(at(Register::Status)) == StatusBusy ? 1 : 0;
        bench.write_register(at(Register::Ctrl), CtrlReset);
        check_idle(bench);
        if (!ring_at_once) {
          bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
          sc_core::sc_start(us, sc_core::SC_RUN_TO_TIME);
          check_idle(bench);
          CHECK_FALSE(bench.irq.read());
        }
        start_outside(bench, images({End{}}));
        sc_core::sc_start(us, sc_core::SC_RUN_TO_TIME);
        CHECK(bench.read_register(at(Register::Status)) == StatusDone);
        CHECK(bench.read_register(at(Register::IrqStatus)) == IrqDone);
        CHECK(bench.irq.read());
        bench.write_register(at(Register::Ctrl), CtrlSnapshot);
        CHECK(bench.read_register(counter_offset(Counter::Commands)) == 1);
      }
    }
    CHECK(still_busy > 0);
    bench.write_register(at(Register::Ctrl), CtrlReset);
    sc_core::sc_start(us, sc_core::SC_RUN_TO_TIME);
  }
}

TEST_CASE("reset state: a reset before the simulation starts takes back a list, and the one after it runs") {
  Rig dropped("dropped", small_config(Mode::Train), sc_core::sc_time(100, sc_core::SC_NS));
  Rig rung("rung", small_config(Mode::Train), sc_core::sc_time(100, sc_core::SC_NS));
  const EarlyHost host("host", [&] {
    for (Rig* rig : {&dropped, &rung}) {
      start_outside(rig->bench, {CommandImage{0xFF}});
      rig->bench.write_register(at(Register::Ctrl), CtrlReset);
      check_idle(rig->bench);
    }
    start_outside(rung.bench, images({End{}}));
  });
  sc_core::sc_start(10, sc_core::SC_US);
  check_idle(dropped.bench);
  CHECK(rung.bench.read_register(at(Register::Status)) == StatusDone);
  CHECK(rung.bench.irq.read());
  rung.bench.write_register(at(Register::Ctrl), CtrlSnapshot);
  CHECK(rung.bench.read_register(counter_offset(Counter::Commands)) == 1);
  start_outside(dropped.bench, images(fill()));
  sc_core::sc_start(1, sc_core::SC_MS);
  CHECK(dropped.bench.read_register(at(Register::Status)) == StatusDone);
}
