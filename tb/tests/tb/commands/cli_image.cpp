// SPDX-License-Identifier: Apache-2.0
// dlac-tb compile, image and exec.
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "tb/tests/tb/commands/cli_program.h"
#include "workloads/crc32.h"
#include "workloads/image.h"
#include "workloads/npy.h"

namespace dlac::tb {
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using workloads::Image;
using workloads::read_image;
using workloads::Tensor;
using workloads::write_npy;

namespace {

void check_columns(const std::string& text) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    INFO(line);
    CHECK(line.size() <= 100);
    CHECK((line.empty() || line.back() != ' '));
  }
}

/// Two layers behind each other and one beside them, in a folder of their own.
void write_network(const ScratchFolder& folder) {
  std::filesystem::create_directory(folder.file("net"));
  write_npy(folder.file("net/x.npy"), small_floats({4, 6, 6}));
  write_npy(folder.file("net/w1.npy"), small_codes({8, 4, 3, 3}));
  write_npy(folder.file("net/w2.npy"), small_floats({5, 4, 1, 1}));
  write_npy(folder.file("net/w3.npy"), small_floats({6, 8, 3, 3}));
  folder.write("net/net.json", R"([
    {"name": "first", "weights": "w1.npy", "features": "x.npy", "pad": 1},
    {"name": "beside", "weights": "w2.npy", "features": "x.npy", "stride": [2, 1]},
    {"name": "behind", "weights": "w3.npy", "features": {"from": "first"}, "ternary": "abs:2", "stride": 2}
  ])");
}

/// Changes one value of the control part and makes its checksum right again.
template <class T>
void patch(const ScratchFolder& folder, const std::string& from, const std::string& to, std::size_t offset, T value) {
  std::string bytes = folder.read(from);
  const Image image = read_image(folder.file(from));
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  std::memset(bytes.data() + offsetof(dlac_image_header, control_crc), 0, 4);
  const std::uint64_t end = image.header.commands_offset + std::uint64_t{image.header.commands} * CommandBytes;
  const std::uint32_t crc = workloads::crc32(bytes.data(), end);
  std::memcpy(bytes.data() + offsetof(dlac_image_header, control_crc), &crc, 4);
  folder.write(to, bytes);
}

}  // namespace

TEST_CASE("a network is compiled, listed and run, and its outputs are right") {
  const ScratchFolder folder;
  for (const std::string mode : {"train", "infer"}) {
    INFO(mode);
    const ProgramResult compiled = run_program(
        folder.path(), {"compile", "--network", "resnet20", "--expect", "--mode", mode, "--output", "net.dlac"});
    CHECK(compiled.err.empty());
    REQUIRE(compiled.code == 0);
    CHECK_THAT(compiled.out, Contains("layer3.2.conv2") && Contains("= total, 20") && Contains("40.55"));
    check_columns(compiled.out);
    const Image image = read_image(folder.file("net.dlac"));
    CHECK(image.layers.size() == 20);
    CHECK(image.header.mode == (mode == "train" ? 0 : 1));
    for (const dlac_image_layer& layer : image.layers) {
      CHECK(layer.flags == (DLAC_IMAGE_FEATURES_IN_FILE | DLAC_IMAGE_OUTPUTS_EXPECTED));
    }

    const ProgramResult listed = run_program(folder.path(), {"image", "net.dlac"});
    CHECK(listed.code == 0);
    CHECK(listed.out == compiled.out);

    const ProgramResult run = run_program(folder.path(), {"exec", "net.dlac", "--mode", mode});
    CHECK(run.err.empty());
    CHECK(run.code == 0);
    CHECK_THAT(run.out, Contains(" right\n") && !Contains("FAILED") && Contains(" cycles, "));
    check_columns(run.out);
  }
  CHECK(folder.names() == std::vector<std::string>{"net.dlac"});
}

