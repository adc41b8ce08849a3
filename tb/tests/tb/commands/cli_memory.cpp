// SPDX-License-Identifier: Apache-2.0
// What a run takes is known before it begins, and what takes too much is refused then.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <set>

#include "tb/tests/tb/commands/cli_program.h"
#include "workloads/npy.h"

namespace dlac::tb {
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::uint64_t Gibibyte = std::uint64_t{1} << 30U;

/// Refused in one line, before anything is written or printed, and at once.
void check_too_large(const std::vector<std::string>& arguments, const std::string& starts, const std::string& limit,
                     std::uint64_t address_space) {
  const ScratchFolder folder;
  const auto begin = std::chrono::steady_clock::now();
  const ProgramResult result = run_program_within(folder.path(), arguments, address_space);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("dlac-tb: " + starts) && Contains(" MiB of memory: expected at most ") &&
                             Contains(limit) && Contains("a smaller batch takes less"));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(folder.names().empty());
  CHECK(took.count() < 60);  // on a machine that has much else to do
}

/// The different bars that were drawn for a layer or an image, each as it should be: how full, and the share.
std::set<std::string> bars_of(const std::string& drawn, const std::string& name) {
  std::set<std::string> bars;
  for (std::size_t at = drawn.find("\x1b[K["); at != std::string::npos; at = drawn.find("\x1b[K[", at + 1)) {
    const std::string bar = drawn.substr(at + 3, drawn.find('\r', at) - at - 3);  // to the return of the cursor
    CHECK_THAT(bar, Catch::Matchers::Matches("\\[#*\\.*\\] [0-9]+ % " + name + " [0-9]+:[0-9][0-9](, [0-9:]+ left)?"));
    bars.insert(bar.substr(0, bar.find(" " + name)));
  }
  return bars;
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // it takes terabytes of address space itself, and several times the memory

TEST_CASE("a batch that the limit on the address space does not leave room for is refused with both figures") {
  // Features of 4 bytes: made, in memory, kept by the reference; outputs of 64 channels at half the width.
  check_too_large({"run", "--network", "resnet34", "--layer", "conv1", "--batch", "3000"},
                  "layer conv1: batch 3000: takes about ", "the limit on the address space (ulimit -v) leaves",
                  2 * Gibibyte);
  check_too_large({"run", "--network", "resnet34", "--layer", "fc", "--batch", "1000000", "--mode", "infer"},
                  "layer fc: batch 1000000: takes about ", "the limit on the address space (ulimit -v) leaves",
                  2 * Gibibyte);
  // An image holds them all: 80,000 * 3 * 224 * 224 features alone are 45 GiB.
  check_too_large({"compile", "--network", "resnet34", "--layer", "conv1", "--batch", "80000", "--output", "a.dlac"},
                  "layer conv1: batch 80000: takes about ", "ulimit -v", 2 * Gibibyte);
  // One PE, one channel at a time: not the tensors but the plan is too long.
  check_too_large({"run", "--network", "resnet34", "--layer", "conv1", "--batch", "16", "--set", "pes=1", "--set",
                   "output_buffers=1"},
                  "layer conv1: batch 16: takes about ", "ulimit -v", Gibibyte);
}

TEST_CASE("the estimate of the memory is at most a tenth too low, and at most half too high") {
  const std::vector<std::vector<std::string>> runs{
      {"--network", "resnet20", "--layer", "conv1"},
      {"--network", "resnet34", "--layer", "conv1", "--batch", "4"},
      {"--network", "resnet34", "--layer", "conv1", "--batch", "6", "--mode", "infer"},
      {"--network", "resnet34", "--layer", "conv1", "--batch", "8", "--verify", "none"},
      {"--network", "resnet34", "--layer", "fc", "--batch", "4000", "--mode", "infer"},
      {"--network", "resnet34", "--layer", "fc", "--batch", "4000"},
      {"--network", "resnet20", "--layer", "conv1", "--batch", "64", "--verify", "all"},
      {"--network", "resnet20", "--layer", "conv1", "--batch", "48", "--verify", "all", "--mode", "infer"},
      {"--network", "resnet20", "--layer", "conv1", "--batch", "4", "--set", "pes=1"},
      // A million lines or two to be sorted, of few links and of many.
      {"--network", "resnet20", "--layer", "layer1.0.conv1", "--engine", "clocked", "--policy", "none", "--record",
       "*.update=a.csv"},
      {"--network", "resnet20", "--layer", "layer1.0.conv1", "--engine", "clocked", "--policy", "none", "--record",
       "*=a.csv"},
      {"--network", "resnet20", "--layer", "conv1", "--engine", "clocked", "--set", "pes=4096", "--record", "*=a.csv"},
      {"--network", "resnet20", "--layer", "conv1", "--engine", "clocked", "--set", "pes=4096", "--record",
       "mem=a.csv"},
  };
  for (std::vector<std::string> arguments : runs) {
    const ScratchFolder folder;
    std::string line;
    for (const std::string& argument : arguments) line += argument + " ";
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"--report", "r.json"});
    REQUIRE(run_program(folder.path(), arguments).code == 0);
    const nlohmann::json host = folder.json("r.json")["host"];
    const double ratio = host["expected_memory_bytes"].get<double>() / host["peak_memory_bytes"].get<double>();
    INFO(line << host.dump());
    CHECK(ratio > 0.9);
    CHECK(ratio < 1.5);
  }
}

