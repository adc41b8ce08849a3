// SPDX-License-Identifier: Apache-2.0
// --vcd NAME.fst: with GTKWave's converter, without it, and with some that fail.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "tb/tests/tb/commands/cli_program.h"

namespace dlac::tb {
using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

namespace {

std::string search_path() {
  const char* const folders = std::getenv("PATH");
  return folders == nullptr ? "" : folders;
}

/// PATH as long as it lives.
class Path {
 public:
  explicit Path(const std::string& folders) : before_(search_path()) { ::setenv("PATH", folders.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;
  ~Path() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

/// A folder with a program called vcd2fst that runs a shell script; $1 is --vcdname=..., $2 --fstname=...
class Converter {
 public:
  explicit Converter(const std::string& script) {
    folder_.write("vcd2fst", "#!/bin/sh\nin=${1#--vcdname=} out=${2#--fstname=}\n" + script);
    std::filesystem::permissions(folder_.file("vcd2fst"), std::filesystem::perms::owner_all);
  }
  [[nodiscard]] std::string path() const { return folder_.path() + ":/usr/bin:/bin"; }

 private:
  ScratchFolder folder_;
};

Texts traced(const std::string& name) {
  return {"run",       "--network", "resnet20", "--layer",      "linear",   "--engine", "clocked",
          "--verify",  "none",      "--set",    "pes=32",       "--set",    "rows=8",   "--set",
          "columns=4", "--vcd",     name,       "--vcd-window", "100:2000", "--report", "r.json"};
}

/// {time, signal, value}, from VCD text.
std::set<std::tuple<std::uint64_t, std::string, std::string>> changes_of(const std::string& text) {
  std::set<std::tuple<std::uint64_t, std::string, std::string>> changes;
  std::map<std::string, std::string> path_of;
  std::string scope;
  std::uint64_t time = 0;
  bool declared = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, type, width, id, name;
    words >> word;
    if (word == "$scope") {
      words >> type >> name;
      scope += name + '.';
    } else if (word == "$upscope") {
      scope.erase(scope.rfind('.', scope.size() - 2) + 1);
    } else if (word == "$var") {
      words >> type >> width >> id >> name;
      path_of[id] = scope + name;
    } else if (word == "$enddefinitions") {
      declared = true;
    } else if (declared && !word.empty() && word[0] == '#') {
      time = std::stoull(word.substr(1));
    } else if (declared && !word.empty() && word[0] == 'b') {
      words >> id;
      const std::size_t first = std::min(word.find('1'), word.size() - 1);  // leading zeros do not count
      changes.emplace(time, path_of.at(id), word.substr(first));
    } else if (declared && !word.empty() && (word[0] == '0' || word[0] == '1')) {
      changes.emplace(time, path_of.at(word.substr(1)), word.substr(0, 1));
    }
  }
  return changes;
}

/// What a program prints.
std::string printed_by(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> block{};
  while (const std::size_t size = std::fread(block.data(), 1, block.size(), pipe.get()))
    text.append(block.data(), size);
  return text;
}

}  // namespace

TEST_CASE("a waveform whose name ends in .fst is GTKWave's format, and holds what the VCD file holds") {
  if (std::system("command -v vcd2fst >/dev/null && command -v fst2vcd >/dev/null") != 0) {
    WARN("SKIPPED: gtkwave is not installed");
    return;
  }
  const ScratchFolder folder;
  REQUIRE(run_program(folder.path(), traced("v.vcd")).code == 0);
  for (const std::string name : {"f.fst", "g.FST", "-h i';.fst"}) {
    INFO(name);
    const ProgramResult result = run_program(folder.path(), traced("./" + name));
    CHECK(result.err.empty());
    REQUIRE(result.code == 0);
    std::filesystem::copy_file(folder.file(name), folder.file("copy"),
                               std::filesystem::copy_options::overwrite_existing);
    const auto changes = changes_of(printed_by("fst2vcd -f " + folder.file("copy") + " 2>/dev/null"));
    CHECK(changes.size() > 100);
    CHECK((changes == changes_of(folder.read("v.vcd"))));
    const std::string save = folder.read(name.substr(0, name.size() - 4) + ".gtkw");
    CHECK_THAT(save, Contains("[dumpfile] ") && Contains(name + "\"\n") && Contains("\n[timestart] 200\n"));
  }
  const Texts names = folder.names();
  CHECK(
      std::none_of(names.begin(), names.end(), [](const auto& name) { return name.find("tmp") != std::string::npos; }));
}

TEST_CASE("without the converter a .fst waveform is refused before anything runs") {
  const ScratchFolder folder, empty;
  const Path path(empty.path());
  const ProgramResult result = run_program(folder.path(), traced("f.fst"));
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK(result.err ==
        "dlac-tb: --vcd: f.fst: expected a name that ends in .vcd, as long as vcd2fst (Debian's gtkwave) is not "
        "installed\n");
  CHECK(folder.names().empty());
  CHECK(run_program(folder.path(), traced("f.vcd")).code == 0);
}

TEST_CASE("a converter that fails leaves the old waveform, and nothing of its own") {
  const std::vector<std::pair<std::string, std::string>> converters{
      {R"(cp "$in" "$out"; exit 3)", "vcd2fst: exit code 3"},
      {R"(: >"$out.hier"; kill -9 $$)", "vcd2fst: ended by a signal, Killed"},
      {"exit 0", "cut short"},
      {R"(cp "$in" "$out")", "cut short"},
      {R"(rm "$out")", "No such file"},
      {R"(/usr/bin/vcd2fst "$@"; head -c 2000 "$out" >"$out.hier"; cp "$out.hier" "$out")", "cut short"},
      {R"(ulimit -f 0; head -c 900 /dev/zero >"$out")", "vcd2fst: e"},
  };
  for (const auto& [script, reason] : converters) {
    INFO(script);
    const ScratchFolder folder;
    folder.write("f.fst", "old");
    const Converter converter(script);
    const Path path(converter.path());
    const ProgramResult result = run_program(folder.path(), traced("f.fst"));
    CHECK(result.code == 2);
    CHECK_THAT(result.err, Contains("dlac-tb: f.fst: " + reason) && Contains(": expected "));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(folder.read("f.fst") == "old");
    CHECK(folder.names() == Texts{"f.fst", "r.json"});
  }
}

TEST_CASE("a signal while the converter runs ends both, and leaves nothing") {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    const ScratchFolder folder, told;
    const Converter converter(R"(: >"$out.hier"; echo $$ >)" + told.file("pid") + "; exec sleep 1000");
    const Path path(converter.path());
    StartedProgram program(folder.path(), traced("f.fst"));
    REQUIRE(soon([&] { return told.has("pid") && told.size("pid") > 0; }));
    const pid_t child = std::stoi(told.read("pid"));
    program.send(signal);
    CHECK(program.wait().signal == signal);
    CHECK(folder.names().empty());
    CHECK(::kill(child, 0) != 0);
  }
}

}  // namespace dlac::tb
