// SPDX-License-Identifier: Apache-2.0
#include "tb/running/image_run.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "tb/reports/text.h"
#include "tb/running/host_time.h"
#include "tb/running/memory_estimate.h"
#include "tb/system/available_memory.h"
#include "tb/system/link_recording.h"
#include "tb/system/testbench.h"
#include "tb/system/waveform.h"
#include "workloads/crc32.h"
#include "workloads/settings/input_error.h"

namespace dlac::tb {
namespace {

using workloads::Image;

void check_runnable(const Image& image, const std::string& name, const Config& core) {
  check_fits(image, name, core);
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const dlac_image_layer& layer = image.layers[i];
    if ((layer.flags & DLAC_IMAGE_FEATURES_IN_FILE) == 0 && !features_from(image, i)) {
      throw InputError(printable(name), "layer " + std::string(layer.name), "features left to the host",
                       "features in the file, or an earlier layer's outputs");
    }
  }
  // The testbench collects cycles by tag.
  for (std::size_t i = 0; i < image.commands.size(); ++i) {
    const std::uint32_t tag = header_of(image.commands[i]).tag;
    if (std::holds_alternative<MmOp>(image.commands[i]) && tag >= image.commands.size()) {
      throw InputError(printable(name), "command " + std::to_string(i), "tag " + std::to_string(tag),
                       "the number of the mmOp, below " + std::to_string(image.commands.size()));
    }
  }
}

ImageLayerRun collect(Testbench& bench, const Image& image, const dlac_image_layer& layer) {
  ImageLayerRun run;
  for (std::uint32_t i = 0; i < layer.commands; ++i) {
    const Command& command = image.commands[layer.first_command + i];
    if (!std::holds_alternative<MmOp>(command)) continue;
    ++run.segments;
    run.compute_cycles += bench.segment_cycles()[header_of(command).tag];
  }
  const std::uint8_t* outputs = bench.memory.data() + image.header.base + layer.outputs_offset;
  run.outputs.assign(outputs, outputs + layer.outputs_bytes);
  run.outputs_crc = workloads::crc32(run.outputs.data(), run.outputs.size());
  if ((layer.flags & DLAC_IMAGE_OUTPUTS_EXPECTED) != 0) run.right = run.outputs_crc == layer.outputs_crc;
  return run;
}

}  // namespace

ImageRun run_image(const Image& image, const std::string& name, const MachineSettings& machine,
                   const OutputSettings& outputs, const std::function<void(double share)>& moved) {
  check_runnable(image, name, machine.core);
  const std::uint64_t base = image.header.base;
  ImageRun run;
  std::optional<Waveform> waveform;
  const auto program = [&](Testbench& bench) {
    std::memcpy(bench.memory.data() + base, image.bytes.data(), image.bytes.size());
    const ErrorCode error = bench.run_list(image.commands, base + image.header.commands_offset);
    if (error != ErrorCode::None) {
      throw CoreError(name + ": the core reports: " + std::string(to_string(error)));
    }
    run.counters = bench.read_counters();
    for (const dlac_image_layer& layer : image.layers) run.layers.push_back(collect(bench, image, layer));
  };
  check_exec_memory(image, name, machine.core, outputs.records, available_memory());
  LinkRecording recording(outputs.records, machine.core);
  std::unique_ptr<Testbench> bench;
  try {
    bench = std::make_unique<Testbench>("testbench", machine.core, base + image.header.memory_bytes,
                                        sc_core::sc_time(machine.memory_latency_ns, sc_core::SC_NS), program,
                                        recording.fittings());
  } catch (const std::bad_alloc&) {
    const AvailableMemory available = available_memory();
    throw InputError(printable(name), "end in memory", hexadecimal(base + image.header.memory_bytes),
                     "an image that the testbench's memory, from address 0 on, can hold: " + available.limited_by +
                         " leaves " + mebibytes(available.bytes));
  }
  double all = 0, done = 0;
  for (const Command& command : image.commands) all += macs_of(command);
  bench->accelerator.observe([&](const CommandRecord& record) {
    done += macs_of(record.command);
    if (moved && all > 0) moved(std::min(1.0, done / all));
  });
  if (outputs.waveform) {
    waveform.emplace("waveform", *outputs.waveform, machine,
                     [&](sc_core::sc_trace_file* file) { bench->accelerator.trace(file); });
  }
  run_to_end(*bench, recording, waveform, run);
  return run;
}

}  // namespace dlac::tb
