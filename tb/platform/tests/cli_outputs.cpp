// SPDX-License-Identifier: Apache-2.0
// What dlac-platform writes: waveform, the firmware's output; disks that are full, and signals.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "tb/tests/tb/commands/cli_program.h"

namespace {

using dlac::tb::ProgramResult;
using dlac::tb::run_program;
using dlac::tb::ScratchFolder;
using dlac::tb::soon;
using dlac::tb::StartedProgram;
using Texts = std::vector<std::string>;

Texts with_image(const std::string& name, const Texts& options) {
  Texts arguments{"--image", std::string(DLAC_PLATFORM_IMAGES) + "/" + name + ".dlac"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

}  // namespace

TEST_CASE("platform: an output that cannot be written whole is one line, and the old file stays") {
  struct Kind {
    Texts options;
    std::string name;
    std::uint64_t limit;
  };
  for (const Kind& kind : {Kind{{"--vcd", "a.vcd"}, "a.vcd", 16384}, Kind{{"--uart", "u.txt"}, "u.txt", 1024}}) {
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
