// SPDX-License-Identifier: Apache-2.0
#include "tb/running/compile.h"

#include <optional>
#include <utility>

#include "tb/running/compile_manifest.h"
#include "tb/running/host_time.h"
#include "tb/running/memory_estimate.h"
#include "tb/verification/reference_layer.h"
#include "workloads/crc32.h"
#include "workloads/image.h"
#include "workloads/image_maker.h"

namespace dlac::tb {
namespace {

using workloads::Tensor;

class Sources {
 public:
  Sources(Mode mode, std::uint64_t seed, std::vector<std::string>& inputs)
      : mode_(mode), seed_(seed), inputs_(inputs) {}

  std::vector<Job> operator()(const NetworkSelection& selection) const { return network_jobs(selection, mode_, seed_); }
  std::vector<Job> operator()(const LayerFiles& files) const {
    inputs_.insert(inputs_.end(), {files.weights, files.features});
    std::vector<Job> jobs;
    jobs.push_back(file_job(files, mode_));
    if (!files.name) jobs.back().layer.name = workloads::image_name(jobs.back().layer.name);
    return jobs;
  }
  std::vector<Job> operator()(const ManifestFile& manifest) const {
    inputs_.push_back(manifest.path);
    std::vector<Job> jobs;
    for (const ManifestLayer& layer : read_manifest(manifest.path)) {
      inputs_.push_back(layer.files.weights);
      if (layer.features_from) {
        jobs.push_back(file_job(layer.files, mode_, jobs[*layer.features_from].layer));
        jobs.back().features_from = layer.features_from;
      } else {
        inputs_.push_back(layer.files.features);
        jobs.push_back(file_job(layer.files, mode_));
      }
      jobs.back().layer.name = layer.name;
    }
    return jobs;
  }

 private:
  Mode mode_;
  std::uint64_t seed_;
  std::vector<std::string>& inputs_;
};

double making_nanoseconds(const workloads::ConvLayer& layer) {
  return FeatureNanoseconds * static_cast<double>(layer.feature_count());
}

/// A job's right outputs.
Tensor right_outputs(const Job& job, const CompileSettings& settings, const LayerTensors& tensors,
                     const CompileHooks& hooks) {
  const double made = making_nanoseconds(job.layer) / compile_nanoseconds(job.layer, settings);
  if (hooks.moved) hooks.moved(made);
  const ReferenceLayer reference(job.layer, settings.machine.core.mode, tensors);
  return reference.outputs([&](std::int64_t done, std::int64_t all) {
    if (hooks.moved) hooks.moved(made + (1 - made) * static_cast<double>(done) / static_cast<double>(all));
  });
}

}  // namespace

double compile_nanoseconds(const workloads::ConvLayer& layer, const CompileSettings& settings) {
  return making_nanoseconds(layer) +
         (settings.expect ? ReferenceMacNanoseconds * static_cast<double>(layer.macs()) : 0);
}

std::vector<Job> compile_jobs(const CompileSettings& settings, std::vector<std::string>& inputs) {
  return std::visit(Sources(settings.machine.core.mode, settings.seed, inputs), settings.source);
}

std::vector<std::uint8_t> compile(std::vector<Job>& jobs, const CompileSettings& settings, const CompileHooks& hooks) {
  const MachineSettings& machine = settings.machine;
  check_compile_memory(jobs, settings,
                       available_memory());  // what cannot be mapped, or held, is refused before anything is computed
  std::vector<workloads::ImageLayer> layers;
  std::vector<Tensor> outputs;  // of all layers, when they are wanted
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (hooks.started) hooks.started(i);
    Job& job = jobs[i];
    LayerTensors tensors = job.tensors();
    job.tensors = nullptr;
    workloads::ImageLayer layer;
    layer.conv = job.layer;
    if (settings.expect) {
      if (job.features_from) tensors.features = outputs[*job.features_from];
      outputs.push_back(right_outputs(job, settings, tensors, hooks));
      layer.outputs_crc = workloads::crc32(outputs.back().bytes(), outputs.back().size_in_bytes());
    }
    layer.weights = std::move(tensors.weights);
    if (job.features_from) {
      layer.features = workloads::FeaturesFromLayer{*job.features_from};
    } else if (settings.features) {
      layer.features = std::move(tensors.features);
    } else {
      layer.features = workloads::FeaturesFromHost{};
    }
    layers.push_back(std::move(layer));
  }
  return workloads::make_image(layers, machine.core, mapper_options(machine), settings.base);
}

}  // namespace dlac::tb
