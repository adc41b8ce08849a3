// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/command.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/clocked/operand_stream.h>
#include <dlac/links/beat_protocol.h>
#include <dlac/links/buffer_port.h>
#include <dlac/links/transport_defaults.h>

#include <array>
#include <cstdint>
#include <tlm>
#include <vector>

namespace dlac::clocked {

/// The stream that carries the weights of one PE row, B per beat, out of the weight buffer, with the zero detection at
/// the window's input. Its port also reads the per-channel constants of point-wise operations.
class RowStream final : public OperandStream, private ForwardDefaults<RowBeatTypes> {
 public:
  BufferPort buffer;
  tlm::tlm_target_socket<32, RowBeatTypes> beats{"beats"};

  RowStream(const sc_core::sc_module_name& name, std::uint32_t index, const Config& config, GridStatus& status);

  /// Begins a segment as grid row `row`, of which `valid` output buffers hold channels of the layer.
  void start(const MmOp& op, std::uint32_t row, std::uint32_t valid);
  /// Reads the constants of a point-wise operation for grid row `row`. Returns the cycles by which the buffer delays
  /// them.
  [[nodiscard]] std::uint64_t load_constants(const PtWiseOp& op, std::uint32_t row, std::uint32_t valid);

 private:
  bool fill_directly(std::uint32_t slot, sc_core::sc_time& delay) override;
  bool fill_by_transaction(std::uint32_t slot, sc_core::sc_time& delay) override;
  void b_transport(BeatRead<RowBeat>& read, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(BeatRead<RowBeat>& read, tlm::tlm_dmi& dmi) override;
  /// Where the next beat lies, and its length.
  [[nodiscard]] std::uint64_t address() const { return next_bit_ / 8; }
  [[nodiscard]] std::uint64_t bytes() const { return (next_bit_ % 8 + row_bits_ + 7) / 8; }
  /// Writes the beat that lies at `data` into the window.
  void fill(std::uint32_t slot, const std::uint8_t* data);
  [[nodiscard]] RowBeat ternary_beat(const std::uint8_t* data) const;
  [[nodiscard]] RowBeat word_beat(std::uint32_t slot, const std::uint8_t* data);

  const Config& config_;
  const Arithmetic arithmetic_;
  const std::uint32_t output_buffers_;
  const SkipRule rule_;

  std::vector<RowBeat> window_;
  std::vector<std::uint32_t> words_;                     ///< full-precision weights: [slot][buffer]
  std::array<std::vector<std::uint32_t>, 3> constants_;  ///< of a, x and y: [buffer]
  std::vector<std::uint8_t> bytes_;                      ///< what a transaction reads
  bool full_precision_ = false;
  std::uint32_t valid_ = 0;
  std::uint64_t first_beat_ = 0;
  std::uint64_t next_bit_ = 0;   ///< of the weight buffer, where the next beat lies
  std::uint64_t beat_bits_ = 0;  ///< from one beat of this row to the next
  std::uint64_t row_bits_ = 0;   ///< of a beat
};

}  // namespace dlac::clocked
