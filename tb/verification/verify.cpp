// SPDX-License-Identifier: Apache-2.0
#include "tb/verification/verify.h"

#include <dlac/common/arithmetic.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string_view>

#include "tb/reference/convolution.h"
#include "tb/reference/schedule.h"
#include "tb/verification/reference_layer.h"
#include "workloads/random.h"

namespace dlac::tb {
namespace {

using workloads::ConvLayer;

constexpr std::uint64_t ShownDifferences = 5;
constexpr std::uint32_t RandomOutputs = 32;
constexpr std::uint32_t RandomTiles = 4;
constexpr std::uint32_t SampledSegments = 2;
constexpr double OutputsShare = 0.3;                // of the time for everything; the segments take the rest
constexpr std::uint64_t SegmentBudget = 2'000'000;  // updates after which no further segment is sampled

template <class Count>
double share_of(Count done, Count all) {
  return static_cast<double>(done) / static_cast<double>(all);
}

/// One layer's comparison in progress.
class Comparison {
 public:
  Comparison(const ConvLayer& layer, const Config& config, const LayerTensors& tensors, const LayerRun& run)
      : layer_(layer), config_(config), run_(run), reference_(layer, config.mode, tensors) {}

  void sample_outputs(workloads::Random& random);
  void sample_segments(workloads::Random& random);
  void all_outputs(const std::function<void(double share)>& moved);
  void all_segments(const std::function<void(double share)>& moved);
  void counters(const workloads::LayerCounts& counts);

