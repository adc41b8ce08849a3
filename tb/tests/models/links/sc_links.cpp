// SPDX-License-Identifier: Apache-2.0
// What observers on the links inside the core see, and what modules in them can do.
#include <dlac/links/link_counter.h>
#include <dlac/links/link_modules.h>
#include <dlac/links/recorder.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tb/tests/models/links/sc_link_rig.h"

namespace {

using dlac::Accelerator;
using dlac::Config;
using dlac::ConfigError;
using dlac::Counter;
using dlac::EngineKind;
using dlac::ErrorCode;
using dlac::LinkCounter;
using dlac::LinkInfo;
using dlac::LinkModules;
using dlac::LinkRecord;
using dlac::Mode;
using dlac::Probe;
using dlac::Protocol;
using dlac::Recorder;
using link_rig::Beats;
using link_rig::Bench;
using link_rig::Channels;
using link_rig::Columns;
using link_rig::config_of;

/// Flips one bit of what is written to or read from the byte at `address`.
class FlipBit final : public Probe<> {
 public:
  FlipBit(const char* name, std::uint64_t address, unsigned bit) : Probe(name), address_(address), bit_(bit) {}
  void b_transport(Payload& payload, sc_core::sc_time& delay) override {
    Probe::b_transport(payload, delay);
    const std::uint64_t first = payload.get_address();
    if (payload.is_read() && address_ >= first && address_ - first < payload.get_data_length()) {
      payload.get_data_ptr()[address_ - first] ^= static_cast<std::uint8_t>(1U << bit_);
    }
  }

 private:
  const std::uint64_t address_;
  const unsigned bit_;
};

/// Looks at every attribute of what goes to a buffer.
class WholePayload final : public Probe<> {
 public:
  using Probe::Probe;
  void b_transport(Payload& payload, sc_core::sc_time& delay) override {
    ++seen;
    CHECK((payload.is_read() || payload.is_write()));
    CHECK(payload.get_data_ptr() != nullptr);
    CHECK(payload.get_data_length() != 0);
    CHECK(payload.get_streaming_width() == payload.get_data_length());
    CHECK(payload.get_byte_enable_ptr() == nullptr);
    CHECK_FALSE(payload.is_dmi_allowed());
    CHECK(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE);
    CHECK(delay == sc_core::SC_ZERO_TIME);
    Probe::b_transport(payload, delay);
    CHECK(payload.is_response_ok());
  }
  static inline std::size_t seen = 0;
};

}  // namespace

TEST_CASE("links: every transaction to a buffer has all attributes that the base protocol asks for") {
  const auto whole = [](const LinkInfo& link) {
    return std::make_unique<WholePayload>(module_name(link, "_whole").c_str());
  };
  LinkModules modules[2];
  for (LinkModules& each : modules) {
    each.insert("*weight_buffer", whole);
    each.insert("*feature_buffer", whole);
    each.insert("*weight_codes", whole);
  }
  modules[1].insert("*.buffer", whole);
  Bench schedule("schedule", config_of(EngineKind::Schedule), &modules[0]);
  Bench clocked("clocked", config_of(EngineKind::Clocked), &modules[1]);
  schedule.testbench.run();
  clocked.testbench.run();
  // Both: two loads and the check of the codes; one reads the weights and the features of the segment, the other one's
  // four row streams a beat each time.
  CHECK(WholePayload::seen > 2 * 3 + 2 + 4 * Beats);
  CHECK(clocked.outcome.outputs == schedule.outcome.outputs);
}

