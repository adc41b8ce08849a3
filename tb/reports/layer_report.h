// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tb/system/testbench.h"
#include "workloads/density.h"
#include "workloads/layer.h"
#include "workloads/mapper.h"

namespace dlac::tb {

/// Figures of a layer, or of several added up. docs/report.md has the formulas; a ratio whose denominator is 0 is 0.
struct Figures {
  workloads::LayerCounts counts;
  std::array<std::uint64_t, CounterCount> counters{};  ///< index: Counter
  std::uint64_t dense_compute_cycles = 0;              ///< compute cycles of policy none with the same tiles
  std::uint64_t pes = 0;
  double cpu_seconds = 0;  ///< host, from packing to the last result byte

  [[nodiscard]] std::uint64_t counter(Counter c) const { return counters[static_cast<std::size_t>(c)]; }
  [[nodiscard]] std::uint64_t macs() const { return counts.macs; }
  [[nodiscard]] std::uint64_t cycles() const { return counter(Counter::Cycles); }
  [[nodiscard]] std::uint64_t compute_cycles() const { return counter(Counter::ComputeCycles); }
  [[nodiscard]] double flops_per_cycle() const;        ///< 2 macs / compute cycles
  [[nodiscard]] double flops_per_cycle_total() const;  ///< 2 macs / cycles
  [[nodiscard]] double speedup() const;                ///< dense compute cycles / compute cycles
  [[nodiscard]] double utilisation() const;            ///< busy PE cycles / (PEs * compute cycles)

  /// Adds another layer's, of the same machine.
  Figures& operator+=(const Figures& other);
};

/// 2 macs / cycles; 0 where there are no cycles.
[[nodiscard]] double flops_per_cycle(std::uint64_t macs, std::uint64_t cycles);
/// Adds a layer's outcome to that of several: false if one layer's is, else nullopt if one was not checked.
void add_verified(std::optional<bool>& all, const std::optional<bool>& one);

/// A segment as the report lists it.
struct SegmentRecord {
  workloads::Segment segment;
  std::uint64_t cycles = 0;
};

/// What a report says about one layer.
struct LayerReport {
  workloads::ConvLayer layer;
  Figures figures;
  std::uint32_t grid_rows = 0, grid_columns = 0;
  std::uint32_t tiles = 0;
  std::optional<bool> verified;         ///< nullopt: not checked
  std::vector<SegmentRecord> segments;  ///< empty unless asked for
};

/// `dense_compute_cycles`: DenseCycles::plan() of the run's plan.
[[nodiscard]] LayerReport make_layer_report(const workloads::ConvLayer& layer, const Config& config,
                                            const workloads::LayerCounts& counts, const LayerRun& run,
                                            std::uint64_t dense_compute_cycles, bool with_segments);

/// Several layers under one heading.
struct Group {
  std::string name;
  std::size_t layers = 0;
  Figures figures;
  std::optional<bool> verified = true;  ///< add_verified() of all layers

  void add(const LayerReport& report);
};

/// The stages in the order in which they begin.
[[nodiscard]] std::vector<Group> stages_of(const std::vector<LayerReport>& layers);
/// All layers.
[[nodiscard]] Group total_of(const std::vector<LayerReport>& layers);

}  // namespace dlac::tb
