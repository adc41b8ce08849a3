// SPDX-License-Identifier: Apache-2.0
// What is left behind when a signal ends dlac-tb: nothing.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "tb/tests/tb/commands/cli_program.h"

namespace dlac::tb {
namespace {

/// Long, and with a file of each kind that is open while it runs.
const std::vector<std::string> LongRun{"run",   "--network", "resnet34", "--engine",  "clocked",
                                       "--vcd", "a.vcd",     "--record", "mem=a.csv", "--vcd-window",
                                       "0:3",   "--report",  "a.json"};

/// Whether a file is being written: some bytes of it are on the disk. Before, the folder is tried with empty ones.
bool something_is_written(const ScratchFolder& folder) {
  const std::vector<std::string> names = folder.names();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    std::error_code gone;
    const std::uintmax_t size = std::filesystem::file_size(folder.file(name), gone);
    return !gone && size > 0;
  });
}

}  // namespace

TEST_CASE("no signal that ends the program leaves a part of an output behind, and each is what ended it") {
  std::vector<int> signals{SIGHUP,  SIGINT,    SIGQUIT, SIGILL,  SIGTRAP, SIGABRT,   SIGBUS,   SIGFPE,
                           SIGUSR1, SIGSEGV,   SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,   SIGXCPU,  SIGXFSZ,
                           SIGPROF, SIGVTALRM, SIGIO,   SIGPWR,  SIGSYS,  SIGSTKFLT, SIGRTMIN, SIGRTMAX};
#ifdef __SANITIZE_ADDRESS__  // it reports these itself
  for (const int own : {SIGBUS, SIGFPE, SIGSEGV}) signals.erase(std::find(signals.begin(), signals.end(), own));
#endif
  for (const int signal : signals) {
    INFO("signal " << signal);
    const ScratchFolder folder;
    folder.write("a.json", "old");
    StartedProgram program(folder.path(), LongRun);
    CHECK(soon([&] { return folder.names().size() > 1 && something_is_written(folder); }));
    program.send(signal);
    const ProgramResult result = program.wait();
    CHECK(result.signal == signal);
    CHECK(folder.names() == std::vector<std::string>{"a.json"});
    CHECK(folder.read("a.json") == "old");
  }
}

TEST_CASE("a signal that ends the program takes the progress bar away") {
  const ScratchFolder folder;
  const ProgramResult result =
      run_program_on_terminal(folder.path(), {"run", "--network", "resnet34", "--engine", "clocked"}, 80, SIGTERM);
  CHECK(result.signal == SIGTERM);
  const std::string clear = "\r\x1b[K";
  CHECK_THAT(result.err, Catch::Matchers::Contains("conv1 0:") && Catch::Matchers::EndsWith(clear));
}

TEST_CASE("a terminal that is held does not keep a signal from ending the program") {
  const ScratchFolder folder;
  const ProgramResult result = run_program_on_terminal(
      folder.path(), {"run", "--network", "resnet34", "--engine", "clocked"}, 80, SIGTERM, true);
  CHECK(result.signal == SIGTERM);
}

TEST_CASE("a signal that is ignored when the program starts does not end it") {
  const ScratchFolder folder;
  auto* const before = std::signal(SIGHUP, SIG_IGN);
  StartedProgram program(folder.path(), LongRun);
  std::signal(SIGHUP, before);
  CHECK(soon([&] { return something_is_written(folder); }));
  program.send(SIGHUP);
  ::usleep(100'000);
  CHECK_FALSE(folder.names().empty());
  program.send(SIGTERM);
  CHECK(program.wait().signal == SIGTERM);
  CHECK(folder.names().empty());
}

TEST_CASE("a reader that goes away leaves no part of an output behind") {
  const ScratchFolder folder;
  StartedProgram program(folder.path(), {"run", "--network", "resnet20", "--vcd", "a.vcd", "--record", "mem=a.csv"},
                         true);
  std::array<char, 1> first{};
  REQUIRE(::read(program.output(), first.data(), first.size()) == 1);
  program.close_output();
  CHECK(program.wait().signal == SIGPIPE);
  CHECK(folder.names().empty());
}

}  // namespace dlac::tb
