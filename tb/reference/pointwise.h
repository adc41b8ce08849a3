// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/reference/arithmetic.h"

#include <cstdint>

namespace reference {

/// A point-wise operation in the numbers of the command's fields, of the tables of Organisation.
struct Pointwise {
  std::uint32_t operation = 0;  ///< 0 a + x, 1 a - x, 2 a * x, 3 a * x + y, 4 p compare q ? u : v
  std::uint32_t compare = 0;    ///< 0 <, 1 <=, 2 >, 3 >=, 4 ==, 5 < or >
  std::uint32_t select_p = 0, select_q = 0, select_u = 0, select_v = 0;  ///< 0 a, 1 x, 2 y, 3 +0
  std::uint32_t source_a = 0, source_x = 0, source_y = 0;  ///< 0 accumulator, 1 immediate, 2 constant, 3 stream
};

/// The result as a word that has left the accumulator: no -0, one NaN. Throws std::invalid_argument for a number that
/// is in no table.
[[nodiscard]] std::uint32_t apply(const Pointwise& op, Precision precision, std::uint32_t a, std::uint32_t x,
                                  std::uint32_t y);

/// What the cycles depend on; all at least 1.
struct PointwiseMachine {
  std::int64_t buffers = 1;            ///< B
  std::int64_t adders = 1;             ///< units per PE
  std::int64_t multipliers = 1;        ///< units per PE that multiply
  std::int64_t row_port_words = 1;     ///< words per cycle
  std::int64_t column_port_words = 1;  ///< words per cycle and column
};
/// max( ceil(B / A"), ceil(words / port) ) for a tile of so many channels. (Organisation)
[[nodiscard]] std::int64_t pointwise_cycles(const Pointwise& op, const PointwiseMachine& machine,
                                            std::int64_t channels);

}  // namespace reference
