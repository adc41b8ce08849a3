// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/table.h"

#include <cstddef>
#include <vector>

#include "tb/reports/columns.h"
#include "tb/reports/report_file.h"
#include "tb/reports/text.h"

namespace dlac::tb {
namespace {

// Together with the blanks between them 100 columns.
constexpr std::size_t NameWidth = 19;  // "layer4.0.downsample"
const std::vector<Column> Columns{{"grid", "R x C", 7},    {"MACs", "10^6", 7},        {"compute", "cycles", 10},
                                  {"total", "cycles", 10}, {"compute", "flop/cyc", 8}, {"total", "flop/cyc", 8},
                                  {"gain", "x", 5},        {"live", "%", 5},           {"busy", "%", 5},
                                  {"check", "", 6}};

}  // namespace

void Table::header() { out_ << table_header(NameWidth, Columns); }

void Table::line(const std::string& name, const std::string& grid, const Figures& figures,
                 const std::optional<bool>& verified) {
  const auto real = [](std::uint64_t value) { return static_cast<double>(value); };
  const std::vector<std::string> cells{grid,
                                       fitted(real(figures.macs()) / 1e6, 2, Columns[1].width),
                                       fitted(real(figures.compute_cycles()), 0, Columns[2].width),
                                       fitted(real(figures.cycles()), 0, Columns[3].width),
                                       fitted(figures.flops_per_cycle(), 1, Columns[4].width),
                                       fitted(figures.flops_per_cycle_total(), 1, Columns[5].width),
                                       fitted(figures.speedup(), 2, Columns[6].width),
                                       fitted(100 * figures.counts.live_density(), 1, Columns[7].width),
                                       fitted(100 * figures.utilisation(), 1, Columns[8].width),
                                       !verified   ? "-"
                                       : *verified ? to_string(level_)
                                                   : "FAILED"};
  out_ << table_row(NameWidth, Columns, name, cells) << std::flush;
}

void Table::row(const LayerReport& report) {
  if (stage_.layers != 0 && report.layer.stage != stage_.name) end_stage();
  stage_.name = report.layer.stage;
  line(report.layer.name, std::to_string(report.grid_rows) + "x" + std::to_string(report.grid_columns), report.figures,
       report.verified);
  stage_.add(report);
  total_.add(report);
}

void Table::end_stage() {
  if (stage_.layers > 1) {
    line("= " + stage_.name + ", " + std::to_string(stage_.layers), "layers", stage_.figures, stage_.verified);
  }
  stage_ = Group{};
}

void Table::finish() {
  const bool one_stage = stage_.layers == total_.layers;
  if (!one_stage) end_stage();
  if (total_.layers > 1) {
    line("= total, " + std::to_string(total_.layers), "layers", total_.figures, total_.verified);
  }
  out_ << std::flush;
}

std::string simulated(const std::string& what, const MachineSettings& machine, std::uint64_t cycles) {
  const Config& core = machine.core;
  const double milliseconds = static_cast<double>(cycles) * static_cast<double>(core.clock_period_ps) * 1e-9;
  return clipped(what, std::min<std::size_t>(what.size(), 20)) + ", " + std::string(to_string(core.mode)) +
         ", engine " + std::string(to_string(core.engine)) + ", policy " + std::string(to_string(core.policy)) + ": " +
         grouped(cycles) + " cycles, " + fixed(milliseconds, 3) + " ms at " + fixed(1e6 / core.clock_period_ps, 0) +
         " MHz\n";
}

std::string summary(const std::string& what, const MachineSettings& machine, const Group& total, double wall_seconds,
                    std::uint64_t peak_memory_bytes) {
  const Figures& figures = total.figures;
  const double rate = figures.cpu_seconds > 0 ? static_cast<double>(figures.macs()) / figures.cpu_seconds / 1e6 : 0;
  return simulated(what, machine, figures.cycles()) + "host: " + fixed(figures.cpu_seconds, 3) +
         " s CPU in the model, " + fixed(rate, 0) + " M MAC/s; " + fixed(wall_seconds, 2) + " s in all, peak memory " +
         fixed(static_cast<double>(peak_memory_bytes) / 1e6, 0) + " MB\n";
}

}  // namespace dlac::tb
