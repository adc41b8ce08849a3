// SPDX-License-Identifier: Apache-2.0
#include "tb/running/memory_estimate.h"

#include <fnmatch.h>

#include <algorithm>
#include <limits>

#include "tb/reports/layer_report.h"
#include "workloads/mapper.h"
#include "workloads/settings/input_error.h"
#include "workloads/settings/text.h"

namespace dlac::tb {
namespace {

using workloads::ConvLayer;
using workloads::WeightKind;

/// Bytes of a layer's parts in this process.
struct LayerBytes {
  LayerBytes(const ConvLayer& layer, const Config& core)
      : ternary(layer.weights == WeightKind::Ternary),
        word(core.word_bytes()),
        weight_count(layer.weight_count()),
        feature_count(layer.feature_count()),
        output_count(layer.output_count()) {}

  [[nodiscard]] std::uint64_t weights() const { return weight_count * (ternary ? 1 : word); }
  [[nodiscard]] std::uint64_t tensors() const { return weights() + feature_count * word; }
  [[nodiscard]] std::uint64_t outputs() const { return output_count * word; }

  /// While synthetic tensors are made: as binary32, beside the weights; then the bins that densities are drawn from,
  /// or the copy in half precision, whichever is larger.
  [[nodiscard]] std::uint64_t making() const {
    constexpr std::uint64_t Single = 4, Bin = 2;
    const std::uint64_t half = word == 2 ? 2 : 0;
    return std::max(weight_count * (ternary ? 1 : Single + half),
                    weights() + feature_count * (Single + std::max(Bin, half)));
  }

  /// What the reference keeps of the tensors, and takes to compute all outputs.
  [[nodiscard]] std::uint64_t reference(VerifyLevel level) const {
    if (level == VerifyLevel::None) return 0;
    const std::uint64_t kept = feature_count * 4 + weight_count * (ternary ? 1 : 4);
    const std::uint64_t value = word == 4 ? 4 : 8;  // binary16 is computed with in binary64
    const std::uint64_t all = (feature_count + output_count) * value + output_count * 4;
    return kept + (level == VerifyLevel::All ? all : 0);
  }

  bool ternary;
  std::uint64_t word;
  std::uint64_t weight_count, feature_count, output_count;
};

/// A segment in the JSON report: as a tree, and twice as text.
constexpr std::uint64_t ReportedSegment = 1100;

/// A plan, the cycles of its segments as the testbench and the results keep them, and the emitter's notes.
std::uint64_t plan_bytes(std::uint64_t commands, std::uint64_t segments) {
  return commands * sizeof(Command) + segments * (sizeof(workloads::Segment) + 2 * sizeof(std::uint64_t));
}
/// The most that a plan takes while it is made: its list of commands is copied into one of twice the length.
std::uint64_t planning_bytes(const workloads::LayerPlan& plan) {
  const std::uint64_t grown = std::max(plan.commands.capacity(), plan.commands.size());
  return plan_bytes(grown, plan.segments.size());
}

/// What of the program and its libraries comes into memory only as it runs.
constexpr std::uint64_t Parts = 4U << 20U;

/// Whatever else grows with the core: buffers, both engines' copies of operands, the clocked engine's modules.
std::uint64_t core_bytes(const Config& core) {
  constexpr std::uint64_t ClockedPe = 20U << 10U;
  const bool clocked = core.engine == EngineKind::Clocked;
  return Parts + core.weight_buffer_bytes + core.feature_buffer_bytes + std::uint64_t{2} * core.bank_words() * 4 +
         (clocked ? core.pes * ClockedPe : 0);
}

/// Links of the clocked grid that a pattern matches. There are few others.
std::uint64_t matched_links(const std::string& pattern, const Config& core) {
  const std::uint32_t rows = std::min(core.pes, MaximumGridRows);
  const struct {
    std::string before, behind;
    std::uint32_t count;
  } kinds[] = {{"grid.drain_pe_", "", core.pes},
               {"grid.pe_", ".zero_skip.row", core.pes},
               {"grid.pe_", ".zero_skip.column", core.pes},
               {"grid.pe_", ".zero_skip.update", core.pes},
               {"grid.column_stream_", ".buffer", core.pes},
               {"grid.operand_network.column_", "", core.pes},
               {"grid.row_stream_", ".buffer", rows},
               {"grid.operand_network.row_", "", rows}};
  std::uint64_t matched = 0;
  for (const auto& kind : kinds) {
    for (std::uint32_t i = 0; i < kind.count; ++i) {
      const std::string name = kind.before + std::to_string(i) + kind.behind;
      if (::fnmatch(pattern.c_str(), name.c_str(), 0) == 0) ++matched;
    }
  }
  return matched;
}

/// What --record takes: an observer in each link, and the sorting of the lines.
std::uint64_t record_bytes(const RecordSettings& records, const Config& core) {
  constexpr std::uint64_t Sorting = 2U << 20U, Observer = 4400;
  if (records.links.empty()) return 0;
  std::uint64_t bytes = Sorting;
  if (core.engine != EngineKind::Clocked) return bytes;
  for (const LinkPattern& record : records.links) bytes += Observer * matched_links(record.pattern, core);
  return bytes;
}

void check(const Job& job, std::uint64_t bytes, const AvailableMemory& available) {
  if (bytes <= available.bytes) return;
  const ConvLayer& layer = job.layer;
  throw InputError("layer " + printable(layer.name), "batch " + std::to_string(layer.batch),
                   "takes about " + mebibytes(bytes) + " of memory",
                   "at most " + mebibytes(available.bytes) + ", which " + available.limited_by + " leaves" +
                       (layer.batch > 1 ? "; a smaller batch takes less" : ""));
}

}  // namespace

RunMemory run_memory(const std::vector<Job>& jobs, const RunSettings& settings, const AvailableMemory& available) {
  const MachineSettings& machine = settings.machine;
  const workloads::MapperOptions options = mapper_options(machine);
  // What there is anyway: the program, and the tensors that came from files.
  std::uint64_t base =
      resident_memory() + core_bytes(machine.core) + record_bytes(settings.outputs.records, machine.core);
  RunMemory memory;
  memory.peak_bytes = peak_memory();
  std::uint64_t touched = 0;  // of the testbench's memory, by the layers so far
  std::uint64_t segments_in_report = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    const LayerBytes bytes(job.layer, machine.core);
    const std::uint64_t tensors = job.tensors_held ? 0 : bytes.tensors();
    const auto at_least = [&](std::uint64_t more) {
      if (base + more > memory.peak_bytes) {
        memory.peak_bytes = base + more;
        memory.peak_job = i;
      }
      check(job, base + more, available);
    };
    // The tensors are known before anything is planned, the plan but for its loads before it is made.
    const std::uint64_t in_and_out = bytes.feature_count * bytes.word + bytes.outputs();
    const std::uint64_t results = bytes.outputs() + bytes.reference(settings.verify);
    at_least(tensors + std::max(touched, in_and_out) + results);
    const workloads::PlanSize size = planned(job, machine, [&] { return plan_size(job.layer, machine.core, options); });
    const std::uint64_t least_plan = plan_bytes(size.commands(), size.segments);
    at_least(tensors + least_plan + std::max(touched, size.commands() * CommandBytes + in_and_out) + results);

    const workloads::LayerPlan plan =
        planned(job, machine, [&] { return plan_layer(job.layer, machine.core, options); });
    const std::uint64_t footprint = Testbench::footprint(plan, job.layer, machine.core);
    memory.testbench_bytes = std::max(memory.testbench_bytes, footprint);
    const std::uint64_t kept_plan = plan_bytes(plan.commands.size(), plan.segments.size());
    if (!job.tensors_held) at_least(touched + bytes.making());
    at_least(tensors + planning_bytes(plan) + touched);
    touched = std::max(touched, footprint);
    at_least(tensors + kept_plan + touched + results);
    if (settings.segments) {
      base += plan.segments.size() * sizeof(SegmentRecord);
      segments_in_report += plan.segments.size();
    }
    if (job.tensors_held) base -= std::min(base, bytes.tensors());
    if (i + 1 == jobs.size()) at_least(segments_in_report * ReportedSegment);
  }
  return memory;
}

