// SPDX-License-Identifier: Apache-2.0
// Lists whose commands are good and that fail all the same: tokens, deadlocks, their end, the doorbell. Which error
// counts, and that a core works after it. (Organisation)

#include <array>
#include <map>
#include <vector>

#include "tb/tests/models/control/sc_errors_rig.h"

namespace dlac::errors_rig {

TEST_CASE("errors: after a failed list and a reset a layer gives its results and its cycles") {
  const GoodLayer layer(Mode::Train);
  on_both_engines(
      small_config(Mode::Train),
      [&layer](Testbench& bench) {
        const tb::LayerRun fresh = layer.check(bench);
        CHECK(failure_of(bench, {CommandImage{0xFF}}) == Failure{ErrorCode::IllegalCommand, ListAt});
        reset(bench);
        layer.check(bench, &fresh);
      },
      16 << 20);
}

TEST_CASE("errors: a ternary code 10 anywhere in the segment is a bad weight code") {
  on_bench([](Testbench& bench) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(bench);
    // 18 beats of 16 codes: 288 codes from byte 0 on. Code 288 belongs to no beat.
    for (const std::uint32_t code : {0U, 1U, 17U, 31U, 32U, 33U, 100U, 255U, 287U, 288U}) {
      std::memset(bench.memory.data() + DataAt, 0x77, 80);  // 01 and 11 are legal
      std::uint8_t& byte = bench.memory.data()[DataAt + code / 4];
      byte = static_cast<std::uint8_t>((byte & ~(3U << 2 * (code % 4))) | 2U << 2 * (code % 4));
      LoadWeights load = good_load_weights();
      load.bytes = 80;
      load.header.push = LoadToCompute;
      MmOp op = small_convolution();
      op.header.pop = LoadToCompute;
      CAPTURE(code);
      if (code < 288) {
        CHECK(failure_of(bench, {load, op, End{}}) == Failure{ErrorCode::BadWeightCode, ListAt + CommandBytes});
        reset(bench);
      } else {
        CHECK(bench.run_list({load, op, End{}}) == ErrorCode::None);
      }
      // As words the same bits are numbers.
      op.full_precision = 1;
      op.beats = 1;
      CHECK(bench.run_list({load, op, End{}}) == ErrorCode::None);
    }
    layer.check(bench, &fresh);
  });
}

TEST_CASE("errors: bits of the segment's last byte that belong to no weight are not looked at") {
  // One row of three output buffers, one beat: six bits.
  Config config = small_config(Mode::Train);
  config.output_buffers = config.row_port_words = 3;
  on_both_engines(config, [](Testbench& bench) {
    for (const std::uint8_t byte : {0x95, 0xA0}) {  // 10 behind three weights of +1; as the third weight, too
      bench.memory.data()[DataAt] = byte;
      LoadWeights load = good_load_weights();
      load.bytes = 1;
      load.header.push = LoadToCompute;
      MmOp op = core_rig::column_of_beats(1);
      op.header.pop = LoadToCompute;
      CAPTURE(static_cast<int>(byte));
      CHECK(bench.run_list({load, op, End{}}) == (byte == 0x95 ? ErrorCode::None : ErrorCode::BadWeightCode));
    }
  });
}

TEST_CASE("errors: a token counter that would pass its limit is an overflow") {
  Config config = small_config(Mode::Train);
  config.token_limit = 3;
  Testbench bench("bench", config, 16 << 20, sc_core::sc_time(100, sc_core::SC_NS), [](Testbench& b) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(b);
    const struct {
      Command command;
      std::uint32_t push;
    } table[] = {{good_load_weights(), LoadToCompute}, {good_load_features(), LoadToCompute},
                 {small_convolution(), ComputeToLoad}, {small_convolution(), ComputeToStore},
                 {good_pt_wise_op(), ComputeToLoad},   {good_pt_wise_op(), ComputeToStore},
                 {good_store(), StoreToCompute}};
    for (const auto& row : table) {
      Command command = row.command;
      header_of(command).push = row.push;
      CAPTURE(encode(command)[0]);
      CHECK(b.run_list({command, command, command, End{}}) == ErrorCode::None);
      CHECK(failure_of(b, {command, command, command, command, End{}}) ==
            Failure{ErrorCode::TokenOverflow, ListAt + std::uint64_t{3} * CommandBytes});
      reset(b);
    }
    layer.check(b, &fresh);
  });
  bench.run();
}