  [[nodiscard]] Verification finish() {
    summarise(result_.differing_outputs, "outputs", result_.outputs);
    summarise(result_.differing_segments, "segments", result_.segments);
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::uint32_t actual(std::int64_t index) const {
    const auto i = static_cast<std::size_t>(index);
    return config_.mode == Mode::Train ? bits_of(run_.outputs.span<float>()[i]) : run_.outputs.span<std::uint16_t>()[i];
  }
  void compare_output(std::int64_t index, std::uint32_t expected);
  /// Compares the cycles and returns what the reference counted.
  reference::SegmentCycles compare_segment(std::size_t index);
  void compare_counter(std::string_view name, std::uint64_t actual, std::uint64_t expected);
  void say(const std::string& line) { result_.messages.push_back(layer_.name + ": " + line); }
  void summarise(std::uint64_t differing, const char* what, std::uint64_t compared) {
    if (differing <= ShownDifferences) return;
    say("in all " + std::to_string(differing) + " of " + std::to_string(compared) + " " + what +
        " compared are not as expected");
  }
  [[nodiscard]] std::string value_text(std::uint32_t word) const {
    const bool train = config_.mode == Mode::Train;
    std::array<char, 64> text{};
    // 9 and 5 significant digits tell all binary32 and binary16 values apart.
    std::snprintf(text.data(), text.size(), "%.*g (0x%0*X)", train ? 9 : 5,
                  static_cast<double>(Arithmetic(config_.mode).to_float(word)), train ? 8 : 4, word);
    return text.data();
  }

  const ConvLayer& layer_;
  const Config& config_;
  const LayerRun& run_;
  ReferenceLayer reference_;
  const reference::Convolution& shape_ = reference_.shape();
  Verification result_;
};

void Comparison::compare_output(std::int64_t index, std::uint32_t expected) {
  ++result_.outputs;
  const std::uint32_t found = actual(index);
  if (found == expected) return;
  if (++result_.differing_outputs > ShownDifferences) return;
  const std::int64_t ox = index % shape_.ow();
  const std::int64_t oy = index / shape_.ow() % shape_.oh();
  const std::int64_t k = index / (shape_.ow() * shape_.oh()) % shape_.k;
  const std::int64_t n = index / (shape_.ow() * shape_.oh() * shape_.k);
  say("output [" + std::to_string(n) + "," + std::to_string(k) + "," + std::to_string(oy) + "," + std::to_string(ox) +
      "]: " + value_text(found) + ": expected " + value_text(expected));
}

reference::SegmentCycles Comparison::compare_segment(std::size_t index) {
  const workloads::Segment& segment = run_.plan.segments[index];
  const bool full_precision = layer_.weights == workloads::WeightKind::FullPrecision;
  reference::Grid grid;
  grid.rows = run_.plan.grid_rows;
  grid.columns = run_.plan.grid_columns;
  grid.buffers = config_.output_buffers;
  grid.units = config_.updates_per_cycle(full_precision);
  grid.window = config_.window_beats;
  grid.beat_cycles = config_.row_beat_cycles(full_precision);
  const std::int64_t group_channels = shape_.k / shape_.groups;
  reference::SegmentRange range;
  range.group = segment.first_channel / group_channels;
  range.channel_from = segment.first_channel % group_channels;
  range.channel_to = range.channel_from + segment.channels;
  range.column_from = segment.first_pixel;
  range.column_to = range.column_from + segment.pixels;
  range.beat_from = segment.first_beat;
  range.beat_to = range.beat_from + segment.beats;
  const reference::SegmentCycles expected =
      reference::segment_cycles(grid, static_cast<reference::Policy>(config_.policy),
                                reference::make_segment(reference::Pass::Forward, shape_, reference_.weights(),
                                                        reference_.features(), reference_.precision(), range));

  ++result_.segments;
  const std::uint64_t found = run_.segment_cycles[index];
  if (found != static_cast<std::uint64_t>(expected.cycles) && ++result_.differing_segments <= ShownDifferences) {
    const auto interval = [](std::uint64_t first, std::uint64_t count) {
      return "[" + std::to_string(first) + "," + std::to_string(first + count) + ")";
    };
    say("segment " + std::to_string(index) + " k " + interval(segment.first_channel, segment.channels) + " pixels " +
        interval(segment.first_pixel, segment.pixels) + " beats " + interval(segment.first_beat, segment.beats) + ": " +
        std::to_string(found) + " cycles: expected " + std::to_string(expected.cycles));
  }
  return expected;
}

void Comparison::sample_outputs(workloads::Random& random) {
  const std::int64_t map = shape_.oh() * shape_.ow();
  std::set<std::int64_t> indices;
  /// Pixel as the tiles count it, over the batch.
  const auto add = [&](std::int64_t channel, std::int64_t pixel) {
    indices.insert((pixel / map * shape_.k + channel) * map + pixel % map);
  };
  const std::int64_t last_pixel = shape_.n * map - 1;
  for (const std::int64_t channel : {std::int64_t{0}, shape_.k - 1}) {
    for (const std::int64_t pixel : {std::int64_t{0}, shape_.ow() - 1, map - shape_.ow(), map - 1, last_pixel}) {
      add(channel, pixel);
    }
  }
  const std::vector<workloads::Segment>& segments = run_.plan.segments;
  for (std::uint32_t i = 0; i < RandomTiles; ++i) {
    const workloads::Segment& tile = segments[random.below(static_cast<std::uint32_t>(segments.size()))];
    for (const std::uint32_t channel : {tile.first_channel, tile.first_channel + tile.channels - 1}) {
      for (const std::uint32_t pixel : {tile.first_pixel, tile.first_pixel + tile.pixels - 1}) add(channel, pixel);
    }
  }
  for (std::uint32_t i = 0; i < RandomOutputs; ++i) {
    indices.insert(static_cast<std::int64_t>(random.next() % layer_.output_count()));
  }
  for (const std::int64_t index : indices) {
    compare_output(index, reference::convolve_output(shape_, reference_.weights(), reference_.features(),
                                                     reference_.precision(), index));
  }
}

void Comparison::sample_segments(workloads::Random& random) {
  const auto count = static_cast<std::uint32_t>(run_.plan.segments.size());
  std::set<std::size_t> drawn;
  std::uint64_t updates = 0;
  for (std::uint32_t i = 0; i < SampledSegments && updates < SegmentBudget; ++i) {
    const std::size_t index = random.below(count);
    if (!drawn.insert(index).second) continue;
    compare_segment(index);
    const workloads::Segment& segment = run_.plan.segments[index];
    updates += std::uint64_t{segment.channels} * segment.pixels * segment.beats;
  }
}

void Comparison::all_outputs(const std::function<void(double share)>& moved) {
  const reference::Words expected =
      reference::convolve(shape_, reference_.weights(), reference_.features(), reference_.precision(),
                          [&](std::int64_t done, std::int64_t all) { moved(share_of(done, all)); });
  for (std::size_t i = 0; i < expected.size(); ++i) compare_output(static_cast<std::int64_t>(i), expected[i]);
}

void Comparison::all_segments(const std::function<void(double share)>& moved) {
  reference::SegmentCycles sum;
  for (std::size_t i = 0; i < run_.plan.segments.size(); ++i) {
    moved(share_of(i, run_.plan.segments.size()));
    const reference::SegmentCycles each = compare_segment(i);
    sum += each;
  }
  const auto compare = [this](Counter counter, std::int64_t expected) {
    compare_counter(to_string(counter), run_.counter(counter), static_cast<std::uint64_t>(expected));
  };
  compare(Counter::ComputeCycles, sum.cycles);
  compare(Counter::UpdatesExecuted, sum.executed);
  compare(Counter::UpdatesSkippedWeight, sum.skipped_weight);
  compare(Counter::UpdatesSkippedFeature, sum.skipped_feature);
  compare(Counter::UpdatesSkippedBoth, sum.skipped_both);
  compare(Counter::UpdatesMaskedNonfinite, sum.masked_nonfinite);
  compare(Counter::PeBusyCycles, sum.busy);
  compare(Counter::PeStarvedRowCycles, sum.starved_row);
  compare(Counter::PeStarvedColumnCycles, sum.starved_column);
  compare(Counter::PeFinishedEarlyCycles, sum.finished_early);
}

void Comparison::compare_counter(std::string_view name, std::uint64_t actual, std::uint64_t expected) {
  if (actual == expected) return;
  ++result_.differing_counters;
  say("counter " + std::string(name) + ": " + std::to_string(actual) + ": expected " + std::to_string(expected));
}

void Comparison::counters(const workloads::LayerCounts& counts) {
  // Updates by what the operands' zeros say. (The schedule, the policies' table)
  const auto compare = [this](Counter counter, std::uint64_t expected) {
    compare_counter(to_string(counter), run_.counter(counter), expected);
  };
  const SkipRule rule(config_.policy);
  const bool skips_weight = rule.candidates_are_nonzero();
  const bool skips_feature = !rule.passes(true);
  if (skips_weight || rule.candidates_are_valid()) {                           // else the zeros alone do not tell
    const std::uint64_t weight_only = counts.live_feature - counts.live_both;  // only the weight is zero
    const std::uint64_t feature_only = counts.live_weight - counts.live_both;
    const std::uint64_t both = counts.macs - counts.live_both - weight_only - feature_only;
    const std::uint64_t skipped_weight = skips_weight ? weight_only : 0;
    const std::uint64_t skipped_feature = skips_feature ? feature_only : 0;
    const std::uint64_t skipped_both = skips_weight || skips_feature ? both : 0;
    compare(Counter::UpdatesExecuted, layer_.macs() - skipped_weight - skipped_feature - skipped_both);
    compare(Counter::UpdatesSkippedWeight, skipped_weight);
    compare(Counter::UpdatesSkippedFeature, skipped_feature);
    compare(Counter::UpdatesSkippedBoth, skipped_both);
  }

  const auto sum = [this](std::initializer_list<Counter> parts) {
    std::uint64_t total = 0;
    for (const Counter part : parts) total += run_.counter(part);
    return total;
  };
  compare_counter("sum of the updates",
                  sum({Counter::UpdatesExecuted, Counter::UpdatesSkippedWeight, Counter::UpdatesSkippedFeature,
                       Counter::UpdatesSkippedBoth}),
                  layer_.macs());
  compare_counter("sum of the grid's cycles by cause",
                  sum({Counter::ComputeCycles, Counter::PointwiseCycles, Counter::WaitWeightsCycles,
                       Counter::WaitFeaturesCycles, Counter::WaitDrainCycles, Counter::IdleCycles}),
                  run_.counter(Counter::Cycles));
  compare_counter("sum of the PEs' cycles by cause",
                  sum({Counter::PeBusyCycles, Counter::PeStarvedRowCycles, Counter::PeStarvedColumnCycles,
                       Counter::PeFinishedEarlyCycles}),
                  config_.pes * run_.counter(Counter::ComputeCycles));
  std::uint64_t segment_cycles = 0;
  for (const std::uint64_t cycles : run_.segment_cycles) segment_cycles += cycles;
  compare(Counter::ComputeCycles, segment_cycles);
  compare(Counter::Segments, run_.plan.segments.size());
  compare(Counter::BytesWritten, layer_.output_count() * config_.word_bytes());
}

}  // namespace

Verification verify_layer(const ConvLayer& layer, const Config& config, const LayerTensors& tensors,
                          const workloads::LayerCounts& counts, const LayerRun& run, VerifyLevel level,
                          std::uint64_t seed, const std::function<void(double share)>& moved) {
  Comparison comparison(layer, config, tensors, run);
  comparison.counters(counts);
  if (level == VerifyLevel::All) {
    const auto tell = [&](double share) {
      if (moved) moved(share);
    };
    comparison.all_outputs([&](double share) { tell(OutputsShare * share); });
    comparison.all_segments([&](double share) { tell(OutputsShare + (1 - OutputsShare) * share); });
  } else {
    workloads::Random random(seed, "verify " + layer.name);
    comparison.sample_outputs(random);
    comparison.sample_segments(random);
  }
  return comparison.finish();
}

}  // namespace dlac::tb
