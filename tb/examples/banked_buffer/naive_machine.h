// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

/// Cycles of a segment on a grid whose feature buffer has `banks` banks (0: no conflicts), clock by clock, from the
/// page on the machine alone. live(row, t): non-zero weights of a row at beat t; word(column, t): word of the feature
/// buffer that a column reads, none for padding; nonzero(column, t): whether its feature is not zero.
template <typename Live, typename Word, typename Nonzero>
std::uint64_t naive_cycles(const dlac::MmOp& op, const dlac::Config& config, std::uint32_t banks, Live live, Word word,
                           Nonzero nonzero) {
  struct Stream {
    std::uint32_t delivered = 0;
    std::uint64_t spent = 0, needed = 0;  // cycles on the next beat
  };
  struct Pe {
    std::uint32_t past = 0;  // beats
    std::uint32_t left = 0;  // updates of the present beat, once it is there
    bool present = false;
  };
  const std::uint32_t rows = (op.channels + config.output_buffers - 1) / config.output_buffers;
  const std::uint32_t columns = op.columns;
  const std::uint32_t p = config.row_beat_cycles(false);
  std::vector<Stream> row(rows), column(columns);
  std::vector<Pe> pes(rows * columns);
  std::vector<std::uint64_t> bank_free(std::max(banks, 1U));

  for (std::uint64_t cycle = 0;; ++cycle) {
    if (std::all_of(pes.begin(), pes.end(), [&](const Pe& pe) { return pe.past == op.beats; })) return cycle;
    const std::vector<Pe> before = pes;  // all act on the state at the start of the cycle
    const auto slowest = [&](std::uint32_t first, std::uint32_t step, std::uint32_t count) {
      std::uint32_t least = op.beats;
      for (std::uint32_t i = 0; i < count; ++i) least = std::min(least, before[first + i * step].past);
      return least;
    };
    const auto advance = [&](Stream& stream, std::uint32_t passed, std::uint64_t needed_if_begun) {
      if (stream.delivered == op.beats || stream.delivered - passed == config.window_beats) return;
      if (stream.spent == 0) stream.needed = needed_if_begun;
      if (++stream.spent == stream.needed) stream.spent = 0, ++stream.delivered;
    };
    for (std::uint32_t r = 0; r < rows; ++r) advance(row[r], slowest(r * columns, 1, columns), p);
    for (std::uint32_t c = 0; c < columns; ++c) {
      const std::uint32_t passed = slowest(c, columns, rows);
      std::uint64_t needed = 1;
      const bool begins =
          column[c].spent == 0 && column[c].delivered < op.beats && column[c].delivered - passed < config.window_beats;
      const std::optional<std::uint64_t> address = begins ? word(c, column[c].delivered) : std::nullopt;
      if (banks != 0 && address) {
        std::uint64_t& free = bank_free[*address % banks];
        const std::uint64_t granted = std::max(cycle, free);
        free = granted + 1;
        needed += granted - cycle;
      }
      advance(column[c], passed, needed);
    }
    for (std::uint32_t r = 0; r < rows; ++r) {
      for (std::uint32_t c = 0; c < columns; ++c) {
        Pe& pe = pes[r * columns + c];
        if (pe.present) pe.left -= std::min(pe.left, config.arithmetic_units);
        if (pe.present && pe.left == 0) ++pe.past, pe.present = false;
        while (!pe.present && pe.past < std::min(row[r].delivered, column[c].delivered)) {
          pe.left = nonzero(c, pe.past) ? live(r, pe.past) : 0;
          if (pe.left != 0) {
            pe.present = true;
          } else {
            ++pe.past;
          }
        }
      }
    }
  }
}
