// SPDX-License-Identifier: Apache-2.0
#include "driver/generator/header.h"

#include <dlac/common/command.h>
#include <dlac/common/register_map.h>

#include <algorithm>
#include <stdexcept>

#include "driver/generator/text.h"

namespace dlac::generator {
namespace {

constexpr std::string_view Head = R"(/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from the model's register map and command encoding by `dlac-interface header`. Do not edit. */
#ifndef DLAC_REGS_H
#define DLAC_REGS_H

/* The dLAC core as software sees it: registers, error codes, counters, commands. C99, also valid C++.
 *
 * DLAC_REG_x is a register's byte offset; registers are 32-bit words, to be read and written whole. DLAC_x_y is field y
 * of register x, as a mask. What the registers and commands mean is told in docs/machine_reference.md. */

#include <stdint.h>
)";

constexpr std::string_view CommandHead = R"(
/* --- Commands ---
 *
 * A command is DLAC_COMMAND_WORDS little-endian words in memory, at a multiple of 4; bits that belong to no field must
 * be 0. A field has a _WORD, its index in the command, and within that word a _MASK and a _SHIFT. A 64-bit field has a
 * _WORD only, that of its low half; the high half follows. A signed field is in two's complement. Values that have
 * names follow the fields of the command.
 *
 *   uint32_t command[DLAC_COMMAND_WORDS] = {DLAC_OPCODE_LOAD_WEIGHTS};
 *   DLAC_SET64(command, DLAC_LOAD_WEIGHTS_ADDRESS, address);
 *   DLAC_SET(command, DLAC_LOAD_WEIGHTS_BYTES, 4096);
 *   DLAC_SET(command, DLAC_COMMAND_PUSH, DLAC_TOKEN_LOAD_TO_COMPUTE); */

)";

constexpr std::string_view Accessors = R"(
/* Access to a field of a command, `uint32_t command[DLAC_COMMAND_WORDS]`, by the field's name without _WORD. A value
 * that is too large for its field is cut to the field's bits, and never touches another field. */
