// SPDX-License-Identifier: Apache-2.0
// What goes wrong in software or memory: each error code with the smallest list that causes it, random lists, resets at
// any time. The core never hangs, never stops the simulation, and works again after a reset. (arch. 2)
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "tb/tests/models/sc_core_rig.h"
#include "tb/tests/random_layers.h"
#include "workloads/mapper.h"

namespace {

using namespace core_rig;
using namespace dlac;

constexpr std::uint64_t ListAt = 0x4000;
constexpr std::uint64_t DataAt = 0x10000;

[[nodiscard]] int soak_factor() { return std::getenv("DLAC_SOAK") != nullptr ? 20 : 1; }

/// A layer with its expected outputs: what a core that works computes.
class GoodLayer {
 public:
  explicit GoodLayer(Mode mode) : mode_(mode) {
    std::mt19937 random(7);
    do {
      input_ = tb::random_layer(random, mode, 3000);
    } while (input_.layer.macs() < 1500);
    expected_ = tb::reference_outputs(input_, mode);
  }
  /// Runs it; the outputs must be right and every counter as in `counters`, where this is not null.
  tb::LayerRun check(Testbench& bench, const tb::LayerRun* fresh = nullptr) const {
    tb::LayerRun run = bench.execute(input_.layer, input_.tensors, {});
    CHECK(tb::words_of(run.outputs) == expected_);
    if (fresh != nullptr) CHECK(run.counters == fresh->counters);
    return run;
  }

 private:
  Mode mode_;
  tb::RandomLayer input_;
  reference::Words expected_;
};

/// CTRL.reset, and a moment for irq to fall.
void reset(Testbench& bench) {
  bench.reset_core();
  sc_core::wait(2, sc_core::SC_NS);
  CHECK_FALSE(bench.irq.read());
  CHECK(bench.read_register(at(Register::Status)) == 0);
}

/// What the registers show of an error.
struct Failure {
  ErrorCode code;
  std::uint64_t address;
  [[nodiscard]] bool operator==(const Failure& o) const { return code == o.code && address == o.address; }
};
std::ostream& operator<<(std::ostream& os, const Failure& f) { return os << f.code << " at " << f.address; }

/// Runs a list that must fail, and checks everything that a fatal error shows.
Failure failure_of(Testbench& bench, const std::vector<CommandImage>& list, std::uint64_t address = ListAt) {
  bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
  ring(bench, list, address, static_cast<std::uint32_t>(list.size()));
  bench.wait_for_interrupt();
  CHECK(bench.read_register(at(Register::Status)) == StatusError);
  CHECK(bench.read_register(at(Register::IrqStatus)) == IrqError);
  const Failure failure{static_cast<ErrorCode>(bench.read_register(at(Register::Error))),
                        bench.read_register(at(Register::FaultAddrLo)) |
                            std::uint64_t{bench.read_register(at(Register::FaultAddrHi))} << 32};
  // A doorbell does nothing before the reset.
  bench.write_register(at(Register::IrqStatus), IrqDone | IrqError);
  bench.write_register(at(Register::Doorbell), 1);
  sc_core::wait(10, sc_core::SC_US);
  CHECK(bench.read_register(at(Register::Status)) == StatusError);
  CHECK_FALSE(bench.irq.read());
  return failure;
}
Failure failure_of(Testbench& bench, const std::vector<Command>& list, std::uint64_t address = ListAt) {
  return failure_of(bench, images(list), address);
}

void on_bench(const Testbench::Program& program) {
  Testbench bench("bench", small_config(Mode::Train), 16 << 20, sc_core::sc_time(100, sc_core::SC_NS), program);
  bench.run();
}

[[nodiscard]] LoadWeights good_load_weights() {
  LoadWeights command;
  command.address = DataAt;
  command.bytes = 64;
  return command;
}
[[nodiscard]] LoadFeatures good_load_features() {
  LoadFeatures command;
  command.address = DataAt;
  command.channels = 2;
  command.channel_stride = 256;
  command.image_stride = 512;
  command.row_stride = 32;
  command.width = command.pitch = 8;
  command.height = command.rows = command.row_capacity = 4;
  return command;
}
/// a = accumulator, x = stream, y = stream, both from the map above.
[[nodiscard]] PtWiseOp good_pt_wise_op() {
  PtWiseOp op;
  op.operation = PointwiseOp::MulAdd;
  op.source_x = op.source_y = OperandSource::Stream;
  op.log2_rows = 2;
  op.channels = 2;
  op.columns = 4;
  op.row_capacity_0 = op.row_capacity_1 = op.height = op.out_height = 4;
  op.pitch_0 = op.pitch_1 = op.width = op.out_width = 8;
  return op;
}
[[nodiscard]] Store good_store() {
  Store command;
  command.address = DataAt + 0x1000;
  command.channel_stride = command.image_stride = 16;
  command.image_pixels = 4;
  command.log2_rows = 2;
  command.channels = 16;
  command.columns = 4;
  return command;
}
[[nodiscard]] std::vector<Command> one_of_each() {
  return {good_load_weights(), good_load_features(), small_convolution(), good_pt_wise_op(), good_store(), End{}};
}

/// A command with one bad field and what is wrong with it.
struct BadCommand {
  const char* what;
  ErrorCode code;
  Command command;
};
template <typename T>
[[nodiscard]] BadCommand bad(const char* what, ErrorCode code, T command, const std::function<void(T&)>& change) {
  change(command);
  return {what, code, command};
}

/// Runs each bad command behind a good one; checks code and address, then that the core works.
void check_bad_commands(const std::vector<BadCommand>& table) {
  on_bench([&table](Testbench& bench) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(bench);
    for (const BadCommand& row : table) {
      CAPTURE(row.what);
      CHECK(failure_of(bench, {good_load_weights(), row.command, End{}}) == Failure{row.code, ListAt + CommandBytes});
      reset(bench);
    }
    layer.check(bench, &fresh);
  });
}

