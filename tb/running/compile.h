// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "tb/running/jobs.h"
#include "tb/settings/layer_sources.h"
#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// What an image is made of, and how.
struct CompileSettings {
  MachineSettings machine;
  std::variant<NetworkSelection, LayerFiles, ManifestFile> source;
  std::uint64_t seed = 1;  ///< of synthetic tensors
  std::uint64_t base = 0;  ///< address that the image is made for
  bool features = true;    ///< the file holds the features that no layer makes
  bool expect = false;     ///< the file holds checksums of the right outputs
};

/// The layers to compile, from whatever source; adds the names of the files read to `inputs`.
/// Throws what network_jobs(), file_job() and read_manifest() throw.
[[nodiscard]] std::vector<Job> compile_jobs(const CompileSettings& settings, std::vector<std::string>& inputs);

/// Nanoseconds that a layer's tensors usually take to be made, and its right outputs to be computed.
[[nodiscard]] double compile_nanoseconds(const workloads::ConvLayer& layer, const CompileSettings& settings);

/// What a caller wants to hear while an image is made; either may be empty.
struct CompileHooks {
  std::function<void(std::size_t job)> started;
  std::function<void(double share)> moved;  ///< of the job started last; as RunHooks::moved
};

/// The content of the image. Throws what check_compile_memory() and workloads::make_image() throw.
[[nodiscard]] std::vector<std::uint8_t> compile(std::vector<Job>& jobs, const CompileSettings& settings,
                                                const CompileHooks& hooks = {});

}  // namespace dlac::tb
