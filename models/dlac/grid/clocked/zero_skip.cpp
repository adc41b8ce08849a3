// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/zero_skip.h>

#include <algorithm>
#include <string>

namespace dlac::clocked {

ZeroSkip::ZeroSkip(const sc_core::sc_module_name& name, const Config& config)
    : sc_module(name), rule_(config.policy), window_beats_(config.window_beats) {}

void ZeroSkip::start(const RowStream& row, const ColumnStream& column, std::uint32_t beats) {
  row_ = &row;
  column_ = &column;
  beats_ = beats;
  activity_ = Activity::StarvedRow;  // both windows are empty
}

void ZeroSkip::stop() {
  activity_ = Activity::Finished;
  beats_ = position_ = slot_ = 0;
  live_ = 0;
  row_ = nullptr;
  column_ = nullptr;
  tallies_ = {};
}

void ZeroSkip::advance() {
  const std::uint32_t row_delivered = row_->delivered.read();
  const std::uint32_t column_delivered = column_->delivered.read();
  const std::uint32_t arrived = std::min(row_delivered, column_delivered);
  while (position_ < arrived) {
    const RowBeat& weights = row_->beat(slot_);
    const ColumnBeat& feature = column_->beat(slot_);
    Tally& tally = tallies_[static_cast<std::size_t>(feature.kind)];
    tally.candidates += weights.candidate_count;
    tally.nonzero += weights.nonzero_count;
    tally.zero += weights.zero_count;
    tally.nonfinite += weights.nonfinite_count;
    if (feature.passes && weights.candidates != 0) {
      live_ = weights.candidates;
      activity_ = Activity::Busy;
      return;
    }
    pass();
  }
  activity_ = position_ == beats_          ? Activity::Finished
              : position_ == row_delivered ? Activity::StarvedRow
                                           : Activity::StarvedColumn;
}

UpdateCounts ZeroSkip::updates() const {
  UpdateCounts counts;
  const Tally& zero = tallies_[static_cast<std::size_t>(FeatureKind::Zero)];
  const Tally& finite = tallies_[static_cast<std::size_t>(FeatureKind::Finite)];
  const Tally& nonfinite = tallies_[static_cast<std::size_t>(FeatureKind::NonFinite)];

  // Of the updates with a feature that passes, those that are no candidates have a zero weight.
  const auto others = [](const Tally& tally) { return std::uint64_t{tally.zero} + tally.nonzero - tally.candidates; };
  counts.executed = std::uint64_t{finite.candidates} + nonfinite.candidates;
  counts.skipped_weight = others(finite) + others(nonfinite);
  if (rule_.passes(true)) {
    counts.executed += zero.candidates;
    counts.skipped_both = others(zero);
  } else {
    counts.skipped_feature = zero.nonzero;
    counts.skipped_both = zero.zero;
  }
  counts.masked_nonfinite = std::uint64_t{zero.nonfinite} + nonfinite.zero;
  return counts;
}

void ZeroSkip::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + '.';
  sc_core::sc_trace(file, position_, prefix + "position");
  sc_core::sc_trace(file, live_, prefix + "live");
}

}  // namespace dlac::clocked
