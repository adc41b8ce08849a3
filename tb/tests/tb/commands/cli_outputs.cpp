// SPDX-License-Identifier: Apache-2.0
// Outputs that cannot be written as a whole: a file size limit stands for a full disk.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tb/tests/tb/commands/cli_program.h"
#include "workloads/npy.h"

namespace dlac::tb {
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using workloads::write_npy;
using Texts = std::vector<std::string>;

namespace {

const Texts Run{"run", "--network", "resnet20", "--layer", "linear", "--verify", "none"};

void write_layer(const ScratchFolder& folder) {
  write_npy(folder.file("w.npy"), small_codes({16, 4, 3, 3}));
  write_npy(folder.file("x.npy"), small_floats({4, 16, 16}));
}

}  // namespace

TEST_CASE("an output that cannot be written whole is one line, exit code 2, and the old file stays, for each kind") {
  struct Kind {
    Texts arguments;
    std::string name;
  };
  const Texts layer{"layer", "--weights", "w.npy", "--features", "x.npy", "--pad", "1", "--output", "y.npy"};
  const std::vector<Kind> kinds{
      {with(Run, {"--engine", "clocked", "--set", "pes=32", "--set", "rows=8", "--set", "columns=4", "--vcd", "a.vcd"}),
       "a.vcd"},
      {with(Run, {"--record", "mem=a.csv"}), "a.csv"},
      {with(Run, {"--segments", "--report", "a.json"}), "a.json"},
      {{"run", "--network", "resnet20", "--verify", "none", "--report", "a.csv"}, "a.csv"},
      {layer, "y.npy"},
      {{"compile", "--network", "resnet20", "--layer", "linear", "--output", "a.dlac"}, "a.dlac"},
  };
  for (const Kind& kind : kinds) {
    const ScratchFolder folder;
    write_layer(folder);
    REQUIRE(run_program(folder.path(), kind.arguments).code == 0);
    const std::uint64_t whole = folder.size(kind.name);
    folder.write(kind.name, "old");
    const Texts before = folder.names();
    for (const std::uint64_t limit : {std::uint64_t{0}, whole / 3, whole / 2, whole - whole / 16}) {
      INFO(kind.name << ": " << limit << " bytes of " << whole);
      const bool prints = limit < 4096;  // what is printed runs into the limit, too
      const ProgramResult result = run_program(folder.path(), kind.arguments, limit);
      CHECK(result.code == 2);
      if (!prints) CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
      if (!prints) CHECK_THAT(result.err, Contains("dlac-tb: " + kind.name + ": File too large: expected all of it"));
      CHECK(folder.read(kind.name) == "old");
      CHECK(folder.names() == before);
    }
    // Reports hold times, which may have another digit more.
    CHECK(run_program(folder.path(), kind.arguments, std::max<std::uint64_t>(whole + 256, 8192)).code == 0);
    CHECK(folder.size(kind.name) > whole - 256);
  }
}

TEST_CASE("a waveform that cannot be written keeps neither report nor outputs nor record from it") {
  const ScratchFolder folder;
  write_layer(folder);
  const Texts layer{"layer", "--weights", "w.npy", "--features", "x.npy", "--pad", "1"};
  REQUIRE(run_program(folder.path(), with(layer, {"--output", "plain.npy"})).code == 0);
  const ProgramResult late =
      run_program(folder.path(), with(layer, {"--vcd", "a.vcd", "--vcd-window", "123456789:123456790", "--output",
                                              "y.npy", "--report", "r.json", "--record", "mem=m.csv"}));
  CHECK(late.code == 2);
  const std::string before = "dlac-tb: --vcd-window: 123456789: expected a first cycle before ";
  CHECK_THAT(late.err, StartsWith(before) && EndsWith(", the end of the simulation; no waveform is written\n"));
  CHECK_THAT(late.out, Contains("cycles"));
  CHECK((folder.read("y.npy") == folder.read("plain.npy")));
  CHECK(folder.json("r.json")["layers"].size() == 1);
  CHECK(folder.names() == Texts{"m.csv", "plain.npy", "r.json", "w.npy", "x.npy", "y.npy"});

  // The end that the line names is the first cycle that is too late.
  const std::uint64_t end = std::stoull(late.err.substr(before.size()));
  const auto window = [&](std::uint64_t first) {
    folder.write("a.vcd", "old");
    return run_program(folder.path(), with(layer, {"--output", "y.npy", "--vcd", "a.vcd", "--vcd-window",
                                                   std::to_string(first).append(":").append(std::to_string(end + 9))}));
  };
  CHECK(window(end).code == 2);
  CHECK(folder.read("a.vcd") == "old");
  CHECK(window(end - 1).code == 0);
  CHECK_THAT(folder.read("a.vcd"), Contains("$enddefinitions"));
  std::filesystem::remove(folder.file("a.vcd"));
  std::filesystem::remove(folder.file("a.gtkw"));

  // Short enough for all but the waveform.
  const std::uint64_t limit = std::uint64_t{64} * 1024;
  const Texts clocked{"--engine", "clocked", "--set",     "pes=32", "--set",
                      "rows=8",   "--set",   "columns=4", "--vcd",  "a.vcd"};
  for (const char* name : {"y.npy", "r.json"}) folder.write(name, "old");
  const ProgramResult result =
      run_program(folder.path(), with(with(layer, clocked), {"--output", "y.npy", "--report", "r.json"}), limit);
  CHECK(result.code == 2);
  CHECK(result.err == "dlac-tb: a.vcd: File too large: expected all of it to be written\n");
  CHECK((folder.read("y.npy") == folder.read("plain.npy")));
  CHECK(folder.json("r.json")["layers"].size() == 1);
  CHECK_FALSE(folder.has("a.vcd"));
  CHECK_FALSE(folder.has("a.gtkw"));
}

TEST_CASE("printed output that is cut short ends with exit code 2") {
  const ScratchFolder folder;
  const ProgramResult result = run_program(folder.path(), {"config"}, 1024);
  CHECK(result.code == 2);
  CHECK(result.err == "dlac-tb: standard output: expected to be written in full\n");
}

TEST_CASE("long names of outputs are no longer while they are written") {
  const ScratchFolder folder;
  const std::string name = std::string(250, 'n') + ".json";
  CHECK(run_program(folder.path(), with(Run, {"--report", name})).code == 0);
  CHECK(folder.names() == Texts{name});
}

}  // namespace dlac::tb
