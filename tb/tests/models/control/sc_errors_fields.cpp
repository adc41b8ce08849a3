// SPDX-License-Identifier: Apache-2.0
// What a command may not hold: every field just out of its range and at its ends, undefined opcodes and bits.
// (Organisation)

#include "tb/tests/models/control/sc_errors_rig.h"

namespace dlac::errors_rig {

namespace {

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

TEST_CASE("errors: the largest sizes and distances are legal") {
  on_bench([](Testbench& bench) {
    // One beat of one channel and pixel; what is not at column 0 is padding.
    MmOp one = small_convolution();
    one.channels = one.columns = one.beats = 1;
    one.kernel_height = one.kernel_width = one.out_height = one.out_width = one.height = one.width = 1;
    one.offset_y = one.offset_x = 0;
    constexpr std::uint32_t Largest = 1U << 24;
    for (std::uint32_t MmOp::*const size :
         {&MmOp::height, &MmOp::width, &MmOp::kernel_height, &MmOp::kernel_width, &MmOp::out_height, &MmOp::out_width,
          &MmOp::stride_y, &MmOp::stride_x, &MmOp::insert_y, &MmOp::insert_x}) {
      MmOp op = one;
      op.*size = Largest;
      CAPTURE(encode(op));
      CHECK(bench.run_list({op, End{}}) == ErrorCode::None);
    }
    for (std::int32_t MmOp::*const distance : {&MmOp::step_y, &MmOp::step_x, &MmOp::offset_y, &MmOp::offset_x}) {
      for (const std::int32_t sign : {1, -1}) {
        MmOp op = one;
        op.*distance = sign * static_cast<std::int32_t>(Largest);
        CAPTURE(encode(op));
        CHECK(bench.run_list({op, End{}}) == ErrorCode::None);
      }
    }
    PtWiseOp streamed = good_pt_wise_op();
    for (std::uint32_t PtWiseOp::*const size :
         {&PtWiseOp::height, &PtWiseOp::width, &PtWiseOp::out_height, &PtWiseOp::stride_y, &PtWiseOp::stride_x}) {
      PtWiseOp op = streamed;
      op.columns = op.channels = 1;
      op.*size = Largest;
      CAPTURE(encode(op));
      CHECK(bench.run_list({op, End{}}) == ErrorCode::None);
    }
  });
}

TEST_CASE("errors: of a map among inserted zeros only the columns that are met need to be held") {
  // Pixels 0 and 1 meet positions 1 and 2 of a map whose columns lie at 0, 2, 4: column 1 alone. Pixels 0 and 1 of a
  // map that begins a position later meet -1 and 0: column 0 alone.
  on_bench([](Testbench& bench) {
    const auto run = [&bench](std::int32_t offset, std::uint32_t first_x, std::uint32_t pitch) {
      MmOp op = small_convolution();
      op.channels = op.beats = op.kernel_height = op.kernel_width = op.out_height = op.height = 1;
      op.columns = op.out_width = op.insert_x = 2;
      op.width = 3;
      op.offset_y = 0;
      op.offset_x = offset;
      op.first_x = first_x;
      op.pitch = pitch;
      const ErrorCode error = bench.run_list({op, End{}});
      if (error != ErrorCode::None) reset(bench);
      return error;
    };
    CHECK(run(1, 1, 1) == ErrorCode::None);
    CHECK(run(1, 0, 1) == Range);
    CHECK(run(1, 2, 1) == Range);
    CHECK(run(-1, 0, 1) == ErrorCode::None);
    CHECK(run(-1, 1, 1) == Range);
    CHECK(run(2, 1, 1) == ErrorCode::None);   // positions 2 and 3
    CHECK(run(-3, 2, 1) == ErrorCode::None);  // -3 and -2: none
  });
}

}  // namespace dlac::errors_rig