constexpr ErrorCode Field = ErrorCode::IllegalField;
constexpr ErrorCode Range = ErrorCode::BufferRange;
constexpr std::uint32_t Words = 1024;               // of the feature buffer
constexpr std::uint32_t TooLarge = (1U << 24) + 1;  // sizes are limited to 2^24

}  // namespace

TEST_CASE("errors: the good commands of these tests are good") {
  on_both_engines(
      small_config(Mode::Train),
      [](Testbench& bench) {
        CHECK(bench.run_list(one_of_each()) == ErrorCode::None);
        for (const Command& command : one_of_each()) {
          if (!std::holds_alternative<End>(command)) CHECK(bench.run_list({command, End{}}) == ErrorCode::None);
        }
      },
      16 << 20);
}

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

TEST_CASE("errors: every undefined opcode is an illegal command") {
  on_bench([](Testbench& bench) {
    for (std::uint32_t opcode = 6; opcode < 256; ++opcode) {
      CAPTURE(opcode);
      CHECK(failure_of(bench, {encode(good_load_weights()), CommandImage{opcode}, encode(End{})}) ==
            Failure{ErrorCode::IllegalCommand, ListAt + CommandBytes});
      reset(bench);
    }
    GoodLayer(Mode::Train).check(bench);
  });
}

TEST_CASE("errors: every bit outside the fields of a command is an illegal command") {
  on_bench([](Testbench& bench) {
    for (const Command& command : one_of_each()) {
      const CommandImage good = encode(command);
      CommandImage used{};
      for (const CommandField& field : command_fields(static_cast<Opcode>(good[0] & 0xFF))) {
        for (std::uint32_t bit = field.lsb; bit < field.lsb + field.width; ++bit) {
          used[field.word + bit / 32] |= 1U << bit % 32;
        }
      }
      int reserved = 0;
      for (std::uint32_t bit = 0; bit < 32 * CommandWords; ++bit) {
        if ((used[bit / 32] >> bit % 32 & 1U) != 0) continue;
        ++reserved;
        CommandImage image = good;
        image[bit / 32] |= 1U << bit % 32;
        bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
        ring(bench, {image, encode(End{})}, ListAt, 2);
        bench.wait_for_interrupt();
        const auto error = static_cast<ErrorCode>(bench.read_register(at(Register::Error)));
        CAPTURE(good[0], bit);
        CHECK(error == ErrorCode::IllegalCommand);
        reset(bench);
      }
      CHECK(reserved > 15 + 3 * 32);  // 15 in the first word, and at least words 28 to 31
    }
    GoodLayer(Mode::Train).check(bench);
  });
}

