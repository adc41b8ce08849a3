// SPDX-License-Identifier: Apache-2.0
#include "tb/reference/pointwise.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace reference {
namespace {

template <class Format>
[[nodiscard]] std::uint32_t apply_as(const Pointwise& op, std::uint32_t a_word, std::uint32_t x_word,
                                     std::uint32_t y_word) {
  using Value = typename Format::Value;
  const Value a = Format::load(a_word);
  const Value x = Format::load(x_word);
  const Value y = Format::load(y_word);
  const std::array<Value, 4> inputs{a, x, y, Value{0}};
  switch (op.operation) {
    case 0: return Format::store(Format::add(a, x));
    case 1: return Format::store(Format::add(a, -x));
    case 2: return Format::store(Format::multiply(a, x));
    case 3: return Format::store(Format::fused_multiply_add(a, x, y));
    case 4: {
      const Value p = inputs.at(op.select_p);
      const Value q = inputs.at(op.select_q);
      const std::array<bool, 6> holds{p<q, p <= q, p> q, p >= q, p == q, p < q || p > q};
      if (op.compare >= holds.size()) break;
      return Format::store(inputs.at(holds.at(op.compare) ? op.select_u : op.select_v));
    }
    default: break;
  }
  throw std::invalid_argument("reference: no such point-wise operation");
}

[[nodiscard]] std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

std::uint32_t apply(const Pointwise& op, Precision precision, std::uint32_t a, std::uint32_t x, std::uint32_t y) {
  return precision == Precision::Binary32 ? apply_as<Binary32>(op, a, x, y) : apply_as<Binary16>(op, a, x, y);
}

std::int64_t pointwise_cycles(const Pointwise& op, const PointwiseMachine& machine, std::int64_t channels) {
  constexpr std::uint32_t Constant = 2;
  constexpr std::uint32_t Stream = 3;
  const bool multiplies = op.operation == 2 || op.operation == 3;
  const std::int64_t constants =
      (op.source_a == Constant ? 1 : 0) + (op.source_x == Constant ? 1 : 0) + (op.source_y == Constant ? 1 : 0);
  // a and x name the same view, so the same words.
  const std::int64_t streams =
      (op.source_a == Stream || op.source_x == Stream ? 1 : 0) + (op.source_y == Stream ? 1 : 0);
  const std::int64_t live_rows = ceil_divide(channels, machine.buffers);
  return std::max({ceil_divide(machine.buffers, multiplies ? machine.multipliers : machine.adders),
                   constants * ceil_divide(machine.buffers, machine.row_port_words),
                   ceil_divide(live_rows * machine.buffers * streams, machine.column_port_words)});
}

}  // namespace reference