TEST_CASE("errors: a list starts without tokens") {
  on_bench([](Testbench& bench) {
    LoadWeights load = good_load_weights();
    load.header.push = LoadToCompute;
    CHECK(bench.run_list({load, End{}}) == ErrorCode::None);
    MmOp op = small_convolution();
    op.header.pop = LoadToCompute;
    CHECK(failure_of(bench, {op, End{}}).code == ErrorCode::Deadlock);
  });
}

TEST_CASE("errors: queues that wait for each other are a deadlock") {
  Config config = small_config(Mode::Train);
  config.queue_depth = 2;
  on_both_engines(
      config,
      [](Testbench& bench) {
        const GoodLayer layer(Mode::Train);
        const tb::LayerRun fresh = layer.check(bench);
        const auto with = [](Command command, std::uint32_t pop, std::uint32_t push) {
          header_of(command).pop = pop;
          header_of(command).push = push;
          return command;
        };
        MmOp fenced = small_convolution();
        fenced.header.fence = 1;
        const Command load = with(good_load_weights(), ComputeToLoad, 0);
        // What each list waits for, and the command at which the dispatcher then stands.
        const struct {
          const char* what;
          std::vector<Command> list;
          std::size_t at;
        } table[] = {
            {"a load pops what nobody pushes", {load, End{}}, 1},
            {"an mmOp pops what nobody pushes", {with(small_convolution(), LoadToCompute, 0), End{}}, 1},
            {"a ptWiseOp waits for a drain", {with(good_pt_wise_op(), StoreToCompute, 0), End{}}, 1},
            {"a store pops what nobody pushes", {with(good_store(), ComputeToStore, 0), End{}}, 1},
            {"load and compute wait for each other",
             {with(good_load_weights(), ComputeToLoad, LoadToCompute),
              with(small_convolution(), LoadToCompute, ComputeToLoad), End{}},
             2},
            {"all three wait in a ring",
             {with(good_load_weights(), ComputeToLoad, LoadToCompute),
              with(small_convolution(), LoadToCompute | StoreToCompute, ComputeToStore | ComputeToLoad),
              with(good_store(), ComputeToStore, StoreToCompute), End{}},
             3},
            {"one token for two",
             {with(good_load_weights(), 0, LoadToCompute), with(small_convolution(), LoadToCompute, 0),
              with(small_convolution(), LoadToCompute, 0), End{}},
             3},
            {"a fence before the command that would push", {load, fenced, End{}}, 1},
            {"a full queue before the command that would push",
             {load, load, load, with(small_convolution(), 0, ComputeToLoad), End{}},
             2},
        };
        for (const auto& row : table) {
          CAPTURE(row.what);
          CHECK(failure_of(bench, row.list) == Failure{ErrorCode::Deadlock, ListAt + row.at * CommandBytes});
          reset(bench);
          layer.check(bench, &fresh);
        }
      },
      16 << 20);
}

TEST_CASE("errors: a queue that waits for work in flight is no deadlock") {
  on_both_engines(
      small_config(Mode::Train),
      [](Testbench& bench) {
        LoadWeights load = good_load_weights();
        load.bytes = 4096;
        load.header.push = LoadToCompute;
        MmOp op = small_convolution();
        op.header.pop = LoadToCompute;
        op.header.push = ComputeToStore;
        Store store = good_store();
        store.header.pop = ComputeToStore;
        store.header.push = StoreToCompute;
        PtWiseOp last = good_pt_wise_op();
        last.header.pop = StoreToCompute;
        last.header.fence = 1;  // the token has been there since the drain
        CHECK(bench.run_list({load, op, store, last, End{}}) == ErrorCode::None);
        last.header.fence = 0;
        CHECK(bench.run_list({store, op, last, load, End{}}) == ErrorCode::None);  // each queue in its own order
      },
      16 << 20);
}