TEST_CASE("a manifest's files lie beside it, and layers read each other's outputs") {
  const ScratchFolder folder;
  write_network(folder);
  const ProgramResult compiled = run_program(
      folder.path(), {"compile", "--layers", "net/net.json", "--expect", "--base", "0x4000", "--output", "net.dlac"});
  CHECK(compiled.err.empty());
  REQUIRE(compiled.code == 0);
  CHECK_THAT(compiled.out, Contains("made for address 0x4000"));
  const Image image = read_image(folder.file("net.dlac"));
  REQUIRE(image.layers.size() == 3);
  CHECK(image.layers[1].out_height == 3);
  CHECK(image.layers[1].out_width == 6);
  CHECK(image.layers[2].features_offset == image.layers[0].outputs_offset);
  CHECK(image.layers[2].out_height == 2);  // (6 - 3) / 2 + 1
  CHECK(image.layers[2].flags == DLAC_IMAGE_OUTPUTS_EXPECTED);
  for (const std::string engine : {"schedule", "clocked"}) {
    const ProgramResult run = run_program(folder.path(), {"exec", "--image", "net.dlac", "--engine", engine});
    CHECK(run.err.empty());
    CHECK(run.code == 0);
  }
}

TEST_CASE("an image's outputs are those of dlac-tb layer") {
  const ScratchFolder folder;
  write_network(folder);
  const std::vector<std::string> layer{"--weights", "net/w1.npy", "--features", "net/x.npy", "--pad", "1", "--output"};
  const auto with = [&](std::vector<std::string> first, const std::vector<std::string>& last) {
    first.insert(first.end(), layer.begin(), layer.end());
    first.insert(first.end(), last.begin(), last.end());
    return first;
  };
  REQUIRE(run_program(folder.path(), with({"layer"}, {"y.npy", "--verify", "none"})).code == 0);
  REQUIRE(run_program(folder.path(), with({"compile"}, {"net.dlac", "--expect"})).code == 0);
  const Tensor y = workloads::read_npy(folder.file("y.npy"));
  const Image image = read_image(folder.file("net.dlac"));
  CHECK(std::string(image.layers[0].name) == "w1");
  CHECK(image.layers[0].outputs_crc == workloads::crc32(y.bytes(), y.size_in_bytes()));
}

TEST_CASE("the same command line gives the same image, and only asked-for parts are in it") {
  const ScratchFolder folder;
  const std::vector<std::string> base{"compile", "--network", "resnet20", "--layer", "conv1", "--layer", "linear"};
  const auto image = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = base;
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"--output", "net.dlac"});
    REQUIRE(run_program(folder.path(), arguments).code == 0);
    return read_image(folder.file("net.dlac"));
  };
  const Image whole = image({});
  CHECK(image({}).bytes == whole.bytes);
  CHECK(image({"--seed", "2"}).bytes != whole.bytes);
  CHECK(whole.layers[0].flags == DLAC_IMAGE_FEATURES_IN_FILE);
  const Image bare = image({"--no-features", "--batch", "2"});
  CHECK(bare.layers[0].flags == 0);
  CHECK(bare.layers[0].batch == 2);
  CHECK(bare.layers[0].features_offset >= bare.header.file_bytes);
  check_refused(folder, {"exec", "net.dlac"}, "net.dlac: layer conv1: features left to the host", "in the file");
}

