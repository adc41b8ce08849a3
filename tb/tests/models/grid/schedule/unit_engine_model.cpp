// SPDX-License-Identifier: Apache-2.0
#include "tb/tests/models/grid/schedule/unit_engine_model.h"

#include <sstream>

#include "tb/tests/reference_machine.h"

namespace engine_model {

void store_word(Bytes& bytes, std::uint64_t word, dlac::Mode mode, std::uint32_t value) {
  reference::store_word(dlac::precision_of(mode), bytes, word, value);
}

void store_code(Bytes& bytes, std::uint64_t first_byte, std::uint64_t index, int weight) {
  std::uint8_t& byte = bytes.at(first_byte + index / 4);
  const unsigned shift = 2 * static_cast<unsigned>(index % 4);
  const unsigned code = weight > 0 ? 1U : weight < 0 ? 3U : 0U;
  byte = static_cast<std::uint8_t>((byte & ~(3U << shift)) | code << shift);
}

bool equal(const dlac::SegmentResult& a, const dlac::SegmentResult& b) {
  return a.cycles == b.cycles && a.updates == b.updates && a.pe == b.pe;
}

std::string text(const dlac::SegmentResult& result) {
  std::ostringstream out;
  out << "cycles " << result.cycles << ", executed " << result.updates.executed << " weight "
      << result.updates.skipped_weight << " feature " << result.updates.skipped_feature << " both "
      << result.updates.skipped_both << " masked " << result.updates.masked_nonfinite << ", busy " << result.pe.busy
      << " row " << result.pe.starved_row << " column " << result.pe.starved_column << " finished "
      << result.pe.finished_early;
  return out.str();
}

std::string text(const dlac::Config& config) {
  std::ostringstream out;
  out << to_string(config.mode) << ' ' << to_string(config.policy) << " PEs " << config.pes << " B "
      << config.output_buffers << " A " << config.arithmetic_units << '/' << config.multiply_units << " D "
      << config.window_beats << " port " << config.row_port_words;
  return out.str();
}

std::string text(const dlac::MmOp& op) {
  std::ostringstream out;
  out << "R " << (1U << op.log2_rows) << " bank " << op.bank << " clear " << op.clear << " full " << op.full_precision
      << " order " << static_cast<std::uint32_t>(op.order) << " channels " << op.channels << " columns "
      << op.first_column << '+' << op.columns << " beats " << op.first_beat << '+' << op.beats << " map " << op.height
      << 'x' << op.width << " kernel " << op.kernel_height << 'x' << op.kernel_width << " out " << op.out_height << 'x'
      << op.out_width << " stride " << op.stride_y << ',' << op.stride_x << " step " << op.step_y << ',' << op.step_x
      << " offset " << op.offset_y << ',' << op.offset_x << " insert " << op.insert_y << ',' << op.insert_x << " rows "
      << op.row_capacity << " pitch " << op.pitch << " first_x " << op.first_x << " first_channel " << op.first_channel;
  return out.str();
}

}  // namespace engine_model
