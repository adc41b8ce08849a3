// SPDX-License-Identifier: Apache-2.0
#include "driver/generator/docs.h"

#include <dlac/common/command.h>
#include <dlac/common/register_map.h>

#include <stdexcept>

#include "driver/generator/text.h"

namespace dlac::generator {
namespace {

[[nodiscard]] std::string_view name_of(Access access) {
  switch (access) {
    case Access::ReadOnly: return "RO";
    case Access::ReadWrite: return "RW";
    case Access::WriteOneToClear: return "W1C";
    case Access::WriteOnly: return "WO";
  }
  return "";
}

[[nodiscard]] std::string replaced(const std::string& text, const std::string& section, const std::string& body) {
  const std::string begin = "<!-- " + section + ":begin -->\n";
  const std::string end = "<!-- " + section + ":end -->";
  const std::size_t from = text.find(begin);
  const std::size_t to = text.find(end);
  if (from == std::string::npos || to == std::string::npos || to < from) {
    throw std::runtime_error("no section " + section + ": expected the lines " + begin + " and " + end);
  }
  return text.substr(0, from + begin.size()) + "\n" + body + "\n" + text.substr(to);
}

/// What the values of fields[i] that have names stand for; if an earlier field has the same, that field's name.
[[nodiscard]] std::string values_of(const std::vector<CommandField>& fields, std::size_t i) {
  const CommandValues* values = fields[i].values;
  if (values == nullptr) return "";
  for (std::size_t k = 0; k < i; ++k) {
    if (fields[k].values == values) return ", as `" + std::string(fields[k].name) + "`";
  }
  std::string out;
  for (const CommandValue& each : values->values) {
    out += (out.empty() ? ": " : "; ") + std::to_string(each.value) + " `" + std::string(each.name) + "`, " +
           std::string(each.description);
  }
  return out;
}

}  // namespace

std::string register_table() {
  std::string out = "| offset | register | bits | access | reset | meaning |\n|---|---|---|---|---|---|\n";
  for (const RegisterInfo& info : registers()) {
    out += "| " + hex(info.offset, 3) + " | `" + std::string(info.name) + "` | " + std::to_string(info.bits) + " | " +
           std::string(name_of(info.access)) + " | " + hex(info.reset, 8) + " | " + std::string(info.description);
    for (const RegisterField& field : info.fields) {
      out += "; bit " + bit_range(field.lsb, field.width) + " `" + std::string(field.name) +
             "`: " + std::string(field.description);
    }
    out += " |\n";
  }
  out += "\nERROR holds:\n\n| code | meaning |\n|---|---|\n";
  for (const ErrorInfo& error : error_codes()) {
    out +=
        "| " + std::to_string(static_cast<std::uint32_t>(error.code)) + " | " + std::string(error.description) + " |\n";
  }
  return out;
}

std::string command_tables() {
  std::string out;
  const auto append = [&out](const std::vector<CommandField>& fields, std::size_t i) {
    const CommandField& field = fields[i];
    const std::string word = field.width == 64 ? std::to_string(field.word) + ", " + std::to_string(field.word + 1)
                                               : std::to_string(field.word);
    const std::string bits = field.width == 64 ? "64" : bit_range(field.lsb, field.width);
    out += "| " + word + " | " + bits + " | `" + std::string(field.name) + "`" + (field.is_signed ? " (signed)" : "") +
           " | " + std::string(field.description) + values_of(fields, i) + " |\n";
  };
  constexpr std::string_view Head = "| word | bits | field | meaning |\n|---|---|---|---|\n";
  out += "Every command:\n\n" + std::string(Head);
  const std::vector<CommandField> common = command_fields(Opcode::End);
  for (std::size_t i = 0; i < common.size(); ++i) append(common, i);
  for (const Opcode opcode : Opcodes) {
    const auto fields = command_fields(opcode);
    out += "\n`" + std::string(to_string(opcode)) + "`, opcode " + std::to_string(static_cast<unsigned>(opcode));
    if (fields.size() == common.size()) {
      out += ": no further fields.\n";
      continue;
    }
    out += ":\n\n" + std::string(Head);
    for (std::size_t i = common.size(); i < fields.size(); ++i) append(fields, i);
  }
  return out;
}

std::string with_interface_tables(const std::string& text) {
  return replaced(replaced(text, "registers", register_table()), "commands", command_tables());
}

}  // namespace dlac::generator
