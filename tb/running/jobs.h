// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "tb/settings/layer_sources.h"
#include "tb/settings/run_settings.h"
#include "tb/system/testbench.h"
#include "workloads/layer.h"

namespace dlac::tb {

/// A layer to run. Its tensors are made when its turn comes, so that those of one layer are in memory at a time.
struct Job {
  workloads::ConvLayer layer;
  std::function<LayerTensors()> tensors;  ///< to be called once
  /// The earlier job whose outputs this layer reads; `tensors` gives no features then.
  std::optional<std::size_t> features_from;
  bool tensors_held = false;  ///< they are in memory already: they came from files
};

/// What a mapper's error is for the user. Throws InputError.
[[noreturn]] void refuse_mapping(const Job& job, const MachineSettings& machine, const ConfigError& error);
[[noreturn]] void refuse_mapping(const Job& job, const workloads::LayerError& error);

/// The layers of a network in network order, with synthetic tensors; of those that are chosen the ones that it has. A
/// layer's tensors depend on the seed, its name and its densities, not on the other layers. Throws InputError for a
/// density that no layer takes.
[[nodiscard]] std::vector<Job> network_jobs(const NetworkSelection& selection, Mode mode, std::uint64_t seed);

/// Reads and checks a layer's files; converts them to the mode's format, ternarises where that is asked for. The layer
/// is named after the weights' file. Throws InputError, workloads::FileError, CodeError, TernaryError.
[[nodiscard]] Job file_job(const LayerFiles& files, Mode mode);
/// The same for a layer that reads the outputs of an earlier one, `producer`. The caller says which:
/// Job::features_from.
[[nodiscard]] Job file_job(const LayerFiles& files, Mode mode, const workloads::ConvLayer& producer);

/// What `plan` returns for a job. What the mapper throws becomes an InputError, which names the layer.
template <class Plan>
[[nodiscard]] auto planned(const Job& job, const MachineSettings& machine, const Plan& plan) -> decltype(plan()) {
  try {
    return plan();
  } catch (const ConfigError& error) {
    refuse_mapping(job, machine, error);
  } catch (const workloads::LayerError& error) {
    refuse_mapping(job, error);
  }
}

/// What the mapper is told.
[[nodiscard]] workloads::MapperOptions mapper_options(const MachineSettings& machine);

}  // namespace dlac::tb
