// SPDX-License-Identifier: Apache-2.0
// Random lists: the core never hangs, never stops the simulation, and works again after a reset. (Registers)

#include "tb/tests/models/control/sc_errors_rig.h"

namespace dlac::errors_rig {

namespace {

/// A value for a field that may be legal, almost legal or far off.
[[nodiscard]] std::uint32_t random_value(std::mt19937& random) {
  switch (pick(random, 0, 6)) {
    case 0: return pick(random, 0, 3);
    case 1: return pick(random, 0, 40);
    case 2: return pick(random, 0, 5000);
    case 3: return 1U << pick(random, 0, 31);
    case 4: return 0U - pick(random, 1, 8);
    case 5: return (1U << pick(random, 0, 31)) - 1;
    default: return static_cast<std::uint32_t>(random());
  }
}

/// Changes a field of a command; 64-bit addresses mostly to somewhere in memory.
void change_field(std::mt19937& random, CommandImage& image, const CommandField& field) {
  if (field.width == 64) {
    const bool inside = chance(random, 0.8);
    image[field.word] = inside ? pick(random, 0, 16 << 20) : static_cast<std::uint32_t>(random());
    image[field.word + 1] = inside ? 0 : random_value(random);
    return;
  }
  const std::uint32_t mask = field.width == 32 ? 0xFFFFFFFFU : (1U << field.width) - 1;
  image[field.word] &= ~(mask << field.lsb);
  image[field.word] |= (random_value(random) & mask) << field.lsb;
}

/// A command with up to `changes` random fields, now and then of the header.
[[nodiscard]] CommandImage random_command(std::mt19937& random, std::uint32_t changes) {
  const std::vector<Command> good = one_of_each();
  const auto end = static_cast<std::uint32_t>(good.size()) - 1;
  CommandImage image = encode(good[chance(random, 0.02) ? end : pick(random, 0, end - 1)]);
  const std::vector<CommandField> fields = command_fields(static_cast<Opcode>(image[0] & 0xFF));
  constexpr std::uint32_t HeaderFields = 5;
  const auto last = static_cast<std::uint32_t>(fields.size()) - 1;
  const std::uint32_t first = chance(random, 0.1) ? 1 : HeaderFields;
  for (std::uint32_t i = pick(random, 0, changes); i > 0 && first <= last; --i) {
    change_field(random, image, fields[pick(random, first, last)]);
  }
  return image;
}

/// Tokens that belong to the command's queue; `balance`: how likely what is given is also taken.
void add_tokens(std::mt19937& random, CommandImage& image, double balance) {
  const auto some = [&random, balance](std::uint32_t token) { return chance(random, balance) ? token : 0; };
  const auto seldom = [&some](std::uint32_t token) {
    const std::uint32_t first = some(token);
    return some(token) & first;
  };
  std::uint32_t pop = 0;
  std::uint32_t push = 0;
  switch (static_cast<Opcode>(image[0] & 0xFF)) {
    case Opcode::LoadWeights:
    case Opcode::LoadFeatures: pop = seldom(ComputeToLoad), push = LoadToCompute; break;
    case Opcode::MmOp:
    case Opcode::PtWiseOp:
      pop = some(LoadToCompute) | seldom(StoreToCompute);
      push = ComputeToStore | some(ComputeToLoad);
      break;
    case Opcode::Store: pop = some(ComputeToStore), push = StoreToCompute; break;
    case Opcode::End: break;
  }
  image[0] = (image[0] & ~0xFF00U) | pop << 8 | push << 12;
}

/// A list of commands, of which few or many make sense.
[[nodiscard]] std::vector<CommandImage> random_list(std::mt19937& random) {
  std::vector<CommandImage> list(pick(random, 1, 24));
  if (chance(random, 0.1)) {
    for (CommandImage& image : list) {
      for (std::uint32_t& word : image) word = static_cast<std::uint32_t>(random());
      if (chance(random, 0.9)) image[0] = (image[0] & 0xFFFE0000U) | pick(random, 0, 5);
    }
    return list;
  }
  const std::uint32_t changes = pick(random, 0, 1) * pick(random, 0, 3);
  const bool tokens = chance(random, 0.5);
  const double balance = 0.1 * pick(random, 0, 10);
  for (CommandImage& image : list) {
    image = random_command(random, changes);
    if (tokens) add_tokens(random, image, balance);
  }
  if (chance(random, 0.8)) list.back() = encode(End{});
  return list;
}

/// Thousands of lists; each must end, and a layer must work after it.
void run_random_lists(Mode mode, EngineKind engine, unsigned seed, int lists) {
  Config config = small_config(mode);
  config.engine = engine;
  config.queue_depth = 3;
  config.token_limit = 5;
  const GoodLayer layer(mode);
  std::array<int, 16> outcomes{};
  int current = -1;
  Testbench bench("bench", config, 16 << 20, sc_core::sc_time(100, sc_core::SC_NS), [&](Testbench& b) {
    const tb::LayerRun fresh = layer.check(b);
    std::mt19937 random(seed);
    for (current = 0; current < lists * soak_factor(); ++current) {
      // Weights and features to load: mostly legal ternary codes.
      for (std::uint64_t i = 0; i < 0x2000; ++i) {
        b.memory.data()[DataAt + i] = chance(random, 0.9995) ? 0x7D : static_cast<std::uint8_t>(random());
      }
      const std::vector<CommandImage> list = random_list(random);
      const std::uint64_t address = ListAt + std::uint64_t{4} * pick(random, 0, 1000);
      b.write_register(at(Register::IrqEnable), IrqDone | IrqError);
      ring(b, list, address, static_cast<std::uint32_t>(list.size()));
      // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the time that it refers to goes on
      const sc_core::sc_time begun = sc_core::sc_time_stamp();
      b.wait_for_interrupt();
      CHECK(sc_core::sc_time_stamp() - begun < sc_core::sc_time(20, sc_core::SC_MS));
      const std::uint32_t status = b.read_register(at(Register::Status));
      const std::uint32_t error = b.read_register(at(Register::Error));
      REQUIRE(error < outcomes.size());
      ++outcomes[error];
      CHECK(status == (error == 0 ? StatusDone : StatusError));
      b.write_register(at(Register::IrqStatus), IrqDone | IrqError);
      sc_core::wait(pick(random, 1, 500), sc_core::SC_NS);
      if (error != 0 || chance(random, 0.2)) reset(b);
      if (current % 20 == 0) layer.check(b, &fresh);
    }
    layer.check(b, &fresh);
  });
  try {
    bench.run();
  } catch (const tb::CoreError& e) {
    FAIL("list " << current << " of seed " << seed << ": " << e.what());
  }
  // The lists reach every error that a list can cause in this set-up.
  for (const ErrorCode code :
       {ErrorCode::None, ErrorCode::IllegalCommand, ErrorCode::IllegalField, ErrorCode::BufferRange,
        ErrorCode::BadWeightCode, ErrorCode::TokenOverflow, ErrorCode::Deadlock, ErrorCode::ListWithoutEnd,
        ErrorCode::LoadFault, ErrorCode::StoreFault}) {
    CAPTURE(code);
    CHECK(outcomes[static_cast<std::size_t>(code)] > 0);
  }
}

}  // namespace

TEST_CASE("errors: random lists end, and the core works after them, training, schedule engine") {
  run_random_lists(Mode::Train, EngineKind::Schedule, 101, 4000);
}
TEST_CASE("errors: random lists end, and the core works after them, training, clocked engine") {
  run_random_lists(Mode::Train, EngineKind::Clocked, 102, 2000);
}
TEST_CASE("errors: random lists end, and the core works after them, inference, schedule engine") {
  run_random_lists(Mode::Infer, EngineKind::Schedule, 103, 4000);
}
TEST_CASE("errors: random lists end, and the core works after them, inference, clocked engine") {
  run_random_lists(Mode::Infer, EngineKind::Clocked, 104, 2000);
}

}  // namespace dlac::errors_rig
