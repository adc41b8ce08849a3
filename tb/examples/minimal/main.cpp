// SPDX-License-Identifier: Apache-2.0
// A platform as small as can be: a host, a bus, a memory and dLAC, which computes one convolution.
#include <dlac/accelerator.h>
#include <dlac/common/register_map.h>
#include <dlac/workloads/mapper.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <iostream>
#include <systemc>
#include <vector>

using dlac::Register;

constexpr std::uint64_t Ram = 0x80000000, RamBytes = 0x100000, Registers = 0x10000000, RegisterBytes = 0x1000;

/// RAM, 100 ns per access.
struct Memory : sc_core::sc_module {
  tlm_utils::simple_target_socket<Memory> socket{"socket"};
  std::vector<unsigned char> bytes = std::vector<unsigned char>(RamBytes);

  explicit Memory(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_b_transport(this, &Memory::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t at = payload.get_address(), length = payload.get_data_length();
    delay += sc_core::sc_time(100, sc_core::SC_NS);
    if (payload.get_byte_enable_ptr() != nullptr)
      return payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    if (payload.get_streaming_width() != 0 && payload.get_streaming_width() < length)
      return payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    if (at >= RamBytes || length > RamBytes - at) return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &bytes[at], length);
    if (payload.is_write()) std::memcpy(&bytes[at], payload.get_data_ptr(), length);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

/// Two initiators, two targets, whose addresses count from their own base.
struct Bus : sc_core::sc_module {
  tlm_utils::simple_target_socket<Bus> from_host{"from_host"}, from_core{"from_core"};
  tlm_utils::simple_initiator_socket<Bus> to_memory{"to_memory"}, to_registers{"to_registers"};

  explicit Bus(sc_core::sc_module_name name) : sc_module(name) {
    from_host.register_b_transport(this, &Bus::b_transport);
    from_core.register_b_transport(this, &Bus::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t address = payload.get_address();
    const bool ram = address - Ram < RamBytes;  // below the base the difference wraps and is too large
    if (!ram && address - Registers >= RegisterBytes) {
      return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    payload.set_address(address - (ram ? Ram : Registers));
    (ram ? to_memory : to_registers)->b_transport(payload, delay);
  }
};

/// Stands for the CPU and its firmware.
struct Host : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Host> socket{"socket"};
  sc_core::sc_in<bool> irq{"irq"};
  const dlac::Config config;
  bool passed = false;

  Host(sc_core::sc_module_name name, const dlac::Config& core) : sc_module(name), config(core) {
    SC_HAS_PROCESS(Host);
    SC_THREAD(run);
  }
  void access(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
    tlm::tlm_generic_payload payload;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(static_cast<unsigned>(bytes));
    payload.set_streaming_width(static_cast<unsigned>(bytes));
    socket->b_transport(payload, delay);
    wait(delay);
    if (!payload.is_response_ok()) SC_REPORT_FATAL(name(), payload.get_response_string().c_str());
  }
  void write(Register which, std::uint32_t value) {
    access(tlm::TLM_WRITE_COMMAND, Registers + static_cast<std::uint32_t>(which), &value, sizeof value);
  }
  std::uint32_t read(Register which) {
    std::uint32_t value = 0;
    access(tlm::TLM_READ_COMMAND, Registers + static_cast<std::uint32_t>(which), &value, sizeof value);
    return value;
  }

  /// A 3x3 convolution, 16 channels to 16, 8x8: the mapper makes the commands, the host puts all into memory and rings.
  void run() {
    dlac::workloads::ConvLayer layer;
    layer.in_channels = layer.out_channels = 16;
    layer.height = layer.width = 8;
    layer.kernel_h = layer.kernel_w = 3;
    layer.pad_h = layer.pad_w = 1;
    std::vector<std::int8_t> weights(layer.weight_count());  // [K][C][3][3]: -1, 0 or 1
    std::vector<float> features(layer.feature_count());      // [C][8][8]: a third of them 0
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<std::int8_t>(i * i % 7 % 3) - 1;
    for (std::size_t i = 0; i < features.size(); ++i) features[i] = static_cast<float>(i % 3) * 0.25F;

    constexpr std::uint64_t List = Ram, Weights = Ram + 0x10000, Features = Ram + 0x20000, Outputs = Ram + 0x30000;
    dlac::workloads::LayerPlan plan = dlac::workloads::plan_layer(layer, config);
    plan.relocate({Weights, Features, Outputs});
    std::vector<dlac::CommandImage> list;
    for (const dlac::Command& command : plan.commands) list.push_back(dlac::encode(command));
    std::vector<std::uint8_t> packed(plan.weight_image_bytes);
    dlac::workloads::pack_weights(plan, layer, config, weights.data(), packed.data());
    access(tlm::TLM_WRITE_COMMAND, List, list.data(), list.size() * dlac::CommandBytes);
    access(tlm::TLM_WRITE_COMMAND, Weights, packed.data(), packed.size());
    access(tlm::TLM_WRITE_COMMAND, Features, features.data(), features.size() * sizeof(float));

    write(Register::IrqEnable, dlac::IrqDone | dlac::IrqError);
    write(Register::ListAddrLo, static_cast<std::uint32_t>(List));
    write(Register::ListLength, static_cast<std::uint32_t>(list.size()));
    write(Register::Doorbell, 1);
    while (!irq.read()) wait(irq.posedge_event());
    std::cout << "interrupt at " << sc_core::sc_time_stamp() << ": ";
    write(Register::IrqStatus, read(Register::IrqStatus));  // acknowledge
    const auto error = static_cast<dlac::ErrorCode>(read(Register::Error));
    if (error != dlac::ErrorCode::None) {
      std::cout << "dLAC stopped: " << dlac::to_string(error) << '\n';
      return;
    }
    write(Register::Ctrl, dlac::CtrlSnapshot);
    const std::uint32_t cycles = read(static_cast<Register>(dlac::counter_offset(dlac::Counter::Cycles)));
    std::vector<float> outputs(layer.output_count());  // [K][8][8]
    access(tlm::TLM_READ_COMMAND, Outputs, outputs.data(), outputs.size() * sizeof(float));

    std::size_t right = 0;  // summed up in the order in which dLAC does it
    for (int i = 0; i < 16 * 8 * 8; ++i) {
      float sum = 0;
      for (int t = 0; t < 16 * 9; ++t) {
        const int y = i / 8 % 8 + t / 3 % 3 - 1, x = i % 8 + t % 3 - 1;
        if (y >= 0 && y < 8 && x >= 0 && x < 8) sum += weights[i / 64 * 144 + t] * features[t / 9 * 64 + y * 8 + x];
      }
      if (outputs[i] == sum) ++right;
    }
    passed = right == outputs.size();
    std::cout << cycles << " cycles, " << 2.0 * static_cast<double>(layer.macs()) / cycles
              << " dense-equivalent flops per cycle, " << right << " of " << outputs.size() << " outputs right\n";
  }
};

int sc_main(int, char**) {
  const dlac::Config config = dlac::Config::defaults(dlac::Mode::Train);
  Host host("host", config);
  Bus bus("bus");
  Memory memory("memory");
  dlac::Accelerator accelerator("accelerator", config);
  sc_core::sc_signal<bool> irq("irq");
  host.socket.bind(bus.from_host);
  accelerator.mem.bind(bus.from_core);
  bus.to_memory.bind(memory.socket);
  bus.to_registers.bind(accelerator.csr);
  accelerator.irq.bind(irq);
  host.irq.bind(irq);
  sc_core::sc_start();  // returns when nothing is left to happen
  return host.passed ? 0 : 1;
}
