// SPDX-License-Identifier: Apache-2.0
#include "tb/reference/clocked_machine.h"

#include "tb/reference/tile.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace reference {
namespace {

struct Stream {
  std::int64_t delivered = 0;  // beats
  std::int64_t worked = 0;     // cycles spent on the next one
};
struct Pe {
  std::int64_t beat = 0;     // the next one; all before it are past
  std::int64_t updates = 0;  // live ones of it still to execute
};

class ClockedMachine {
 public:
  ClockedMachine(const Grid& grid, Policy policy, const Segment& segment)
      : grid_(grid),
        tile_(grid, policy, segment),
        row_stream_(tile_.rows()),
        column_stream_(tile_.columns()),
        pe_(tile_.rows(), std::vector<Pe>(tile_.columns())) {
    for (std::int64_t r = 0; r < tile_.rows(); ++r) {
      for (std::int64_t c = 0; c < tile_.columns(); ++c) pe_[r][c].updates = tile_.live(r, c, 0);
    }
  }

  [[nodiscard]] SegmentCycles run() {
    SegmentCycles result;
    tile_.count_updates(result);
    while (!finished()) {
      const std::vector<Stream> row_start = row_stream_;
      const std::vector<Stream> column_start = column_stream_;
      clock_streams();
      for (std::int64_t r = 0; r < grid_.rows; ++r) {
        for (std::int64_t c = 0; c < grid_.columns; ++c) {
          if (r >= tile_.rows() || c >= tile_.columns() || pe_[r][c].beat == tile_.beats()) {
            ++result.finished_early;
          } else {
            clock_pe(r, c, row_start[r].delivered, column_start[c].delivered, result);
          }
        }
      }
      ++result.cycles;
    }
    return result;
  }

 private:
  [[nodiscard]] bool finished() const {
    for (const auto& row : pe_) {
      for (const Pe& each : row) {
        if (each.beat < tile_.beats()) return false;
      }
    }
    return true;
  }

  /// One cycle of a stream whose slowest reader, at the start of the cycle, has `oldest` as its next beat.
  void clock_stream(Stream& stream, std::int64_t oldest, std::int64_t cycles_per_beat) const {
    const bool slot_free = stream.delivered - oldest < grid_.window;
    if (stream.delivered == tile_.beats() || !slot_free) return;
    if (++stream.worked == cycles_per_beat) {
      ++stream.delivered;
      stream.worked = 0;
    }
  }
  void clock_streams() {
    for (std::int64_t r = 0; r < tile_.rows(); ++r) {
      std::int64_t oldest = tile_.beats();
      for (std::int64_t c = 0; c < tile_.columns(); ++c) oldest = std::min(oldest, pe_[r][c].beat);
      clock_stream(row_stream_[r], oldest, grid_.beat_cycles);
    }
    for (std::int64_t c = 0; c < tile_.columns(); ++c) {
      std::int64_t oldest = tile_.beats();
      for (std::int64_t r = 0; r < tile_.rows(); ++r) oldest = std::min(oldest, pe_[r][c].beat);
      clock_stream(column_stream_[c], oldest, 1);
    }
  }

  /// One cycle of a PE; the streams had delivered so many beats at its start.
  void clock_pe(std::int64_t r, std::int64_t c, std::int64_t row_delivered, std::int64_t column_delivered,
                SegmentCycles& result) {
    Pe& pe = pe_[r][c];
    if (pe.beat >= row_delivered) {
      ++result.starved_row;
    } else if (pe.beat >= column_delivered) {
      ++result.starved_column;
    } else {
      ++result.busy;
      pe.updates -= std::min(pe.updates, grid_.units);
    }
    // Past the finished beat and past dead ones that have arrived, this cycle's arrivals included.
    while (pe.beat < std::min(row_stream_[r].delivered, column_stream_[c].delivered) && pe.updates == 0) {
      ++pe.beat;
      if (pe.beat < tile_.beats()) pe.updates = tile_.live(r, c, pe.beat);
    }
  }

  const Grid& grid_;
  const Tile tile_;
  std::vector<Stream> row_stream_;
  std::vector<Stream> column_stream_;
  std::vector<std::vector<Pe>> pe_;
};

}  // namespace

SegmentCycles clock_by_clock(const Grid& grid, Policy policy, const Segment& segment) {
  return ClockedMachine(grid, policy, segment).run();
}

}  // namespace reference
