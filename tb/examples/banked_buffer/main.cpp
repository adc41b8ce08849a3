// SPDX-License-Identifier: Apache-2.0
// What bank conflicts in the feature buffer cost a layer: cores whose feature buffers have 1 to 32 banks, beside one
// with the core's own buffer. Every segment's cycles are compared with a naive machine.
#include <dlac/accelerator.h>
#include <dlac/common/register_map.h>
#include <dlac/links/link_modules.h>
#include <dlac/workloads/mapper.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <iomanip>
#include <iostream>
#include <memory>
#include <systemc>
#include <vector>

#include "banked_buffer.h"
#include "naive_machine.h"

using dlac::Register;

constexpr std::uint64_t Weights = 0x10000, Features = 0x40000, Outputs = 0x80000, MemoryBytes = 0x100000;

/// The layer on all cores, and its tensors: ternary weights and features, of which about half are zero.
struct Problem {
  dlac::workloads::ConvLayer layer;
  std::vector<std::int8_t> weights;
  std::vector<float> features;

  Problem() {
    layer.in_channels = 32;
    layer.out_channels = 64;
    layer.height = layer.width = 14;
    layer.kernel_h = layer.kernel_w = 3;
    layer.pad_h = layer.pad_w = 1;
    std::uint32_t random = 1;
    const auto next = [&random] { return (random = random * 1664525U + 1013904223U) >> 16; };
    for (std::uint64_t i = 0; i < layer.weight_count(); ++i)
      weights.push_back(static_cast<std::int8_t>(next() % 3) - 1);
    for (std::uint64_t i = 0; i < layer.feature_count(); ++i)
      features.push_back(static_cast<float>(next() % 2 * (next() % 9)) - 0.0F);
  }
};

/// A core with its memory and its host.
struct System : sc_core::sc_module {
  const Problem& problem;
  const dlac::Config config;
  const std::uint32_t banks;
  dlac::LinkModules modules;
  dlac::Accelerator core;
  tlm_utils::simple_target_socket<System> memory{"memory"};
  tlm_utils::simple_initiator_socket<System> host{"host"};
  sc_core::sc_signal<bool> irq{"irq"};
  std::vector<unsigned char> bytes = std::vector<unsigned char>(MemoryBytes);
  std::vector<std::uint64_t> cycles;  ///< of the segments
  std::vector<dlac::MmOp> segments;
  dlac::ErrorCode error = dlac::ErrorCode::Deadlock;

  System(const sc_core::sc_module_name& name, const Problem& p, const dlac::Config& c, std::uint32_t bank_count)
      : sc_module(name), problem(p), config(c), banks(bank_count), core("core", c, with_banks()) {
    memory.register_b_transport(this, &System::b_transport);
    core.mem.bind(memory);
    host.bind(core.csr);
    core.irq.bind(irq);
    core.observe([this](const dlac::CommandRecord& record) {
      if (const auto* op = std::get_if<dlac::MmOp>(&record.command)) {
        segments.push_back(*op);
        cycles.push_back(record.segment.cycles);
      }
    });
    SC_HAS_PROCESS(System);
    SC_THREAD(run);
  }

