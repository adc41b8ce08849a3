// SPDX-License-Identifier: Apache-2.0
// The driver, as firmware has it, against the model: its register accesses go through the CSR socket, its interrupt is
// the core's, its sleep is simulated time.
#include <string>

#include "dlac.h"
#include "tb/tests/models/sc_core_rig.h"
#include "tb/tests/random_layers.h"
#include "workloads/crc32.h"
#include "workloads/image.h"
#include "workloads/mapper.h"

namespace tb = dlac::tb;
namespace workloads = dlac::workloads;
using core_rig::at;
using core_rig::column_of_beats;
using core_rig::images;
using core_rig::MemoryBytes;
using core_rig::small_config;
using core_rig::Testbench;
using dlac::Command;
using dlac::CommandBytes;
using dlac::CommandImage;
using dlac::Config;
using dlac::CounterCount;
using dlac::End;
using dlac::Mode;
using dlac::Register;

namespace {

/// The core that the driver sees, at this address. C functions have no other way to know it.
constexpr std::uintptr_t CoreAt = 0x4000'0000;
Testbench* driven = nullptr;

/// What one access takes on the bus between CPU and core.
[[nodiscard]] sc_core::sc_time access_time() { return {10, sc_core::SC_NS}; }

/// Runs a program on a bench whose core the driver sees.
void with_driver(const Config& config, const std::function<void(Testbench&, dlac_device&)>& program) {
  Testbench bench("bench", config, MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS), [&](Testbench& b) {
    driven = &b;
    dlac_device core{};
    REQUIRE(dlac_probe(&core, CoreAt) == DLAC_OK);
    program(b, core);
  });
  bench.run();
}
void with_driver(const std::function<void(Testbench&, dlac_device&)>& program) {
  with_driver(small_config(Mode::Train), program);
}

void write_list(Testbench& bench, const std::vector<CommandImage>& list, std::uint64_t address) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::memcpy(bench.memory.data() + address + i * CommandBytes, list[i].data(), CommandBytes);
  }
}

constexpr std::uint64_t ListAt = 0x8000;

/// Ten segments of 500 beats: a stream delivers a beat per cycle of 2 ns, so it takes 10 us at least.
constexpr std::uint32_t LongListCommands = 11;
void write_long_list(Testbench& bench) {
  std::vector<Command> list(LongListCommands - 1, column_of_beats(500));
  list.emplace_back(End{});
  write_list(bench, images(list), ListAt);
}

/// A layer that the mapper made commands of, as an image (driver/dlac_image.h) whose base is 0.
class Layer {
 public:
  Layer() {
    std::mt19937 random(3);
    do {
      input_ = tb::random_layer(random, Mode::Train, 3000);
    } while (input_.layer.macs() < 1500);
    expected_ = tb::reference_outputs(input_, Mode::Train);
    plan_ = workloads::plan_layer(input_.layer, small_config(Mode::Train));
  }

  [[nodiscard]] std::uint32_t commands() const { return static_cast<std::uint32_t>(plan_.commands.size()); }
  [[nodiscard]] std::uint64_t weights_at() const { return CommandsAt + std::uint64_t{commands()} * CommandBytes; }
  [[nodiscard]] std::uint64_t features_at() const { return weights_at() + plan_.weight_image_bytes; }
  [[nodiscard]] std::uint64_t outputs_at() const { return features_at() + input_.tensors.features.size_in_bytes(); }
  [[nodiscard]] std::uint64_t outputs_bytes() const { return 4 * expected_.size(); }

  /// Writes the image to memory, with commands for address 0, and the outputs overwritten.
  void write(std::uint8_t* bytes) {
    workloads::LayerPlan plan = plan_;
    plan.relocate({weights_at(), features_at(), outputs_at()});
    for (std::uint32_t i = 0; i < commands(); ++i) {
      const CommandImage words = encode(plan.commands[i]);
      std::memcpy(bytes + CommandsAt + std::size_t{i} * CommandBytes, words.data(), CommandBytes);
    }
    if (input_.layer.weights == workloads::WeightKind::Ternary) {
      workloads::pack_weights(plan, input_.layer, small_config(Mode::Train),
                              input_.tensors.weights.span<std::int8_t>().data(), bytes + weights_at());
    } else {
      const auto* words = reinterpret_cast<const std::uint32_t*>(input_.tensors.weights.span<float>().data());
      workloads::pack_weights(plan, input_.layer, small_config(Mode::Train), words, bytes + weights_at());
    }
    std::memcpy(bytes + features_at(), input_.tensors.features.bytes(), input_.tensors.features.size_in_bytes());
    std::memset(bytes + outputs_at(), 0xA5, outputs_bytes());
    write_header(bytes);
  }