TEST_CASE("errors: a token that does not belong to the queue is an illegal field") {
  on_bench([](Testbench& bench) {
    const struct {
      Command command;
      std::uint32_t pop, push;  ///< the tokens that are legal
    } table[] = {{good_load_weights(), ComputeToLoad, LoadToCompute},
                 {good_load_features(), ComputeToLoad, LoadToCompute},
                 {small_convolution(), LoadToCompute | StoreToCompute, ComputeToLoad | ComputeToStore},
                 {good_pt_wise_op(), LoadToCompute | StoreToCompute, ComputeToLoad | ComputeToStore},
                 {good_store(), ComputeToStore, StoreToCompute},
                 {End{}, 0, 0}};
    for (const auto& row : table) {
      for (std::uint32_t token = 0; token < TokenCount; ++token) {
        for (const bool pops : {true, false}) {
          if (((pops ? row.pop : row.push) >> token & 1U) != 0) continue;
          Command command = row.command;
          (pops ? header_of(command).pop : header_of(command).push) = 1U << token;
          CAPTURE(encode(command)[0]);
          CHECK(failure_of(bench, {command, End{}}) == Failure{Field, ListAt});
          reset(bench);
        }
      }
    }
    GoodLayer(Mode::Train).check(bench);
  });
}

TEST_CASE("errors: fields of load weights out of range") {
  const LoadWeights good = good_load_weights();
  const auto row = [&good](const char* what, ErrorCode code, const std::function<void(LoadWeights&)>& change) {
    return bad<LoadWeights>(what, code, good, change);
  };
  check_bad_commands({
      row("no bytes", Field, [](auto& c) { c.bytes = 0; }),
      row("a byte more than the buffer", Range, [](auto& c) { c.bytes = 4097; }),
      row("the last byte outside", Range, [](auto& c) { c.destination = 4033; }),
      row("destination at the end", Range, [](auto& c) { c.destination = 4096; }),
      row("destination + bytes beyond 2^32", Range, [](auto& c) { c.destination = 0xFFFFFFFF; }),
      row("bytes of 2^32 - 1", Range, [](auto& c) { c.bytes = 0xFFFFFFFF; }),
  });
}

TEST_CASE("errors: fields of load features out of range") {
  const LoadFeatures good = good_load_features();
  const auto row = [&good](const char* what, ErrorCode code, const std::function<void(LoadFeatures&)>& change) {
    return bad<LoadFeatures>(what, code, good, change);
  };
  check_bad_commands({
      row("no channels", Field, [](auto& c) { c.channels = 0; }),
      row("no rows", Field, [](auto& c) { c.rows = 0; }),
      row("no width", Field, [](auto& c) { c.width = 0; }),
      row("no height", Field, [](auto& c) { c.height = 0; }),
      row("wider than the pitch", Field, [](auto& c) { c.width = 9; }),
      row("more rows than the capacity", Field, [](auto& c) { c.rows = 5; }),
      row("one channel too many", Range, [](auto& c) { c.channels = Words / 32 + 1; }),
      row("base one word too high", Range, [](auto& c) { c.base = Words - 63; }),
      row("base of 2^32 - 1", Range, [](auto& c) { c.base = 0xFFFFFFFF; }),
      row("capacity of 2^32 - 1", Range, [](auto& c) { c.row_capacity = 0xFFFFFFFF; }),
      row("pitch of 2^32 - 1", Range, [](auto& c) { c.pitch = 0xFFFFFFFF; }),
      row("2^32 - 1 channels", Range, [](auto& c) { c.channels = 0xFFFFFFFF; }),
      row("2^31 words per plane", Range, [](auto& c) { c.row_capacity = c.pitch = 0x10000; }),
  });
}