TEST_CASE("links: what observers see on the clocked engine adds up, beat by beat and update by update") {
  const Config config = config_of(EngineKind::Clocked);
  LinkCounter counter;
  LinkModules modules;
  modules.observe("*", counter, config);
  Bench watched("watched", config, &modules);
  Bench plain("plain", config, nullptr);
  watched.testbench.run();
  plain.testbench.run();
  REQUIRE(watched.outcome.error == ErrorCode::None);
  CHECK(watched.outcome.outputs == plain.outcome.outputs);
  CHECK(watched.outcome.counters == plain.outcome.counters);

  const auto& links = counter.links();
  for (int r = 0; r < 4; ++r) {
    const auto& row = links.at("grid.row_stream_" + std::to_string(r) + ".buffer");
    CHECK(row.transactions == Beats);
    CHECK(row.bytes == Beats);  // four codes of two bits
  }
  CHECK(links.count("grid.row_stream_4.buffer") == 0);
  std::uint64_t row_beats = 0;
  std::uint64_t column_beats = 0;
  std::uint64_t updates = 0;
  std::uint64_t drained = 0;
  for (const auto& [name, count] : links) {
    if (name.find("grid.pe_") != 0) continue;
    if (name.find(".row") != std::string::npos) row_beats += count.transactions;
    if (name.find(".column") != std::string::npos) column_beats += count.transactions;
    if (name.find(".update") != std::string::npos) updates += count.updates;
  }
  for (const auto& [name, count] : links) drained += name.find("grid.drain_pe_") == 0 ? count.updates : 0;
  CHECK(row_beats == Beats * 16);
  CHECK(column_beats == Beats * 16);
  CHECK(updates == watched.outcome.counter(Counter::UpdatesExecuted));
  CHECK(drained == Channels * Columns);
  CHECK(links.at("load.weight_buffer").bytes == Channels * Beats / 4);
  CHECK(links.at("load.feature_buffer").bytes == std::uint64_t{64} * 4);
  CHECK(links.at("compute.weight_codes").bytes == Channels * Beats / 4);
  CHECK(links.at("mem").bytes ==
        watched.outcome.counter(Counter::BytesRead) + watched.outcome.counter(Counter::BytesWritten));
  CHECK(links.at("processor.compute_queue").transactions == 1);
  CHECK(links.at("compute.grid").updates == updates);
  CHECK(counter.total().errors == 0);
}

TEST_CASE("links: the schedule engine reads once per segment and operand") {
  const Config config = config_of(EngineKind::Schedule);
  LinkCounter counter;
  LinkModules modules;
  modules.observe("grid.*", counter, config);
  Bench watched("watched", config, &modules);
  Bench plain("plain", config, nullptr);
  watched.testbench.run();
  plain.testbench.run();
  CHECK(watched.outcome.outputs == plain.outcome.outputs);
  CHECK(watched.outcome.counters == plain.outcome.counters);
  CHECK(counter.links().at("grid.weight_buffer").transactions == 1);
  CHECK(counter.links().at("grid.weight_buffer").bytes == Channels * Beats / 4);
  CHECK(counter.links().at("grid.feature_buffer").transactions == 1);
  CHECK(counter.links().at("grid.feature_buffer").bytes == std::uint64_t{2} * 4 * 8 * 4);  // two planes of 4 x 8 words
}

