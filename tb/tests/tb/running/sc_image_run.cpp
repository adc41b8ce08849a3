// SPDX-License-Identifier: Apache-2.0
// Images on the core: many layers from one list, without the host in between.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "tb/running/image_run.h"
#include "tb/tests/random_layers.h"
#include "tb/tests/trained_resnet20.h"
#include "workloads/crc32.h"
#include "workloads/image.h"

namespace dlac::tb {
using workloads::FeaturesFromLayer;
using workloads::ImageLayer;
using workloads::Tensor;
using workloads::WeightKind;

namespace {

constexpr std::uint64_t Base = 0x4'0000;

[[nodiscard]] std::vector<std::uint8_t> bytes_of(const reference::Words& words, Mode mode) {
  const std::size_t width = mode == Mode::Train ? 4 : 2;
  std::vector<std::uint8_t> bytes(words.size() * width);
  for (std::size_t i = 0; i < words.size(); ++i) std::memcpy(bytes.data() + i * width, &words[i], width);
  return bytes;
}

[[nodiscard]] Tensor tensor_of(const std::vector<std::uint8_t>& bytes, Mode mode, std::vector<std::size_t> shape) {
  Tensor tensor(mode == Mode::Train ? workloads::ElementType::Float32 : workloads::ElementType::Float16,
                std::move(shape));
  REQUIRE(tensor.size_in_bytes() == bytes.size());
  std::memcpy(tensor.bytes(), bytes.data(), bytes.size());
  return tensor;
}

/// Layers with all that is known of them beforehand.
struct Network {
  std::vector<RandomLayer> inputs;  ///< as the core sees them: a chained layer has its producer's right outputs
  std::vector<std::vector<std::uint8_t>> outputs;
  std::vector<ImageLayer> layers;

