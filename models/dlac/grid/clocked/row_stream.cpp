// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/row_stream.h>

#include <dlac/grid/clocked/words.h>

#include <array>
#include <cstring>

namespace dlac::clocked {
namespace {

constexpr std::uint32_t CodesPerLoad = 32;
constexpr std::uint64_t LowBits = 0x5555'5555'5555'5555U;

/// Packs the even bits of `bits` into the low half.
[[nodiscard]] std::uint64_t even_bits(std::uint64_t bits) {
  bits &= LowBits;
  bits = (bits | (bits >> 1)) & 0x3333'3333'3333'3333U;
  bits = (bits | (bits >> 2)) & 0x0F0F'0F0F'0F0F'0F0FU;
  bits = (bits | (bits >> 4)) & 0x00FF'00FF'00FF'00FFU;
  bits = (bits | (bits >> 8)) & 0x0000'FFFF'0000'FFFFU;
  return (bits | (bits >> 16)) & 0x0000'0000'FFFF'FFFFU;
}

[[nodiscard]] std::uint8_t count(std::uint64_t mask) { return static_cast<std::uint8_t>(__builtin_popcountll(mask)); }

}  // namespace

RowStream::RowStream(const sc_core::sc_module_name& name, std::uint32_t index, const Config& config, GridStatus& status)
    : OperandStream(name, config, status),
      buffer("buffer", BufferRequester::RowStream, index),
      config_(config),
      arithmetic_(config.mode),
      output_buffers_(config.output_buffers),
      rule_(config.policy),
      window_(config.window_beats),
      words_(std::size_t{config.window_beats} * config.output_buffers),
      bytes_((config.word_bytes() * config.output_buffers) + 1) {
  beats.bind(static_cast<tlm::tlm_fw_transport_if<RowBeatTypes>&>(*this));
  for (auto& words : constants_) words.resize(output_buffers_);
}

void RowStream::start(const MmOp& op, std::uint32_t row, std::uint32_t valid) {
  full_precision_ = op.full_precision != 0;
  valid_ = valid;
  first_beat_ = op.first_beat;
  row_bits_ = config_.beat_bits(1, full_precision_);
  beat_bits_ = config_.beat_bits(1U << op.log2_rows, full_precision_);
  next_bit_ = std::uint64_t{op.weights} * 8 + row * row_bits_;
  buffer.act_as(BufferRequester::RowStream);
  OperandStream::start(op.beats, config_.row_beat_cycles(full_precision_));
}

std::uint64_t RowStream::load_constants(const PtWiseOp& op, std::uint32_t row, std::uint32_t valid) {
  const std::uint64_t word_bytes = config_.word_bytes();
  const std::uint64_t channel = std::uint64_t{row} * output_buffers_;
  sc_core::sc_time delay;
  buffer.act_as(BufferRequester::Constants);
  const auto load = [&](OperandSource source, std::uint64_t offset, std::vector<std::uint32_t>& words) {
    if (source != OperandSource::Constant) return;
    if (!buffer.fetch(offset + channel * word_bytes, bytes_.data(), valid * word_bytes, channel, status().cycle,
                      delay)) {
      status().failed = true;
      return;
    }
    for (std::uint32_t b = 0; b < valid; ++b) words[b] = load_word(bytes_.data(), b, config_.word_bytes());
  };
  load(op.source_a, op.constants_a, constants_[0]);
  load(op.source_x, op.constants_x, constants_[1]);
  load(op.source_y, op.constants_y, constants_[2]);
  return clock().cycles_in(delay);
}

bool RowStream::fill_directly(std::uint32_t slot, sc_core::sc_time& delay) {
  const std::uint8_t* const data = buffer.readable(address(), bytes());
  if (data == nullptr) return false;
  delay += buffer.read_latency();
  fill(slot, data);
  return true;
}

bool RowStream::fill_by_transaction(std::uint32_t slot, sc_core::sc_time& delay) {
  if (!buffer.read(address(), bytes_.data(), bytes(), first_beat_ + next(), delivery_cycle(), delay)) return false;
  fill(slot, bytes_.data());
  return true;
}

void RowStream::b_transport(BeatRead<RowBeat>& read, sc_core::sc_time&) {
  if (read.pointwise) {
    read.words = constants_[read.operand].data();
  } else {
    read.beat = &window_[read.slot];
  }
  read.response = tlm::TLM_OK_RESPONSE;
}

bool RowStream::get_direct_mem_ptr(BeatRead<RowBeat>&, tlm::tlm_dmi& dmi) {
  dmi.init();
  dmi.set_dmi_ptr(reinterpret_cast<unsigned char*>(window_.data()));
  dmi.allow_read();
  return true;
}

void RowStream::fill(std::uint32_t slot, const std::uint8_t* data) {
  RowBeat beat = full_precision_ ? word_beat(slot, data) : ternary_beat(data);
  beat.candidates = rule_.candidates(beat.nonzero, first_buffers(valid_));
  beat.candidate_count = count(beat.candidates);
  beat.nonzero_count = count(beat.nonzero);
  beat.zero_count = static_cast<std::uint8_t>(valid_ - beat.nonzero_count);
  window_[slot] = beat;
  next_bit_ += beat_bits_;
}

RowBeat RowStream::ternary_beat(const std::uint8_t* data) const {
  RowBeat beat;
  std::array<std::uint8_t, 8 * (64 / CodesPerLoad) + 16> codes_of_row{};  // loads may reach behind the beat
  std::memcpy(codes_of_row.data(), data, bytes());
  for (std::uint32_t b = 0; b < valid_; b += CodesPerLoad) {
    const std::uint64_t bit = next_bit_ % 8 + std::uint64_t{2} * b;
    const std::uint8_t* bytes = &codes_of_row[bit / 8];
    const std::uint32_t shift = bit % 8;
    std::uint64_t codes = load_uint64(bytes) >> shift;
    if (shift != 0) codes |= std::uint64_t{bytes[8]} << (64 - shift);
    // 01 = +1, 11 = -1: the low bit says that the weight is not zero, the high bit that it is negative.
    beat.nonzero |= even_bits(codes) << b;
    beat.negative |= even_bits(codes >> 1) << b;
  }
  beat.nonzero &= first_buffers(valid_);
  return beat;
}

RowBeat RowStream::word_beat(std::uint32_t slot, const std::uint8_t* data) {
  RowBeat beat;
  std::uint32_t* words = &words_[std::size_t{slot} * output_buffers_];
  beat.words = words;
  for (std::uint32_t b = 0; b < valid_; ++b) {
    words[b] = load_word(data, b, config_.word_bytes());
    if (!arithmetic_.is_zero(words[b])) beat.nonzero |= std::uint64_t{1} << b;
    if (!arithmetic_.is_finite(words[b])) ++beat.nonfinite_count;
  }
  return beat;
}

}  // namespace dlac::clocked