TEST_CASE("a wrong compile command is refused, and no file is touched") {
  const ScratchFolder folder;
  write_network(folder);
  folder.write("old.dlac", "precious");
  write_npy(folder.file("x5.npy"), small_floats({5, 6, 6}));
  const struct {
    std::vector<std::string> arguments;
    std::string starts, contains;
  } cases[] = {
      {{}, "--network, --layers, --weights: missing", "one of them"},
      {{"--network", "resnet20"}, "--output: missing", "file name"},
      {{"--network", "resnet21", "--output", "old.dlac"}, "--network: resnet21", "perhaps resnet20"},
      {{"--network", "resnet20", "--layers", "net/net.json"}, "--layers: net/net.json", "no --network"},
      {{"--network", "resnet20", "--weights", "w.npy"}, "--weights: w.npy", "no --network"},
      {{"--network", "resnet20", "--stride", "2"}, "--stride: 2", "--weights with it"},
      {{"--layers", "net/net.json", "--batch", "2"}, "--batch: 2", "--network with it"},
      {{"--layers", "net/net.json", "--seed", "2"}, "--seed: 2", "--network with it"},
      {{"--network", "resnet20", "--base", "100", "--output", "old.dlac"}, "--base: 100", "multiple of 64"},
      {{"--network", "resnet20", "--base", "0x", "--output", "old.dlac"}, "--base: 0x", "multiple of 64"},
      {{"--network", "resnet20", "--base", "0x10000000000000000", "--output", "a"}, "--base: 0x1000", "below 2^64"},
      {{"--network", "resnet20", "--base", "0xFFFFFFFFFFFFFFC0", "--output", "old.dlac"}, "base: 0xFFFF", "behind it"},
      {{"--network", "resnet20", "--expect", "--no-features", "--output", "old.dlac"}, "--expect", "features"},
      {{"--network", "resnet20", "--output", "nowhere/a.dlac"}, "nowhere/a.dlac", "folder"},
      {{"--layers", "net/net.json", "--output", "net/net.json"}, "--output: net/net.json", "no input"},
      {{"--layers", "net/net.json", "--output", "net/w3.npy"}, "--output: net/w3.npy", "no input"},
      {{"--weights", "net/w1.npy", "--features", "x5.npy", "--output", "old.dlac"}, "net/w1.npy: shape", "5 channels"},
      {{"--layers", "net/net.json", "--set", "weight_buffer_bytes=16", "--output", "old.dlac"},
       "--set: weight_buffer_bytes: 16",
       "layer"},
      {{"--network", "resnet20", "--engine", "fast", "--output", "old.dlac"}, "--engine: fast", "schedule"},
  };
  for (const auto& each : cases) {
    std::vector<std::string> arguments{"compile"};
    arguments.insert(arguments.end(), each.arguments.begin(), each.arguments.end());
    check_refused(folder, arguments, each.starts, each.contains);
  }
  CHECK(folder.read("old.dlac") == "precious");
}

