// SPDX-License-Identifier: Apache-2.0
// The driver's register accesses, on registers that hold what the test says. sc_driver.cpp drives the model with it.
#include <dlac/common/register_map.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "dlac.h"
#include "tb/tests/driver/fake_registers.h"

namespace {

using Writes = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// The registers that tell what a core is, each with a value of its own.
void describe_core(FakeRegisters& fake) {
  fake.values = {{0x00, 0x43414C64}, {0x04, 0x0001'0007}, {0x40, 1},  {0x44, 16}, {0x48, 4},
                 {0x54, 4096},       {0x58, 8192},        {0x5C, 99}, {0x60, 7},  {0x64, 1250}};
}

[[nodiscard]] dlac_device probed(FakeRegisters& fake) {
  describe_core(fake);
  dlac_device core{};
  REQUIRE(dlac_probe(&core, FakeRegisters::Base) == DLAC_OK);
  return core;
}

}  // namespace

TEST_CASE("driver: probing tells what the core is, and writes nothing") {
  FakeRegisters fake;
  const dlac_device core = probed(fake);
  CHECK(core.base == FakeRegisters::Base);
  CHECK(core.version == 0x0001'0007);
  CHECK(core.mode == DLAC_MODE_INFER);
  CHECK(core.pes == 16);
  CHECK(core.output_buffers == 4);
  CHECK(core.weight_buffer_bytes == 4096);
  CHECK(core.feature_buffer_bytes == 8192);
  CHECK(core.token_limit == 99);
  CHECK(core.queue_depth == 7);
  CHECK(core.clock_period_ps == 1250);
  CHECK(fake.writes.empty());
}

TEST_CASE("driver: probing refuses what is no core or none of its major version") {
  FakeRegisters fake;
  dlac_device core{};
  CHECK(dlac_probe(nullptr, FakeRegisters::Base) == DLAC_E_ARGUMENT);
  CHECK(dlac_probe(&core, FakeRegisters::Base + 2) == DLAC_E_ARGUMENT);
  CHECK(fake.reads.empty());

  describe_core(fake);
  fake.values[0x00] = 0x644C4143;  // as a big-endian bus would show it
  CHECK(dlac_probe(&core, FakeRegisters::Base) == DLAC_E_NO_DEVICE);
  CHECK(fake.reads.size() == 1);  // nothing is read from a device that may mind

  for (const std::uint32_t version : {0x0000'0000U, 0x0002'0000U, 0x0000'FFFFU}) {
    describe_core(fake);
    fake.values[0x04] = version;
    CHECK(dlac_probe(&core, FakeRegisters::Base) == DLAC_E_VERSION);
  }
  CHECK(fake.reads.size() == 2);
}

TEST_CASE("driver: the doorbell rings last") {
  FakeRegisters fake;
  dlac_device core = probed(fake);
  CHECK(dlac_submit(&core, 0x0123'4567'89AB'CDEC, 5) == DLAC_OK);
  CHECK(fake.writes == Writes{{0x1C, 0x89AB'CDEC}, {0x20, 0x0123'4567}, {0x24, 5}, {0x18, 1}});
}

TEST_CASE("driver: a list that cannot run is not submitted") {
  FakeRegisters fake;
  dlac_device core = probed(fake);
  CHECK(dlac_submit(nullptr, 0, 1) == DLAC_E_ARGUMENT);
  CHECK(dlac_submit(&core, 0, 0) == DLAC_E_ARGUMENT);
  for (std::uint64_t low = 1; low < 4; ++low) CHECK(dlac_submit(&core, 0x1000 + low, 1) == DLAC_E_ARGUMENT);

  struct {
    std::uint32_t status, error;
    int expected;
  } const table[] = {
      {DLAC_STATUS_BUSY, DLAC_ERROR_NONE, DLAC_E_BUSY},
      {DLAC_STATUS_BUSY | DLAC_STATUS_ERROR, DLAC_ERROR_DOORBELL_BUSY, DLAC_E_BUSY},
      {DLAC_STATUS_ERROR, DLAC_ERROR_DEADLOCK, DLAC_E_CORE},
      {DLAC_STATUS_ERROR, 4711, DLAC_E_CORE},  // an error of a later version of the core
  };
  for (const auto& row : table) {
    CAPTURE(row.status, row.error);
    fake.values[DLAC_REG_STATUS] = row.status;
    fake.values[DLAC_REG_ERROR] = row.error;
    CHECK(dlac_submit(&core, 0x1000, 1) == row.expected);
  }
  CHECK(fake.writes.empty());

  // These two stop no list, and the core takes the next.
  for (const std::uint32_t error : {DLAC_ERROR_DOORBELL_BUSY, DLAC_ERROR_BAD_LIST_ADDRESS}) {
    fake.values[DLAC_REG_STATUS] = DLAC_STATUS_DONE | DLAC_STATUS_ERROR;
    fake.values[DLAC_REG_ERROR] = error;
    CHECK(dlac_submit(&core, 0x1000, 1) == DLAC_OK);
  }
}

TEST_CASE("driver: the result of a list is that of STATUS") {
  FakeRegisters fake;
  const dlac_device core = probed(fake);
  struct {
    std::uint32_t status;
    int expected;
  } const table[] = {
      {0, DLAC_E_NOT_STARTED},
      {DLAC_STATUS_BUSY, DLAC_E_BUSY},
      {DLAC_STATUS_BUSY | DLAC_STATUS_ERROR, DLAC_E_BUSY},  // a doorbell while busy
      {DLAC_STATUS_DONE, DLAC_OK},
      {DLAC_STATUS_DONE | DLAC_STATUS_ERROR, DLAC_OK},  // likewise, and the list has ended since
      {DLAC_STATUS_ERROR, DLAC_E_CORE},
  };
  for (const auto& row : table) {
    CAPTURE(row.status);
    fake.values[DLAC_REG_STATUS] = row.status;
    CHECK(dlac_result(&core) == row.expected);
    CHECK(dlac_wait(&core, 1) == (row.expected == DLAC_E_BUSY ? DLAC_E_TIMEOUT : row.expected));
  }
}

TEST_CASE("driver: waiting polls as often as it may") {
  FakeRegisters fake;
  const dlac_device core = probed(fake);
  fake.values[DLAC_REG_STATUS] = DLAC_STATUS_BUSY;
  CHECK(dlac_wait(&core, 7) == DLAC_E_TIMEOUT);
  CHECK(fake.reads[DLAC_REG_STATUS] == 7);

  // Without a limit, until the list is done: at the 1000th look.
  fake.reads.clear();
  fake.before_read = [&fake](std::uint32_t offset) {
    if (fake.reads[offset] == 1000) fake.values[DLAC_REG_STATUS] = DLAC_STATUS_DONE;
  };
  CHECK(dlac_wait(&core, 0) == DLAC_OK);
  CHECK(fake.reads[DLAC_REG_STATUS] == 1000);
}

TEST_CASE("driver: waiting asleep looks at STATUS before and after each sleep") {
  FakeRegisters fake;
  const dlac_device core = probed(fake);
  struct Sleeper {
    FakeRegisters& fake;
    int slept = 0;
  } sleeper{fake};
  const auto sleep = [](void* context) {
    auto& self = *static_cast<Sleeper*>(context);
    // It wakes twice for nothing.
    if (++self.slept == 3) self.fake.values[DLAC_REG_STATUS] = DLAC_STATUS_ERROR;
  };
  fake.values[DLAC_REG_STATUS] = DLAC_STATUS_BUSY;
  CHECK(dlac_wait_sleeping(&core, sleep, &sleeper) == DLAC_E_CORE);
  CHECK(sleeper.slept == 3);
  CHECK(fake.reads[DLAC_REG_STATUS] == 4);
  // Nothing to wait for: no sleep, from which nothing would wake.
  CHECK(dlac_wait_sleeping(&core, sleep, &sleeper) == DLAC_E_CORE);
  CHECK(sleeper.slept == 3);
  CHECK(dlac_wait_sleeping(&core, nullptr, nullptr) == DLAC_E_ARGUMENT);
}

TEST_CASE("driver: an acknowledged interrupt is the one that was read, no other") {
  FakeRegisters fake;
  const dlac_device core = probed(fake);
  fake.values[DLAC_REG_IRQ_STATUS] = DLAC_IRQ_DONE;
  fake.before_read = [&fake](std::uint32_t offset) {
    // An error is recorded between the read and the write.
    if (offset == DLAC_REG_IRQ_STATUS && fake.reads[offset] == 2) fake.values[offset] |= DLAC_IRQ_ERROR;
  };
  CHECK(dlac_irq_acknowledge(&core) == DLAC_IRQ_DONE);
  CHECK(fake.writes == Writes{{0x14, 1}});
}

TEST_CASE("driver: reset, counters and errors") {
  FakeRegisters fake;
  dlac_device core = probed(fake);
  CHECK(dlac_reset(nullptr) == DLAC_E_ARGUMENT);
  CHECK(dlac_reset(&core) == DLAC_OK);
  dlac_clear_counters(&core);
  dlac_irq_enable(&core, DLAC_IRQ_DONE | DLAC_IRQ_ERROR);
  CHECK(fake.writes == Writes{{0x08, 1}, {0x08, 4}, {0x10, 3}});
  fake.values[DLAC_REG_STATUS] = DLAC_STATUS_BUSY;  // does not come to rest
  CHECK(dlac_reset(&core) == DLAC_E_BUSY);

  // Counters: one snapshot, then low and high words.
  fake.writes.clear();
  for (std::uint32_t i = 0; i < dlac::CounterCount; ++i) {
    fake.values[0x100 + 8 * i] = 0xFFFF'FF00 + i;
    fake.values[0x104 + 8 * i] = i;
  }
  dlac_counters counters{};
  dlac_read_counters(&core, &counters);
  CHECK(fake.writes == Writes{{0x08, 2}});
  for (std::uint64_t i = 0; i < DLAC_COUNTERS; ++i) CHECK(counters.values[i] == (i << 32 | (0xFFFF'FF00 + i)));

  fake.values[0x28] = 9;
  fake.values[0x2C] = 0x89AB'CDEF;
  fake.values[0x30] = 0x0123'4567;
  dlac_error error{};
  dlac_read_error(&core, &error);
  CHECK(error.code == DLAC_ERROR_LOAD_FAULT);
  CHECK(error.fault_address == 0x0123'4567'89AB'CDEF);
}

TEST_CASE("driver: texts are the model's, and unknown values have one, too") {
  for (const dlac::ErrorInfo& error : dlac::error_codes()) {
    CHECK(dlac_error_text(static_cast<std::uint32_t>(error.code)) == error.description);
  }
  CHECK(std::string(dlac_error_text(14)) == "unknown");
  CHECK(std::string(dlac_error_text(0xFFFF'FFFF)) == "unknown");
  for (std::uint32_t i = 0; i < dlac::CounterCount; ++i) {
    CHECK(dlac_counter_name(i) == to_string(static_cast<dlac::Counter>(i)));
  }
  CHECK(dlac_counter_name(dlac::CounterCount) == nullptr);
  CHECK(dlac_counter_name(std::numeric_limits<unsigned>::max()) == nullptr);
  for (int status = DLAC_OK; status <= DLAC_E_IMAGE_CORE; ++status) {
    CHECK(std::string(dlac_status_text(status)) != "unknown");
  }
  CHECK(std::string(dlac_status_text(-1)) == "unknown");
  CHECK(std::string(dlac_status_text(DLAC_E_IMAGE_CORE + 1)) == "unknown");
}