  void check_outputs(const std::uint8_t* bytes) const {
    std::vector<std::uint32_t> words(expected_.size());
    std::memcpy(words.data(), bytes + outputs_at(), outputs_bytes());
    CHECK(words == expected_);
  }

 private:
  static constexpr std::uint64_t CommandsAt = 256;  // header and one record, 104 + 136, and then a multiple of 64

  void write_header(std::uint8_t* bytes) const {
    dlac_image_header header{};
    std::memcpy(header.magic, DLAC_IMAGE_MAGIC, sizeof header.magic);
    header.version = DLAC_IMAGE_VERSION;
    header.header_bytes = sizeof header;
    header.file_bytes = outputs_at();
    header.memory_bytes = outputs_at() + outputs_bytes();
    const Config config = small_config(Mode::Train);
    header.pes = config.pes;
    header.output_buffers = config.output_buffers;
    header.weight_buffer_bytes = config.weight_buffer_bytes;
    header.feature_buffer_bytes = config.feature_buffer_bytes;
    header.token_limit = config.token_limit;
    header.queue_depth = config.queue_depth;
    header.layers = 1;
    header.layers_offset = sizeof header;
    header.commands_offset = CommandsAt;
    header.commands = commands();
    dlac_image_layer record{};
    std::memcpy(record.name, "layer", 6);
    record.features_offset = features_at();
    record.features_bytes = input_.tensors.features.size_in_bytes();
    record.outputs_offset = outputs_at();
    record.outputs_bytes = outputs_bytes();
    record.commands = header.commands;
    record.outputs_crc = dlac_crc32(0, expected_.data(), outputs_bytes());
    record.flags = DLAC_IMAGE_FEATURES_IN_FILE | DLAC_IMAGE_OUTPUTS_EXPECTED;
    header.data_crc = dlac_crc32(0, bytes + weights_at(), outputs_at() - weights_at());
    std::memset(bytes, 0, CommandsAt);
    std::memcpy(bytes + sizeof header, &record, sizeof record);
    std::memcpy(bytes, &header, sizeof header);  // the control checksum covers itself as 0
    header.control_crc = dlac_crc32(0, bytes, weights_at());
    std::memcpy(bytes, &header, sizeof header);
  }

  tb::RandomLayer input_;
  reference::Words expected_;
  workloads::LayerPlan plan_;
};

constexpr std::uint64_t ImageAt = 0x10000;

/// Runs the layer from its image at ImageAt; all must be well.
void run_layer(Testbench& bench, dlac_device& core) {
  Layer layer;
  std::uint8_t* const bytes = bench.memory.data() + ImageAt;
  layer.write(bytes);
  dlac_image image{};
  REQUIRE(dlac_image_open(&image, bytes, bench.memory.size() - ImageAt) == DLAC_OK);
  REQUIRE(dlac_image_fits(&image, &core) == DLAC_OK);
  REQUIRE(dlac_image_place(&image, ImageAt) == DLAC_OK);
  CHECK(dlac_image_check_outputs(&image, 0) == DLAC_E_IMAGE_CHECKSUM);  // not yet
  REQUIRE(dlac_submit_image(&core, &image) == DLAC_OK);
  CHECK(dlac_wait(&core, 0) == DLAC_OK);
  CHECK(dlac_image_check_outputs(&image, 0) == DLAC_OK);
  layer.check_outputs(bytes);
}

/// What a wfi does; counts how often.
void sleep_until_interrupt(void* count) {
  ++*static_cast<int*>(count);
  driven->wait_for_interrupt();
}

}  // namespace

std::uint32_t dlac_io_read(std::uintptr_t address) {
  sc_core::wait(access_time());
  return driven->read_register(static_cast<std::uint32_t>(address - CoreAt));
}
void dlac_io_write(std::uintptr_t address, std::uint32_t value) {
  sc_core::wait(access_time());
  driven->write_register(static_cast<std::uint32_t>(address - CoreAt), value);
}

