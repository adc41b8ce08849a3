// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: the input is a command list. Cores of both modes, both engines and both coding styles run it. Each
// must end it, with done or with a documented error code and the interrupt, and compute a known list right after the
// next reset. Where the input asks for it, every command is fenced; then nothing races, and all cores must agree.
//
// The first byte chooses how the rest is read: as it is, 128 bytes a command; field by field, each byte scaled to the
// few values that a small core can take; or as changes of single fields of a list that is right, which gets furthest.
#include <dlac/accelerator.h>
#include <dlac/common/command.h>
#include <dlac/common/register_map.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "tb/system/memory.h"
#include "tb/system/register_access.h"

namespace {

using namespace dlac;

constexpr std::uint64_t MemoryBytes = 1 << 16;
constexpr std::uint64_t ListAt = 0;
constexpr std::uint64_t DataAt = 0x4000;       // random words
constexpr std::uint64_t OutputAt = 0xC000;     // where the known list stores
constexpr std::uint32_t LastErrorCode = 13;    // docs/machine_reference.md, Register map
constexpr std::uint32_t FenceBit = 1U << 16U;  // of a command's word 0

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

/// A core, its memory, and a host outside the simulation.
class Rig : public sc_core::sc_module {
 public:
  Rig(const sc_core::sc_module_name& name, const Config& config)
      : sc_module(name), config_(config), core_("core", config), memory_("memory", MemoryBytes, latency()) {
    host_.bind(core_.csr);
    core_.mem.bind(memory_.socket);
    core_.irq.bind(irq_);
  }

  struct Outcome {
    std::uint32_t error = 0;
    std::uint64_t cycles = 0;
    std::vector<std::uint8_t> memory;
  };

  Outcome run(const std::vector<CommandImage>& list) {
    fill_memory();
    std::memcpy(memory_.data() + ListAt, list.data(), list.size() * CommandBytes);
    write(Register::IrqEnable, IrqDone | IrqError);
    write(Register::ListAddrLo, static_cast<std::uint32_t>(ListAt));
    write(Register::ListLength, static_cast<std::uint32_t>(list.size()));
    write(Register::Doorbell, 1);
    sc_core::sc_start();  // returns when nothing is left to happen: a list that never ends never returns
    Outcome outcome;
    const std::uint32_t status = read(Register::Status);
    outcome.error = read(Register::Error);
    require(irq_.read(), "the interrupt is low at the end of the list");
    require(status == StatusDone || status == StatusError, "STATUS is neither done nor error");
    require((status == StatusError) == (outcome.error != 0), "STATUS and ERROR disagree");
    require(outcome.error <= LastErrorCode, "an error code that is not documented");
    write(Register::Ctrl, CtrlSnapshot);
    outcome.cycles = read(Register::Counters);
    outcome.memory.assign(memory_.data(), memory_.data() + MemoryBytes);
    write(Register::Ctrl, CtrlReset);
    sc_core::sc_start(1, sc_core::SC_NS);
    require(!irq_.read(), "the interrupt is high after a reset");
    return outcome;
  }

  [[nodiscard]] const Config& config() const { return config_; }

 private:
  [[nodiscard]] static sc_core::sc_time latency() { return {20, sc_core::SC_NS}; }

  void fill_memory() {
    std::uint32_t state = 1;
    for (std::uint64_t at = 0; at < MemoryBytes; at += 4) {
      state = state * 1664525 + 1013904223;
      // Ternary codes 00, 01 and 11, then small words.
      const std::uint32_t low = state & 0x55555555U;
      const std::uint32_t codes = low | (low & state >> 1U) << 1U;
      const std::uint32_t word = at < DataAt + 0x4000 ? codes : (state >> 9U) | 0x3C000000U;
      std::memcpy(memory_.data() + at, &word, sizeof word);
    }
  }

