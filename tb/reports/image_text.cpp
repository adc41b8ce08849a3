// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/image_text.h"

#include <optional>
#include <utility>
#include <vector>

#include "tb/reports/columns.h"
#include "tb/reports/layer_report.h"
#include "tb/reports/table.h"
#include "tb/reports/text.h"

namespace dlac::tb {
namespace {

using workloads::Image;

constexpr std::size_t NameWidth = 19;  // as the table of `run`
constexpr std::size_t CountWidth = 10;
// Together with the blanks between them 100 columns, and less.
const std::vector<Column> HoldsColumns{{"commands", "", 8},
                                       {"weights", "bytes", CountWidth},
                                       {"features", "bytes", CountWidth},
                                       {"features", "from", NameWidth},
                                       {"outputs", "bytes", CountWidth},
                                       {"MACs", "10^6", 9},
                                       {"check", "", 8}};
const std::vector<Column> RunColumns{{"commands", "", 8},        {"segments", "", 8},
                                     {"MACs", "10^6", 9},        {"compute", "cycles", CountWidth},
                                     {"compute", "flop/cyc", 8}, {"check", "", 6}};

std::string count(std::uint64_t value) { return fitted(static_cast<double>(value), 0, CountWidth); }
std::string millions(std::uint64_t value) { return fitted(static_cast<double>(value) / 1e6, 2, 9); }
std::string total_name(const Image& image) { return "= total, " + std::to_string(image.layers.size()); }

std::string rate(std::uint64_t macs, std::uint64_t cycles) {
  return cycles == 0 ? "-" : fitted(flops_per_cycle(macs, cycles), 1, 8);
}

std::string features_source(const Image& image, std::size_t layer) {
  if ((image.layers[layer].flags & DLAC_IMAGE_FEATURES_IN_FILE) != 0) return "the file";
  const std::optional<std::size_t> producer = features_from(image, layer);
  if (!producer) return "the host";
  const std::string name = image.layers[*producer].name;
  return character_count(name) <= NameWidth ? name : clipped(name, NameWidth);
}

}  // namespace

std::string image_text(const Image& image, const std::string& file) {
  std::string text = table_header(NameWidth, HoldsColumns);
  std::uint64_t weights = 0, features = 0, outputs = 0, macs = 0;
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const dlac_image_layer& layer = image.layers[i];
    const std::uint64_t own_weights = weight_bytes(image, i);
    const bool expected = (layer.flags & DLAC_IMAGE_OUTPUTS_EXPECTED) != 0;
    text += table_row(
        NameWidth, HoldsColumns, layer.name,
        {std::to_string(layer.commands), count(own_weights), count(layer.features_bytes), features_source(image, i),
         count(layer.outputs_bytes), millions(layer.macs), expected ? "checksum" : "-"});
    weights += own_weights;
    features += layer.features_bytes;
    outputs += layer.outputs_bytes;
    macs += layer.macs;
  }
  const dlac_image_header& header = image.header;
  text += table_row(
      NameWidth, HoldsColumns, total_name(image),
      {std::to_string(header.commands), count(weights), count(features), "", count(outputs), millions(macs), ""});
  text += '\n' + printable(file) + ": " + grouped(header.file_bytes) + " bytes, " + grouped(header.memory_bytes) +
          " in memory, made for address " + hexadecimal(header.base) + '\n';
  text += "core: " + std::string(to_string(header.mode == 0 ? Mode::Train : Mode::Infer)) + ", " +
          std::to_string(header.pes) + " PEs, " + std::to_string(header.output_buffers) +
          " output buffers each; at least " + grouped(header.weight_buffer_bytes) + " bytes for weights,\n      " +
          grouped(header.feature_buffer_bytes) + " for features, tokens up to " + std::to_string(header.token_limit) +
          ", " + std::to_string(header.queue_depth) + " commands per queue\n";
  return text;
}

std::string image_run_text(const Image& image, const std::string& file, const ImageRun& run,
                           const MachineSettings& machine) {
  std::string text = table_header(NameWidth, RunColumns);
  std::uint64_t segments = 0, macs = 0, cycles = 0;
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const dlac_image_layer& layer = image.layers[i];
    const ImageLayerRun& own = run.layers[i];
    text += table_row(NameWidth, RunColumns, layer.name,
                      {std::to_string(layer.commands), std::to_string(own.segments), millions(layer.macs),
                       count(own.compute_cycles), rate(layer.macs, own.compute_cycles),
                       !own.right   ? "-"
                       : *own.right ? "right"
                                    : "FAILED"});
    segments += own.segments;
    macs += layer.macs;
    cycles += own.compute_cycles;
  }
  text += table_row(NameWidth, RunColumns, total_name(image),
                    {std::to_string(image.header.commands), std::to_string(segments), millions(macs), count(cycles),
                     rate(macs, cycles), ""});
  const std::uint64_t total = run.counters[static_cast<std::size_t>(Counter::Cycles)];
  return text + '\n' + simulated(printable(file), machine, total) + "with memory: " + rate(macs, total) +
         " dense-equivalent flops per cycle of the whole list\n";
}

}  // namespace dlac::tb