TEST_CASE("errors: fields of mmOp out of range") {
  const MmOp good = small_convolution();
  const auto row = [&good](const char* what, ErrorCode code, const std::function<void(MmOp&)>& change) {
    return bad<MmOp>(what, code, good, change);
  };
  std::vector<BadCommand> table{
      row("32 rows of 16 PEs", Field, [](auto& c) { c.log2_rows = 5; }),
      row("128 rows", Field, [](auto& c) { c.log2_rows = 7; }),
      row("2^255 rows", Field, [](auto& c) { c.log2_rows = 255; }),
      row("no channels", Field, [](auto& c) { c.channels = 0; }),
      row("more channels than R*B", Field, [](auto& c) { c.channels = 17; }),
      row("no columns", Field, [](auto& c) { c.columns = 0; }),
      row("more columns than C", Field, [](auto& c) { c.columns = 5; }),
      row("no beats", Field, [](auto& c) { c.beats = 0; }),
      row("weights not at a word", Field, [](auto& c) { c.full_precision = 1, c.weights = 2; }),
      // 18 beats of 16 codes of two bits: 72 bytes.
      row("the last weight outside", Range, [](auto& c) { c.weights = 4096 - 71; }),
      row("weights at the end", Range, [](auto& c) { c.weights = 4096; }),
      row("weights far outside", Range, [](auto& c) { c.weights = 0xFFFFFFFC; }),
      row("2^32 - 1 beats", Range, [](auto& c) { c.beats = 0xFFFFFFFF; }),
      // 18 beats of 16 words: 1152 bytes.
      row("the last word outside", Range, [](auto& c) { c.full_precision = 1, c.weights = 4096 - 1148; }),
      row("a plane outside", Range, [](auto& c) { c.base = Words - 63; }),
      row("base of 2^32 - 1", Range, [](auto& c) { c.base = 0xFFFFFFFF; }),
      row("a channel not held", Range, [](auto& c) { c.first_channel = 1; }),
      row("a beat of a channel not held", Range, [](auto& c) { c.first_beat = 9 * 32 - 17; }),
      row("a beat beyond 2^32", Field, [](auto& c) { c.first_beat = 0xFFFFFFFF - 16; }),
      row("a column beyond 2^32", Field, [](auto& c) { c.first_column = 0xFFFFFFFF - 2; }),
      row("no row capacity", Range, [](auto& c) { c.row_capacity = 0; }),
      row("no pitch", Range, [](auto& c) { c.pitch = 0; }),
      row("capacity of 2^32 - 1", Range, [](auto& c) { c.row_capacity = 0xFFFFFFFF; }),
      row("pitch of 2^32 - 1", Range, [](auto& c) { c.pitch = 0xFFFFFFFF; }),
      row("column 0 not held", Range, [](auto& c) { c.first_x = 1; }),
      row("columns 0 to 4 in a pitch of 4", Range, [](auto& c) { c.pitch = 4; }),
      row("2^32 - 1 as first column", Range, [](auto& c) { c.first_x = 0xFFFFFFFF; }),
  };
  const struct {
    const char* what;
    std::uint32_t MmOp::*member;
  } sizes[] = {{"height", &MmOp::height},
               {"width", &MmOp::width},
               {"kernel height", &MmOp::kernel_height},
               {"kernel width", &MmOp::kernel_width},
               {"out height", &MmOp::out_height},
               {"out width", &MmOp::out_width},
               {"stride y", &MmOp::stride_y},
               {"stride x", &MmOp::stride_x},
               {"insert y", &MmOp::insert_y},
               {"insert x", &MmOp::insert_x}};
  for (const auto& size : sizes) {
    for (const std::uint32_t value : {0U, TooLarge, 0x80000000U, 0xFFFFFFFFU}) {
      table.push_back(row(size.what, Field, [&](auto& c) { c.*size.member = value; }));
    }
  }
  const struct {
    const char* what;
    std::int32_t MmOp::*member;
  } signed_fields[] = {{"step y", &MmOp::step_y},
                       {"step x", &MmOp::step_x},
                       {"offset y", &MmOp::offset_y},
                       {"offset x", &MmOp::offset_x}};
  for (const auto& field : signed_fields) {
    for (const std::uint32_t value : {TooLarge, 0x7FFFFFFFU, 0x80000000U, 0U - TooLarge}) {
      table.push_back(row(field.what, Field, [&](auto& c) { c.*field.member = static_cast<std::int32_t>(value); }));
    }
  }
  check_bad_commands(table);
}