TEST_CASE("a layer's name in an image is given, or made of its file's") {
  const ScratchFolder folder;
  write_npy(folder.file("x.npy"), small_floats({1, 4, 6, 6}));
  const std::string long_name(80, 'a');
  std::string umlauts = "x";
  for (int i = 0; i < 24; ++i) umlauts += "\xC3\xA4";  // two bytes each
  const auto name_of = [&](const std::string& file, const std::vector<std::string>& more) {
    write_npy(folder.file(file), small_codes({8, 4, 3, 3}));
    std::vector<std::string> arguments{"compile", "--weights", file, "--features", "x.npy", "--output", "a.dlac"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run_program(folder.path(), arguments);
    CHECK(result.err.empty());
    REQUIRE(result.code == 0);
    return std::string(read_image(folder.file("a.dlac")).layers.at(0).name);
  };
  CHECK(name_of("w.npy", {}) == "w");
  CHECK(name_of(long_name + ".npy", {}) == std::string(47, 'a'));
  CHECK(name_of(umlauts + ".npy", {}) == umlauts.substr(0, 47));  // 1 + 23 * 2
  CHECK(name_of("y" + umlauts + ".npy", {}) == ("y" + umlauts).substr(0, 46));
  CHECK(name_of("a\tb.npy", {}) == "a_b");
  CHECK(name_of("w.npy", {"--name", "conv1"}) == "conv1");
  const auto refused = [&](const std::string& name, const std::string& starts) {
    check_refused(folder,
                  {"compile", "--weights", "w.npy", "--features", "x.npy", "--output", "a.dlac", "--name", name},
                  starts, "1 to 47 bytes");
  };
  refused(std::string(48, 'b'), "--name: bbb");
  refused("", "--name: (empty)");
  refused("a\tb", "--name: a\\x09b");
  check_refused(folder, {"compile", "--network", "resnet20", "--output", "a.dlac", "--name", "a"}, "--name: a",
                "--weights");
}

TEST_CASE("a wrong manifest is refused with the place in it") {
  const ScratchFolder folder;
  write_network(folder);
  const auto with = [&](const std::string& text, const std::string& starts, const std::string& contains) {
    folder.write("net/bad.json", text);
    check_refused(folder, {"compile", "--layers", "net/bad.json", "--output", "a.dlac"}, "net/bad.json: " + starts,
                  contains);
  };
  const std::string good = R"({"name": "a", "weights": "w1.npy", "features": "x.npy")";
  const auto layer = [&](const std::string& more) { return "[" + good + ", " + more + "}]"; };
  with("", "line 1, column 1", "JSON");
  with("{}", "an object", "array of layers");
  with("[]", "an empty array", "array of layers");
  with("[3]", "[0]: 3", "object");
  with("[{}]", "[0].name: missing", "name");
  with(R"([{"name": 3}])", "[0].name: 3", "name");
  with(R"([{"name": "a"}])", "[0].weights: missing", ".npy");
  with(R"([{"name": "a", "weights": "w1.npy"}])", "[0].features: missing", ".npy");
  with(R"([{"name": "a", "weights": "w1.npy", "features": {"from": "a"}}])", "[0].features: \"a\"", "no earlier layer");
  with("[" + good + R"(}, {"name": "b", "weights": "w1.npy", "features": {"from": "b"}}])", "[1].features: \"b\"",
       "one of a");
  with("[" + good + R"(}, {"name": "b", "weights": "w1.npy", "features": {"form": "a"}}])", "[1].features: an object",
       "from");
  with("[" + good + R"(}, {"name": "a", "weights": "w1.npy", "features": "x.npy"}])", "[1].name: \"a\"", "its own");
  with(layer(R"("strid": 2)"), "[0].strid: 2", "perhaps stride");
  with(layer(R"("name": "b")"), "name: given twice", "once");
  with(layer(R"("stride": 0)"), "[0].stride: 0", "from 1 to 1048576");
  with(layer(R"("stride": [1, 2, 3])"), "[0].stride: an array", "[2, 1]");
  with(layer(R"("stride": [1, 0])"), "[0].stride: an array", "from 1 to 1048576");
  with(layer(R"("pad": -1)"), "[0].pad: -1", "from 0 to 1048576");
  with(layer(R"("pad": 1.5)"), "[0].pad: 1.5", "whole number");
  with(layer(R"("pad": 4294967297)"), "[0].pad: 4294967297", "whole number");
  with(layer(R"("groups": "2")"), "[0].groups: \"2\"", "whole number");
  with(layer(R"("groups": 3)"), "[0].groups: groups: 3", "divisor");
  with(layer(R"("ternary": "median:1")"), "[0].ternary: \"median:1\"", "abs:T or mean:T");
  with(layer(R"("ternary": "mean:0.7")"), "[0].ternary: mean:0.7", "are int8");

  // What the files hold is refused with the file's name, from the working folder.
  const auto with_file = [&](const std::string& text, const std::string& starts, const std::string& contains) {
    folder.write("net/bad.json", text);
    check_refused(folder, {"compile", "--layers", "net/bad.json", "--output", "a.dlac"}, starts, contains);
  };
  with_file(R"([{"name": "a", "weights": "none.npy", "features": "x.npy"}])", "net/none.npy: no such file", ".npy");
  with_file("[" + good + R"(}, {"name": "b", "weights": "w1.npy", "features": {"from": "a"}}])", "net/w1.npy: shape",
            "8 of the outputs of layer a");
  with_file(R"([{"name": ")" + std::string(48, 'n') + R"(", "weights": "w1.npy", "features": "x.npy"}])", "layer nnn",
            "1 to 47 bytes");
}

TEST_CASE("a manifest takes numbers up to 2^20, the largest that a layer takes") {
  const ScratchFolder folder;
  write_network(folder);
  const auto compiled = [&](const std::string& more) {
    folder.write("net/a.json", R"([{"name": "a", "weights": "w1.npy", "features": "x.npy", )" + more + "}]");
    return run_program(folder.path(), {"compile", "--layers", "net/a.json", "--output", "a.dlac"});
  };
  CHECK(compiled(R"("stride": 1048576)").code == 0);
  CHECK(compiled(R"("stride": [1048576, 1])").code == 0);
  for (const char* more : {R"("stride": 1048577)", R"("stride": [1, 1048577])", R"("groups": 1048577)"}) {
    const ProgramResult refused = compiled(more);
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Contains("from 1 to 1048576"));
  }
}

