// SPDX-License-Identifier: Apache-2.0
// dlac-platform as a user runs it: firmware, image, interrupts, counters, waveforms, bad input.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "driver/dlac_image.h"
#include "tb/tests/tb/commands/cli_program.h"
#include "workloads/crc32.h"

namespace {

using dlac::tb::ProgramResult;
using dlac::tb::run_program;
using dlac::tb::ScratchFolder;
using Texts = std::vector<std::string>;

std::string image(const std::string& name) { return std::string(DLAC_PLATFORM_IMAGES) + "/" + name + ".dlac"; }

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

ProgramResult run(const ScratchFolder& folder, const std::string& name, const Texts& options) {
  Texts arguments{"--image", image(name)};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return run_program(folder.path(), arguments);
}

/// The table of layers and the counters: what dLAC did, without the processor's times.
std::string core_part(const std::string& out) {
  const std::size_t begin = out.find("\nlayer ");
  const std::size_t end = out.find("\nall checks passed");
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  return out.substr(begin, end - begin);
}

std::size_t lines_with(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::istringstream stream(text);
  std::string line;
  std::size_t count = 0;
  while (std::getline(stream, line)) count += std::regex_search(line, regex) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("firmware runs ResNet-20, layer by layer and from one list, and finds every output right") {
  const ScratchFolder folder;
  for (const std::string mode : {"train", "infer"}) {
    const ProgramResult result = run(folder, "resnet20-" + mode, {"--mode", mode});
    CAPTURE(result.out, result.err);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    CHECK(lines_with(result.out, "^(conv|layer[123]|linear).* ok$") == 20);
    CHECK(lines_with(result.out, "^all in one list .* ok$") == 1);
    CHECK(lines_with(result.out, "20 of 20 layers checked, 0 wrong$") == 1);
    CHECK(lines_with(result.out, "^timer .* ok$") == 1);
    CHECK(lines_with(result.out, "^matrix .* recomputed by the processor: ok$") == 1);
    CHECK(lines_with(result.out, "^bad list +illegal command at 0x800.*: ok$") == 1);
    CHECK(lines_with(result.out, "^reset .* runs the image again: ok$") == 1);
    CHECK(lines_with(result.out, "^all checks passed$") == 1);
    // The timer, the matrix, the bad list, the run after the reset, 20 layers, the one list: an interrupt each, and no
    // other.
    CHECK(lines_with(result.out, " 25 interrupts,") == 1);
    CHECK(lines_with(result.out, "^.{101,}") == 0);
  }
}

TEST_CASE("the quantum changes nothing that dLAC does, nor when") {
  const ScratchFolder folder;
  std::set<std::string> cores, whole;
  for (const std::string quantum : {"0", "1000", "1000000"}) {
    const ProgramResult result = run(folder, "resnet20-train", {"--quantum-ns", quantum});
    REQUIRE(result.code == 0);
    cores.insert(core_part(result.out));
    whole.insert(result.out.substr(0, result.out.find("\nprocessor")));
  }
  CHECK(cores.size() == 1);
  CHECK(whole.size() == 1);  // the firmware's own times, too
}

TEST_CASE("direct memory access and the coding style of the memory port change no cycle") {
  const ScratchFolder folder;
  std::set<std::string> cores;
  for (const Texts& options : std::vector<Texts>{{},
                                                 {"--no-dmi"},
                                                 {"--mem-style", "at"},
                                                 {"--no-dmi", "--mem-style", "at"},
                                                 {"--set", "dmi=0"},
                                                 {"--engine", "clocked"}}) {
    const ProgramResult result = run(folder, "small-train", options);
    CAPTURE(options, result.out, result.err);
    REQUIRE(result.code == 0);
    cores.insert(core_part(result.out));
  }
  CHECK(cores.size() == 1);
}

TEST_CASE("one waveform shows the processor's bus, the interrupt lines and dLAC") {
  const ScratchFolder folder;
  const ProgramResult result = run(folder, "small-train", {"--vcd", "platform.vcd"});
  REQUIRE(result.code == 0);
  CHECK(folder.names() == Texts{"platform.blocked_on.gtkf", "platform.grid_state.gtkf", "platform.gtkw",
                                "platform.opcode.gtkf", "platform.vcd"});
  const std::string save = folder.read("platform.gtkw");
  for (const char* group : {"-processor cpu", "-bus port cpu", "-interrupts", "-dlac"}) {
    CHECK(save.find(std::string("\n") + group + "\n") != std::string::npos);
  }
  CHECK(save.find("-other signals") == std::string::npos);

  // Signals by path, then the values that they take.
  std::istringstream vcd(folder.read("platform.vcd"));
  std::map<std::string, std::string> path_of;
  std::map<std::string, Texts> values;
  Texts scopes;
  std::string line;
  const std::regex variable(R"(\$var\s+\S+\s+\d+\s+(\S+)\s+(\S+).*)");
  while (std::getline(vcd, line)) {
    std::smatch match;
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (first == "$scope") scopes.push_back(third);
    if (first == "$upscope") scopes.pop_back();
    if (std::regex_match(line, match, variable)) {
      std::string path;
      for (const std::string& scope : scopes) path += scope + ".";
      path_of[match[1]] = path + match[2].str();
    } else if (!line.empty() && line[0] == 'b') {
      values[path_of[second]].push_back(first.substr(1));
    } else if (!line.empty() && (line[0] == '0' || line[0] == '1')) {
      values[path_of[line.substr(1)]].push_back(line.substr(0, 1));
    }
  }
  const auto changes = [&](const std::string& name) {
    for (const auto& [path, list] : values) {
      if (path.size() >= name.size() && path.compare(path.size() - name.size(), name.size(), name) == 0) return list;
    }
    FAIL("no signal " << name);
    return Texts{};
  };
  const auto highs = [&](const std::string& name) {
    const Texts list = changes(name);
    return std::count(list.begin(), list.end(), "1");
  };
  CHECK(highs("bus.cpu.active") > 100);
  CHECK(highs("bus.cpu.write") > 0);
  CHECK(highs("timer_irq") == 1);
  CHECK(highs("dlac_irq") == 6);  // matrix, bad list, after the reset, two layers, the one list
  CHECK(highs("cpu_irq") == 7);
  CHECK(highs("cpu.sleeping") >= 6);
  CHECK(changes("dlac.grid_state").size() > 10);
  // The doorbell: dLAC's base address plus 0x018.
  const Texts addresses = changes("bus.cpu.address");
  CHECK(std::count(addresses.begin(), addresses.end(), "1000000000000000000000000011000") == 6);
}

TEST_CASE("firmware notices outputs that are not the expected ones") {
  const ScratchFolder folder;
  std::string bytes = read_bytes(image("small-train"));
  dlac_image_header header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  bytes[header.layers_offset + offsetof(dlac_image_layer, outputs_crc)] ^= 1;
  const std::size_t control = header.commands_offset + std::size_t{header.commands} * 128;
  header.control_crc = 0;
  std::memcpy(bytes.data(), &header, sizeof header);
  header.control_crc = dlac::workloads::crc32(bytes.data(), control);
  std::memcpy(bytes.data(), &header, sizeof header);
  folder.write("wrong.dlac", bytes);
  const ProgramResult result = run_program(folder.path(), {"--image", "wrong.dlac"});
  CAPTURE(result.out);
  CHECK(result.code == 1);
  CHECK(lines_with(result.out, "WRONG$") == 2);  // the layer by itself, and the one list
  CHECK(lines_with(result.out, "^CHECKS FAILED$") == 1);
}

TEST_CASE("firmware refuses a damaged image, another core's image and a file that is none") {
  const ScratchFolder folder;
  const std::string bytes = read_bytes(image("small-train"));
  std::string damaged = bytes;
  damaged.back() ^= 1;
  folder.write("damaged.dlac", damaged);
  folder.write("short.dlac", bytes.substr(0, bytes.size() / 2));
  folder.write("text.dlac", "These are not the layers you are looking for.\n");
  const auto expect = [&](const Texts& options, const std::string& text) {
    const ProgramResult result = run_program(folder.path(), options);
    CAPTURE(options, result.out, result.err);
    CHECK(result.code == 1);
    CHECK(lines_with(result.out, "^image +" + text) == 1);
  };
  expect({"--image", "damaged.dlac"}, "checksum mismatch");
  expect({"--image", "short.dlac"}, "image truncated");
  expect({"--image", "text.dlac"}, "no dLAC image");
  expect({"--image", image("small-train"), "--mode", "infer"}, "image made for another core");
}

TEST_CASE("bad input is one line on stderr and exit code 2") {
  const ScratchFolder folder;
  folder.write("empty", "");
  folder.write("text", "no ELF file at all, but long enough to have a header of 52 bytes\n");
  const std::string small = image("small-train");
  const std::vector<std::pair<Texts, std::string>> cases{
      {{}, "--image: missing: expected an image"},
      {{"--image", "nowhere.dlac"}, "nowhere.dlac: No such file"},
      {{"--image", "."}, "a folder"},
      {{"--image", "empty"}, "empty: empty"},
      {{"--image", ""}, "--image: (empty): expected a file name"},
      {{"--image", small, "--vcd", ""}, "--vcd: (empty): expected a file name"},
      {{"--image", small, "--image", small}, "at most once"},
      {{"--image", small, "--ram-bytes", "1052672"}, "what --ram-bytes leaves"},
      {{"--image", small, "--ram-bytes", "4095"}, "--ram-bytes: 4095: expected a whole number from 1048576"},
      {{"--image", small, "--ram-bytes", "1048577"}, "a multiple of 4096"},
      {{"--image", small, "--ram-bytes", "9999999999"}, "--ram-bytes: 9999999999: expected a whole number"},
      {{"--image", small, "--quantum-ns", "-1"}, "--quantum-ns: -1: expected a whole number from 0"},
      {{"--image", small, "--quantum-ns", "1us"}, "--quantum-ns: 1us: expected a whole number"},
      {{"--image", small, "--mem-style", "xt"}, "--mem-style"},
      {{"--image", small, "--mode", "fast"}, "--mode"},
      {{"--image", small, "--set", "rows=3"}, "rows"},
      {{"--image", small, "--config", "nowhere.json"}, "nowhere.json"},
      {{"--image", small, "--firmware", "nowhere.elf"}, "nowhere.elf: No such file"},
      {{"--image", small, "--firmware", "text"}, "text: not an ELF file"},
      {{"--image", small, "--firmware", "empty"}, "empty: not an ELF file"},
      {{"--image", small, "--firmware", "."}, "expected a RISC-V firmware"},
      {{"--image", small, "--firmware", DLAC_TB_PROGRAM}, "for another processor"},
      {{"--image", small, "--vcd", "nowhere/x.vcd"}, "nowhere/x.vcd"},
      {{"--image", small, "--uart", "nowhere/x.txt"}, "nowhere/x.txt: No such file or directory"},
      {{"--image", small, "--uart", small}, "a file that is no input"},
      {{"--image", small, "--vcd", small}, "a file that is no input"},
      {{"--image", small, "--vcd", "x", "--uart", "x"}, "another file than --uart"},
      {{"--image", small, "--no-dmi=1"}, "--no-dmi: expected no value"},
      {{"--image", small, "--no-dmi", "--no-dmi"}, "--no-dmi: given twice"},
      {{"--image", small, "--set", "rows=8", "--set", "rows=8"}, "--set: rows=8: expected rows at most once"},
      {{"--image", small, "--qantum-ns", "1"}, "perhaps --quantum-ns"},
      {{"--image", small, "layer"}, "command line: layer: expected options only, as in `dlac-platform --help`"},
  };
  for (const auto& [options, text] : cases) {
    const ProgramResult result = run_program(folder.path(), options);
    CAPTURE(options, text, result.out, result.err);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(result.err.find(text) != std::string::npos);
  }
  CHECK(folder.names() == Texts{"empty", "text"});
}

TEST_CASE("a truncated firmware file is refused") {
  const ScratchFolder folder;
  const std::string elf = read_bytes(DLAC_FIRMWARE_FILE);
  for (const std::size_t bytes : {std::size_t{20}, std::size_t{60}, std::size_t{4096}}) {
    folder.write("cut.elf", elf.substr(0, bytes));
    const ProgramResult result = run_program(folder.path(), {"--bench", "--firmware", "cut.elf"});
    CAPTURE(bytes, result.err);
    CHECK(result.code == 2);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}

TEST_CASE("help fits into 100 columns") {
  const ScratchFolder folder;
  const ProgramResult result = run_program(folder.path(), {"--help"});
  CHECK(result.code == 0);
  CHECK(lines_with(result.out, "^.{101,}") == 0);
  CHECK(lines_with(result.out, " $") == 0);
  CHECK(lines_with(result.out, "--quantum-ns") == 1);
}

TEST_CASE("the firmware's output goes to a file") {
  const ScratchFolder folder;
  const ProgramResult result = run(folder, "small-train", {"--uart", "uart.txt"});
  CHECK(result.code == 0);
  CHECK(lines_with(folder.read("uart.txt"), "^all checks passed$") == 1);
  CHECK(result.out.find("all checks passed") == std::string::npos);
  CHECK(lines_with(result.out, "^processor") == 1);
}