TEST_CASE("errors: fields of ptWiseOp out of range") {
  const PtWiseOp good = good_pt_wise_op();
  constexpr auto Constant = OperandSource::Constant;
  const auto row = [&good](const char* what, ErrorCode code, const std::function<void(PtWiseOp&)>& change) {
    return bad<PtWiseOp>(what, code, good, change);
  };
  std::vector<BadCommand> table{
      row("32 rows of 16 PEs", Field, [](auto& c) { c.log2_rows = 5; }),
      row("2^255 rows", Field, [](auto& c) { c.log2_rows = 255; }),
      row("no channels", Field, [](auto& c) { c.channels = 0; }),
      row("more channels than R*B", Field, [](auto& c) { c.channels = 17; }),
      row("no columns", Field, [](auto& c) { c.columns = 0; }),
      row("more columns than C", Field, [](auto& c) { c.columns = 5; }),
      row("operation 5", Field, [](auto& c) { c.operation = static_cast<PointwiseOp>(5); }),
      row("operation 7", Field, [](auto& c) { c.operation = static_cast<PointwiseOp>(7); }),
      row("comparison 6", Field,
          [](auto& c) { c.operation = PointwiseOp::Select, c.compare = static_cast<Compare>(6); }),
      row("comparison 7", Field,
          [](auto& c) { c.operation = PointwiseOp::Select, c.compare = static_cast<Compare>(7); }),
      row("constants of a not at a word", Field, [](auto& c) { c.source_a = Constant, c.constants_a = 2; }),
      row("constants of x not at a word", Field, [](auto& c) { c.source_x = Constant, c.constants_x = 1; }),
      row("constants of y not at a word", Field, [](auto& c) { c.source_y = Constant, c.constants_y = 3; }),
      row("the last constant outside", Range, [](auto& c) { c.source_a = Constant, c.constants_a = 4092; }),
      row("constants at the end", Range, [](auto& c) { c.source_x = Constant, c.constants_x = 4096; }),
      row("constants far outside", Range, [](auto& c) { c.source_y = Constant, c.constants_y = 0xFFFFFFFC; }),
      row("view 0 outside", Range, [](auto& c) { c.base_0 = Words - 63; }),
      row("view 1 outside", Range, [](auto& c) { c.base_1 = Words - 63; }),
      row("view 0 at 2^32 - 1", Range, [](auto& c) { c.base_0 = 0xFFFFFFFF; }),
      row("view 1 without rows", Range, [](auto& c) { c.row_capacity_1 = 0; }),
      row("view 0 without pitch", Range, [](auto& c) { c.pitch_0 = 0; }),
      row("view 1 with a pitch of 2^32 - 1", Range, [](auto& c) { c.pitch_1 = 0xFFFFFFFF; }),
      row("view 0 begins after column 0", Range, [](auto& c) { c.first_x_0 = 1; }),
      row("view 1 ends before column 3", Range, [](auto& c) { c.pitch_1 = 3; }),
  };
  const struct {
    const char* what;
    std::uint32_t PtWiseOp::*member;
  } sizes[] = {{"height", &PtWiseOp::height},         {"width", &PtWiseOp::width},
               {"out height", &PtWiseOp::out_height}, {"out width", &PtWiseOp::out_width},
               {"stride y", &PtWiseOp::stride_y},     {"stride x", &PtWiseOp::stride_x}};
  for (const auto& size : sizes) {
    for (const std::uint32_t value : {0U, TooLarge, 0xFFFFFFFFU}) {
      table.push_back(row(size.what, Field, [&](auto& c) { c.*size.member = value; }));
    }
  }
  for (const std::uint32_t value : {TooLarge, 0x80000000U}) {
    table.push_back(row("offset y", Field, [&](auto& c) { c.offset_y = static_cast<std::int32_t>(value); }));
    table.push_back(row("offset x", Field, [&](auto& c) { c.offset_x = static_cast<std::int32_t>(value); }));
  }
  check_bad_commands(table);
}

