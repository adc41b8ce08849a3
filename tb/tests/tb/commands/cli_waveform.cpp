// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tb/tests/tb/commands/cli_program.h"

namespace dlac::tb {
using nlohmann::json;

namespace {

/// What a test reads off a VCD file: the names, and how long each value of one signal lasted.
struct Waves {
  std::string timescale;
  std::set<std::string> names;  ///< with their scopes and bit ranges
  std::map<std::string, std::uint64_t> durations;
  std::uint64_t first = 0, last = 0;
};

Waves read_waves(const std::string& path, const std::string& watched) {
  Waves waves;
  std::ifstream file(path);
  std::vector<std::string> scopes;
  std::string id, value;
  std::uint64_t since = 0;
  bool stamped = false;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "$timescale") {
      std::string number, unit;
      file >> number >> unit;
      waves.timescale = number.append(" ").append(unit);
    } else if (word == "$scope") {
      words >> word >> word;
      scopes.push_back(word);
    } else if (word == "$upscope") {
      scopes.pop_back();
    } else if (word == "$var") {
      std::string type, width, symbol, name, range;
      words >> type >> width >> symbol >> name >> range;
      std::string full;
      for (const std::string& scope : scopes) full.append(scope).append(".");
      full.append(name).append(range == "$end" ? "" : range);
      waves.names.insert(full);
      if (full == watched) id = symbol;
    } else if (word.rfind('#', 0) == 0) {
      waves.last = std::stoull(word.substr(1));
      if (!stamped) waves.first = since = waves.last;
      stamped = true;
    } else if (word.rfind('b', 0) == 0) {
      std::string symbol;
      words >> symbol;
      if (symbol != id) continue;
      if (!value.empty()) waves.durations[value] += waves.last - since;
      value = word.substr(1);
      since = waves.last;
    }
  }
  waves.durations[value] += waves.last - since;
  return waves;
}

constexpr const char* GridState = "SystemC.testbench.accelerator.grid_state[31:0]";
constexpr std::uint64_t Period = 2;  // units of 1 ns per clock cycle

}  // namespace

TEST_CASE("the cycles read off the waveform are those of the report") {
  const ScratchFolder folder;
  for (const std::string engine : {"schedule", "clocked"}) {
    INFO(engine);
    const ProgramResult result =
        run_program(folder.path(), {"run", "--network", "resnet18", "--layer", "layer4.0.downsample", "--engine",
                                    engine, "--vcd", "a.vcd", "--report", "r.json"});
    CHECK(result.err.empty());
    REQUIRE(result.code == 0);
    const Waves waves = read_waves(folder.file("a.vcd"), GridState);
    CHECK(waves.timescale == "1 ns");
    CHECK(waves.first == 0);
    const json causes = folder.json("r.json")["layers"][0]["grid_cycles"];
    const std::map<std::string, std::string> states{
        {"0", "compute"}, {"1", "pointwise"}, {"10", "wait_weights"}, {"11", "wait_features"}, {"100", "wait_drain"}};
    for (const auto& [bits, cause] : states) {
      INFO(cause);
      const auto found = waves.durations.find(bits);
      CHECK((found == waves.durations.end() ? 0 : found->second) == Period * causes[cause].get<std::uint64_t>());
    }
    std::vector<std::string> names{"a.blocked_on.gtkf", "a.grid_state.gtkf", "a.gtkw", "a.opcode.gtkf"};
    if (engine == "clocked") names.emplace_back("a.pe_state.gtkf");
    names.insert(names.end(), {"a.vcd", "r.json"});
    CHECK(folder.names() == names);
  }
}

