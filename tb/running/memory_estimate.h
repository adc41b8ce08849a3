// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tb/running/compile.h"
#include "tb/running/jobs.h"
#include "tb/settings/run_settings.h"
#include "tb/system/available_memory.h"
#include "workloads/image.h"

namespace dlac::tb {

/// What running jobs takes.
struct RunMemory {
  std::uint64_t testbench_bytes = 0;  ///< of the testbench's memory: what the largest of the layers needs
  std::uint64_t peak_bytes = 0;       ///< resident memory of the process at its largest, an estimate
  std::size_t peak_job = 0;           ///< when that is
};

/// Plans every layer, and adds up what there is at each moment of its run: tensors and how they are made, plan, memory
/// of the testbench, outputs, what the reference keeps. So what cannot be mapped, and what takes more than is
/// `available`, is refused before anything is computed; a plan that would itself take more is not made.
/// Throws InputError.
[[nodiscard]] RunMemory run_memory(const std::vector<Job>& jobs, const RunSettings& settings,
                                   const AvailableMemory& available);

/// Throws InputError as run_memory() does if compiling jobs into an image takes more than is `available`: all tensors,
/// plans and the image itself are in memory at the end. Plans each layer as run_memory() does.
void check_compile_memory(const std::vector<Job>& jobs, const CompileSettings& settings,
                          const AvailableMemory& available);

/// Throws InputError if running an image takes more than is `available`, beside what there is when it has been read:
/// the testbench's memory, the outputs, and what records the links. `name` is what it calls the image.
void check_exec_memory(const workloads::Image& image, const std::string& name, const Config& core,
                       const RecordSettings& records, const AvailableMemory& available);

}  // namespace dlac::tb