TEST_CASE("errors: fields of store out of range") {
  const Store good = good_store();
  const auto row = [&good](const char* what, const std::function<void(Store&)>& change) {
    return bad<Store>(what, Field, good, change);
  };
  check_bad_commands({
      row("32 rows of 16 PEs", [](auto& c) { c.log2_rows = 5; }),
      row("2^32 rows", [](auto& c) { c.log2_rows = 32; }),
      row("2^255 rows", [](auto& c) { c.log2_rows = 255; }),
      row("no channels", [](auto& c) { c.channels = 0; }),
      row("more channels than R*B", [](auto& c) { c.channels = 17; }),
      row("no columns", [](auto& c) { c.columns = 0; }),
      row("more columns than C", [](auto& c) { c.columns = 5; }),
      row("no pixels in an image", [](auto& c) { c.image_pixels = 0; }),
  });
}

TEST_CASE("errors: fields at the ends of their ranges are legal") {
  on_bench([](Testbench& bench) {
    LoadWeights all = good_load_weights();
    all.bytes = 4096;
    LoadWeights last = good_load_weights();
    last.bytes = 1;
    last.destination = 4095;
    LoadFeatures planes = good_load_features();
    planes.channels = Words / 32;
    MmOp end = small_convolution();
    end.weights = 4096 - 72;
    end.base = Words - 64;
    MmOp words = small_convolution();
    words.full_precision = 1;
    words.weights = 4096 - 1152;
    MmOp held = small_convolution();  // the pixels 0 to 3 and the kernel name columns 0 to 4
    held.pitch = 5;
    MmOp far = small_convolution();  // all padding: no column needs to be held
    far.offset_x = 1 << 24;
    far.first_x = 0xFFFFFFFF;
    PtWiseOp constants = good_pt_wise_op();
    constants.source_a = OperandSource::Constant;
    constants.constants_a = 4096 - 8;
    constants.base_0 = constants.base_1 = Words - 64;
    PtWiseOp unused = good_pt_wise_op();  // fields of sources that are not used do not matter
    unused.source_x = unused.source_y = OperandSource::Immediate;
    unused.constants_a = unused.constants_y = unused.base_0 = unused.pitch_1 = 0xFFFFFFFF;
    unused.height = unused.stride_x = 0;
    for (const Command& command :
         std::initializer_list<Command>{all, last, planes, end, words, held, far, constants, unused}) {
      CAPTURE(encode(command)[0]);
      CHECK(bench.run_list({command, End{}}) == ErrorCode::None);
    }
  });
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
            Failure{ErrorCode::TokenOverflow, ListAt + 3 * CommandBytes});
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
          Failure{ErrorCode::ListWithoutEnd, ListAt + 37 * CommandBytes});
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
    ring(bench, {encode(End{}), encode(End{})}, bench.memory.size() - 2 * CommandBytes, 100);
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
        store.address = bench.memory.size() - 5 * 16;  // the sixth of 16 channels fails
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
    const std::uint64_t last = bench.memory.size() - 6 * CommandBytes;
    CHECK(bench.run_list(one_of_each(), last) == ErrorCode::None);
  });
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