TEST_CASE("errors: LIST_LENGTH commands without an end") {
  on_bench([](Testbench& bench) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(bench);
    // The address is that of the command that is not there.
    CHECK(failure_of(bench, std::vector<Command>{good_load_weights()}) ==
          Failure{ErrorCode::ListWithoutEnd, ListAt + CommandBytes});
    reset(bench);
    CHECK(failure_of(bench, std::vector<Command>(37, good_pt_wise_op())) ==
          Failure{ErrorCode::ListWithoutEnd, ListAt + std::uint64_t{37} * CommandBytes});
    reset(bench);
    layer.check(bench, &fresh);
  });
}

TEST_CASE("errors: commands behind the end are not executed and do not disturb the next list") {
  // One byte per cycle: when the end, the first of twelve commands, is taken, three more fetches wait for the port. The
  // next list is rung in the cycle of the interrupt.
  Config config = small_config(Mode::Train);
  config.memory_bytes_per_cycle = 1;
  Testbench bench("bench", config, 16 << 20, sc_core::sc_time(100, sc_core::SC_NS), [](Testbench& b) {
    const std::vector<Command> next{good_load_weights(), small_convolution(), good_store(), End{}};
    CHECK(b.run_list(next) == ErrorCode::None);
    const auto fresh = b.read_counters();
    std::vector<CommandImage> list(12, CommandImage{0xFF});
    list[0] = encode(End{});
    for (int i = 0; i < 3; ++i) {
      ring(b, list, ListAt, 12);
      b.wait_for_interrupt();
      CHECK(b.read_register(at(Register::Status)) == StatusDone);
      b.write_register(at(Register::IrqStatus), IrqDone);
      while (b.irq.read()) sc_core::wait(b.irq.negedge_event());
      CHECK(b.run_list(next) == ErrorCode::None);
      CHECK(b.read_counters() == fresh);
    }
    GoodLayer(Mode::Train).check(b);
  });
  bench.run();
}

TEST_CASE("errors: a doorbell while a list runs is reported, and the list goes on") {
  on_bench([](Testbench& bench) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(bench);
    bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
    ring(bench, images(one_of_each()), ListAt, 6);
    sc_core::wait(200, sc_core::SC_NS);
    bench.write_register(at(Register::Doorbell), 1);
    CHECK(bench.read_register(at(Register::Status)) == (StatusBusy | StatusError));
    CHECK(bench.read_register(at(Register::Error)) == static_cast<std::uint32_t>(ErrorCode::DoorbellBusy));
    CHECK(bench.read_register(at(Register::IrqStatus)) == IrqError);
    bench.write_register(at(Register::IrqStatus), IrqError);
    sc_core::wait(10, sc_core::SC_US);
    CHECK(bench.read_register(at(Register::Status)) == (StatusDone | StatusError));
    CHECK(bench.read_register(at(Register::IrqStatus)) == IrqDone);
    bench.write_register(at(Register::IrqStatus), IrqDone);
    sc_core::wait(2, sc_core::SC_NS);
    layer.check(bench, &fresh);  // without a reset
  });
}