  std::uint32_t access(tlm::tlm_command command, Register offset, std::uint32_t value) {
    tb::set_register_access(payload_, command, static_cast<std::uint64_t>(offset), value);
    sc_core::sc_time delay;
    host_->b_transport(payload_, delay);
    require(payload_.is_response_ok(), "a register access failed");
    return value;
  }
  void write(Register offset, std::uint32_t value) { (void)access(tlm::TLM_WRITE_COMMAND, offset, value); }
  std::uint32_t read(Register offset) { return access(tlm::TLM_READ_COMMAND, offset, 0); }

  const Config config_;
  Accelerator core_;
  tb::Memory memory_;
  sc_core::sc_signal<bool> irq_{"irq"};
  tlm_utils::simple_initiator_socket<Rig, 32> host_{"host"};
  tlm::tlm_generic_payload payload_;
};

/// Loads, an mmOp of 16 beats, a store: 4 channels x 4 pixels.
[[nodiscard]] std::vector<CommandImage> known_list() {
  LoadWeights weights;
  weights.header.push = token_bit(Token::LoadToCompute);
  weights.address = DataAt;
  weights.bytes = 64;
  LoadFeatures features;
  features.header.push = token_bit(Token::LoadToCompute);
  features.address = DataAt + 0x5000;
  features.channels = 16;
  features.channel_stride = 16;
  features.width = features.row_stride = features.pitch = 4;
  features.height = features.rows = features.row_capacity = 1;
  MmOp op;
  op.header.pop = token_bit(Token::LoadToCompute);
  op.header.fence = 1;  // both loads
  op.header.push = token_bit(Token::ComputeToStore);
  op.log2_rows = 2;
  op.clear = 1;
  op.channels = op.columns = 4;
  op.beats = 16;
  op.row_capacity = op.height = op.out_height = 1;
  op.pitch = op.width = op.out_width = 4;
  Store store;
  store.header.pop = token_bit(Token::ComputeToStore);
  store.address = OutputAt;
  store.channel_stride = 16;
  store.image_stride = 64;
  store.image_pixels = store.channels = store.columns = 4;
  store.log2_rows = 2;
  return {encode(weights), encode(features), encode(op), encode(store), encode(End{})};
}

/// Small values, now and then a large one.
[[nodiscard]] std::uint32_t scaled(std::uint32_t byte) {
  if (byte < 192) return byte % 20;
  return byte < 224 ? 16U << (byte % 12) : 0U - byte % 4;
}

/// Every field of every command from one byte each.
[[nodiscard]] std::vector<CommandImage> by_fields(const std::uint8_t* data, std::size_t size) {
  std::vector<CommandImage> list;
  std::size_t at = 0;
  const auto next = [&]() -> std::uint32_t { return at < size ? data[at++] : 0; };
  while (at < size && list.size() < 24) {
    const auto opcode = static_cast<Opcode>(next() % 6);
    CommandImage image{};
    for (const CommandField& field : command_fields(opcode)) {
      if (field.name == "opcode") {
        image[0] |= static_cast<std::uint32_t>(opcode);
        continue;
      }
      const std::uint32_t byte = next();
      std::uint64_t value = scaled(byte);
      if (field.name == "address") value = byte < 240 ? DataAt + 64 * byte : ~std::uint64_t{0} - 4 * (byte % 16);
      if (field.width < 64) value &= (std::uint64_t{1} << field.width) - 1;
      image[field.word] |= static_cast<std::uint32_t>(value << field.lsb);
      if (field.width == 64) image[field.word + 1] = static_cast<std::uint32_t>(value >> 32U);
    }
    list.push_back(image);
  }
  list.push_back(encode(End{}));
  return list;
}

/// The known list, twice, with one field changed for every three bytes: which command, which field, to what.
[[nodiscard]] std::vector<CommandImage> by_changes(const std::uint8_t* data, std::size_t size) {
  std::vector<CommandImage> list = known_list();
  list.pop_back();
  const std::vector<CommandImage> again = known_list();
  list.insert(list.end(), again.begin(), again.end());
  for (std::size_t at = 0; at + 3 <= size && at < 36; at += 3) {
    CommandImage& image = list[data[at] % list.size()];
    const auto opcode = static_cast<Opcode>(image[0] & 0xFFU);
    if (opcode > Opcode::Store) continue;  // an earlier change made it none
    const std::vector<CommandField> fields = command_fields(opcode);
    const CommandField& field = fields[data[at + 1] % fields.size()];
    const std::uint32_t bits = field.width < 32 ? field.width : 32;
    const std::uint32_t mask = bits == 32 ? ~0U : ((1U << bits) - 1) << field.lsb;
    image[field.word] = (image[field.word] & ~mask) | (scaled(data[at + 2]) << field.lsb & mask);
  }
  return list;
}

[[nodiscard]] std::vector<CommandImage> as_it_is(const std::uint8_t* data, std::size_t size) {
  std::vector<CommandImage> list(size / CommandBytes + 1);
  std::memcpy(list.data(), data, size);
  return list;
}

/// The designs: elaborated once, for the whole process.
struct Designs {
  Designs() {
    for (const Mode mode : {Mode::Train, Mode::Infer}) {
      Config config = Config::defaults(mode);
      config.pes = 16;
      config.rows = config.columns = 4;
      config.output_buffers = config.row_port_words = 4;
      config.weight_buffer_bytes = config.feature_buffer_bytes = 4096;
      config.queue_depth = 4;
      config.token_limit = 8;
      config.mem_style = CodingStyle::LooselyTimed;
      add(config, "schedule_lt");
      config.mem_style = CodingStyle::ApproximatelyTimed;
      add(config, "schedule_at");
      config.engine = EngineKind::Clocked;
      add(config, "clocked_at");
    }
    for (const auto& rig : rigs) known.push_back(rig->run(known_list()));
    for (std::size_t i = 0; i < known.size(); ++i) {
      require(known[i].error == 0, "the known list fails");
      require(known[i].memory == known[i / Kinds * Kinds].memory, "the known list's results differ");
      require(known[i].cycles == known[i / Kinds * Kinds].cycles, "the known list's cycles differ");
    }
  }

