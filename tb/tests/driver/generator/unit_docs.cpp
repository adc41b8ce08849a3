// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/command.h>
#include <dlac/common/register_map.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "driver/generator/docs.h"

namespace generator = dlac::generator;
using dlac::Access;
using dlac::CommandField;
using dlac::CommandImage;
using dlac::CommandWords;
using dlac::CounterCount;
using dlac::decode;
using dlac::Opcode;
using dlac::Opcodes;
using dlac::Register;
using dlac::RegisterInfo;
using dlac::registers;

TEST_CASE("docs/machine_reference.md shows the register map and the commands as they are") {
  std::ifstream file(std::string(DLAC_SOURCE_DIR) + "/docs/machine_reference.md");
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  CHECK(text.str() ==
        generator::with_interface_tables(text.str()));  // else run build/dlac-interface docs docs/machine_reference.md
}

TEST_CASE("register offsets are fixed and do not overlap") {
  // The order that the specification gives, 32-bit words from 0 on, then 64-bit counters.
  const std::vector<std::string_view> first{
      "ID",           "VERSION",      "CTRL",        "STATUS", "IRQ_ENABLE",    "IRQ_STATUS",   "DOORBELL",
      "LIST_ADDR_LO", "LIST_ADDR_HI", "LIST_LENGTH", "ERROR",  "FAULT_ADDR_LO", "FAULT_ADDR_HI"};
  std::uint32_t end = 0;
  std::uint32_t counters = 0;
  for (std::size_t i = 0; i < registers().size(); ++i) {
    const RegisterInfo& info = registers()[i];
    CHECK(info.offset >= end);
    CHECK(info.offset % 4 == 0);
    end = info.offset + info.bits / 8;
    if (i < first.size()) {
      CHECK(info.name == first[i]);
      CHECK(info.offset == 4 * i);
    } else if (info.configured != nullptr) {
      CHECK(info.bits == 32);
      CHECK(info.access == Access::ReadOnly);
      CHECK(info.offset < static_cast<std::uint32_t>(Register::Counters));
    } else {
      CHECK(info.bits == 64);
      ++counters;
    }
  }
  CHECK(counters == CounterCount);
}

TEST_CASE("command fields do not overlap and survive encoding") {
  std::mt19937 random(3);
  for (const Opcode opcode : Opcodes) {
    std::set<std::uint32_t> used;
    CommandImage image{};
    for (const CommandField& field : command_fields(opcode)) {
      for (std::uint32_t i = 0; i < field.width; ++i) {
        const std::uint32_t bit = 32 * field.word + field.lsb + i;
        CHECK(bit < 32 * CommandWords);
        CHECK(used.insert(bit).second);
        if (random() % 2 != 0) image[bit / 32] |= 1U << bit % 32;
      }
    }
    image[0] = (image[0] & ~0xFFU) | static_cast<std::uint32_t>(opcode);
    const auto command = decode(image);
    REQUIRE(command.has_value());
    CHECK(encode(*command) == image);
    // A bit that belongs to no field is an error.
    for (std::uint32_t bit = 0; bit < 32 * CommandWords; ++bit) {
      if (used.count(bit) != 0) continue;
      CommandImage spoiled = image;
      spoiled[bit / 32] |= 1U << bit % 32;
      CHECK_FALSE(decode(spoiled).has_value());
      break;
    }
  }
  CommandImage unknown{};
  unknown[0] = 77;
  CHECK_FALSE(decode(unknown).has_value());
}
