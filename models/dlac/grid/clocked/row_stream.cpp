// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/row_stream.h>

#include <dlac/grid/clocked/words.h>

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

RowStream::RowStream(const sc_core::sc_module_name& name, const Config& config, BufferView weights,
                     const sc_core::sc_event& tick)
    : OperandStream(name, config, tick),
      config_(config),
      arithmetic_(config.mode),
      weights_(weights),
      output_buffers_(config.output_buffers),
      rule_(config.policy),
      window_(config.window_beats),
      words_(std::size_t{config.window_beats} * config.output_buffers) {}

void RowStream::start(const MmOp& op, std::uint32_t row, std::uint32_t valid) {
  full_precision_ = op.full_precision != 0;
  valid_ = valid;
  const std::uint32_t grid_rows = 1U << op.log2_rows;
  beat_bits_ = config_.beat_bits(grid_rows, full_precision_);
  next_bit_ = std::uint64_t{op.weights} * 8 + row * config_.beat_bits(1, full_precision_);
  OperandStream::start(op.beats, config_.row_beat_cycles(full_precision_));
}

std::uint32_t RowStream::constant(std::uint32_t offset, std::uint32_t index) const {
  return load_word(weights_.data, std::uint64_t{offset} / config_.word_bytes() + index, config_.word_bytes());
}

void RowStream::fill(std::uint32_t slot) {
  RowBeat beat = full_precision_ ? word_beat(slot) : ternary_beat();
  beat.candidates = rule_.candidates(beat.nonzero, first_buffers(valid_));
  beat.candidate_count = count(beat.candidates);
  beat.nonzero_count = count(beat.nonzero);
  beat.zero_count = static_cast<std::uint8_t>(valid_ - beat.nonzero_count);
  window_[slot] = beat;
  next_bit_ += beat_bits_;
}

RowBeat RowStream::ternary_beat() const {
  RowBeat beat;
  for (std::uint32_t b = 0; b < valid_; b += CodesPerLoad) {
    const std::uint64_t bit = next_bit_ + std::uint64_t{2} * b;
    const std::uint8_t* bytes = weights_.data + bit / 8;
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

RowBeat RowStream::word_beat(std::uint32_t slot) {
  RowBeat beat;
  std::uint32_t* words = &words_[std::size_t{slot} * output_buffers_];
  const std::uint8_t* bytes = weights_.data + next_bit_ / 8;
  for (std::uint32_t b = 0; b < valid_; ++b) {
    words[b] = load_word(bytes, b, config_.word_bytes());
    if (!arithmetic_.is_zero(words[b])) beat.nonzero |= std::uint64_t{1} << b;
    if (!arithmetic_.is_finite(words[b])) ++beat.nonfinite_count;
  }
  return beat;
}

}  // namespace dlac::clocked
