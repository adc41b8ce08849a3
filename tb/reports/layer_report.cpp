// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/layer_report.h"

#include <algorithm>

namespace dlac::tb {
namespace {

[[nodiscard]] double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

[[nodiscard]] double real(std::uint64_t value) { return static_cast<double>(value); }

}  // namespace

double flops_per_cycle(std::uint64_t macs, std::uint64_t cycles) { return ratio(2 * real(macs), real(cycles)); }

void add_verified(std::optional<bool>& all, const std::optional<bool>& one) {
  if (all == false || one == false) {
    all = false;
  } else if (!one) {
    all.reset();
  }
}

double Figures::flops_per_cycle() const { return tb::flops_per_cycle(macs(), compute_cycles()); }
double Figures::flops_per_cycle_total() const { return tb::flops_per_cycle(macs(), cycles()); }
double Figures::speedup() const { return ratio(real(dense_compute_cycles), real(compute_cycles())); }
double Figures::utilisation() const {
  return ratio(real(counter(Counter::PeBusyCycles)), real(pes) * real(compute_cycles()));
}

Figures& Figures::operator+=(const Figures& other) {
  counts.weights += other.counts.weights;
  counts.nonzero_weights += other.counts.nonzero_weights;
  counts.features += other.counts.features;
  counts.nonzero_features += other.counts.nonzero_features;
  counts.column_beats += other.counts.column_beats;
  counts.nonzero_beats += other.counts.nonzero_beats;
  counts.macs += other.counts.macs;
  counts.live_weight += other.counts.live_weight;
  counts.live_feature += other.counts.live_feature;
  counts.live_both += other.counts.live_both;
  for (std::size_t i = 0; i < counters.size(); ++i) counters[i] += other.counters[i];
  dense_compute_cycles += other.dense_compute_cycles;
  pes = other.pes;
  cpu_seconds += other.cpu_seconds;
  return *this;
}

LayerReport make_layer_report(const workloads::ConvLayer& layer, const Config& config,
                              const workloads::LayerCounts& counts, const LayerRun& run,
                              std::uint64_t dense_compute_cycles, bool with_segments) {
  LayerReport report;
  report.layer = layer;
  report.figures = {counts, run.counters, dense_compute_cycles, config.pes, run.cpu_seconds};
  report.grid_rows = run.plan.grid_rows;
  report.grid_columns = run.plan.grid_columns;
  report.tiles = run.plan.tiles;
  if (with_segments) {
    for (std::size_t i = 0; i < run.plan.segments.size(); ++i) {
      report.segments.push_back({run.plan.segments[i], run.segment_cycles[i]});
    }
  }
  return report;
}

void Group::add(const LayerReport& report) {
  ++layers;
  figures += report.figures;
  add_verified(verified, report.verified);
}

std::vector<Group> stages_of(const std::vector<LayerReport>& layers) {
  std::vector<Group> stages;
  for (const LayerReport& layer : layers) {
    auto stage =
        std::find_if(stages.begin(), stages.end(), [&](const Group& each) { return each.name == layer.layer.stage; });
    if (stage == stages.end()) stage = stages.insert(stages.end(), Group{layer.layer.stage, 0, {}, true});
    stage->add(layer);
  }
  return stages;
}

Group total_of(const std::vector<LayerReport>& layers) {
  Group total{"total", 0, {}, true};
  for (const LayerReport& layer : layers) total.add(layer);
  return total;
}

}  // namespace dlac::tb