  void add(RandomLayer input, workloads::ImageFeatures features, Mode mode) {
    outputs.push_back(bytes_of(reference_outputs(input, mode), mode));
    const std::uint32_t crc = workloads::crc32(outputs.back().data(), outputs.back().size());
    layers.push_back({input.layer, input.tensors.weights, std::move(features), crc});
    inputs.push_back(std::move(input));
  }
};

/// Random layers; every other one that a 3x3 convolution can follow has one on its outputs.
[[nodiscard]] Network random_network(Mode mode, std::size_t size) {
  std::mt19937 random(20);
  Network network;
  while (network.layers.size() < size) {
    RandomLayer first = random_layer(random, mode, 60'000);
    first.layer.name = "layer " + std::to_string(network.layers.size());
    Tensor features = first.tensors.features;
    network.add(std::move(first), std::move(features), mode);

    const std::size_t producer = network.layers.size() - 1;
    const workloads::ConvLayer& before = network.inputs[producer].layer;
    RandomLayer second;
    second.layer.name = "behind " + std::to_string(producer);
    second.layer.batch = before.batch;
    second.layer.in_channels = before.out_channels;
    second.layer.height = before.out_height();
    second.layer.width = before.out_width();
    second.layer.out_channels = 9;
    second.layer.kernel_h = second.layer.kernel_w = 3;
    second.layer.pad_h = second.layer.pad_w = 1;
    second.tensors.weights = Tensor(workloads::ElementType::Int8, {9, before.out_channels, 3, 3});
    for (std::int8_t& code : second.tensors.weights.span<std::int8_t>()) {
      code = static_cast<std::int8_t>(static_cast<int>(random() % 3) - 1);
    }
    second.tensors.features = tensor_of(network.outputs[producer], mode,
                                        {before.batch, before.out_channels, before.out_height(), before.out_width()});
    network.add(std::move(second), FeaturesFromLayer{producer}, mode);
  }
  return network;
}

/// Every output, every layer's cycles and the counters of the whole list.
void check_run(const Network& network, const MachineSettings& machine, const workloads::Image& image,
               const ImageRun& run, bool cycles) {
  REQUIRE(run.layers.size() == network.layers.size());
  std::uint64_t macs = 0, compute = 0, segments = 0, written = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const RandomLayer& input = network.inputs[i];
    CAPTURE(input.layer.name);
    CHECK(run.layers[i].outputs == network.outputs[i]);
    CHECK(run.layers[i].right == true);
    macs += input.layer.macs();
    compute += run.layers[i].compute_cycles;
    segments += run.layers[i].segments;
    written += network.outputs[i].size();
    if (!cycles) continue;
    const workloads::LayerPlan plan = workloads::plan_layer(input.layer, machine.core);
    std::uint64_t expected = 0;
    for (const workloads::Segment& segment : plan.segments) {
      expected += static_cast<std::uint64_t>(reference_cycles(input, machine.core, plan, segment).cycles);
    }
    CHECK(run.layers[i].segments == plan.segments.size());
    CHECK(run.layers[i].compute_cycles == expected);
  }
  CHECK(run.passed());

  const auto counter = [&](Counter which) { return run.counters[static_cast<std::size_t>(which)]; };
  const auto sum = [&](std::initializer_list<Counter> parts) {
    return std::accumulate(parts.begin(), parts.end(), std::uint64_t{0},
                           [&](std::uint64_t before, Counter part) { return before + counter(part); });
  };
  CHECK(counter(Counter::Commands) == image.header.commands);
  CHECK(counter(Counter::Segments) == segments);
  CHECK(counter(Counter::ComputeCycles) == compute);
  CHECK(counter(Counter::BytesWritten) == written);
  CHECK(sum({Counter::UpdatesExecuted, Counter::UpdatesSkippedWeight, Counter::UpdatesSkippedFeature,
             Counter::UpdatesSkippedBoth}) == macs);
  CHECK(sum({Counter::ComputeCycles, Counter::PointwiseCycles, Counter::WaitWeightsCycles, Counter::WaitFeaturesCycles,
             Counter::WaitDrainCycles, Counter::IdleCycles}) == counter(Counter::Cycles));
}

void run_random_network(Mode mode, EngineKind engine) {
  MachineSettings machine;
  machine.core = Config::defaults(mode);
  machine.core.engine = engine;
  const Network network = random_network(mode, engine == EngineKind::Schedule ? 20 : 8);
  const workloads::Image image =
      workloads::parse_image(workloads::make_image(network.layers, machine.core, {}, Base), "random.dlac");
  check_run(network, machine, image, run_image(image, "random.dlac", machine), true);
}

void run_trained_network(Mode mode) {
  const std::vector<RealLayer> real_layers = trained_resnet20();
  if (real_layers.empty()) return;
  REQUIRE(real_layers.size() == 19);
  MachineSettings machine;
  machine.core = Config::defaults(mode);
  Network network;
  for (const RealLayer& real : real_layers) {
    const bool ternary = real.layer.weights == WeightKind::Ternary;
    RandomLayer input;
    input.layer = real.layer;
    input.tensors.weights = ternary ? real.weights : converted(real.weights, mode);
    input.tensors.features = converted(ternary ? real.integer_inputs : real.activations, mode);
    Tensor features = input.tensors.features;
    network.add(std::move(input), std::move(features), mode);
  }
  const workloads::Image image =
      workloads::parse_image(workloads::make_image(network.layers, machine.core, {}, Base), "resnet20.dlac");
  const ImageRun run = run_image(image, "resnet20.dlac", machine);
  check_run(network, machine, image, run, false);
  if (mode == Mode::Infer) return;  // sums beyond 2048 are not exact in binary16
  for (std::size_t i = 1; i < real_layers.size(); ++i) {
    CAPTURE(real_layers[i].layer.name);
    const auto expected = real_layers[i].integer_outputs.span<std::int32_t>();
    REQUIRE(run.layers[i].outputs.size() == 4 * expected.size());
    std::size_t wrong = 0;
    for (std::size_t j = 0; j < expected.size(); ++j) {
      float value = 0;
      std::memcpy(&value, run.layers[i].outputs.data() + 4 * j, 4);
      wrong += value == static_cast<float>(expected[j]) ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

}  // namespace

TEST_CASE("an image's layers run from one list in training mode on the schedule engine") {
  run_random_network(Mode::Train, EngineKind::Schedule);
}
TEST_CASE("an image's layers run from one list in inference mode on the schedule engine") {
  run_random_network(Mode::Infer, EngineKind::Schedule);
}
TEST_CASE("an image's layers run from one list in training mode on the clocked engine") {
  run_random_network(Mode::Train, EngineKind::Clocked);
}
TEST_CASE("an image's layers run from one list in inference mode on the clocked engine") {
  run_random_network(Mode::Infer, EngineKind::Clocked);
}

TEST_CASE("trained ResNet-20 from one list in training mode: the integer results") { run_trained_network(Mode::Train); }
TEST_CASE("trained ResNet-20 from one list in inference mode: the reference's results") {
  run_trained_network(Mode::Infer);
}

TEST_CASE("outputs that differ from the image's checksum are told apart from those that cannot be checked") {
  MachineSettings machine;
  Network network = random_network(Mode::Train, 4);
  network.layers[1].outputs_crc = *network.layers[1].outputs_crc ^ 1U;
  network.layers[2].outputs_crc = std::nullopt;
  const ImageRun run = run_image(workloads::parse_image(workloads::make_image(network.layers, machine.core), "x.dlac"),
                                 "x.dlac", machine);
  CHECK_FALSE(run.passed());
  CHECK(run.layers[0].right == true);
  CHECK(run.layers[1].right == false);
  CHECK(run.layers[2].right == std::nullopt);
  CHECK(run.layers[3].right == true);
}

TEST_CASE("an image whose mmOps have tags that are no numbers of its commands is refused before it runs") {
  MachineSettings machine;
  const Network network = random_network(Mode::Train, 2);
  workloads::Image image = workloads::parse_image(workloads::make_image(network.layers, machine.core), "x.dlac");
  const auto mm = std::find_if(image.commands.begin(), image.commands.end(),
                               [](const Command& command) { return std::holds_alternative<MmOp>(command); });
  REQUIRE(mm != image.commands.end());
  const auto commands = static_cast<std::uint32_t>(image.commands.size());
  for (const std::uint32_t tag : {commands, commands + 1, 0xFFFFFFFFU}) {
    header_of(*mm).tag = tag;
    CHECK_THROWS_WITH(run_image(image, "x.dlac", machine), Catch::Contains("tag " + std::to_string(tag)) &&
                                                               Catch::Contains("below " + std::to_string(commands)));
  }
  header_of(*mm).tag = commands - 1;
  CHECK(run_image(image, "x.dlac", machine).passed());
}

}  // namespace dlac::tb
