// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/drain_words.h>
#include <dlac/grid/schedule/output_banks.h>

#include <algorithm>
#include <utility>

namespace dlac::schedule {
namespace {

constexpr std::size_t ColumnBlock = 8;    // the kernels compute columns in blocks of this many
constexpr std::size_t ChannelBlock = 16;  // and channels in vectors of at most this many

}  // namespace

OutputBanks::OutputBanks(const Config& config) : config_(config) {
  std::size_t largest = 0;
  for (std::uint32_t log2_rows = 0; log2_rows <= 6; ++log2_rows) {
    const std::uint32_t rows = 1U << log2_rows;
    if (!config.has_grid(rows)) continue;
    largest = std::max(largest, round_up(config.pes / rows, ColumnBlock) * channel_stride(log2_rows));
  }
  for (Bank& bank : banks_) bank.words.resize(largest);
  reshaped_.resize(largest);
}

std::size_t OutputBanks::channel_stride(std::uint32_t log2_rows) const {
  return round_up(std::size_t{config_.output_buffers} << log2_rows, ChannelBlock);
}

float* OutputBanks::accumulators(std::uint32_t index, std::uint32_t log2_rows) {
  Bank& bank = banks_[index];
  if (bank.log2_rows != log2_rows) {
    const std::uint32_t buffers = config_.output_buffers;
    const std::uint32_t old_columns = config_.pes >> bank.log2_rows;
    const std::uint32_t new_columns = config_.pes >> log2_rows;
    const std::size_t old_stride = channel_stride(bank.log2_rows);
    const std::size_t new_stride = channel_stride(log2_rows);
    std::fill_n(reshaped_.data(), reshaped_.size(), 0.0F);
    for (std::uint32_t pe = 0; pe < config_.pes; ++pe) {
      const float* from = &bank.words[pe % old_columns * old_stride + std::size_t{pe / old_columns} * buffers];
      std::copy_n(from, buffers, &reshaped_[pe % new_columns * new_stride + std::size_t{pe / new_columns} * buffers]);
    }
    std::swap(bank.words, reshaped_);
    bank.log2_rows = log2_rows;
  }
  return bank.words.data();
}

void OutputBanks::drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
                        std::uint32_t* out) {
  drain_words(accumulators(bank, log2_rows), channel_stride(log2_rows), channels, columns, config_.mode == Mode::Infer,
              out);
}

void OutputBanks::clear() {
  for (Bank& bank : banks_) std::fill_n(bank.words.data(), bank.words.size(), 0.0F);
}

template <typename Visit>
void OutputBanks::for_words_beside(const MmOp& op, Visit visit) const {
  const std::size_t stride = channel_stride(op.log2_rows);
  for (std::size_t c = 0; c < round_up(op.columns, ColumnBlock); ++c) {
    const std::size_t first = c < op.columns ? op.channels : 0;
    if (first < stride) visit(c * stride + first, stride - first);
  }
}

void OutputBanks::save_beside(const MmOp& op) {
  const float* bank = accumulators(op.bank, op.log2_rows);
  beside_.clear();
  for_words_beside(
      op, [&](std::size_t at, std::size_t count) { beside_.insert(beside_.end(), bank + at, bank + at + count); });
}

void OutputBanks::restore_beside(const MmOp& op) {
  float* bank = accumulators(op.bank, op.log2_rows);
  const float* from = beside_.data();
  for_words_beside(op, [&](std::size_t at, std::size_t count) {
    std::copy_n(from, count, bank + at);
    from += count;
  });
}

}  // namespace dlac::schedule
