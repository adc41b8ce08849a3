// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

/// What the driver reads and writes instead of a core's registers: a register holds what the test gives it. One at a
/// time; the driver sees it as long as it lives.
class FakeRegisters {
 public:
  static constexpr std::uintptr_t Base = 0x1000'0000;

  FakeRegisters();
  ~FakeRegisters();
  FakeRegisters(const FakeRegisters&) = delete;
  FakeRegisters& operator=(const FakeRegisters&) = delete;

  std::map<std::uint32_t, std::uint32_t> values;                        ///< by offset; 0 unless given
  std::vector<std::pair<std::uint32_t, std::uint32_t>> writes;          ///< offset and value, in order
  std::map<std::uint32_t, std::uint32_t> reads;                         ///< how often each was read
  std::function<void(std::uint32_t offset)> before_read = [](auto) {};  ///< may change `values`

  [[nodiscard]] std::uint32_t read(std::uintptr_t address);
  void write(std::uintptr_t address, std::uint32_t value);
};
