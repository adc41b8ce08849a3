// SPDX-License-Identifier: Apache-2.0
// What dlac-platform writes: report, waveform, the firmware's output; disks that are full, and signals.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include "tb/tests/tb/commands/cli_program.h"

namespace {

using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using dlac::tb::ProgramResult;
using dlac::tb::run_program;
using dlac::tb::ScratchFolder;
using dlac::tb::soon;
using dlac::tb::StartedProgram;
using nlohmann::json;
using Texts = std::vector<std::string>;

Texts with_image(const std::string& name, const Texts& options) {
  Texts arguments{"--image", std::string(DLAC_PLATFORM_IMAGES) + "/" + name + ".dlac"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

/// The times of a VCD file.
std::vector<std::uint64_t> times_of(const std::string& vcd) {
  std::vector<std::uint64_t> times;
  std::istringstream lines(vcd);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] == '#') times.push_back(std::stoull(line.substr(1)));
  }
  return times;
}

/// The cycles in the firmware's line about a layer, which it has from the core's counters.
std::uint64_t cycles_of(const std::string& out, const std::string& name) {
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name + ' ', 0) != 0) continue;
    std::istringstream words(line.substr(name.size()));
    std::uint64_t commands = 0, cycles = 0;
    words >> commands >> cycles;
    return cycles;
  }
  FAIL("no line " << name);
  return 0;
}

}  // namespace

TEST_CASE("platform: a report tells what processor and core did, and changes nothing") {
  const ScratchFolder folder;
  const ProgramResult plain = run_program(folder.path(), with_image("small-train", {}));
  const ProgramResult result = run_program(folder.path(), with_image("small-train", {"--report", "r.json"}));
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
  const std::string firmware = plain.out.substr(0, plain.out.find("\nprocessor"));
  CHECK(result.out.substr(0, firmware.size()) == firmware);
  const json report = folder.json("r.json");
  CHECK(report["program"] == "dlac-platform");
  CHECK(report["exit_code"] == 0);
  CHECK(report["failure"].is_null());
  CHECK(report["configuration"]["pes"] == 512);
  CHECK(report["processor"]["interrupts"] == 7);
  CHECK(report["processor"]["instructions"] > 1000);
  CHECK(report["simulated_seconds"] > 1e-4);  // the firmware sleeps that long
  // Matrix, bad list, after the reset, two layers, the one list.
  const json& lists = report["lists"];
  REQUIRE(lists.size() == 6);
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    INFO(lists[i].dump());
    CHECK(lists[i]["ended"] == (i != 1));
    CHECK(lists[i]["error"].is_null() == (i != 1));
    CHECK(lists[i]["first_cycle"] > before);
    before = lists[i]["first_cycle"].get<std::uint64_t>() + lists[i]["cycles"].get<std::uint64_t>();
  }
  CHECK(lists[1]["error"] == "illegal command");
  // The list that runs both layers: the work of both, and the firmware's table says how long each took.
  for (const char* key : {"segment_count", "compute_cycles"}) {
    CHECK(lists[5][key] == lists[3][key].get<std::uint64_t>() + lists[4][key].get<std::uint64_t>());
    CHECK(lists[5][key] == lists[2][key]);
  }
  CHECK(lists[3]["cycles"] == cycles_of(result.out, "layer3.2.conv2"));
  CHECK(lists[4]["cycles"] == cycles_of(result.out, "linear"));
  CHECK(lists[5]["cycles"] == cycles_of(result.out, "all in one list"));

  REQUIRE(run_program(folder.path(), with_image("small-train", {"--report", "r.csv"})).code == 0);
  const std::string csv = folder.read("r.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 7);
  CHECK(csv.rfind("address,first_cycle,cycles,ended,error,commands,", 0) == 0);
}

TEST_CASE("platform: a window of the waveform, and one behind the end") {
  const ScratchFolder folder;
  REQUIRE(
      run_program(folder.path(), with_image("small-train", {"--vcd", "a.vcd", "--vcd-window", "1000:60000"})).code ==
      0);
  const std::vector<std::uint64_t> times = times_of(folder.read("a.vcd"));
  REQUIRE(times.size() > 100);
  CHECK(times.front() == 2 * 1000);  // 2 ns a cycle
  CHECK(times.back() == 2 * 60001);
  const std::string vcd = folder.read("a.vcd");
  const ProgramResult late = run_program(
      folder.path(),
      with_image("small-train", {"--vcd", "a.vcd", "--vcd-window", "1000000000:1000000001", "--report", "r.json"}));
  CHECK(late.code == 2);
  CHECK_THAT(late.err, StartsWith("dlac-platform: --vcd-window: 1000000000: expected a first cycle before ") &&
                           EndsWith(", the end of the simulation; no waveform is written\n"));
  CHECK(folder.json("r.json")["exit_code"] == 0);
  CHECK((folder.read("a.vcd") == vcd));
  CHECK(late.out.find("all checks passed") != std::string::npos);
}

TEST_CASE("platform: an output that cannot be written whole is one line, and the old file stays") {
  struct Kind {
    Texts options;
    std::string name;
    std::uint64_t limit;
  };
  for (const Kind& kind : {Kind{{"--vcd", "a.vcd"}, "a.vcd", 16384}, Kind{{"--report", "r.json"}, "r.json", 4096},
                           Kind{{"--uart", "u.txt"}, "u.txt", 1024}}) {
    INFO(kind.name);
    const ScratchFolder folder;
    folder.write(kind.name, "old");
    const ProgramResult result = run_program(folder.path(), with_image("small-train", kind.options), kind.limit);
    CHECK(result.code == 2);
    CHECK(result.err == "dlac-platform: " + kind.name + ": File too large: expected all of it to be written\n");
    CHECK(folder.read(kind.name) == "old");
    CHECK(folder.names() == Texts{kind.name});
  }
}

TEST_CASE("platform: no signal that ends the program leaves a part of an output behind") {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGXCPU, SIGXFSZ, SIGABRT}) {
    INFO("signal " << signal);
    const ScratchFolder folder;
    StartedProgram program(folder.path(),
                           with_image("resnet20-train", {"--vcd", "a.vcd", "--uart", "u.txt", "--engine", "clocked"}));
    const auto written = [&] {
      const Texts names = folder.names();
      return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return folder.size(name) > 0; });
    };
    CHECK(soon([&] { return folder.names().size() == 2 && written(); }));
    program.send(signal);
    CHECK(program.wait().signal == signal);
    CHECK(folder.names().empty());
  }
}

TEST_CASE("platform: a reader that goes away leaves nothing behind") {
  const ScratchFolder folder;
  StartedProgram program(folder.path(), with_image("small-train", {"--vcd", "a.vcd"}), true);
  program.close_output();
  CHECK(program.wait().signal == SIGPIPE);
  CHECK(folder.names().empty());
}