TEST_CASE("a malformed image, or one for another core, is refused in one line") {
  const ScratchFolder folder;
  write_network(folder);
  REQUIRE(run_program(folder.path(), {"compile", "--layers", "net/net.json", "--output", "good.dlac"}).code == 0);
  const std::string good = folder.read("good.dlac");
  const auto refused = [&](const std::string& bytes, const std::string& contains) {
    folder.write("bad.dlac", bytes);
    for (const std::string command : {"image", "exec"}) {
      check_refused(folder, {command, "bad.dlac"}, "bad.dlac: ", contains);
    }
  };
  const auto flipped = [&](std::size_t at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    return bytes;
  };
  refused("", "no magic string");
  refused("not an image, but some text that is long enough", "no magic string");
  refused(good.substr(0, 103), "truncated, 103 bytes");
  refused(good.substr(0, good.size() - 1), "truncated");
  refused(good + "x", "trailing bytes");
  refused(flipped(8), "version");
  refused(flipped(200), "CRC of header, layers and commands");
  refused(flipped(good.size() - 5), "CRC of weights and features");
  patch(folder, "good.dlac", "bad.dlac", offsetof(dlac_image_header, pes), std::uint32_t{256});
  check_refused(folder, {"exec", "bad.dlac"}, "bad.dlac: made for pes 256", "512");
  check_refused(folder, {"exec", "good.dlac", "--mode", "infer"}, "good.dlac: made for mode train", "infer");
  check_refused(folder, {"exec", "good.dlac", "--set", "queue_depth=4"}, "good.dlac: made for queue_depth 16", "4");
  check_refused(folder, {"image"}, "--image: missing", "dLAC image");
  check_refused(folder, {"image", "good.dlac", "bad.dlac"}, "--image: bad.dlac", "expected one file");
  check_refused(folder, {"image", "none.dlac"}, "none.dlac: no such file", "dLAC image");
  check_refused(folder, {"exec", "net"}, "net: a folder", "dLAC image");
}

TEST_CASE("wrong outputs and errors of the core end with exit code 1") {
  const ScratchFolder folder;
  write_network(folder);
  REQUIRE(
      run_program(folder.path(), {"compile", "--layers", "net/net.json", "--expect", "--output", "good.dlac"}).code ==
      0);
  const Image good = read_image(folder.file("good.dlac"));
  const std::size_t second = good.header.layers_offset + sizeof(dlac_image_layer);
  patch(folder, "good.dlac", "bad.dlac", second + offsetof(dlac_image_layer, outputs_crc), std::uint32_t{0xBEEF});
  const ProgramResult wrong = run_program(folder.path(), {"exec", "bad.dlac"});
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.out, Contains("FAILED"));
  CHECK_THAT(wrong.err, StartsWith("dlac-tb: beside: CRC-32 of the outputs: 0x") && Contains(": expected 0xBEEF\n"));
  CHECK(std::count(wrong.err.begin(), wrong.err.end(), '\n') == 1);

  // The first command loads weights: from an address where no memory is.
  patch(folder, "good.dlac", "bad.dlac", good.header.commands_offset + 8, std::uint64_t{1} << 40);
  const ProgramResult failed = run_program(folder.path(), {"exec", "bad.dlac"});
  CHECK(failed.code == 1);
  CHECK_THAT(failed.err, Contains("bad.dlac: the core reports: memory error on load"));

  // What led to it can be looked at.
  const ProgramResult traced =
      run_program(folder.path(), {"exec", "bad.dlac", "--record", "mem=m.csv", "--vcd", "a.vcd", "--report", "r.json"});
  CHECK(traced.code == 1);
  CHECK(traced.err == failed.err);
  CHECK_THAT(folder.read("m.csv"), Contains(",port,read,0x10000000000,") && Contains(",address_error\n"));
  CHECK_THAT(folder.read("a.vcd"), Contains("$enddefinitions"));
  CHECK(folder.size("a.gtkw") > 0);
  CHECK_FALSE(std::filesystem::exists(folder.file("r.json")));

  // The simulation ends where the core stops, however long the window is.
  const ProgramResult long_window =
      run_program(folder.path(), {"exec", "bad.dlac", "--vcd", "b.vcd", "--vcd-window", "0:100000"});
  CHECK(long_window.err == failed.err);
  const std::string waves = folder.read("b.vcd");
  CHECK(std::stoull(waves.substr(waves.rfind('#') + 1)) < 10'000);  // nanoseconds
  const ProgramResult late =
      run_program(folder.path(), {"exec", "bad.dlac", "--vcd", "c.vcd", "--vcd-window", "100000:200000"});
  CHECK(late.code == 1);
  CHECK_THAT(late.err, StartsWith("dlac-tb: --vcd-window: 100000: expected a first cycle before "));
  CHECK_FALSE(std::filesystem::exists(folder.file("c.vcd")));
}

