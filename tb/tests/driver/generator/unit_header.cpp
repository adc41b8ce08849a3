// SPDX-License-Identifier: Apache-2.0
// dlac_regs.h as a C compiler sees it (interface_macros.c), against the model's register map and command encoding.
#include <dlac/common/command.h>
#include <dlac/common/register_map.h>

#include <catch2/catch.hpp>
#include <cctype>
#include <map>
#include <string>
#include <tuple>

#include "dlac_regs.h"
#include "tb/tests/driver/generator/interface_macros.h"

using dlac::CommandField;
using dlac::CommandImage;
using dlac::CommandValue;
using dlac::Compare;
using dlac::Counter;
using dlac::CounterCount;
using dlac::error_codes;
using dlac::ErrorInfo;
using dlac::IrqDone;
using dlac::IrqError;
using dlac::LoadWeights;
using dlac::Opcode;
using dlac::Opcodes;
using dlac::OperandSource;
using dlac::PointwiseOp;
using dlac::PtWiseOp;
using dlac::RegisterField;
using dlac::RegisterInfo;
using dlac::registers;
using dlac::SelectInput;
using dlac::Token;

namespace {

using Values = std::map<std::string, std::uint32_t>;

/// The list as a map; no name may come twice.
[[nodiscard]] Values values_of(const MacroValue* list) {
  Values values;
  for (; list->name != nullptr; ++list) CHECK(values.emplace(list->name, list->value).second);
  return values;
}

[[nodiscard]] std::string upper(std::string_view name) {
  std::string out;
  for (const char c : name) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

[[nodiscard]] std::uint32_t mask_of(std::uint32_t lsb, std::uint32_t width) {
  std::uint32_t mask = 0;
  for (std::uint32_t bit = lsb; bit < lsb + width; ++bit) mask |= 1U << bit;
  return mask;
}

}  // namespace

TEST_CASE("dlac_regs.h: every register at its offset, every field at its bits") {
  Values offsets;
  Values fields;
  Values counter_words;
  for (const RegisterInfo& info : registers()) {
    const std::string name = upper(info.name);
    if (info.bits == 64) {
      counter_words[name + ".LO"] = info.offset;
      counter_words[name + ".HI"] = info.offset + 4;
    } else {
      offsets[name] = info.offset;
    }
    for (const RegisterField& field : info.fields)
      fields[name + "." + upper(field.name)] = mask_of(field.lsb, field.width);
  }
  CHECK(values_of(MacroRegisters) == offsets);
  CHECK(values_of(MacroRegisterFields) == fields);
  CHECK(values_of(MacroCounterOffsets) == counter_words);
}

TEST_CASE("dlac_regs.h: error codes, counters, opcodes, tokens") {
  Values errors;
  for (const ErrorInfo& error : error_codes()) errors[upper(error.name)] = static_cast<std::uint32_t>(error.code);
  CHECK(values_of(MacroErrors) == errors);

  Values counters;
  for (std::uint32_t i = 0; i < CounterCount; ++i) counters[upper(to_string(static_cast<Counter>(i)))] = i;
  CHECK(values_of(MacroCounters) == counters);

  Values opcodes;
  for (const Opcode opcode : Opcodes) opcodes[upper(to_string(opcode))] = static_cast<std::uint32_t>(opcode);
  CHECK(values_of(MacroOpcodes) == opcodes);

  CHECK(values_of(MacroTokens) == Values{{"LOAD_TO_COMPUTE", token_bit(Token::LoadToCompute)},
                                         {"COMPUTE_TO_LOAD", token_bit(Token::ComputeToLoad)},
                                         {"COMPUTE_TO_STORE", token_bit(Token::ComputeToStore)},
                                         {"STORE_TO_COMPUTE", token_bit(Token::StoreToCompute)}});
}

TEST_CASE("dlac_regs.h: what the specification fixes") {
  CHECK(values_of(MacroConstants) == Values{{"ID_VALUE", 0x43414C64},  // "dLAC", little-endian
                                            {"VERSION_VALUE", 0x00010000},
                                            {"MODE_TRAIN", 0},
                                            {"MODE_INFER", 1},
                                            {"IRQ_DONE", IrqDone},
                                            {"IRQ_ERROR", IrqError},
                                            {"COUNTERS", CounterCount},
                                            {"COMMAND_WORDS", 32},
                                            {"COMMAND_BYTES", 128}});
}

TEST_CASE("dlac_regs.h: every field of every command at its bits") {
  using Place = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;
  std::map<std::string, Place> expected;
  const std::size_t common = command_fields(Opcode::End).size();
  for (const Opcode opcode : Opcodes) {
    const std::vector<CommandField> fields = command_fields(opcode);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const CommandField& field = fields[i];
      const std::string name = (i < common ? "COMMAND" : upper(to_string(opcode))) + "." + upper(field.name);
      const bool wide = field.width == 64;
      expected[name] = {field.word, wide ? 0 : mask_of(field.lsb, field.width), wide ? 0 : field.lsb};
    }
  }
  std::map<std::string, Place> found;
  for (const MacroField* field = MacroFields; field->name != nullptr; ++field) {
    const std::string name = std::string(field->opcode) + "." + field->name;
    CHECK(found.emplace(name, Place{field->word, field->mask, field->shift}).second);
  }
  CHECK(found == expected);
}