TEST_CASE("compile and exec are refused by a figure, or have all the memory that they need") {
  const ScratchFolder folder;
  const std::vector<std::string> compile{"compile", "--network", "resnet34", "--layer", "fc",
                                         "--batch", "20000",     "--output", "fc.dlac"};
  const std::vector<std::string> layer{"compile", "--network", "resnet20", "--layer",  "layer1.0.conv1",
                                       "--batch", "120",       "--output", "conv.dlac"};
  REQUIRE(run_program(folder.path(), compile).code == 0);
  REQUIRE(run_program(folder.path(), layer).code == 0);
  // The least address space that suffices, to 2 MiB; below it nothing must be begun.
  const std::vector<std::string> exec{"exec", "conv.dlac"};
  for (const std::vector<std::string>& arguments : {compile, layer, exec}) {
    std::uint64_t few = 24, enough = 1024;
    bool refused = false;
    while (enough - few > 2) {
      const std::uint64_t mebibytes = (few + enough) / 2;
      const ProgramResult result = run_program_within(folder.path(), arguments, mebibytes << 20U);
      (result.code == 0 ? enough : few) = mebibytes;
      if (result.code == 0 || result.code == 127) continue;  // not even the program could be loaded
      INFO(arguments.front() << " within " << mebibytes << " MiB");
      CHECK(result.code == 2);
      CHECK_THAT(result.err, Contains("takes about ") && Contains(" MiB of memory: expected at most "));
      refused = true;
    }
    CHECK(refused);
  }
  // The image could be held twice, but not its outputs and the memory that it runs in.
  const std::uint64_t limit = folder.size("fc.dlac") * 3;
  const ProgramResult result = run_program_within(folder.path(), {"exec", "fc.dlac"}, limit);
  CHECK(result.code == 2);
  CHECK_THAT(result.err,
             StartsWith("dlac-tb: fc.dlac: takes about 2") && Contains(" MiB of memory: expected at most "));
}

TEST_CASE("the line about memory that has run out names what takes less, and no option that the command lacks") {
  constexpr std::uint64_t Large = 4 * Gibibyte;  // a hole, but to be read
  const ScratchFolder folder;
  const auto run_out = [&](const std::vector<std::string>& arguments, const std::string& less) {
    INFO(arguments.front());
    const ProgramResult result = run_program_within(folder.path(), arguments, Gibibyte);
    CHECK(result.code == 2);
    CHECK_THAT(result.err, StartsWith("dlac-tb: memory: ") && Contains("ulimit -v") &&
                               Catch::Matchers::EndsWith(" leaves: " + less + "\n"));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  };
  folder.write("a.dlac", "");
  std::filesystem::resize_file(folder.file("a.dlac"), Large);
  run_out({"exec", "a.dlac"}, "an image of a smaller batch, or of fewer layers");

  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (16, 16, 2048, 2048), }";
  header.resize(117, ' ');
  folder.write("x.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n");
  std::filesystem::resize_file(folder.file("x.npy"), 128 + Large);
  workloads::write_npy(folder.file("w.npy"), small_codes({8, 16, 3, 3}));
  run_out({"compile", "--weights", "w.npy", "--features", "x.npy", "--output", "b.dlac"},
          "a smaller batch, or fewer layers");
  run_out({"layer", "--weights", "w.npy", "--features", "x.npy", "--output", "y.npy"},
          "features of a smaller batch, or --verify sample or none");
}

#endif

TEST_CASE("the progress bar moves within a layer, with the time that has passed and what remains") {
  const ScratchFolder folder;
  const std::string layer = "layer1.0.conv1";
  const std::vector<std::string> compile{"compile", "--network", "resnet20", "--layer", layer, "--output", "a.dlac"};
  const struct {
    std::string name;
    std::vector<std::string> arguments;
    unsigned batch;
  } runs[] = {{layer, {"run", "--network", "resnet20", "--layer", layer, "--verify", "all"}, 32},
              {layer, with(compile, {"--expect"}), 128},
              {"a.dlac", {"exec", "a.dlac", "--engine", "clocked"}, 4}};
  for (const auto& [name, arguments, batch] : runs) {
    INFO(arguments.front());
    std::set<std::string> bars;  // of the shortest run that takes long enough on this machine
    for (unsigned images = batch; bars.size() <= 3 && images <= 16 * batch; images *= 2) {
      const std::vector<std::string> of_batch{"--batch", std::to_string(images)};
      const bool of_image = arguments.front() == "exec";
      if (of_image) REQUIRE(run_program(folder.path(), with(compile, of_batch)).code == 0);
      const ProgramResult result =
          run_program_on_terminal(folder.path(), of_image ? arguments : with(arguments, of_batch));
      CHECK(result.code == 0);
      bars = bars_of(result.err, name);
    }
    CHECK(bars.size() > 3);
  }
}

TEST_CASE("the progress bar is never wider than the terminal") {
  const ScratchFolder folder;
  for (const std::uint16_t columns : {std::uint16_t{20}, std::uint16_t{40}, std::uint16_t{60}}) {
    const ProgramResult result =
        run_program_on_terminal(folder.path(), {"run", "--network", "resnet20", "--layer", "layer1.0.conv1"}, columns);
    CHECK(result.code == 0);
    std::size_t drawn = 0;
    for (std::size_t at = result.err.find("\x1b[K"); at != std::string::npos; at = result.err.find("\x1b[K", at + 1)) {
      const std::size_t length = std::min(result.err.find('\r', at), result.err.size()) - (at + 3);
      CHECK(length < columns);
      if (length > 0) ++drawn;
    }
    CHECK(drawn > 0);
  }
}

}  // namespace dlac::tb
