// SPDX-License-Identifier: Apache-2.0
// Records, line by line, against what the contract says of an operation that is small enough to be worked out by hand.
#include <dlac/links/link_modules.h>
#include <dlac/links/recorder.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tb/system/register_access.h"
#include "tb/tests/models/links/sc_link_rig.h"

namespace {

namespace tb = dlac::tb;
using dlac::Command;
using dlac::Config;
using dlac::End;
using dlac::EngineKind;
using dlac::ErrorCode;
using dlac::LinkModules;
using dlac::LoadFeatures;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::PtWiseOp;
using dlac::Recorder;
using link_rig::config_of;

constexpr std::uint64_t WeightsAt = 0x4000, FeaturesAt = 0x8000;

/// One row of 16 PEs, of which the first works: four output channels, one pixel, beats 1, 2 and 3 of a 1x1 convolution
/// over four channels, whose planes are single words. Then a * x + y, x a constant and y a feature of each channel.
std::vector<Command> commands() {
  LoadWeights weights;
  weights.address = WeightsAt;
  weights.bytes = 48;
  LoadFeatures features;
  features.address = FeaturesAt;
  features.channels = 4;
  features.height = features.width = features.rows = features.row_capacity = features.pitch = 1;
  features.row_stride = features.image_stride = 4;
  features.channel_stride = 4;
  MmOp mm;
  mm.header.fence = 1;
  mm.clear = 1;
  mm.channels = 4;
  mm.columns = 1;
  mm.first_beat = 1;
  mm.beats = 3;
  mm.weights = 4;
  mm.row_capacity = mm.pitch = mm.height = mm.width = 1;
  PtWiseOp pw;
  pw.header.fence = 1;
  pw.operation = dlac::PointwiseOp::MulAdd;
  pw.source_x = dlac::OperandSource::Constant;
  pw.source_y = dlac::OperandSource::Stream;
  pw.constants_x = 32;
  pw.channels = 4;
  pw.columns = 1;
  pw.row_capacity_1 = pw.pitch_1 = pw.height = pw.width = 1;
  return {weights, features, mm, pw, End{}};
}

void fill(tb::Testbench& bench) {
  std::uint8_t* const weights = bench.memory.data() + WeightsAt;
  // Codes of channels 0 to 3, lowest first: beat 1 +1 0 -1 +1, beat 2 +1 +1 +1 +1, beat 3 0 +1 0 0.
  weights[4] = 0b01'11'00'01;
  weights[5] = 0b01'01'01'01;
  weights[6] = 0b00'00'01'00;
  const float ones[4] = {1, 1, 1, 1};
  std::memcpy(weights + 32, ones, sizeof ones);
  const float features[4] = {9, 2, 0, 3};  // the third, beat 2's, is zero
  std::memcpy(bench.memory.data() + FeaturesAt, features, sizeof features);
}

/// Lines by link, as they were written.
using Lines = std::map<std::string, std::vector<std::string>>;

struct Run {
  Lines lines;
  std::uint64_t mm = 0, pw = 0;  ///< cycles in which the operations start
};

Run run(EngineKind engine) {
  const Config config = config_of(engine);
  std::ostringstream text;
  Recorder recorder(text);
  LinkModules modules;
  modules.observe("*", recorder, config);
  Run result;
  tb::Testbench bench(
      std::string(to_string(engine)).c_str(), config, core_rig::MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
      [](tb::Testbench& self) {
        fill(self);
        CHECK(self.run_list(commands()) == ErrorCode::None);
      },
      &modules);
  bench.accelerator.observe([&](const dlac::CommandRecord& record) {
    if (std::holds_alternative<MmOp>(record.command)) result.mm = record.start;
    if (std::holds_alternative<PtWiseOp>(record.command)) result.pw = record.start;
  });
  bench.run();
  std::istringstream stream(text.str());
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    const std::size_t comma = line.find(',');
    result.lines[line.substr(0, comma)].push_back(line.substr(comma + 1));
  }
  return result;
}

std::string at(std::uint64_t cycle, const std::string& rest) { return std::to_string(cycle) + "," + rest; }

using Expected = std::vector<std::string>;

/// What both engines share: loads, the check of the codes, the commands.
void check_common(const Run& run) {
  // A burst's data is there when its single beat of the port and the 50 cycles of latency have passed.
  const auto arrival = [&](const std::string& address) {
    for (const std::string& line : run.lines.at("mem")) {
      if (line.find("," + address + ",") != std::string::npos) return std::stoull(line);
    }
    return 0ULL;
  };
  CHECK(run.lines.at("load.weight_buffer") ==
        Expected{at(arrival("0x4000") + 50 + 3, "load,write,0x0,,48,,ok")});  // 48 bytes, 16 a cycle
  const std::vector<std::string>& features = run.lines.at("load.feature_buffer");
  std::uint64_t bytes = 0;
  for (const std::string& line : features) {
    CHECK(line.find(",load,write,0x") != std::string::npos);
    bytes += std::stoull(line.substr(line.find(",,") + 2));
  }
  CHECK(bytes == 16);
  CHECK(run.lines.at("compute.weight_codes") == Expected{at(run.mm, "code_check,read,0x4,,3,,ok")});
  CHECK(run.lines.at("compute.grid") ==
        Expected{at(run.mm, "compute,mm_op,,1,,4,ok"), at(run.pw, "compute,pt_wise_op,,,,,ok")});
  CHECK(run.lines.at("mem").front().find(",port,read,0x0,") != std::string::npos);
  CHECK(run.lines.at("csr").front().find(",host,write,") != std::string::npos);
}

}  // namespace