TEST_CASE("dlac_regs.h: every named value of a field") {
  Values expected;
  for (const Opcode opcode : Opcodes) {
    for (const CommandField& field : command_fields(opcode)) {
      if (field.values == nullptr) continue;
      for (const CommandValue& each : field.values->values) {
        expected[upper(field.values->name) + "_" + upper(each.name)] = each.value;
      }
    }
  }
  CHECK(values_of(MacroFieldValues) == expected);

  // By the model's own enumerations, a ReLU: accumulator > +0 ? accumulator : +0.
  PtWiseOp relu;
  relu.operation = PointwiseOp::Select;
  relu.compare = Compare::Greater;
  relu.select_p = relu.select_u = SelectInput::A;
  relu.select_q = relu.select_v = SelectInput::Zero;
  relu.source_a = OperandSource::Accumulator;
  relu.source_x = relu.source_y = OperandSource::Immediate;
  CommandImage words{DLAC_OPCODE_PT_WISE_OP};
  std::uint32_t* command = words.data();
  DLAC_SET(command, DLAC_PT_WISE_OP_OPERATION, DLAC_POINTWISE_SELECT);
  DLAC_SET(command, DLAC_PT_WISE_OP_COMPARE, DLAC_COMPARE_GREATER);
  DLAC_SET(command, DLAC_PT_WISE_OP_SELECT_P, DLAC_SELECT_A);
  DLAC_SET(command, DLAC_PT_WISE_OP_SELECT_U, DLAC_SELECT_A);
  DLAC_SET(command, DLAC_PT_WISE_OP_SELECT_Q, DLAC_SELECT_ZERO);
  DLAC_SET(command, DLAC_PT_WISE_OP_SELECT_V, DLAC_SELECT_ZERO);
  DLAC_SET(command, DLAC_PT_WISE_OP_SOURCE_A, DLAC_SOURCE_ACCUMULATOR);
  DLAC_SET(command, DLAC_PT_WISE_OP_SOURCE_X, DLAC_SOURCE_IMMEDIATE);
  DLAC_SET(command, DLAC_PT_WISE_OP_SOURCE_Y, DLAC_SOURCE_IMMEDIATE);
  DLAC_SET(command, DLAC_PT_WISE_OP_OUT_HEIGHT, 1);
  DLAC_SET(command, DLAC_PT_WISE_OP_OUT_WIDTH, 1);
  DLAC_SET(command, DLAC_PT_WISE_OP_STRIDE_Y, 1);
  DLAC_SET(command, DLAC_PT_WISE_OP_STRIDE_X, 1);
  CHECK(words == encode(relu));
}

TEST_CASE("dlac_regs.h: a command put together with its macros is the one that the model encodes") {
  LoadWeights load;
  load.header.pop = token_bit(Token::ComputeToLoad);
  load.header.push = token_bit(Token::LoadToCompute);
  load.header.fence = 1;
  load.header.tag = 0xCAFE;
  load.address = 0x0123456789ABCDEF;
  load.bytes = 4096;
  load.destination = 64;
  CommandImage words{DLAC_OPCODE_LOAD_WEIGHTS};
  std::uint32_t* command = words.data();
  DLAC_SET(command, DLAC_COMMAND_POP, DLAC_TOKEN_COMPUTE_TO_LOAD);
  DLAC_SET(command, DLAC_COMMAND_PUSH, DLAC_TOKEN_LOAD_TO_COMPUTE);
  DLAC_SET(command, DLAC_COMMAND_FENCE, 1);
  DLAC_SET(command, DLAC_COMMAND_TAG, 0xCAFE);
  DLAC_SET64(command, DLAC_LOAD_WEIGHTS_ADDRESS, 0x0123456789ABCDEF);
  DLAC_SET(command, DLAC_LOAD_WEIGHTS_BYTES, 4096);
  DLAC_SET(command, DLAC_LOAD_WEIGHTS_DESTINATION, 64);
  CHECK(words == encode(load));
  CHECK(words[2] == 0x89ABCDEF);  // the low word first
  CHECK(words[3] == 0x01234567);
  CHECK(DLAC_GET(command, DLAC_COMMAND_OPCODE) == DLAC_OPCODE_LOAD_WEIGHTS);
  CHECK(DLAC_GET(command, DLAC_COMMAND_POP) == DLAC_TOKEN_COMPUTE_TO_LOAD);
  CHECK(DLAC_GET64(command, DLAC_LOAD_WEIGHTS_ADDRESS) == 0x0123456789ABCDEF);

  // A value that is too large is cut and leaves its neighbours alone; a field can be set again.
  words = {};
  DLAC_SET(command, DLAC_STORE_LOG2_ROWS, 0x1FF);
  CHECK(words[8] == 0xFF);
  DLAC_SET(command, DLAC_STORE_BANK, 1);
  DLAC_SET(command, DLAC_STORE_LOG2_ROWS, 4);
  CHECK(words[8] == 0x104);

  // A signed field.
  DLAC_SET(command, DLAC_MM_OP_STEP_Y, -2);
  CHECK(static_cast<std::int32_t>(DLAC_GET(command, DLAC_MM_OP_STEP_Y)) == -2);
}
