// SPDX-License-Identifier: Apache-2.0
// A platform as small as can be: a host, a bus, a memory and dLAC, which computes one convolution.
#include <dlac/accelerator.h>
#include <dlac/workloads/mapper.h>

#include <iostream>
#include <random>
#include <systemc>
#include <vector>

#include "bus.h"
#include "host.h"
#include "memory.h"

using dlac::Register;
using dlac::workloads::ConvLayer;

namespace {

constexpr Window Registers{0x10000000, 0x1000};
constexpr Window Ram{0x80000000, 0x100000};

/// A 3x3 convolution with ternary weights, 16 channels to 16 channels, on an 8x8 map.
ConvLayer example_layer() {
  ConvLayer layer;
  layer.name = "example";
  layer.in_channels = layer.out_channels = 16;
  layer.height = layer.width = 8;
  layer.kernel_h = layer.kernel_w = 3;
  layer.pad_h = layer.pad_w = 1;
  return layer;
}

/// Output channel k at (y, x), summed up in the order in which dLAC does it (docs/machine.md, section 5).
float expected_output(const std::vector<std::int8_t>& weights, const std::vector<float>& features, int k, int y,
                      int x) {
  float sum = 0;
  for (int c = 0; c < 16; ++c) {
    for (int i = 0; i < 9; ++i) {
      const int v = y + i / 3 - 1;
      const int u = x + i % 3 - 1;
      if (v < 0 || v >= 8 || u < 0 || u >= 8) continue;  // padding
      sum += static_cast<float>(weights[(k * 16 + c) * 9 + i]) * features[(c * 8 + v) * 8 + u];
    }
  }
  return sum;
}

/// What the firmware does. True: every output is right.
bool run_layer(Host& host, const dlac::Config& config) {
  const ConvLayer layer = example_layer();
  std::mt19937 random(1);
  std::vector<std::int8_t> weights(layer.weight_count());  // [out_channels][in_channels][3][3]: -1, 0 or 1
  std::vector<float> features(layer.feature_count());      // [in_channels][8][8]: every other one 0, as after a ReLU
  for (std::int8_t& weight : weights) weight = static_cast<std::int8_t>(static_cast<int>(random() % 3) - 1);
  for (float& feature : features) feature = random() % 2 == 0 ? 0.0F : static_cast<float>(random() % 1000) / 1000;

  // The mapper makes the command list and packs the weights; where everything lies is the host's choice.
  constexpr std::uint64_t List = Ram.base, Weights = List + 0x10000, Features = List + 0x20000,
                          Outputs = List + 0x30000;
  dlac::workloads::LayerPlan plan = dlac::workloads::plan_layer(layer, config);
  plan.relocate({Weights, Features, Outputs});
  std::vector<dlac::CommandImage> commands;
  for (const dlac::Command& command : plan.commands) commands.push_back(dlac::encode(command));
  std::vector<std::uint8_t> packed(plan.weight_image_bytes);
  dlac::workloads::pack_weights(plan, layer, config, weights.data(), packed.data());
  host.write(List, commands.data(), commands.size() * dlac::CommandBytes);
  host.write(Weights, packed.data(), packed.size());
  host.write(Features, features.data(), features.size() * sizeof(float));

  host.write_register(Register::IrqEnable, dlac::IrqDone | dlac::IrqError);
  host.write_register(Register::ListAddrLo, static_cast<std::uint32_t>(List));
  host.write_register(Register::ListAddrHi, static_cast<std::uint32_t>(List >> 32));
  host.write_register(Register::ListLength, static_cast<std::uint32_t>(commands.size()));
  host.write_register(Register::Doorbell, 1);
  host.wait_for_interrupt();
  std::cout << "interrupt at " << sc_core::sc_time_stamp() << ": ";
  host.write_register(Register::IrqStatus, host.read_register(Register::IrqStatus));  // acknowledge
  if ((host.read_register(Register::Status) & dlac::StatusError) != 0) {
    const auto code = static_cast<dlac::ErrorCode>(host.read_register(Register::Error));
    std::cout << "dLAC stopped: " << dlac::to_string(code) << '\n';
    return false;
  }
  host.write_register(Register::Ctrl, dlac::CtrlSnapshot);
  const auto cycles_register = static_cast<Register>(dlac::counter_offset(dlac::Counter::Cycles));  // its low word
  const std::uint32_t cycles = host.read_register(cycles_register);

  std::vector<float> outputs(layer.output_count());  // [out_channels][8][8]
  host.read(Outputs, outputs.data(), outputs.size() * sizeof(float));
  std::size_t right = 0;
  for (int i = 0; i < 16 * 8 * 8; ++i) {
    if (outputs[i] == expected_output(weights, features, i / 64, i / 8 % 8, i % 8)) ++right;
  }
  std::cout << cycles << " cycles, " << 2.0 * static_cast<double>(layer.macs()) / cycles
            << " dense-equivalent flops per cycle, " << right << " of " << outputs.size() << " outputs right\n";
  return right == outputs.size();
}

}  // namespace

int sc_main(int, char**) {
  const dlac::Config config = dlac::Config::defaults(dlac::Mode::Train);
  bool passed = false;

  Host host("host", Registers.base, [&](Host& self) { passed = run_layer(self, config); });
  Bus bus("bus", Ram, Registers);
  Memory memory("memory", Ram.bytes, sc_core::sc_time(100, sc_core::SC_NS));
  dlac::Accelerator accelerator("accelerator", config);
  sc_core::sc_signal<bool> irq("irq");

  host.socket.bind(bus.from_host);
  accelerator.mem.bind(bus.from_core);
  bus.to_memory.bind(memory.socket);
  bus.to_registers.bind(accelerator.csr);
  accelerator.irq.bind(irq);
  host.irq.bind(irq);

  sc_core::sc_start();  // returns when nothing is left to happen
  return passed ? 0 : 1;
}