namespace {

[[nodiscard]] std::uint32_t pick(std::mt19937& random, std::uint32_t low, std::uint32_t high) {
  return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
}
[[nodiscard]] bool chance(std::mt19937& random, double p) { return std::bernoulli_distribution(p)(random); }

/// A value for a field that may be legal, almost legal or far off.
[[nodiscard]] std::uint32_t random_value(std::mt19937& random) {
  switch (pick(random, 0, 6)) {
    case 0: return pick(random, 0, 3);
    case 1: return pick(random, 0, 40);
    case 2: return pick(random, 0, 5000);
    case 3: return 1U << pick(random, 0, 31);
    case 4: return 0U - pick(random, 1, 8);
    case 5: return (1U << pick(random, 0, 31)) - 1;
    default: return static_cast<std::uint32_t>(random());
  }
}

/// Changes a field of a command; 64-bit addresses mostly to somewhere in memory.
void change_field(std::mt19937& random, CommandImage& image, const CommandField& field) {
  if (field.width == 64) {
    const bool inside = chance(random, 0.8);
    image[field.word] = inside ? pick(random, 0, 16 << 20) : static_cast<std::uint32_t>(random());
    image[field.word + 1] = inside ? 0 : random_value(random);
    return;
  }
  const std::uint32_t mask = field.width == 32 ? 0xFFFFFFFFU : (1U << field.width) - 1;
  image[field.word] &= ~(mask << field.lsb);
  image[field.word] |= (random_value(random) & mask) << field.lsb;
}

/// A command with up to `changes` random fields, now and then of the header.
[[nodiscard]] CommandImage random_command(std::mt19937& random, std::uint32_t changes) {
  const std::vector<Command> good = one_of_each();
  const auto end = static_cast<std::uint32_t>(good.size()) - 1;
  CommandImage image = encode(good[chance(random, 0.02) ? end : pick(random, 0, end - 1)]);
  const std::vector<CommandField> fields = command_fields(static_cast<Opcode>(image[0] & 0xFF));
  constexpr std::uint32_t HeaderFields = 5;
  const auto last = static_cast<std::uint32_t>(fields.size()) - 1;
  const std::uint32_t first = chance(random, 0.1) ? 1 : HeaderFields;
  for (std::uint32_t i = pick(random, 0, changes); i > 0 && first <= last; --i) {
    change_field(random, image, fields[pick(random, first, last)]);
  }
  return image;
}

/// Tokens that belong to the command's queue; `balance`: how likely what is given is also taken.
void add_tokens(std::mt19937& random, CommandImage& image, double balance) {
  const auto some = [&random, balance](std::uint32_t token) { return chance(random, balance) ? token : 0; };
  std::uint32_t pop = 0;
  std::uint32_t push = 0;
  switch (static_cast<Opcode>(image[0] & 0xFF)) {
    case Opcode::LoadWeights:
    case Opcode::LoadFeatures: pop = some(ComputeToLoad) & some(ComputeToLoad), push = LoadToCompute; break;
    case Opcode::MmOp:
    case Opcode::PtWiseOp:
      pop = some(LoadToCompute) | (some(StoreToCompute) & some(StoreToCompute));
      push = ComputeToStore | some(ComputeToLoad);
      break;
    case Opcode::Store: pop = some(ComputeToStore), push = StoreToCompute; break;
    case Opcode::End: break;
  }
  image[0] = (image[0] & ~0xFF00U) | pop << 8 | push << 12;
}

/// A list of commands, of which few or many make sense.
[[nodiscard]] std::vector<CommandImage> random_list(std::mt19937& random) {
  std::vector<CommandImage> list(pick(random, 1, 24));
  if (chance(random, 0.1)) {
    for (CommandImage& image : list) {
      for (std::uint32_t& word : image) word = static_cast<std::uint32_t>(random());
      if (chance(random, 0.9)) image[0] = (image[0] & 0xFFFE0000U) | pick(random, 0, 5);
    }
    return list;
  }
  const std::uint32_t changes = pick(random, 0, 1) * pick(random, 0, 3);
  const bool tokens = chance(random, 0.5);
  const double balance = 0.1 * pick(random, 0, 10);
  for (CommandImage& image : list) {
    image = random_command(random, changes);
    if (tokens) add_tokens(random, image, balance);
  }
  if (chance(random, 0.8)) list.back() = encode(End{});
  return list;
}

/// Thousands of lists; each must end, and a layer must work after it.
void run_random_lists(Mode mode, EngineKind engine, unsigned seed, int lists) {
  Config config = small_config(mode);
  config.engine = engine;
  config.queue_depth = 3;
  config.token_limit = 5;
  const GoodLayer layer(mode);
  std::array<int, 16> outcomes{};
  int current = -1;
  Testbench bench("bench", config, 16 << 20, sc_core::sc_time(100, sc_core::SC_NS), [&](Testbench& b) {
    const tb::LayerRun fresh = layer.check(b);
    std::mt19937 random(seed);
    for (current = 0; current < lists * soak_factor(); ++current) {
      // Weights and features to load: mostly legal ternary codes.
      for (std::uint64_t i = 0; i < 0x2000; ++i) {
        b.memory.data()[DataAt + i] = chance(random, 0.9995) ? 0x7D : static_cast<std::uint8_t>(random());
      }
      const std::vector<CommandImage> list = random_list(random);
      const std::uint64_t address = ListAt + 4 * pick(random, 0, 1000);
      b.write_register(at(Register::IrqEnable), IrqDone | IrqError);
      ring(b, list, address, static_cast<std::uint32_t>(list.size()));
      const sc_core::sc_time begun = sc_core::sc_time_stamp();
      b.wait_for_interrupt();
      CHECK(sc_core::sc_time_stamp() - begun < sc_core::sc_time(20, sc_core::SC_MS));
      const std::uint32_t status = b.read_register(at(Register::Status));
      const std::uint32_t error = b.read_register(at(Register::Error));
      REQUIRE(error < outcomes.size());
      ++outcomes[error];
      CHECK(status == (error == 0 ? StatusDone : StatusError));
      b.write_register(at(Register::IrqStatus), IrqDone | IrqError);
      sc_core::wait(pick(random, 1, 500), sc_core::SC_NS);
      if (error != 0 || chance(random, 0.2)) reset(b);
      if (current % 20 == 0) layer.check(b, &fresh);
    }
    layer.check(b, &fresh);
  });
  try {
    bench.run();
  } catch (const tb::CoreError& e) {
    FAIL("list " << current << " of seed " << seed << ": " << e.what());
  }
  // The lists reach every error that a list can cause in this set-up.
  for (const ErrorCode code :
       {ErrorCode::None, ErrorCode::IllegalCommand, ErrorCode::IllegalField, ErrorCode::BufferRange,
        ErrorCode::BadWeightCode, ErrorCode::TokenOverflow, ErrorCode::Deadlock, ErrorCode::ListWithoutEnd,
        ErrorCode::LoadFault, ErrorCode::StoreFault}) {
    CAPTURE(code);
    CHECK(outcomes[static_cast<std::size_t>(code)] > 0);
  }
}

}  // namespace

TEST_CASE("errors: random lists end, and the core works after them, training, schedule engine") {
  run_random_lists(Mode::Train, EngineKind::Schedule, 101, 4000);
}
TEST_CASE("errors: random lists end, and the core works after them, training, clocked engine") {
  run_random_lists(Mode::Train, EngineKind::Clocked, 102, 2000);
}
TEST_CASE("errors: random lists end, and the core works after them, inference, schedule engine") {
  run_random_lists(Mode::Infer, EngineKind::Schedule, 103, 4000);
}
TEST_CASE("errors: random lists end, and the core works after them, inference, clocked engine") {
  run_random_lists(Mode::Infer, EngineKind::Clocked, 104, 2000);
}

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
              sc_core::wait(ps / 2000 * 2000, sc_core::SC_PS);  // near an edge
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