  /// What puts the banks in the place of the core's own feature buffer; nothing for 0 banks.
  dlac::Fittings* with_banks() {
    if (banks == 0) return nullptr;
    modules.replace("feature_buffer", [this](const char* name, const dlac::Config& c) {
      return std::make_unique<BankedBuffer>(name, c.feature_buffer_bytes, banks,
                                            sc_core::sc_time(c.clock_period_ps, sc_core::SC_PS));
    });
    return &modules;
  }

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t at = payload.get_address(), length = payload.get_data_length();
    delay += sc_core::sc_time(100, sc_core::SC_NS);
    if (at >= MemoryBytes || length > MemoryBytes - at)
      return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &bytes[at], length);
    if (payload.is_write()) std::memcpy(&bytes[at], payload.get_data_ptr(), length);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  std::uint32_t access(tlm::tlm_command command, Register which, std::uint32_t value) {
    tlm::tlm_generic_payload payload;
    sc_core::sc_time delay;
    payload.set_command(command);
    payload.set_address(static_cast<std::uint32_t>(which));
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    host->b_transport(payload, delay);
    return value;
  }
  void run() {
    dlac::workloads::LayerPlan plan = dlac::workloads::plan_layer(problem.layer, config);
    plan.relocate({Weights, Features, Outputs});
    for (std::size_t i = 0; i < plan.commands.size(); ++i) {
      const dlac::CommandImage image = dlac::encode(plan.commands[i]);
      std::memcpy(&bytes[i * dlac::CommandBytes], image.data(), dlac::CommandBytes);
    }
    dlac::workloads::pack_weights(plan, problem.layer, config, problem.weights.data(), &bytes[Weights]);
    std::memcpy(&bytes[Features], problem.features.data(), problem.features.size() * sizeof(float));
    access(tlm::TLM_WRITE_COMMAND, Register::IrqEnable, dlac::IrqDone | dlac::IrqError);
    access(tlm::TLM_WRITE_COMMAND, Register::ListLength, static_cast<std::uint32_t>(plan.commands.size()));
    access(tlm::TLM_WRITE_COMMAND, Register::Doorbell, 1);
    while (!irq.read()) wait(irq.posedge_event());
    error = static_cast<dlac::ErrorCode>(access(tlm::TLM_READ_COMMAND, Register::Error, 0));
    plan_segments = plan.segments;
  }
  std::vector<dlac::workloads::Segment> plan_segments;

  /// Cycles of segment i on the naive machine.
  std::uint64_t naive(std::size_t i) const {
    const dlac::MmOp& op = segments[i];
    const std::uint32_t first_channel = plan_segments[i].first_channel;
    const auto position = [&](std::uint32_t column, std::uint32_t t) {
      const std::uint32_t q = op.first_column + column, j = op.first_beat + t;
      struct {
        int channel, y, x;
      } at{static_cast<int>(j / 9), static_cast<int>(q / 14 + j / 3 % 3) - 1, static_cast<int>(q % 14 + j % 3) - 1};
      return at;
    };
    const auto inside = [](const auto& at) { return at.y >= 0 && at.y < 14 && at.x >= 0 && at.x < 14; };
    return naive_cycles(
        op, config, banks,
        [&](std::uint32_t row, std::uint32_t t) {
          std::uint32_t live = 0;
          for (std::uint32_t b = 0; b < config.output_buffers && row * config.output_buffers + b < op.channels; ++b) {
            const std::uint64_t k = first_channel + row * config.output_buffers + b;
            live += problem.weights[k * 32 * 9 + op.first_beat + t] != 0 ? 1 : 0;
          }
          return live;
        },
        [&](std::uint32_t column, std::uint32_t t) -> std::optional<std::uint64_t> {
          const auto at = position(column, t);
          if (!inside(at)) return std::nullopt;
          return op.base + ((at.channel - op.first_channel) * op.row_capacity + at.y % op.row_capacity) * op.pitch +
                 at.x - op.first_x;
        },
        [&](std::uint32_t column, std::uint32_t t) {
          const auto at = position(column, t);
          return inside(at) && problem.features[(at.channel * 14 + at.y) * 14 + at.x] != 0;
        });
  }
};

int sc_main(int, char**) {
  const Problem problem;
  dlac::Config config = dlac::Config::defaults(dlac::Mode::Train);
  std::vector<std::unique_ptr<System>> systems;
  bool right = false;
  try {
    System refused("refused", problem, config, 4);
  } catch (const dlac::ConfigError& error) {
    std::cout << "with the schedule engine: " << error.what() << '\n';
    right = true;
  }
  config.engine = dlac::EngineKind::Clocked;
  for (const std::uint32_t banks : {0, 1, 2, 4, 8, 16, 32}) {
    systems.push_back(std::make_unique<System>(("banks_" + std::to_string(banks)).c_str(), problem, config, banks));
  }
  sc_core::sc_start();

  double own = 0;
  std::cout << "banks  compute cycles  slowdown\n";
  for (const auto& system : systems) {
    std::uint64_t sum = 0;
    std::uint64_t wrong = 0;
    for (std::size_t i = 0; i < system->cycles.size(); ++i) {
      sum += system->cycles[i];
      if (system->cycles[i] != system->naive(i)) ++wrong;
    }
    const auto outputs = [](const System& s) { return std::vector(s.bytes.begin() + Outputs, s.bytes.end()); };
    const bool same = outputs(*system) == outputs(*systems.front());
    right = right && wrong == 0 && same && system->error == dlac::ErrorCode::None && !system->cycles.empty();
    if (system->banks == 0) own = static_cast<double>(sum);
    std::cout << std::setw(5) << (system->banks == 0 ? "own" : std::to_string(system->banks)) << std::setw(16) << sum
              << std::setw(9) << std::fixed << std::setprecision(2) << static_cast<double>(sum) / own << "x";
    if (wrong != 0) std::cout << "  " << wrong << " segments differ from the naive machine";
    if (!same) std::cout << "  other outputs";
    std::cout << '\n';
  }
  return right ? 0 : 1;
}