TEST_CASE("links: records are the same bytes with direct memory access and without") {
  std::ostringstream texts[2];
  std::vector<std::unique_ptr<Recorder>> recorders;
  std::vector<std::unique_ptr<LinkModules>> modules;
  std::vector<std::unique_ptr<Bench>> benches;
  for (std::uint32_t dmi = 0; dmi < 2; ++dmi) {
    const Config config = config_of(EngineKind::Clocked, Mode::Train, dmi);
    recorders.push_back(std::make_unique<Recorder>(texts[dmi]));
    modules.push_back(std::make_unique<LinkModules>());
    for (const char* pattern : {"load.*", "store.*", "processor.*", "compute.*", "grid.*", "csr"}) {
      modules.back()->observe(pattern, *recorders.back(), config);
    }
    benches.push_back(std::make_unique<Bench>(dmi == 0 ? "without" : "with", config, modules.back().get()));
  }
  for (const auto& bench : benches) bench->testbench.run();
  CHECK(texts[0].str().size() > 10'000);
  CHECK(texts[0].str() == texts[1].str());
}

TEST_CASE("links: a recorder writes a line per transaction of its window, both ends included") {
  std::ostringstream text;
  Recorder recorder(text, 5, 9);
  const LinkInfo link{"load.weight_buffer", Protocol::Buffer, "load", "weight_buffer"};
  for (const std::uint64_t cycle : {4U, 5U, 9U, 10U}) {
    LinkRecord record;
    record.cycle = cycle;
    record.requester = "row_stream";
    record.index = 3;
    record.command = "read";
    record.address = 0x1F;
    record.beat = 7;
    record.bytes = 2;
    record.response = cycle == 9 ? "address_error" : "ok";
    recorder.record(link, record);
  }
  CHECK(text.str() ==
        "link,cycle,requester,command,address,beat,bytes,updates,response\n"
        "load.weight_buffer,5,row_stream_3,read,0x1f,7,2,,ok\n"
        "load.weight_buffer,9,row_stream_3,read,0x1f,7,2,,address_error\n");
}

TEST_CASE("links: a flipped bit of one weight changes the outputs of its channel alone, on both engines") {
  // Four bytes a beat. Byte 20 holds channels 0 to 3 at beat 5, kernel position (1, 2): 0x70, of whose codes the last,
  // channel 3's, becomes 11 where it was 01, so -1 where it was +1.
  std::vector<std::unique_ptr<LinkModules>> modules;
  std::vector<std::unique_ptr<Bench>> benches;
  for (const EngineKind engine : {EngineKind::Schedule, EngineKind::Clocked}) {
    const Config config = config_of(engine);
    const std::string name(to_string(engine));
    modules.push_back(std::make_unique<LinkModules>());
    const char* const link = engine == EngineKind::Schedule ? "grid.weight_buffer" : "grid.row_stream_0.buffer";
    modules.back()->insert(link, [](const LinkInfo&) { return std::make_unique<FlipBit>("flip", 20, 7); });
    benches.push_back(std::make_unique<Bench>((name + "_flipped").c_str(), config, modules.back().get()));
    benches.push_back(std::make_unique<Bench>((name + "_plain").c_str(), config, nullptr));
  }
  for (const auto& bench : benches) bench->testbench.run();
  const auto& flipped = benches[0]->outcome.outputs;
  const auto& plain = benches[1]->outcome.outputs;
  CHECK(benches[2]->outcome.outputs == flipped);
  CHECK(benches[3]->outcome.outputs == plain);
  for (std::size_t k = 0; k < Channels; ++k) {
    INFO("channel " << k);
    const auto channel = [k](const std::vector<std::uint8_t>& outputs) {
      const auto first = outputs.begin() + static_cast<std::ptrdiff_t>(k * Columns * 4);
      return std::vector<std::uint8_t>(first, first + Columns * 4);
    };
    CHECK((channel(flipped) != channel(plain)) == (k == 3));
  }
}

TEST_CASE("links: a bit flipped on its way into the buffer is an illegal code, on both engines") {
  std::vector<std::unique_ptr<LinkModules>> modules;
  std::vector<std::unique_ptr<Bench>> benches;
  for (const EngineKind engine : {EngineKind::Schedule, EngineKind::Clocked}) {
    modules.push_back(std::make_unique<LinkModules>());
    // Codes of the first byte, 0x1D: 01 11 01 00; bit 7 makes 10 of the last.
    modules.back()->insert("compute.weight_codes",
                           [](const LinkInfo&) { return std::make_unique<FlipBit>("flip", 0, 7); });
    benches.push_back(
        std::make_unique<Bench>(std::string(to_string(engine)).c_str(), config_of(engine), modules.back().get()));
  }
  for (const auto& bench : benches) bench->testbench.run();
  for (const auto& bench : benches) CHECK(bench->outcome.error == ErrorCode::BadWeightCode);
}

TEST_CASE("links: an unknown one, two modules on one, and a module of another protocol are refused") {
  const Config config = config_of(EngineKind::Schedule);
  LinkCounter counter;
  {
    LinkModules modules;
    modules.observe("grid.row_stream_0.buffer", counter, config);  // the clocked engine's
    CHECK_THROWS_AS(Accelerator("unknown", config, &modules), ConfigError);
  }
  {
    LinkModules modules;
    modules.observe("load.*", counter, config);
    modules.observe("load.weight_buffer", counter, config);
    CHECK_THROWS_AS(Accelerator("twice", config, &modules), ConfigError);
  }
  {
    LinkModules modules;
    modules.insert("compute.grid", [](const LinkInfo&) { return std::make_unique<Probe<>>("bus"); });
    CHECK_THROWS_AS(Accelerator("other", config, &modules), ConfigError);
  }
  {
    LinkModules modules;
    modules.replace("feature_buffer", [](const char*, const Config&) { return nullptr; });
    CHECK_THROWS_AS(modules.replace("feature_buffer", [](const char*, const Config&) { return nullptr; }), ConfigError);
  }
  {
    LinkModules modules;  // a maker that has nothing for a link leaves it to the next
    modules.insert("mem", [](const LinkInfo&) { return nullptr; });
    modules.observe("*", counter, config);
    CHECK_NOTHROW(Accelerator("later", config, &modules));
  }
}