#define DLAC_GET(command, field) (((command)[field##_WORD] & field##_MASK) >> field##_SHIFT)
#define DLAC_SET(command, field, value) \
  dlac_set_bits(&(command)[field##_WORD], field##_MASK, (uint32_t)(value) << field##_SHIFT)
#define DLAC_GET64(command, field) dlac_get_pair(&(command)[field##_WORD])
#define DLAC_SET64(command, field, value) dlac_set_pair(&(command)[field##_WORD], (value))

static inline void dlac_set_bits(uint32_t *word, uint32_t mask, uint32_t bits) {
  *word = (*word & ~mask) | (bits & mask);
}
static inline uint64_t dlac_get_pair(const uint32_t *low) { return low[0] | (uint64_t)low[1] << 32; }
static inline void dlac_set_pair(uint32_t *low, uint64_t value) {
  low[0] = (uint32_t)value;
  low[1] = (uint32_t)(value >> 32);
}

#endif
)";

[[nodiscard]] std::string_view name_of(Access access) {
  switch (access) {
    case Access::ReadOnly: return "read-only";
    case Access::ReadWrite: return "read-write";
    case Access::WriteOneToClear: return "write one to clear";
    case Access::WriteOnly: return "write-only";
  }
  return "";
}

[[nodiscard]] std::string decimal(std::size_t value) { return std::to_string(value) + "u"; }
[[nodiscard]] std::string hex_literal(std::uint32_t value, int digits) { return hex(value, digits) + "u"; }

/// One #define; values and comments stand in columns.
[[nodiscard]] std::string define(const std::string& name, const std::string& value, std::string_view comment = {}) {
  constexpr std::size_t NameWidth = 40;
  constexpr std::size_t ValueWidth = 12;
  std::string line = "#define " + name;
  line.append(line.size() < NameWidth + 8 ? NameWidth + 8 - line.size() : 1, ' ');
  line += value;
  if (!comment.empty()) {
    line.append(value.size() < ValueWidth ? ValueWidth - value.size() : 1, ' ');
    line += "/* " + std::string(comment) + " */";
  }
  return line + "\n";
}

/// A list macro: X is expanded for each element.
[[nodiscard]] std::string list_macro(const std::string& name, const std::vector<std::string>& elements) {
  std::string out = "#define " + name + "(X)";
  for (const std::string& element : elements) out += " \\\n  X(" + element + ")";
  return out + "\n";
}

[[nodiscard]] std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

[[nodiscard]] std::string field_macros(const std::string& prefix, const RegisterField& field) {
  const std::string name = prefix + upper_case(field.name);
  std::string out = define(name, hex_literal(field_mask(field.lsb, field.width), 8), field.description);
  if (field.width > 1) out += define(name + "_SHIFT", decimal(field.lsb));
  return out;
}

[[nodiscard]] std::string register_macros(const RegisterInfo& info) {
  const std::string name(info.name);
  const std::string reset = info.configured != nullptr ? "fixed by the core's configuration"
                            : info.reset == 0          ? "0 after reset"
                                                       : "always " + hex(info.reset, 8);
  std::string out = "\n/* " + name + ", " + std::string(name_of(info.access)) + ", " + reset + ": " +
                    std::string(info.description) + " */\n";
  out += define("DLAC_REG_" + name, hex_literal(info.offset, 3));
  for (const RegisterField& field : info.fields) out += field_macros("DLAC_" + name + "_", field);
  return out;
}

[[nodiscard]] const RegisterInfo& info_of(Register which) {
  const auto found = std::find_if(registers().begin(), registers().end(), [which](const RegisterInfo& info) {
    return info.offset == static_cast<std::uint32_t>(which);
  });
  if (found == registers().end()) throw std::logic_error("a register is not in the map");
  return *found;
}

/// The interrupts by one name for both of their registers.
[[nodiscard]] std::string interrupt_macros() {
  std::string out = "\n/* The interrupts, the same bits in IRQ_ENABLE and IRQ_STATUS. */\n";
  const std::vector<RegisterField>& enable = info_of(Register::IrqEnable).fields;
  const std::vector<RegisterField>& status = info_of(Register::IrqStatus).fields;
  for (const RegisterField& field : status) {
    const auto same = [&field](const RegisterField& other) {
      return other.name == field.name && other.lsb == field.lsb && other.width == field.width;
    };
    if (enable.size() != status.size() || std::none_of(enable.begin(), enable.end(), same)) {
      throw std::logic_error("IRQ_ENABLE and IRQ_STATUS differ in field " + std::string(field.name));
    }
    out += field_macros("DLAC_IRQ_", field);
  }
  return out;
}

[[nodiscard]] std::string register_section() {
  std::string out = "\n/* --- Registers --- */\n";
  for (const RegisterInfo& info : registers()) {
    if (!is_counter(info)) out += register_macros(info);
  }
  out += "\n/* What ID and VERSION hold. Cores of another major version are not compatible. */\n";
  out += define("DLAC_ID_VALUE", hex_literal(DeviceId, 8));
  out += define("DLAC_VERSION_VALUE", hex_literal(DeviceVersion, 8));
  out += define("DLAC_VERSION_MAJOR(version)", "((version) >> 16)");
  out += "\n/* What CORE_MODE holds. */\n";
  for (const Mode mode : {Mode::Train, Mode::Infer}) {
    out += define("DLAC_MODE_" + upper_case(to_string(mode)),
                  decimal(info_of(Register::CoreMode).configured(Config::defaults(mode))));
  }
  return out + interrupt_macros();
}

[[nodiscard]] std::string error_section() {
  std::string out = "\n/* --- What ERROR holds --- */\n\n";
  std::vector<std::string> elements;
  for (const ErrorInfo& error : error_codes()) {
    const std::string name = "DLAC_ERROR_" + upper_case(error.name);
    out += define(name, decimal(static_cast<std::size_t>(error.code)), error.description);
    elements.push_back(name + ", " + quoted(error.description));
  }
  out += "/* X(code, text) of every error code. */\n";
  return out + list_macro("DLAC_ERROR_LIST", elements);
}

[[nodiscard]] std::string counter_section() {
  std::string out =
      "\n/* --- Performance counters ---\n *\n"
      " * 64 bits each, read-only, in two words. CTRL's snapshot copies them all at one instant to the words that are\n"
      " * read. DLAC_COUNTER_x is a counter's index. */\n\n";
  std::vector<std::string> elements;
  for (const RegisterInfo& info : registers()) {
    if (!is_counter(info)) continue;
    const std::string name = "DLAC_COUNTER_" + upper_case(info.name);
    out += define(name, decimal(elements.size()), info.description);
    elements.push_back(name + ", " + quoted(info.name));
  }
  out += define("DLAC_COUNTERS", decimal(elements.size()), "how many there are");
  out += "/* X(index, name) of every counter. */\n" + list_macro("DLAC_COUNTER_LIST", elements);
  const std::string low =
      "(" + hex_literal(static_cast<std::uint32_t>(Register::Counters), 3) + " + 8u * (uint32_t)(index))";
  out += define("DLAC_REG_COUNTER_LO(index)", low);
  return out + define("DLAC_REG_COUNTER_HI(index)", "(DLAC_REG_COUNTER_LO(index) + 4u)");
}

[[nodiscard]] std::string field_macros(const std::string& prefix, const CommandField& field) {
  const std::string name = prefix + upper_case(field.name);
  std::string comment(field.description);
  if (field.width == 64) comment = "64 bits: " + comment;
  if (field.is_signed) comment = "signed: " + comment;
  std::string out = define(name + "_WORD", decimal(field.word), comment);
  if (field.width == 64) return out;
  out += define(name + "_MASK", hex_literal(field_mask(field.lsb, field.width), 8));
  return out + define(name + "_SHIFT", decimal(field.lsb));
}

/// The values that have names, each set of them once, where it is first used.
[[nodiscard]] std::string value_macros(const std::vector<CommandField>& fields) {
  std::string out;
  std::vector<const CommandValues*> done;
  for (const CommandField& field : fields) {
    if (field.values == nullptr || std::count(done.begin(), done.end(), field.values) != 0) continue;
    done.push_back(field.values);
    std::string names;
    for (const CommandField& other : fields) {
      if (other.values == field.values) names += (names.empty() ? "" : ", ") + std::string(other.name);
    }
    out += "/* Values of " + names + ". */\n";
    for (const CommandValue& each : field.values->values) {
      out += define("DLAC_" + upper_case(field.values->name) + "_" + upper_case(each.name), decimal(each.value),
                    each.description);
    }
  }
  return out;
}

[[nodiscard]] std::string command_section() {
  std::string out(CommandHead);
  out += define("DLAC_COMMAND_WORDS", decimal(CommandWords));
  out += define("DLAC_COMMAND_BYTES", decimal(CommandBytes)) + "\n";
  for (const Opcode opcode : Opcodes) {
    out += define("DLAC_OPCODE_" + upper_case(to_string(opcode)), decimal(static_cast<std::size_t>(opcode)));
  }
  out += "\n/* Bits of the token masks `pop` and `push`. */\n";
  for (std::uint32_t i = 0; i < TokenCount; ++i) {
    const auto token = static_cast<Token>(i);
    out += define("DLAC_TOKEN_" + upper_case(to_string(token)), hex_literal(token_bit(token), 1));
  }
  out += "\n/* Fields of every command. */\n";
  const std::vector<CommandField> common = command_fields(Opcode::End);
  for (const CommandField& field : common) out += field_macros("DLAC_COMMAND_", field);
  for (const Opcode opcode : Opcodes) {
    const std::vector<CommandField> fields = command_fields(opcode);
    if (fields.size() == common.size()) continue;
    const std::string name(to_string(opcode));
    out += "\n/* Fields of " + name + ". */\n";
    for (std::size_t i = common.size(); i < fields.size(); ++i) {
      out += field_macros("DLAC_" + upper_case(name) + "_", fields[i]);
    }
    out += value_macros(fields);
  }
  return out;
}

}  // namespace

std::string interface_header() {
  return std::string(Head) + register_section() + error_section() + counter_section() + command_section() +
         std::string(Accessors);
}

}  // namespace dlac::generator