void check_compile_memory(const std::vector<Job>& jobs, const CompileSettings& settings,
                          const AvailableMemory& available) {
  const MachineSettings& machine = settings.machine;
  const workloads::MapperOptions options = mapper_options(machine);
  std::uint64_t kept = resident_memory() + Parts;  // tensors, and outputs for those who read them
  std::uint64_t plans = 0, image = 0;
  for (const Job& job : jobs) {
    const LayerBytes bytes(job.layer, machine.core);
    const auto at_least = [&](std::uint64_t total) { check(job, total, available); };
    const bool features = settings.features && !job.features_from;
    const std::uint64_t own = bytes.weights() + (features ? bytes.feature_count * bytes.word : 0);
    at_least(kept + (job.tensors_held ? 0 : own) + plans + image + own - bytes.weights());
    const workloads::PlanSize size = planned(job, machine, [&] { return plan_size(job.layer, machine.core, options); });
    const std::uint64_t packed = bytes.weights() / (bytes.ternary ? 4 : 1) + own - bytes.weights();
    at_least(kept + plans + plan_bytes(size.commands(), size.segments) + image + size.commands() * CommandBytes +
             packed);
    const workloads::LayerPlan plan =
        planned(job, machine, [&] { return plan_layer(job.layer, machine.core, options); });
    at_least(kept + plans + planning_bytes(plan));
    const std::uint64_t commands = plan.commands.size();
    plans += plan_bytes(commands, plan.segments.size()) + commands * sizeof(Command);  // and the whole list
    image += commands * CommandBytes + packed;
    if (!job.tensors_held) at_least(kept + bytes.making());
    if (settings.expect) {
      at_least(kept + bytes.tensors() + bytes.reference(VerifyLevel::All) + bytes.outputs());
      kept += bytes.outputs();
    }
    if (!job.tensors_held) kept += own;
    at_least(kept + plans + image);
  }
}

void check_exec_memory(const workloads::Image& image, const std::string& name, const Config& core,
                       const RecordSettings& records, const AvailableMemory& available) {
  constexpr std::uint64_t Most = std::numeric_limits<std::uint64_t>::max() / 2;
  std::uint64_t bytes = resident_memory() + core_bytes(core) + record_bytes(records, core) +
                        image.commands.size() * sizeof(std::uint64_t);
  const auto add = [&](std::uint64_t more) {  // a header may say anything
    bytes = std::min(Most, bytes + std::min(Most, more));
  };
  add(image.header.memory_bytes);
  for (const dlac_image_layer& layer : image.layers) add(layer.outputs_bytes);
  if (bytes <= available.bytes) return;
  throw InputError(printable(name), "",
                   (bytes == Most ? "takes more than " : "takes about ") + mebibytes(bytes) + " of memory",
                   "at most " + mebibytes(available.bytes) + ", which " + available.limited_by + " leaves");
}

}  // namespace dlac::tb
