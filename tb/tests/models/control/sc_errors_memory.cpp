// SPDX-License-Identifier: Apache-2.0
// Memory that refuses: a fetch, a load, a store, and what nobody asked for. (Organisation)

#include "tb/tests/models/control/sc_errors_rig.h"

namespace dlac::errors_rig {

TEST_CASE("errors: a memory error behind the end of a list is none") {
  on_bench([](Testbench& bench) {
    // The end is the last command in memory; LIST_LENGTH says 100.
    const std::uint64_t last = bench.memory.size() - CommandBytes;
    bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
    ring(bench, {encode(End{})}, last, 1);
    bench.wait_for_interrupt();
    CHECK(bench.read_register(at(Register::Status)) == StatusDone);
    bench.write_register(at(Register::IrqStatus), IrqDone | IrqError);
    sc_core::wait(2, sc_core::SC_NS);
    // Two commands in one burst with the end first: what is fetched in vain later reports nothing.
    ring(bench, {encode(End{}), encode(End{})}, bench.memory.size() - std::uint64_t{2} * CommandBytes, 100);
    bench.wait_for_interrupt();
    sc_core::wait(10, sc_core::SC_US);
    const std::uint32_t status = bench.read_register(at(Register::Status));
    CHECK((status == StatusDone || status == StatusError));  // fetched too far: done, or a fetch fault, never both
    CHECK((bench.read_register(at(Register::IrqStatus)) == IrqDone) == (status == StatusDone));
  });
}

TEST_CASE("errors: a command fetch that memory refuses") {
  on_bench([](Testbench& bench) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(bench);
    bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
    const auto fault_of = [&bench](std::uint64_t address, std::uint32_t length) {
      bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
      ring(bench, {}, address, length);
      bench.wait_for_interrupt();
      CHECK(bench.read_register(at(Register::Status)) == StatusError);
      CHECK(bench.read_register(at(Register::Error)) == static_cast<std::uint32_t>(ErrorCode::FetchFault));
      const std::uint64_t fault = bench.read_register(at(Register::FaultAddrLo)) |
                                  std::uint64_t{bench.read_register(at(Register::FaultAddrHi))} << 32;
      reset(bench);
      return fault;
    };
    CHECK(fault_of(bench.memory.size(), 1) == bench.memory.size());
    CHECK(fault_of(0x0123'4567'89AB'C000, 5) == 0x0123'4567'89AB'C000);
    CHECK(fault_of(0xFFFF'FFFF'FFFF'FF80, 1) == 0xFFFF'FFFF'FFFF'FF80);
    CHECK(fault_of(0xFFFF'FFFF'FFFF'FFFC, 0xFFFFFFFF) == 0xFFFF'FFFF'FFFF'FFFC);
    layer.check(bench, &fresh);
  });
}

TEST_CASE("errors: a load that memory refuses") {
  on_bench([](Testbench& bench) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(bench);
    LoadWeights load = good_load_weights();
    load.address = bench.memory.size() - 256;
    load.bytes = 1024;  // the second burst fails
    CHECK(failure_of(bench, {load, End{}}) == Failure{ErrorCode::LoadFault, bench.memory.size()});
    reset(bench);
    load.address = 0xFFFF'FFFF'FFFF'FF00;  // the first burst fails; the second would wrap to address 0
    CHECK(failure_of(bench, {load, End{}}) == Failure{ErrorCode::LoadFault, 0xFFFF'FFFF'FFFF'FF00});
    reset(bench);
    LoadFeatures features = good_load_features();
    features.row_stride = 36;            // one run per row
    features.channel_stride = 1U << 31;  // the second channel fails
    CHECK(failure_of(bench, {features, End{}}) ==
          Failure{ErrorCode::LoadFault, features.address + features.channel_stride});
    reset(bench);
    layer.check(bench, &fresh);
  });
}

TEST_CASE("errors: a store that memory refuses") {
  on_both_engines(
      small_config(Mode::Train),
      [](Testbench& bench) {
        const GoodLayer layer(Mode::Train);
        const tb::LayerRun fresh = layer.check(bench);
        Store store = good_store();
        store.address = bench.memory.size() - std::uint64_t{5} * 16;  // the sixth of 16 channels fails
        CHECK(failure_of(bench, {store, End{}}) == Failure{ErrorCode::StoreFault, bench.memory.size()});
        reset(bench);
        store.address = 0xFFFF'FFFF'0000'0000;
        CHECK(failure_of(bench, {good_store(), store, good_store(), End{}}) ==
              Failure{ErrorCode::StoreFault, 0xFFFF'FFFF'0000'0000});
        reset(bench);
        layer.check(bench, &fresh);
      },
      16 << 20);
}

}  // namespace dlac::errors_rig
