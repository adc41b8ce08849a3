// SPDX-License-Identifier: Apache-2.0
#include "tb/tests/driver/fake_registers.h"

#include <catch2/catch.hpp>

#include "dlac.h"

namespace {

FakeRegisters* current = nullptr;

[[nodiscard]] std::uint32_t offset_of(std::uintptr_t address) {
  REQUIRE(address >= FakeRegisters::Base);
  REQUIRE(address - FakeRegisters::Base < 0x1000);
  REQUIRE(address % 4 == 0);
  return static_cast<std::uint32_t>(address - FakeRegisters::Base);
}

}  // namespace

FakeRegisters::FakeRegisters() {
  REQUIRE(current == nullptr);
  current = this;
}

FakeRegisters::~FakeRegisters() { current = nullptr; }

std::uint32_t FakeRegisters::read(std::uintptr_t address) {
  const std::uint32_t offset = offset_of(address);
  ++reads[offset];
  before_read(offset);
  return values[offset];
}

void FakeRegisters::write(std::uintptr_t address, std::uint32_t value) {
  writes.emplace_back(offset_of(address), value);
}

std::uint32_t dlac_io_read(std::uintptr_t address) {
  REQUIRE(current != nullptr);
  return current->read(address);
}

void dlac_io_write(std::uintptr_t address, std::uint32_t value) {
  REQUIRE(current != nullptr);
  current->write(address, value);
}
