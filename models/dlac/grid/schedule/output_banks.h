// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/grid/schedule/simd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dlac::schedule {

/// The output buffers of all PEs as binary32 values, [column][channel] of a grid shape; binary16 values are exact.
class OutputBanks {
 public:
  explicit OutputBanks(const Config& config);

  /// Floats from one column to the next.
  [[nodiscard]] std::size_t channel_stride(std::uint32_t log2_rows) const;
  /// A bank's words as a grid shape lays them out. PE r*C + c keeps its words when the shape changes.
  [[nodiscard]] float* accumulators(std::uint32_t bank, std::uint32_t log2_rows);
  void drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
             std::uint32_t* out);
  void clear();

  // The kernels compute whole vectors of channels and blocks of columns: what lies in them beside the tile is put aside
  // and put back.
  void save_beside(const MmOp& op);
  void restore_beside(const MmOp& op);

 private:
  struct Bank {
    std::uint32_t log2_rows = 0;
    AlignedArray<float> words;
  };
  template <typename Visit>
  void for_words_beside(const MmOp& op, Visit visit) const;

  const Config& config_;
  std::array<Bank, 2> banks_;
  AlignedArray<float> reshaped_;  ///< scratch of accumulators()
  std::vector<float> beside_;
};

}  // namespace dlac::schedule
