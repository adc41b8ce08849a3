// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/column_stream.h>

#include <dlac/grid/clocked/words.h>

namespace dlac::clocked {

ColumnStream::ColumnStream(const sc_core::sc_module_name& name, std::uint32_t index, const Config& config,
                           GridStatus& status)
    : OperandStream(name, config, status),
      buffer("buffer", BufferRequester::ColumnStream, index),
      arithmetic_(config.mode),
      word_bytes_(config.word_bytes()),
      rule_(config.policy),
      window_(config.window_beats) {
  beats.bind(static_cast<tlm::tlm_fw_transport_if<ColumnBeatTypes>&>(*this));
}

void ColumnStream::start(const MmOp& op, std::uint32_t column) {
  addresses_.start(op, column);
  first_beat_ = op.first_beat;
  buffer.act_as(BufferRequester::ColumnStream);
  OperandStream::start(op.beats, 1);
}

bool ColumnStream::fill_directly(std::uint32_t slot, sc_core::sc_time& delay) {
  const FeatureAddress address = addresses_.current();
  if (address.kind != FeatureAddress::Kind::Stored) {
    ColumnBeat beat;
    if (address.kind == FeatureAddress::Kind::Inserted) beat.kind = FeatureKind::Inserted;
    fill(slot, beat);
    return true;
  }
  const std::uint8_t* const data = buffer.readable(address.word * word_bytes_, word_bytes_);
  if (data == nullptr) return false;
  delay += buffer.read_latency();
  fill(slot, beat_of(data));
  return true;
}

bool ColumnStream::fill_by_transaction(std::uint32_t slot, sc_core::sc_time& delay) {
  std::array<std::uint8_t, 4> word{};
  const std::uint64_t address = addresses_.current().word * word_bytes_;
  if (!buffer.read(address, word.data(), word_bytes_, first_beat_ + next(), delivery_cycle(), delay)) return false;
  fill(slot, beat_of(word.data()));
  return true;
}

ColumnBeat ColumnStream::beat_of(const std::uint8_t* data) const {
  ColumnBeat beat;
  beat.feature = load_word(data, 0, word_bytes_);
  if (!arithmetic_.is_zero(beat.feature)) {
    beat.kind = arithmetic_.is_finite(beat.feature) ? FeatureKind::Finite : FeatureKind::NonFinite;
  }
  return beat;
}

void ColumnStream::fill(std::uint32_t slot, const ColumnBeat& beat) {
  window_[slot] = beat;
  window_[slot].passes = beat.kind != FeatureKind::Inserted && rule_.passes(beat.kind == FeatureKind::Zero);
  addresses_.advance();
}

void ColumnStream::b_transport(BeatRead<ColumnBeat>& read, sc_core::sc_time&) {
  if (read.pointwise) {
    read.words = &operands_[read.operand][read.first];
  } else {
    read.beat = &window_[read.slot];
  }
  read.response = tlm::TLM_OK_RESPONSE;
}

bool ColumnStream::get_direct_mem_ptr(BeatRead<ColumnBeat>&, tlm::tlm_dmi& dmi) {
  dmi.init();
  dmi.set_dmi_ptr(reinterpret_cast<unsigned char*>(window_.data()));
  dmi.allow_read();
  return true;
}

std::uint64_t ColumnStream::load_operands(const PtWiseOp& op, std::uint32_t column) {
  sc_core::sc_time delay;
  buffer.act_as(BufferRequester::PointwiseStream);
  const auto load = [&](bool used, std::uint32_t view) {
    if (!used) return;
    operands_[view].resize(op.channels);
    for (std::uint32_t k = 0; k < op.channels && !status().failed; ++k) {
      operands_[view][k] = operand(op, view, k, column, delay);
    }
  };
  load(op.source_a == OperandSource::Stream || op.source_x == OperandSource::Stream, 0);
  load(op.source_y == OperandSource::Stream, 1);
  return clock().cycles_in(delay);
}

std::uint32_t ColumnStream::operand(const PtWiseOp& op, std::uint32_t view, std::uint32_t channel, std::uint32_t column,
                                    sc_core::sc_time& delay) {
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
  std::array<std::uint8_t, 4> bytes{};
  if (!buffer.fetch(word * word_bytes_, bytes.data(), word_bytes_, channel, status().cycle, delay)) {
    status().failed = true;
  }
  return load_word(bytes.data(), 0, word_bytes_);
}

}  // namespace dlac::clocked