TEST_CASE("driver on the model: probing tells the configuration") {
  Config config = small_config(Mode::Infer);
  config.token_limit = 77;
  config.queue_depth = 5;
  config.clock_period_ps = 1250;
  with_driver(config, [](Testbench&, dlac_device& core) {
    CHECK(core.version == 0x0001'0000);
    CHECK(core.mode == DLAC_MODE_INFER);
    CHECK(core.pes == 16);
    CHECK(core.output_buffers == 4);
    CHECK(core.weight_buffer_bytes == 4096);
    CHECK(core.feature_buffer_bytes == 4096);
    CHECK(core.token_limit == 77);
    CHECK(core.queue_depth == 5);
    CHECK(core.clock_period_ps == 1250);
    CHECK(dlac_result(&core) == DLAC_E_NOT_STARTED);
    dlac_device none{};
    CHECK(dlac_probe(&none, CoreAt + 4) == DLAC_E_NO_DEVICE);
  });
}

TEST_CASE("driver on the model: an image opens, is placed, runs and gives the right outputs, twice") {
  with_driver([](Testbench& bench, dlac_device& core) {
    run_layer(bench, core);
    run_layer(bench, core);
    CHECK_FALSE(bench.irq.read());  // never enabled
  });
}

TEST_CASE("driver on the model: the counters are those of the registers") {
  with_driver([](Testbench& bench, dlac_device& core) {
    run_layer(bench, core);
    dlac_counters counters{};
    dlac_read_counters(&core, &counters);
    const auto registers = bench.read_counters();
    for (std::uint32_t i = 0; i < CounterCount; ++i) {
      CAPTURE(dlac_counter_name(i));
      CHECK(counters.values[i] == registers[i]);
    }
    const std::uint64_t commands = counters.values[DLAC_COUNTER_COMMANDS];
    CHECK(commands == Layer().commands());
    run_layer(bench, core);  // they count on ...
    dlac_read_counters(&core, &counters);
    CHECK(counters.values[DLAC_COUNTER_COMMANDS] == 2 * commands);
    dlac_clear_counters(&core);  // ... until cleared
    dlac_read_counters(&core, &counters);
    for (const std::uint64_t value : counters.values) CHECK(value == 0);
  });
}

TEST_CASE("driver on the model: the CPU sleeps until the interrupt, and acknowledges it") {
  with_driver([](Testbench& bench, dlac_device& core) {
    write_long_list(bench);
    dlac_irq_enable(&core, DLAC_IRQ_DONE | DLAC_IRQ_ERROR);
    int slept = 0;
    REQUIRE(dlac_submit(&core, ListAt, LongListCommands) == DLAC_OK);
    CHECK(dlac_wait_sleeping(&core, sleep_until_interrupt, &slept) == DLAC_OK);
    CHECK(slept == 1);
    CHECK(bench.irq.read());  // a level: until acknowledged
    CHECK(dlac_irq_acknowledge(&core) == DLAC_IRQ_DONE);
    CHECK_FALSE(bench.irq.read());
    CHECK(dlac_irq_acknowledge(&core) == 0);

    // An interrupt that is not enabled does not show, and is acknowledged all the same.
    dlac_irq_enable(&core, 0);
    REQUIRE(dlac_submit(&core, ListAt, LongListCommands) == DLAC_OK);
    CHECK(dlac_wait(&core, 0) == DLAC_OK);
    CHECK_FALSE(bench.irq.read());
    CHECK(dlac_irq_acknowledge(&core) == DLAC_IRQ_DONE);
  });
}

TEST_CASE("driver on the model: a busy core takes no list, and polling gives up when told to") {
  with_driver([](Testbench& bench, dlac_device& core) {
    write_long_list(bench);
    REQUIRE(dlac_submit(&core, ListAt, LongListCommands) == DLAC_OK);
    CHECK(dlac_result(&core) == DLAC_E_BUSY);
    CHECK(dlac_submit(&core, ListAt, LongListCommands) == DLAC_E_BUSY);
    CHECK(dlac_wait(&core, 3) == DLAC_E_TIMEOUT);
    CHECK(dlac_wait(&core, 0) == DLAC_OK);
    dlac_error error{};
    dlac_read_error(&core, &error);
    CHECK(error.code == DLAC_ERROR_NONE);  // the driver did not ring
  });
}

TEST_CASE("driver on the model: a doorbell while a list runs is an error that stops nothing") {
  with_driver([](Testbench& bench, dlac_device& core) {
    write_long_list(bench);
    REQUIRE(dlac_submit(&core, ListAt, LongListCommands) == DLAC_OK);
    bench.write_register(at(Register::Doorbell), 1);  // not the driver's doing
    CHECK(dlac_result(&core) == DLAC_E_BUSY);
    CHECK(dlac_wait(&core, 0) == DLAC_OK);
    dlac_error error{};
    dlac_read_error(&core, &error);
    CHECK(error.code == DLAC_ERROR_DOORBELL_BUSY);
    CHECK(error.fault_address == ListAt);
    CHECK(std::string(dlac_error_text(error.code)) == "doorbell while busy");
    CHECK(dlac_irq_acknowledge(&core) == (DLAC_IRQ_DONE | DLAC_IRQ_ERROR));
    run_layer(bench, core);  // without a reset
  });
}

TEST_CASE("driver on the model: after a list that failed the core wants a reset, and works after it") {
  with_driver([](Testbench& bench, dlac_device& core) {
    run_layer(bench, core);
    write_list(bench, {encode(column_of_beats(1)), CommandImage{0xFF}, encode(End{})}, ListAt);
    dlac_irq_enable(&core, DLAC_IRQ_ERROR);
    int slept = 0;
    REQUIRE(dlac_submit(&core, ListAt, 3) == DLAC_OK);
    CHECK(dlac_wait_sleeping(&core, sleep_until_interrupt, &slept) == DLAC_E_CORE);
    CHECK(slept == 1);
    dlac_error error{};
    dlac_read_error(&core, &error);
    CHECK(error.code == DLAC_ERROR_ILLEGAL_COMMAND);
    CHECK(error.fault_address == ListAt + 128);  // the second command
    CHECK(std::string(dlac_error_text(error.code)) == "illegal command");

    CHECK((dlac_irq_acknowledge(&core) & DLAC_IRQ_ERROR) != 0);
    CHECK(dlac_submit(&core, ListAt, 3) == DLAC_E_CORE);
    CHECK(dlac_wait(&core, 0) == DLAC_E_CORE);
    CHECK(dlac_reset(&core) == DLAC_OK);
    CHECK(dlac_result(&core) == DLAC_E_NOT_STARTED);
    CHECK(dlac_wait(&core, 0) == DLAC_E_NOT_STARTED);
    dlac_read_error(&core, &error);
    CHECK(error.code == DLAC_ERROR_NONE);
    CHECK(error.fault_address == 0);
    run_layer(bench, core);
    CHECK_FALSE(bench.irq.read());  // the reset has disabled it
  });
}

TEST_CASE("driver on the model: a reset in the middle of a list") {
  with_driver([](Testbench& bench, dlac_device& core) {
    write_long_list(bench);
    dlac_irq_enable(&core, DLAC_IRQ_DONE);
    REQUIRE(dlac_submit(&core, ListAt, LongListCommands) == DLAC_OK);
    sc_core::wait(1, sc_core::SC_US);
    CHECK(dlac_result(&core) == DLAC_E_BUSY);
    CHECK(dlac_reset(&core) == DLAC_OK);
    sc_core::wait(100, sc_core::SC_US);
    CHECK(dlac_result(&core) == DLAC_E_NOT_STARTED);
    CHECK(dlac_irq_acknowledge(&core) == 0);
    CHECK_FALSE(bench.irq.read());
    run_layer(bench, core);
  });
}

TEST_CASE("driver on the model: what the image compiler makes runs wherever it lies") {
  const Config config = small_config(Mode::Infer);
  with_driver(config, [&config](Testbench& bench, dlac_device& core) {
    std::mt19937 random(11);
    std::vector<workloads::ImageLayer> layers;
    for (const char* name : {"first", "second", "third"}) {
      tb::RandomLayer input = tb::random_layer(random, config.mode, 20'000);
      input.layer.name = name;
      const reference::Words expected = tb::reference_outputs(input, config.mode);
      std::vector<std::uint16_t> halves(expected.begin(), expected.end());
      const std::uint32_t crc =
          workloads::crc32(reinterpret_cast<const std::uint8_t*>(halves.data()), 2 * halves.size());
      layers.push_back({input.layer, input.tensors.weights, input.tensors.features, crc});
    }
    const std::vector<std::uint8_t> file = workloads::make_image(layers, config);
    for (const std::uint64_t address : {std::uint64_t{0x10000}, std::uint64_t{0x40}, std::uint64_t{0x7FC0}}) {
      CAPTURE(address);
      std::uint8_t* const bytes = bench.memory.data() + address;
      REQUIRE(address + file.size() < bench.memory.size());
      std::memcpy(bytes, file.data(), file.size());
      dlac_image image{};
      REQUIRE(dlac_image_open(&image, bytes, file.size()) == DLAC_OK);
      REQUIRE(address + image.header->memory_bytes <= bench.memory.size());
      REQUIRE(dlac_image_fits(&image, &core) == DLAC_OK);
      REQUIRE(dlac_image_place(&image, address) == DLAC_OK);
      // The compiler, asked for that base, makes the same bytes.
      const std::vector<std::uint8_t> placed = workloads::make_image(layers, config, {}, address);
      CHECK(std::memcmp(bytes, placed.data(), placed.size()) == 0);
      REQUIRE(dlac_submit_image(&core, &image) == DLAC_OK);
      CHECK(dlac_wait(&core, 0) == DLAC_OK);
      for (std::uint32_t i = 0; i < layers.size(); ++i) CHECK(dlac_image_check_outputs(&image, i) == DLAC_OK);
    }
  });
}