TEST_CASE("errors: a misaligned list or a list of no commands is refused, and needs no reset") {
  on_bench([](Testbench& bench) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(bench);
    const struct {
      std::uint64_t address;
      std::uint32_t length;
    } table[] = {{ListAt + 1, 1}, {ListAt + 2, 1}, {ListAt + 3, 5}, {ListAt, 0}, {0x1'0000'0002, 1}};
    for (const auto& row : table) {
      CAPTURE(row.address, row.length);
      bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
      ring(bench, {}, row.address, row.length);
      CHECK(bench.read_register(at(Register::Status)) == (StatusDone | StatusError));  // the last list was done
      CHECK(bench.read_register(at(Register::Error)) == static_cast<std::uint32_t>(ErrorCode::BadListAddress));
      CHECK(bench.read_register(at(Register::FaultAddrLo)) == static_cast<std::uint32_t>(row.address));
      CHECK(bench.read_register(at(Register::FaultAddrHi)) == static_cast<std::uint32_t>(row.address >> 32));
      CHECK(bench.read_register(at(Register::IrqStatus)) == IrqError);
      bench.write_register(at(Register::IrqStatus), IrqError);
      sc_core::wait(2, sc_core::SC_NS);
      layer.check(bench, &fresh);
      CHECK(bench.read_register(at(Register::Status)) == StatusDone);
      CHECK(bench.read_register(at(Register::Error)) == 0);
      CHECK(bench.read_register(at(Register::FaultAddrLo)) == 0);
      CHECK(bench.read_register(at(Register::FaultAddrHi)) == 0);
    }
  });
}

TEST_CASE("errors: a list may be at any multiple of four") {
  on_bench([](Testbench& bench) {
    for (std::uint64_t address = ListAt; address < ListAt + 8; address += 4) {
      CHECK(bench.run_list(one_of_each(), address) == ErrorCode::None);
    }
    const std::uint64_t last = bench.memory.size() - std::uint64_t{6} * CommandBytes;
    CHECK(bench.run_list(one_of_each(), last) == ErrorCode::None);
  });
}

TEST_CASE("errors: what is complete in the cycle in which a list fails counts, on both engines alike") {
  // Operations of 1 to 6 beats, then up to 8 loads, and no end: the list fails in every cycle around their end.
  using Counts = std::vector<std::array<std::uint64_t, CounterCount>>;
  std::map<EngineKind, Counts> counts;
  const auto program = [&counts](Testbench& bench) {
    for (std::uint32_t beats = 1; beats <= 6; ++beats) {
      for (std::size_t loads = 0; loads <= 8; ++loads) {
        std::vector<Command> list{core_rig::column_of_beats(1)};
        std::get<MmOp>(list[0]).beats = beats;
        std::get<MmOp>(list[0]).kernel_height = std::get<MmOp>(list[0]).kernel_width = 64;
        list.insert(list.end(), loads, good_load_weights());
        CHECK(bench.run_list(list) == ErrorCode::ListWithoutEnd);
        counts[bench.config().engine].push_back(bench.read_counters());
        reset(bench);
      }
    }
  };
  Config config = small_config(Mode::Train);
  config.pes = config.rows = config.columns = 1;
  Testbench schedule("schedule", config, 16 << 20, sc_core::SC_ZERO_TIME, program);
  config.engine = EngineKind::Clocked;
  Testbench clocked("clocked", config, 16 << 20, sc_core::SC_ZERO_TIME, program);
  schedule.run();
  clocked.run();
  CHECK(counts[EngineKind::Schedule] == counts[EngineKind::Clocked]);
  // A single beat is complete when the missing end is found.
  CHECK(counts[EngineKind::Clocked][0][static_cast<std::size_t>(Counter::Segments)] == 1);
  CHECK(counts[EngineKind::Clocked][0][static_cast<std::size_t>(Counter::Commands)] == 1);
}

TEST_CASE("errors: the first error counts") {
  on_bench([](Testbench& bench) {
    // The load fails long after the illegal command has been found.
    LoadWeights load = good_load_weights();
    load.address = bench.memory.size();
    CHECK(failure_of(bench, {encode(load), CommandImage{0xFF}, encode(End{})}) ==
          Failure{ErrorCode::IllegalCommand, ListAt + CommandBytes});
    sc_core::wait(10, sc_core::SC_US);
    CHECK(bench.read_register(at(Register::Error)) == static_cast<std::uint32_t>(ErrorCode::IllegalCommand));
    reset(bench);
    GoodLayer(Mode::Train).check(bench);
  });
}

}  // namespace dlac::errors_rig