TEST_CASE("exec writes a report and a waveform of what it runs, and changes nothing by it") {
  const ScratchFolder folder;
  write_network(folder);
  REQUIRE(run_program(folder.path(), {"compile", "--layers", "net/net.json", "--expect", "--output", "n.dlac"}).code ==
          0);
  const ProgramResult plain = run_program(folder.path(), {"exec", "n.dlac"});
  const ProgramResult result =
      run_program(folder.path(), {"exec", "n.dlac", "--report", "r.json", "--vcd", "a.vcd", "--vcd-window", "10:200"});
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
  CHECK(result.out == plain.out);
  const nlohmann::json report = folder.json("r.json");
  const Image image = read_image(folder.file("n.dlac"));
  CHECK(report["image"] == "n.dlac");
  CHECK(report["verified"] == true);
  CHECK(report["configuration"]["pes"] == 512);
  REQUIRE(report["layers"].size() == image.layers.size());
  std::uint64_t macs = 0, compute = 0, segments = 0;
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const nlohmann::json& layer = report["layers"][i];
    CHECK(layer["name"] == image.layers[i].name);
    CHECK(layer["macs"] == image.layers[i].macs);
    CHECK(layer["outputs_crc"] == layer["expected_crc"]);
    CHECK(layer["verified"] == true);
    macs += image.layers[i].macs;
    compute += layer["compute_cycles"].get<std::uint64_t>();
    segments += layer["segment_count"].get<std::uint64_t>();
  }
  const nlohmann::json& totals = report["totals"];
  CHECK(totals["macs"] == macs);
  CHECK(totals["compute_cycles"] == compute);
  CHECK(totals["segment_count"] == segments);
  CHECK(totals["grid_cycles"]["compute"] == compute);
  CHECK(totals["cycles"] > compute);
  std::uint64_t updates = 0;
  for (const char* key : {"executed", "skipped_weight", "skipped_feature", "skipped_both"}) {
    updates += totals["updates"][key].get<std::uint64_t>();
  }
  CHECK(updates == macs);
  CHECK_THAT(folder.read("a.vcd"), Contains("\n#20\n") && Contains("\n#402\n"));
  CHECK(folder.has("a.gtkw"));

  REQUIRE(run_program(folder.path(), {"exec", "n.dlac", "--report", "r.csv"}).code == 0);
  const std::string csv = folder.read("r.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == static_cast<std::ptrdiff_t>(image.layers.size() + 1));

  const ProgramResult late = run_program(folder.path(), {"exec", "n.dlac", "--report", "late.json", "--vcd", "late.vcd",
                                                         "--vcd-window", "99999999:99999999"});
  CHECK(late.code == 2);
  CHECK_THAT(late.err, StartsWith("dlac-tb: --vcd-window: 99999999: expected a first cycle before"));
  CHECK(folder.json("late.json")["totals"] == totals);
  CHECK_FALSE(folder.has("late.vcd"));
  for (const char* output : {"--report", "--vcd"}) {
    CHECK(run_program(folder.path(), {"exec", "n.dlac", output, "n.dlac"}).code == 2);
  }
}

}  // namespace dlac::tb