  void add(const Config& config, const char* name) {
    rigs.push_back(std::make_unique<Rig>((std::string(to_string(config.mode)) + "_" + name).c_str(), config));
  }

  static constexpr std::size_t Kinds = 3;  ///< cores of one mode, which must agree
  std::vector<std::unique_ptr<Rig>> rigs;
  std::vector<Rig::Outcome> known;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Designs designs;
  if (size < 2) return 0;
  std::vector<CommandImage> list = data[0] % 4 == 0   ? as_it_is(data + 1, size - 1)
                                   : data[0] % 4 == 1 ? by_fields(data + 1, size - 1)
                                                      : by_changes(data + 1, size - 1);
  const bool fenced = (data[0] & 8U) != 0;
  if (fenced) {
    for (CommandImage& image : list) image[0] |= FenceBit;
  }
  const std::size_t first = (data[0] & 4U) != 0 ? Designs::Kinds : 0;
  std::optional<Rig::Outcome> agreed;
  for (std::size_t i = first; i < first + Designs::Kinds; ++i) {
    Rig& rig = *designs.rigs[i];
    Rig::Outcome outcome = rig.run(list);
    if (!agreed) agreed = outcome;
    if (fenced) {
      require(outcome.error == agreed->error, "one core ends the list, another fails, or with another error");
      require(outcome.cycles == agreed->cycles, "cycles differ between cores");
      require(outcome.memory == agreed->memory, "memory differs between cores");
    }
    const Rig::Outcome again = rig.run(known_list());
    require(again.error == 0, "the known list fails after a reset");
    require(again.memory == designs.known[i].memory, "the known list's results changed");
    require(again.cycles == designs.known[i].cycles, "the known list's cycles changed");
  }
  return 0;
}

/// libFuzzer has its own main; SystemC's library wants this symbol.
int sc_main(int, char*[]) { return 1; }
