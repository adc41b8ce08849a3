// SPDX-License-Identifier: Apache-2.0
// Point-wise operations on the clocked engine: values against the naive model, cycles by hand. (Point-wise operations)
#include <memory>
#include <random>
#include <string>

#include "tb/tests/models/grid/clocked/sc_clocked_rig.h"

namespace {

using clocked_model::Rig;
using clocked_model::small_config;
using dlac::Mode;

constexpr auto Accumulator = dlac::OperandSource::Accumulator;
constexpr auto Immediate = dlac::OperandSource::Immediate;
constexpr auto Constant = dlac::OperandSource::Constant;
constexpr auto Stream = dlac::OperandSource::Stream;
constexpr auto Add = dlac::PointwiseOp::Add;
constexpr auto Mul = dlac::PointwiseOp::Mul;
constexpr auto MulAdd = dlac::PointwiseOp::MulAdd;
constexpr auto Select = dlac::PointwiseOp::Select;

using Random = std::mt19937;
std::uint32_t draw(Random& random, std::uint32_t low, std::uint32_t high) { return low + random() % (high - low + 1); }

std::uint32_t random_word(Random& random, Mode mode) {
  if (draw(random, 0, 3) == 0) {
    constexpr std::uint32_t Train[] = {0,           0x8000'0000, 0x7F80'0000, 0xFF80'0000,
                                       0x7FC0'0001, 0xFFC0'0000, 1,           0x3F80'0000};
    constexpr std::uint32_t Infer[] = {0, 0x8000, 0x7C00, 0xFC00, 0x7E01, 0xFE00, 1, 0x3C00};
    return mode == Mode::Train ? Train[draw(random, 0, 7)] : Infer[draw(random, 0, 7)];
  }
  return mode == Mode::Train ? random() : random() % 0x10000;
}

dlac::PtWiseOp random_op(Random& random, const dlac::Config& config) {
  dlac::PtWiseOp op;
  do {
    op.log2_rows = draw(random, 0, 4);
  } while (config.pes % (1U << op.log2_rows) != 0);
  op.bank = draw(random, 0, 1);
  op.channels = draw(random, 1, config.output_buffers << op.log2_rows);
  op.columns = draw(random, 1, config.pes >> op.log2_rows);
  op.first_column = draw(random, 0, 30);
  const auto any = [&](auto& field, std::uint32_t last) {
    field = static_cast<std::decay_t<decltype(field)>>(draw(random, 0, last));
  };
  any(op.operation, 4);
  any(op.compare, 5);
  for (auto* input : {&op.select_p, &op.select_q, &op.select_u, &op.select_v}) any(*input, 3);
  for (auto* source : {&op.source_a, &op.source_x, &op.source_y}) any(*source, 3);
  op.immediate_a = random_word(random, config.mode);
  op.immediate_x = random_word(random, config.mode);
  op.immediate_y = random_word(random, config.mode);
  op.constants_a = config.word_bytes() * draw(random, 0, 200);
  op.constants_x = config.word_bytes() * draw(random, 0, 200);
  op.constants_y = config.word_bytes() * draw(random, 0, 200);
  op.out_height = draw(random, 1, 5);
  op.out_width = draw(random, 1, 5);
  op.height = draw(random, 1, 6);
  op.width = draw(random, 1, 6);
  op.stride_y = draw(random, 1, 2);
  op.stride_x = draw(random, 1, 2);
  op.offset_y = static_cast<std::int32_t>(draw(random, 0, 4)) - 2;
  op.offset_x = static_cast<std::int32_t>(draw(random, 0, 4)) - 2;
  op.row_capacity_0 = draw(random, 1, 4);
  op.row_capacity_1 = draw(random, 1, 4);
  op.pitch_0 = draw(random, 6, 7);
  op.pitch_1 = draw(random, 6, 7);
  op.first_x_0 = draw(random, 0, 2);
  op.first_x_1 = draw(random, 0, 2);
  op.base_0 = draw(random, 2, 500);
  op.base_1 = draw(random, 2, 500);
  return op;
}

void compare(Mode mode) {
  Random random(610);
  std::vector<std::unique_ptr<Rig>> rigs;
  constexpr std::uint32_t Buffers[] = {1, 3, 4, 7};
  for (const std::uint32_t buffers : Buffers) {
    dlac::Config config = small_config(16, buffers, 2, 4);
    config.mode = mode;
    config.multiply_units = 1;
    config.row_port_words = draw(random, 1, buffers);
    config.column_port_words = draw(random, 1, 3);
    rigs.push_back(std::make_unique<Rig>(("engine_" + std::to_string(buffers)).c_str(), config));
  }
  for (auto& rig : rigs) {
    dlac::ReferenceMachine model(rig->config);
    for (std::uint32_t i = 0; i < rig->weights.size() / rig->config.word_bytes(); ++i) {
      clocked_model::set_word(rig->weights, i, mode, random_word(random, mode));
    }
    for (std::uint32_t i = 0; i < rig->features.size() / rig->config.word_bytes(); ++i) {
      clocked_model::set_word(rig->features, i, mode, random_word(random, mode));
    }
    for (int i = 0; i < 500; ++i) {
      dlac::PtWiseOp op = random_op(random, rig->config);
      // The outputs first get a value: x + 0 of a stream, whose bits are written as they are.
      dlac::PtWiseOp load = op;
      load.operation = Add;
      load.source_a = Stream;
      load.source_x = Immediate;
      load.immediate_x = 0;
      load.source_y = Accumulator;
      for (const dlac::PtWiseOp& step : {load, op}) {
        const std::uint64_t cycles = rig->engine.pointwise(step);
        const std::uint64_t expected = model.pointwise(step, rig->weights, rig->features);
        std::vector<std::uint32_t> words(std::size_t{op.channels} * op.columns);
        rig->engine.drain(op.bank, op.log2_rows, op.channels, op.columns, words.data());
        INFO(rig->engine.name());
        CAPTURE(step.operation, step.source_a, step.source_x, step.source_y);
        CHECK(cycles == expected);
        CHECK(words == model.drain(op.bank, op.log2_rows, op.channels, op.columns));
      }
    }
  }
}

}  // namespace

TEST_CASE("clocked point-wise: random operations agree with the naive model in binary32") { compare(Mode::Train); }

TEST_CASE("clocked point-wise: random operations agree with the naive model in binary16") { compare(Mode::Infer); }

TEST_CASE("clocked point-wise: cycles are those of the units or of the busiest port") {
  // B = 8, two adders of which one multiplies, row port 3 words, column port 1 word; 2 x 2 PEs.
  dlac::Config config = small_config(4, 8, 2, 4);
  config.multiply_units = 1;
  config.row_port_words = 3;
  Rig rig("engine", config);
  dlac::PtWiseOp op;
  op.log2_rows = 1;
  op.channels = 16;
  op.columns = 2;
  op.row_capacity_0 = op.row_capacity_1 = op.pitch_0 = op.pitch_1 = 1;
  op.source_a = Accumulator;
  op.source_x = op.source_y = Immediate;
  const auto cycles = [&](dlac::PointwiseOp operation) {
    op.operation = operation;
    return rig.engine.pointwise(op);
  };
  CHECK(cycles(Add) == 4);     // 8 buffers, two units
  CHECK(cycles(Select) == 4);  // comparing needs no multiplier
  CHECK(cycles(Mul) == 8);     // one unit multiplies
  op.source_x = Constant;
  CHECK(cycles(Add) == 4);  // 8 words at 3 per cycle: 3 cycles
  op.source_y = Constant;
  CHECK(cycles(MulAdd) == 8);
  CHECK(cycles(Select) == 6);  // twice 3 cycles
  op.source_x = Stream;
  CHECK(cycles(Add) == 16);  // two live rows x 8 words through one column port
  op.source_a = Stream;
  CHECK(cycles(Add) == 16);  // the same word
  op.source_y = Stream;
  CHECK(cycles(MulAdd) == 32);
  op.channels = 8;
  CHECK(cycles(MulAdd) == 16);  // one live row
}

TEST_CASE("clocked point-wise: what leaves an output buffer is canonical") {
  Rig rig("engine", small_config(1, 1, 1, 4));
  dlac::PtWiseOp op;
  op.channels = op.columns = 1;
  op.operation = Select;
  op.source_a = Immediate;
  op.immediate_a = 0x8000'0000;  // -0
  op.select_p = op.select_q = dlac::SelectInput::Zero;
  op.compare = dlac::Compare::Equal;
  op.select_u = dlac::SelectInput::A;
  CHECK(rig.engine.pointwise(op) == 1);
  std::uint32_t word = 1;
  rig.engine.drain(0, 0, 1, 1, &word);
  CHECK(word == 0);  // -0 leaves as +0
  op.immediate_a = 0x7FC0'0001;
  rig.engine.pointwise(op);
  rig.engine.drain(0, 0, 1, 1, &word);
  CHECK(word == 0x7FC0'0000);  // every NaN leaves as the quiet one
}
