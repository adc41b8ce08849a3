// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/divide_up.h>

#include <algorithm>
#include <cstdint>

namespace dlac {

/// Cycles of a point-wise operation, those of the units or of the busiest port:
/// max( ceil(B / A"), ceil(words / port) + delay ), where a buffer delays the words of a row or a column by so many
/// cycles in all. (Point-wise operations)
[[nodiscard]] inline std::uint64_t pointwise_cycles(const PtWiseOp& op, const Config& config,
                                                    std::uint64_t row_delay = 0, std::uint64_t column_delay = 0) {
  const std::uint64_t buffers = config.output_buffers;
  const std::uint64_t live_rows = divide_up(op.channels, buffers);
  const bool multiplies = op.operation == PointwiseOp::Mul || op.operation == PointwiseOp::MulAdd;

  std::uint64_t constants = 0;
  for (const OperandSource source : {op.source_a, op.source_x, op.source_y}) {
    if (source == OperandSource::Constant) ++constants;
  }
  // a and x read the same word of view 0, once.
  std::uint64_t streams = op.source_a == OperandSource::Stream || op.source_x == OperandSource::Stream ? 1 : 0;
  if (op.source_y == OperandSource::Stream) ++streams;

  return std::max({divide_up(buffers, multiplies ? config.multiply_units : config.arithmetic_units),
                   constants * divide_up(buffers, config.row_port_words) + row_delay,
                   divide_up(live_rows * buffers * streams, config.column_port_words) + column_delay});
}

}  // namespace dlac
