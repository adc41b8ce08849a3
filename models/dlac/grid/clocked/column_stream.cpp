// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/column_stream.h>

#include <dlac/grid/clocked/words.h>

namespace dlac::clocked {

ColumnStream::ColumnStream(const sc_core::sc_module_name& name, const Config& config, BufferView features,
                           const sc_core::sc_event& tick)
    : OperandStream(name, config, tick),
      arithmetic_(config.mode),
      features_(features),
      word_bytes_(config.word_bytes()),
      rule_(config.policy),
      window_(config.window_beats) {}

void ColumnStream::start(const MmOp& op, std::uint32_t column) {
  addresses_.start(op, column);
  OperandStream::start(op.beats, 1);
}

void ColumnStream::fill(std::uint32_t slot) {
  const FeatureAddress address = addresses_.current();
  addresses_.advance();
  ColumnBeat beat;
  if (address.kind == FeatureAddress::Kind::Stored) {
    beat.feature = load_word(features_.data, address.word, word_bytes_);
    if (!arithmetic_.is_zero(beat.feature)) {
      beat.kind = arithmetic_.is_finite(beat.feature) ? FeatureKind::Finite : FeatureKind::NonFinite;
    }
  } else if (address.kind == FeatureAddress::Kind::Inserted) {
    beat.kind = FeatureKind::Inserted;
  }
  beat.passes = beat.kind != FeatureKind::Inserted && rule_.passes(beat.kind == FeatureKind::Zero);
  window_[slot] = beat;
}

std::uint32_t ColumnStream::operand(const PtWiseOp& op, std::uint32_t view, std::uint32_t channel,
                                    std::uint32_t column) const {
  const std::uint64_t pixel = std::uint64_t{op.first_column} + column;
  const std::uint64_t image = pixel / op.out_width / op.out_height;
  const std::int64_t y =
      static_cast<std::int64_t>(pixel / op.out_width % op.out_height) * op.stride_y + std::int64_t{op.offset_y};
  const std::int64_t x = static_cast<std::int64_t>(pixel % op.out_width) * op.stride_x + std::int64_t{op.offset_x};
  if (y < 0 || y >= std::int64_t{op.height} || x < 0 || x >= std::int64_t{op.width}) return 0;
  const std::uint64_t base = view == 0 ? op.base_0 : op.base_1;
  const std::uint64_t row_capacity = view == 0 ? op.row_capacity_0 : op.row_capacity_1;
  const std::uint64_t pitch = view == 0 ? op.pitch_0 : op.pitch_1;
  const std::uint64_t first_x = view == 0 ? op.first_x_0 : op.first_x_1;
  const std::uint64_t row = (image * op.height + static_cast<std::uint64_t>(y)) % row_capacity;
  const std::uint64_t word = base + (channel * row_capacity + row) * pitch + static_cast<std::uint64_t>(x) - first_x;
  return load_word(features_.data, word, word_bytes_);
}

}  // namespace dlac::clocked