TEST_CASE("link records: every requester, beat and cycle of the clocked engine is the contract's") {
  const Run run = ::run(EngineKind::Clocked);
  check_common(run);
  const std::uint64_t s = run.mm;
  const std::uint64_t p = run.pw;
  // W = X = 1, 2, 3; three, no and one live updates, one per cycle: done = 4, 4, 5.
  CHECK(run.lines.at("grid.row_stream_0.buffer") ==
        Expected{at(s + 1, "row_stream_0,read,0x4,1,1,,ok"), at(s + 2, "row_stream_0,read,0x5,2,1,,ok"),
                 at(s + 3, "row_stream_0,read,0x6,3,1,,ok"), at(p, "constants_0,read,0x20,0,16,,ok")});
  const std::vector<std::string>& column = run.lines.at("grid.column_stream_0.buffer");
  REQUIRE(column.size() >= 4);
  CHECK(Expected(column.begin(), column.begin() + 3) == Expected{at(s + 1, "column_stream_0,read,0x4,1,4,,ok"),
                                                                 at(s + 2, "column_stream_0,read,0x8,2,4,,ok"),
                                                                 at(s + 3, "column_stream_0,read,0xc,3,4,,ok")});
  std::uint64_t streamed = 0;
  for (std::size_t i = 3; i < column.size(); ++i) {
    CHECK(column[i].find(at(p, "pointwise_stream_0,read,0x")) == 0);
    std::istringstream fields(column[i]);
    std::string field;
    for (int k = 0; k < 6; ++k) std::getline(fields, field, ',');
    streamed += std::stoull(field);
  }
  CHECK(streamed == 16);
  // The PE is at beat 1 when it has arrived, at beats 2 and 3 when the third update is done.
  const Expected looks{at(s + 1, "pe_0,beat,,1,,,ok"), at(s + 4, "pe_0,beat,,2,,,ok"), at(s + 4, "pe_0,beat,,3,,,ok")};
  for (const char* link : {"grid.pe_0.zero_skip.row", "grid.operand_network.row_0"}) {
    INFO(link);
    Expected all = looks;
    all.push_back(at(p, "pe_0,operand,,0,,,ok"));
    Expected lines = run.lines.at(link);
    lines.back() =
        at(p, lines.back().substr(lines.back().find(',') + 1));  // whatever its cycle: no state depends on it
    CHECK(lines == all);
  }
  Expected beats = run.lines.at("grid.pe_0.zero_skip.column");
  beats.resize(3);
  CHECK(beats == looks);
  Expected updates = run.lines.at("grid.pe_0.zero_skip.update");
  REQUIRE(updates.size() == 5);
  updates.pop_back();  // the point-wise one
  CHECK(updates == Expected{at(s + 2, "pe_0,update,,1,,1,ok"), at(s + 3, "pe_0,update,,1,,1,ok"),
                            at(s + 4, "pe_0,update,,1,,1,ok"), at(s + 5, "pe_0,update,,3,,1,ok")});
  for (const auto& [link, lines] : run.lines) CHECK(link.find("grid.pe_1.") == std::string::npos);
}

TEST_CASE("link records: the schedule engine reads for a whole segment at once, under the same names") {
  const Run run = ::run(EngineKind::Schedule);
  check_common(run);
  CHECK(run.lines.at("grid.weight_buffer") ==
        Expected{at(run.mm, "row_stream,read,0x4,1,3,,ok"), at(run.pw, "constants,read,0x20,0,16,,ok")});
  CHECK(run.lines.at("grid.feature_buffer") ==
        Expected{at(run.mm, "column_stream,read,0x4,1,12,,ok"), at(run.pw, "pointwise_stream,read,0x0,0,16,,ok")});
}

TEST_CASE("link records: an access between two clock edges counts for the next one") {
  const Config config = config_of(EngineKind::Schedule);
  std::ostringstream text;
  Recorder recorder(text, 0, ~std::uint64_t{0});
  LinkModules modules;
  modules.observe("csr", recorder, config);
  tb::Testbench bench(
      "bench", config, core_rig::MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
      [](tb::Testbench& self) {
        const auto read = [&self](const sc_core::sc_time& delay) {
          std::uint32_t value = 0;
          sc_core::sc_time left = delay;
          tlm::tlm_generic_payload payload;
          tb::set_register_access(payload, tlm::TLM_READ_COMMAND, core_rig::at(dlac::Register::Id), value);
          self.host->b_transport(payload, left);
        };
        read(sc_core::SC_ZERO_TIME);                   // the edge of cycle 0
        sc_core::wait(1, sc_core::SC_PS);              // behind it
        read(sc_core::SC_ZERO_TIME);                   // cycle 1, at 2 ns
        read(sc_core::sc_time(1999, sc_core::SC_PS));  // told to be at that edge
        read(sc_core::sc_time(2000, sc_core::SC_PS));  // and behind it
      },
      &modules);
  bench.run();
  CHECK(text.str() ==
        "link,cycle,requester,command,address,beat,bytes,updates,response\n"
        "csr,0,host,read,0x0,,4,,ok\n"
        "csr,1,host,read,0x0,,4,,ok\n"
        "csr,1,host,read,0x0,,4,,ok\n"
        "csr,2,host,read,0x0,,4,,ok\n");
}
