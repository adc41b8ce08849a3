// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/clocked/operand_stream.h>
#include <dlac/grid/engine.h>

#include <cstdint>
#include <vector>

namespace dlac::clocked {

/// A beat of a row stream as the PEs of the row see it. Bit b of a mask belongs to output buffer b; buffers whose
/// channel lies outside the layer are in no mask and in no count.
struct RowBeat {
  std::uint64_t candidates = 0;  ///< buffers that are live if the feature lets them (SkipRule)
  std::uint64_t nonzero = 0;     ///< buffers with a weight other than +-0
  std::uint64_t negative = 0;    ///< ternary weights: buffers with weight -1
  std::uint8_t candidate_count = 0;
  std::uint8_t nonzero_count = 0;
  std::uint8_t zero_count = 0;
  std::uint8_t nonfinite_count = 0;  ///< weights that are infinite or NaN
};

/// The stream that carries the weights of one PE row, B per beat, out of the weight buffer, with the zero detection at
/// the window's input.
class RowStream final : public OperandStream {
 public:
  RowStream(const sc_core::sc_module_name& name, const Config& config, BufferView weights,
            const sc_core::sc_event& tick);

  /// Begins a segment as grid row `row`, of which `valid` output buffers hold channels of the layer.
  void start(const MmOp& op, std::uint32_t row, std::uint32_t valid);
  /// The beat in slot `slot` (beat number mod D) of the window.
  [[nodiscard]] const RowBeat& beat(std::uint32_t slot) const { return window_[slot]; }
  /// Its full-precision weights, one word per output buffer.
  [[nodiscard]] const std::uint32_t* words(std::uint32_t slot) const {
    return &words_[std::size_t{slot} * output_buffers_];
  }
  /// A per-channel constant of a point-wise operation: word `offset / word bytes + index` of the weight buffer.
  [[nodiscard]] std::uint32_t constant(std::uint32_t offset, std::uint32_t index) const;

 private:
  void fill(std::uint32_t slot) override;
  [[nodiscard]] RowBeat ternary_beat() const;
  [[nodiscard]] RowBeat word_beat(std::uint32_t slot);

  const Config& config_;
  const Arithmetic arithmetic_;
  const BufferView weights_;
  const std::uint32_t output_buffers_;
  const SkipRule rule_;

  std::vector<RowBeat> window_;
  std::vector<std::uint32_t> words_;
  bool full_precision_ = false;
  std::uint32_t valid_ = 0;
  std::uint64_t next_bit_ = 0;   ///< of the weight buffer, where the next beat lies
  std::uint64_t beat_bits_ = 0;  ///< from one beat of this row to the next
};

}  // namespace dlac::clocked
