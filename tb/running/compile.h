// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tb/running/jobs.h"
#include "tb/settings/options.h"

namespace dlac::tb {

/// The layers to compile, from whatever source; adds the names of the files read to `inputs`.
/// Throws what network_jobs(), file_job() and read_manifest() throw.
[[nodiscard]] std::vector<Job> compile_jobs(const CompileCommand& command, std::vector<std::string>& inputs);

/// The content of the image. `started` is called before each job and may be empty.
/// Throws what memory_needed() and workloads::make_image() throw.
[[nodiscard]] std::vector<std::uint8_t> compile(std::vector<Job>& jobs, const CompileCommand& command,
                                                const std::function<void(std::size_t job)>& started = {});

}  // namespace dlac::tb