TEST_CASE("a window of the waveform begins and ends where it was asked to") {
  const ScratchFolder folder;
  const std::vector<std::string> base{"run", "--network", "resnet18", "--layer", "layer4.0.downsample"};
  const auto traced = [&](const std::string& window) {
    std::vector<std::string> arguments = base;
    for (const std::string& more : {std::string("--vcd"), std::string("a.vcd"), std::string("--vcd-window"), window}) {
      arguments.push_back(more);
    }
    return run_program(folder.path(), arguments);
  };
  REQUIRE(traced("100:2000").code == 0);
  const Waves waves = read_waves(folder.file("a.vcd"), GridState);
  CHECK(waves.first == Period * 100);
  CHECK(waves.last == Period * 2001);  // the end of cycle 2000

  const std::string save = folder.read("a.gtkw");
  CHECK(save.find("\n[timestart] 200\n") != std::string::npos);

  folder.write("a.vcd", "old");
  const ProgramResult late = traced("1000000000:1000000001");
  CHECK(late.code == 2);
  CHECK_THAT(late.err,
             Catch::Matchers::StartsWith("dlac-tb: --vcd-window: 1000000000: expected a first cycle before ") &&
                 Catch::Matchers::EndsWith(", the end of the simulation; no waveform is written\n"));
  CHECK(folder.read("a.vcd") == "old");
  CHECK(folder.read("a.gtkw") == save);
}

TEST_CASE("a waveform goes where a symbolic link leads, and the file keeps its permissions") {
  const ScratchFolder folder;
  folder.write("old.vcd", "old");
  std::filesystem::permissions(folder.file("old.vcd"), std::filesystem::perms(0640));
  std::filesystem::create_symlink("old.vcd", folder.file("link.vcd"));
  REQUIRE(run_program(folder.path(), {"run", "--network", "resnet18", "--layer", "layer4.0.downsample", "--vcd",
                                      "link.vcd", "--vcd-window", "0:10", "--verify", "none"})
              .code == 0);
  CHECK(std::filesystem::is_symlink(folder.file("link.vcd")));
  CHECK(std::filesystem::status(folder.file("old.vcd")).permissions() == std::filesystem::perms(0640));
  CHECK(read_waves(folder.file("old.vcd"), GridState).first == 0);
  CHECK(folder.names() == std::vector<std::string>{"link.blocked_on.gtkf", "link.grid_state.gtkf", "link.gtkw",
                                                   "link.opcode.gtkf", "link.vcd", "old.vcd"});
}

TEST_CASE("the save file beside a waveform shows every signal in it, for any shape of the grid") {
  const ScratchFolder folder;
  for (const std::string rows : {"2", "8"}) {
    INFO(rows << " rows");
    REQUIRE(
        run_program(folder.path(), {"run", "--network", "resnet20", "--layer", "linear", "--engine", "clocked", "--vcd",
                                    "a.vcd", "--vcd-window", "0:0", "--verify", "none", "--set", "pes=32", "--set",
                                    "rows=" + rows, "--set", "columns=" + std::to_string(32 / std::stoi(rows))})
            .code == 0);
    const Waves waves = read_waves(folder.file("a.vcd"), GridState);
    std::istringstream save(folder.read("a.gtkw"));
    std::set<std::string> shown;
    std::set<std::string> filters;
    for (std::string line; std::getline(save, line);) {
      if (line.rfind("+{", 0) == 0) shown.insert(line.substr(line.find("} ") + 2));
      if (line.rfind('^', 0) == 0) filters.insert(line.substr(line.rfind('/') + 1));
    }
    CHECK(shown == waves.names);
    const std::string text = save.str();
    for (int i = 0; i < 32; ++i) {
      CHECK(text.find("\n+{pe_" + std::to_string(i) + "} ") != std::string::npos);
    }
    CHECK(text.find("other signals") == std::string::npos);
    CHECK(filters.size() == 4);
    for (const std::string& filter : filters) CHECK(folder.has(filter));
  }
}

TEST_CASE("the save file's name is no other file's") {
  const ScratchFolder folder;
  folder.write("a.gtkw", "{}");
  const ProgramResult result =
      run_program(folder.path(), {"run", "--network", "resnet20", "--vcd", "a.vcd", "--config", "a.gtkw"});
  CHECK(result.code == 2);
  CHECK(result.err == "dlac-tb: --vcd: a.gtkw: expected a file that is no input\n");
  CHECK(folder.read("a.gtkw") == "{}");
}

}  // namespace dlac::tb
