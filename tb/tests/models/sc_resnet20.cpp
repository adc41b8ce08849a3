// SPDX-License-Identifier: Apache-2.0
// A trained ternary network with real activations.
#include <dlac/common/half.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "tb/reference/convolution.h"
#include "tb/system/testbench.h"
#include "tb/tests/random_layers.h"
#include "tb/tests/trained_resnet20.h"

namespace workloads = dlac::workloads;
using dlac::Config;
using dlac::EngineKind;
using dlac::Half;
using dlac::Mode;
using dlac::tb::converted;
using dlac::tb::LayerRun;
using dlac::tb::RandomLayer;
using dlac::tb::RealLayer;
using dlac::tb::Testbench;
using dlac::tb::trained_resnet20;
using dlac::tb::words_of;
using workloads::ElementType;
using workloads::Tensor;

namespace {

[[nodiscard]] double output_value(const Tensor& outputs, std::size_t i) {
  return outputs.type() == ElementType::Float32 ? static_cast<double>(outputs.span<float>()[i])
                                                : static_cast<double>(outputs.span<Half>()[i].to_float());
}

/// sum |a*b| per output, in binary64, straight from the definition of a convolution.
[[nodiscard]] std::vector<double> magnitude_sums(const workloads::ConvLayer& l, const Tensor& weights,
                                                 const Tensor& features) {
  const auto weight = [&](std::size_t i) {
    return std::abs(weights.type() == ElementType::Int8 ? static_cast<double>(weights.span<std::int8_t>()[i])
                                                        : static_cast<double>(weights.span<float>()[i]));
  };
  const auto x = features.span<float>();
  std::vector<double> sums;
  for (std::uint32_t n = 0; n < l.batch; ++n) {
    for (std::uint32_t k = 0; k < l.out_channels; ++k) {
      for (std::uint32_t oy = 0; oy < l.out_height(); ++oy) {
        for (std::uint32_t ox = 0; ox < l.out_width(); ++ox) {
          double sum = 0;
          for (std::uint32_t c = 0; c < l.in_channels; ++c) {
            for (std::uint32_t kh = 0; kh < l.kernel_h; ++kh) {
              for (std::uint32_t kw = 0; kw < l.kernel_w; ++kw) {
                const std::int64_t y = std::int64_t{oy} * l.stride_h + kh - l.pad_h;
                const std::int64_t xx = std::int64_t{ox} * l.stride_w + kw - l.pad_w;
                if (y < 0 || y >= l.height || xx < 0 || xx >= l.width) continue;
                const std::size_t feature = ((std::size_t{n} * l.in_channels + c) * l.height + y) * l.width + xx;
                const std::size_t w = ((std::size_t{k} * l.in_channels + c) * l.kernel_h + kh) * l.kernel_w + kw;
                sum += weight(w) * std::abs(static_cast<double>(x[feature]));
              }
            }
          }
          sums.push_back(sum);
        }
      }
    }
  }
  return sums;
}

void run_real_layers(Mode mode, EngineKind engine) {
  const std::vector<RealLayer> layers = trained_resnet20();
  if (layers.empty()) return;
  REQUIRE(layers.size() == 19);
  Config config = Config::defaults(mode);
  config.engine = engine;
  const auto program = [&](Testbench& bench) {
    for (const RealLayer& real : layers) {
      CAPTURE(real.layer.name);
      RandomLayer input;
      input.layer = real.layer;
      const bool ternary = real.weights.type() == ElementType::Int8;
      input.tensors.weights = ternary ? real.weights : converted(real.weights, mode);
      input.tensors.features = converted(real.activations, mode);
      const LayerRun run = bench.execute(input.layer, input.tensors, {});
      CHECK(words_of(run.outputs) == reference_outputs(input, mode));
      for (std::size_t i = 0; i < run.plan.segments.size(); ++i) {
        const auto cycles = reference_cycles(input, config, run.plan, run.plan.segments[i]).cycles;
        CHECK(run.segment_cycles[i] == static_cast<std::uint64_t>(cycles));
      }

      // Within 2 T u sum|ab| of the sum in binary64.
      const double u = std::ldexp(1.0, mode == Mode::Train ? -24 : -11);
      const std::vector<double> magnitudes = magnitude_sums(real.layer, real.weights, real.activations);
      std::size_t outside = 0;
      for (std::size_t i = 0; i < magnitudes.size(); ++i) {
        const double exact = real.expected.type() == ElementType::Float64
                                 ? real.expected.span<double>()[i]
                                 : static_cast<double>(real.expected.span<float>()[i]);
        const double bound = 2 * static_cast<double>(real.layer.beats()) * u * magnitudes[i];
        if (!(std::abs(output_value(run.outputs, i) - exact) <= bound)) ++outside;
      }
      CHECK(outside == 0);

      if (!ternary) continue;
      input.tensors.features = converted(real.integer_inputs, mode);
      const LayerRun integer_run = bench.execute(input.layer, input.tensors, {});
      CHECK(words_of(integer_run.outputs) == reference_outputs(input, mode));
      if (mode == Mode::Train) {  // integers below 2^24 are exact in binary32, in any order
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < magnitudes.size(); ++i) {
          wrong += output_value(integer_run.outputs, i) != real.integer_outputs.span<std::int32_t>()[i] ? 1 : 0;
        }
        CHECK(wrong == 0);
      }
    }
  };
  Testbench bench("bench", config, 64 << 20, sc_core::sc_time(100, sc_core::SC_NS), program);
  bench.run();
}

}  // namespace

TEST_CASE("trained ResNet-20 layers in training mode on the schedule engine") {
  run_real_layers(Mode::Train, EngineKind::Schedule);
}
TEST_CASE("trained ResNet-20 layers in inference mode on the schedule engine") {
  run_real_layers(Mode::Infer, EngineKind::Schedule);
}
TEST_CASE("trained ResNet-20 layers in training mode on the clocked engine") {
  run_real_layers(Mode::Train, EngineKind::Clocked);
}
TEST_CASE("trained ResNet-20 layers in inference mode on the clocked engine") {
  run_real_layers(Mode::Infer, EngineKind::Clocked);
}
