// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/count_ternary.h>
#include <dlac/grid/schedule/weight_counter.h>

#include <algorithm>

namespace dlac::schedule {

WeightCounter::WeightCounter(const Config& config, const SkipRule& rule, const WeightView& weights,
                             std::uint32_t most_beats)
    : config_(config), rule_(rule), arithmetic_(config.mode), weights_(weights), most_beats_(most_beats) {}

void WeightCounter::begin(const MmOp& op) {
  op_ = op;
  units_ = config_.updates_per_cycle(op.full_precision != 0);
  live_rows_ = static_cast<std::uint32_t>(divide_up(op.channels, config_.output_buffers));
  last_valid_ = op.channels - (live_rows_ - 1) * config_.output_buffers;
  stride_ = round_up(1U << op.log2_rows, LanePad);
  panel_.count_stride = rule_.candidates_are_valid() ? 0 : stride_;
  panel_.counts.resize(most_beats_ * stride_ + LanePad);
  if (counted_rows_ != live_rows_) std::fill_n(panel_.counts.data(), panel_.counts.size(), std::uint16_t{0});
  counted_rows_ = live_rows_;
}

void WeightCounter::count(std::uint32_t first, std::uint32_t beats) {
  panel_.nonzero.assign(beats, 0);
  panel_.nonfinite.assign(beats, 0);
  panel_.any_nonfinite = false;
  if (op_.full_precision != 0) {
    count_words(first, beats);
  } else {
    count_codes(first, beats);
  }
  if (rule_.candidates_are_valid()) {
    // Every weight of the layer takes its turn, in every beat alike.
    for (std::uint32_t r = 0; r < live_rows_; ++r) panel_.counts[r] = cycles(valid_buffers(r));
    panel_.candidates.assign(beats, op_.channels);
  } else if (rule_.candidates_are_nonzero()) {
    panel_.candidates = panel_.nonzero;
  } else {
    count_candidates(first, beats);
  }
}

void WeightCounter::count_words(std::uint32_t first, std::uint32_t beats) {
  const std::uint64_t word_bytes = config_.word_bytes();
  const std::uint64_t beat_bytes = (std::uint64_t{config_.output_buffers} << op_.log2_rows) * word_bytes;
  for (std::uint32_t t = 0; t < beats; ++t) {
    std::uint64_t at = op_.weights + (first + t) * beat_bytes;
    for (std::uint32_t r = 0; r < live_rows_; ++r) {
      std::uint32_t nonzero = 0;
      for (std::uint32_t b = 0; b < valid_buffers(r); ++b, at += word_bytes) {
        const std::uint32_t word = weights_.word(at);
        nonzero += arithmetic_.is_zero(word) ? 0 : 1;
        panel_.nonfinite[t] += arithmetic_.is_finite(word) ? 0 : 1;
      }
      panel_.counts[t * stride_ + r] = cycles(nonzero);
      panel_.nonzero[t] += nonzero;
    }
    if (panel_.nonfinite[t] != 0) panel_.any_nonfinite = true;
  }
}

void WeightCounter::count_codes(std::uint32_t first, std::uint32_t beats) {
  CountJob job;
  job.beat_bits = config_.beat_bits(1U << op_.log2_rows, false);
  job.packed = weights_.data() + op_.weights + first * job.beat_bits / 8;  // chunks start at whole bytes
  job.rows = live_rows_;
  job.buffers = config_.output_buffers;
  job.last_valid = last_valid_;
  job.units = units_;
  job.beats = beats;
  job.counts = panel_.counts.data();
  job.count_stride = stride_;
  job.live = panel_.nonzero.data();
  count_ternary(job);
}

/// The way of a policy whose candidates are neither the non-zero weights nor all: row beat by row beat.
void WeightCounter::count_candidates(std::uint32_t first, std::uint32_t beats) {
  panel_.candidates.assign(beats, 0);
  for (std::uint32_t t = 0; t < beats; ++t) {
    std::uint64_t index = (std::uint64_t{first} + t) * (std::uint64_t{config_.output_buffers} << op_.log2_rows);
    for (std::uint32_t r = 0; r < live_rows_; ++r) {
      std::uint64_t nonzero = 0;
      std::uint64_t valid = 0;
      for (std::uint32_t b = 0; b < valid_buffers(r); ++b, ++index) {
        valid |= std::uint64_t{1} << b;
        if (!weights_.is_zero(op_, index)) nonzero |= std::uint64_t{1} << b;
      }
      const auto candidates = static_cast<std::uint32_t>(__builtin_popcountll(rule_.candidates(nonzero, valid)));
      panel_.counts[t * stride_ + r] = cycles(candidates);
      panel_.candidates[t] += candidates;
    }
  }
}

}  // namespace dlac::schedule
