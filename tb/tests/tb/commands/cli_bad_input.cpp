// SPDX-License-Identifier: Apache-2.0
// Bad input: exit code 2, one line on stderr that names the file or option, the value and what was expected, nothing on
// stdout, and no file touched.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tb/tests/tb/commands/cli_program.h"
#include "workloads/npy.h"

namespace dlac::tb {
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using workloads::ElementType;
using workloads::Tensor;
using workloads::write_npy;

namespace {

struct Case {
  std::vector<std::string> arguments;
  std::string starts;    ///< behind "dlac-tb: "
  std::string contains;  ///< anywhere in the line
};

void check_refused(const ScratchFolder& folder, const Case& each) {
  check_refused(folder, each.arguments, each.starts, each.contains);
}

}  // namespace

TEST_CASE("a wrong command line is refused with one line") {
  const ScratchFolder folder;
  const std::vector<Case> cases{
      {{}, "command: missing", "run, layer, compile, image, exec, networks, links, config"},
      {{"rn"}, "command: rn", "perhaps run"},
      {{"--verbose"}, "command: --verbose", "run"},
      {{"--version", "run"}, "--version: run", "nothing"},
      {{"run"}, "--network: missing", "resnet34"},
      {{"run", "--network", "resnet43"}, "--network: resnet43", "perhaps resnet34"},
      {{"run", "--network", ""}, "--network: (empty)", "resnet34"},
      {{"run", "--network", "resnet18", "--network", "vgg16"}, "--network: vgg16", "at most once"},
      {{"run", "--net", "resnet34"}, "--net: unknown option", "--network"},
      {{"run", "--network", "resnet34", "--mod", "infer"}, "--mod: unknown option", "perhaps --mode"},
      {{"run", "--network", "resnet34", "stray"}, "command line: stray", "options only, as in `dlac-tb run --help`"},
      {{"run", "--network", "resnet34", "--", "--mode"}, "command line: --mode", "options only"},
      {{"run", "--network", "resnet34", "--mode"}, "--mode", "a value"},
      {{"run", "--network", "resnet34", "--mode", "tran"}, "--mode: tran", "perhaps train"},
      {{"run", "--network", "resnet34", "--engine", "fast"}, "--engine: fast", "schedule, clocked"},
      {{"run", "--network", "resnet34", "--policy", "weight"}, "--policy: weight", "perhaps weights"},
      {{"run", "--network", "resnet34", "--verify", "some"}, "--verify: some", "none, sample, all"},
      {{"run", "--network", "resnet34", "--seed", "-1"}, "--seed: -1", "whole number"},
      {{"run", "--network", "resnet34", "--seed", "1.5"}, "--seed: 1.5", "whole number"},
      {{"run", "--network", "resnet34", "--seed", "18446744073709551616"}, "--seed: 18446744073709551616", "whole"},
      {{"run", "--network", "resnet34", "--batch", "0"}, "--batch: 0", "from 1"},
      {{"run", "--network", "vgg16", "--batch", "1048576", "--layer", "fc1", "--layer", "conv1_2"},
       "--batch:",
       "at most"},
      {{"run", "--network", "resnet34", "--layer", "layer1.0.conv3"},
       "--layer: layer1.0.conv3",
       "perhaps layer1.0.conv"},
      {{"run", "--network", "resnet152", "--layer", "x"}, "--layer: x", "lists all 156"},
      {{"run", "--network", "resnet34", "--layer", "fc", "--layer", "fc"}, "--layer: fc", "at most once"},
      {{"run", "--network", "resnet34", "--weight-density", "1.5"}, "--weight-density: 1.5", "0 to 1"},
      {{"run", "--network", "resnet34", "--feature-density", "nan"}, "--feature-density: nan", "0 to 1"},
      {{"run", "--network", "resnet34", "--spread", "-0.1"}, "--spread: -0.1", "0 to 4"},
      {{"run", "--network", "resnet34", "--layer", "conv1", "--weight-density", "0.12345678"},
       "--weight-density: 0.12345678:",
       "ternary"},
      {{"run", "--network", "resnet34", "--layer", "conv1", "--feature-density", "1e-7"},
       "--feature-density: 1e-7:",
       "ReLU"},
      {{"run", "--network", "resnet34", "--report", "r.xml"}, "--report: r.xml", ".json or .csv"},
      {{"run", "--network", "resnet34", "--report", ""}, "--report: (empty)", ".json or .csv"},
      {{"run", "--network", "resnet34", "--vcd", ""}, "--vcd: (empty)", "a file name"},
      {{"run", "--network", "resnet34", "--config", ""}, "--config: (empty)", "a file name"},
      {{"run", "--network", "resnet34", "--batch", "0x100001"}, "--batch: 0x100001", "to 1048576"},
      {{"run", "--network", "resnet34", "--segments"}, "--segments", "--report FILE.json"},
      {{"run", "--network", "resnet34", "--segments", "--report", "r.csv"}, "--segments: r.csv", "--report FILE.json"},
      {{"run", "--network", "resnet34", "--segments=yes"}, "--segments", "no value"},
      {{"run", "--network", "resnet34", "--vcd-window", "1:2"}, "--vcd-window: 1:2", "--vcd"},
      {{"run", "--network", "resnet34", "--vcd", "a.vcd", "--vcd-window", "2:1"}, "--vcd-window: 2:1", "FIRST:LAST"},
      {{"run", "--network", "resnet34", "--vcd", "a.vcd", "--vcd-window", "2"}, "--vcd-window: 2", "FIRST:LAST"},
      {{"run", "--network", "resnet34", "--vcd", "a.vcd", "--vcd-window", "0:9223372036854775807"},
       "--vcd-window",
       "<="},
      {{"run", "--network", "resnet34", "a\nb"}, "command line: a\\x0ab", "options only"},
      {{"networks", "--network", "alexnet"}, "--network: alexnet", "vgg16"},
      {{"networks", "resnet34"}, "command line: resnet34", "options only"},
      {{"config", "--network", "resnet34"}, "--network: unknown option", "--config"},
  };
  for (const Case& each : cases) check_refused(folder, each);
}

TEST_CASE("a wrong configuration is refused with its source, key, value and what was expected") {
  const ScratchFolder folder;
  const auto with_file = [&](const std::string& text, const std::string& starts, const std::string& contains) {
    folder.write("c.json", text);
    check_refused(folder, {{"config", "--config", "c.json"}, "c.json: " + starts, contains});
  };
  with_file("", "line 1, column 1: end of file", "JSON");
  with_file("[8]", "an array", "object");
  with_file("{\"rows\": 8,\n}", "line 2, column 1: }", "JSON");
  with_file(R"({"rows": 8} x)", "line 1, column 13: x", "JSON");
  with_file(R"({"rowz": 8})", "rowz: 8", "perhaps rows");
  with_file(R"({"rows": 8, "rows": 8})", "rows: given twice", "once");
  with_file(R"({"rows": "8"})", "rows: \"8\"", "whole number");
  with_file(R"({"rows": -8})", "rows: -8", "from 1 to 64");
  with_file(R"({"rows": 8.5})", "rows: 8.5", "whole number");
  with_file(R"({"rows": 65})", "rows: 65", "from 1 to 64");
  with_file(R"({"rows": 99999999999999999999})", "rows: ", "from 1 to 64");
  with_file(R"({"rows": 1e999})", "a number out of range", "whole");
  with_file(R"({"rows": null})", "rows: null", "number");
  with_file(R"({"rows": [8]})", "rows: an array", "number");
  with_file(R"({"rows": {"value": 8, "unit": 1}})", "rows.unit: 1", "description");
  with_file(R"({"rows": {"origin": "[A]"}})", "rows: an object", "value");
  with_file(R"({"mode": "infre"})", "mode: \"infre\"", "perhaps infer");
  with_file(R"({"policy": 1})", "policy: 1", "none, features, weights, both");
  with_file(R"({"grid_rows": "8"})", "grid_rows: \"8\"", "auto or");
  with_file(R"({"rows": 8, "columns": 32})", "pes, rows*columns: 512, 8*32 = 256", "equal numbers");
  with_file(R"({"mode": "infer", "rows": 16, "columns": 32})", "pes, rows*columns: 256, 16*32 = 512", "equal numbers");
  with_file(R"({"multiply_units": 2})", "multiply_units: 2", "arithmetic_units = 1");

  const std::vector<Case> cases{
      {{"config", "--config", "missing.json"}, "missing.json: no such file", "can be read"},
      {{"config", "--config", "."}, ".: a folder", "can be read"},
      {{"config", "--set", "rows"}, "--set: rows", "KEY=VALUE"},
      {{"config", "--set", "=8"}, "--set: =8", "KEY=VALUE"},
      {{"config", "--set", "rows="}, "--set: rows: (empty)", "whole number"},
      {{"config", "--set", "rows=0x8"}, "--set: rows: 0x8", "whole number"},
      {{"config", "--set", "rows=8", "columns=32"}, "--set: pes, rows*columns: 512, 8*32 = 256", "equal numbers"},
      {{"config", "--set", "rows=48"}, "--set: rows: 48: expected a power of two from 1 to 64", "divides pes = 512"},
      {{"config", "--set", "rows=8", "--set", "rows=8"}, "--set: rows=8", "at most once"},
      {{"config", "--set", "grid_rows=3"}, "--set: grid_rows: 3", "power of two"},
      {{"config", "--set", "mode=test"}, "--set: mode: test", "train, infer"},
      {{"run", "--network", "resnet34", "--set", "weight_buffer_bytes=32"}, "--set: weight_buffer_bytes: 32", "layer"},
      {{"run", "--network", "resnet34", "--set", "feature_buffer_bytes=16"},
       "--set: feature_buffer_bytes: 16",
       "layer"},
  };
  for (const Case& each : cases) check_refused(folder, each);
}

TEST_CASE("wrong tensors are refused before anything is simulated") {
  const ScratchFolder folder;
  write_npy(folder.file("w.npy"), small_codes({8, 4, 3, 3}));
  write_npy(folder.file("x.npy"), small_floats({1, 4, 6, 6}));
  write_npy(folder.file("wf.npy"), small_floats({8, 4, 3, 3}));
  Tensor codes = small_codes({8, 4, 3, 3});
  codes.span<std::int8_t>()[7] = 2;
  write_npy(folder.file("w2.npy"), codes);
  write_npy(folder.file("rank.npy"), small_floats({4, 6}));
  write_npy(folder.file("int.npy"), Tensor(ElementType::Int32, {1, 4, 6, 6}));
  Tensor wide(ElementType::Int64, {8, 4, 3, 3});
  wide.span<std::int64_t>()[5] = std::int64_t{1} << 32U;  // 0 where it is cut to 8 bits
  write_npy(folder.file("wide.npy"), wide);
  Tensor bytes(ElementType::UInt8, {8, 4, 3, 3});
  bytes.span<std::uint8_t>()[0] = 255;  // -1 as an int8
  write_npy(folder.file("bytes.npy"), bytes);
  write_npy(folder.file("codes_as_features.npy"), small_codes({1, 4, 6, 6}));
  write_npy(folder.file("empty.npy"), Tensor(ElementType::Float32, {1, 0, 6, 6}));
  write_npy(folder.file("x5.npy"), small_floats({1, 5, 6, 6}));
  Tensor nan = small_floats({8, 4, 3, 3});
  nan.span<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  write_npy(folder.file("nan.npy"), nan);
  const std::string whole = folder.read("x.npy");
  folder.write("short.npy", whole.substr(0, whole.size() - 1));
  folder.write("long.npy", whole + "x");
  folder.write("header.npy", whole.substr(0, 9));
  folder.write("text.npy", "not numpy at all");

  const auto layer = [](const std::string& weights, const std::string& features, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"layer", "--weights", weights, "--features", features, "--output", "y.npy"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  const std::vector<Case> cases{
      {{"layer", "--features", "x.npy", "--output", "y.npy"}, "--weights: missing", ".npy"},
      {{"layer", "--weights", "w.npy", "--output", "y.npy"}, "--features: missing", ".npy"},
      {{"layer", "--weights", "w.npy", "--features", "x.npy"}, "--output: missing", "file name"},
      {layer("none.npy", "x.npy"), "none.npy: no such file", ".npy"},
      {layer("w.npy", "none.npy"), "none.npy: no such file", ".npy"},
      {layer("w.npy", "."), ".: a folder", ".npy"},
      {layer("w.npy", "short.npy"), "short.npy: truncated", "bytes"},
      {layer("w.npy", "long.npy"), "long.npy: trailing", "bytes"},
      {layer("w.npy", "header.npy"), "header.npy: ", ".npy header"},
      {layer("w.npy", "text.npy"), "text.npy: ", "magic"},
      {layer("w2.npy", "x.npy"), "w2.npy: element 7 is 2", "-1, 0 or 1"},
      {layer("bytes.npy", "x.npy"), "bytes.npy: element 0 is 255", "-1, 0 or 1"},
      {layer("wide.npy", "x.npy"), "wide.npy: element 5 is 4294967296", "-1, 0 or 1"},
      {layer("w.npy", "int.npy"), "int.npy: dtype: int32", "float16, float32 or float64"},
      {layer("w.npy", "codes_as_features.npy"), "codes_as_features.npy: dtype: int8", "float16, float32 or float64"},
      {layer("rank.npy", "x.npy"), "rank.npy: shape: [4,6]", "[K,C/groups,KH,KW]"},
      {layer("w.npy", "rank.npy"), "rank.npy: shape: [4,6]", "[N,C,H,W]"},
      {layer("w.npy", "empty.npy"), "empty.npy: shape: [1,0,6,6]", "from 1"},
      {layer("w.npy", "x5.npy"), "w.npy: shape: [8,4,3,3]", "5 channels"},
      {layer("w.npy", "x.npy", {"--groups", "2"}), "w.npy: shape: [8,4,3,3]", "2 channels"},
      {layer("w.npy", "x.npy", {"--groups", "3"}), "--groups: groups: 3", "divisor"},
      {layer("w.npy", "x.npy", {"--groups", "0"}), "--groups: 0", "from 1"},
      {layer("w.npy", "x.npy", {"--stride", "0"}), "--stride: 0", "from 1 to 1048576"},
      {layer("w.npy", "x.npy", {"--stride", "1,0"}), "--stride: 1,0", "from 1 to 1048576"},
      {layer("w.npy", "x.npy", {"--stride", "1048577"}), "--stride: 1048577", "from 1 to 1048576"},
      {layer("w.npy", "x.npy", {"--stride", "1,2,3"}), "--stride: 1,2,3", "height, width"},
      {layer("w.npy", "x.npy", {"--pad", "-1"}), "--pad: -1", "from 0 to 1048576"},
      {layer("w.npy", "x.npy", {"--dilation", "0"}), "--dilation: 0", "from 1 to 1048576"},
      {layer("w.npy", "x.npy", {"--dilation", "3"}), "w.npy: kernel_h: 3", "dilated by 3"},
      {layer("w.npy", "x.npy", {"--ternary", "mean:0.7"}), "--ternary: mean:0.7", "float weights"},
      {layer("wf.npy", "x.npy", {"--ternary", "median:1"}), "--ternary: median:1", "abs:T or mean:T"},
      {layer("wf.npy", "x.npy", {"--ternary", "abs:-1"}), "--ternary: abs:-1", "at least 0"},
      {layer("nan.npy", "x.npy", {"--ternary", "abs:1"}), "nan.npy: element 3 is NaN", "numbers"},
      {layer("w.npy", "x.npy", {"--layer", "a"}), "--layer: unknown option", "--weights"},
  };
  for (const Case& each : cases) check_refused(folder, each);
}

TEST_CASE("an output that cannot be written is refused before anything is simulated") {
  const ScratchFolder folder;
  write_npy(folder.file("w.npy"), small_codes({8, 4, 3, 3}));
  write_npy(folder.file("x.npy"), small_floats({1, 4, 6, 6}));
  std::filesystem::create_directory(folder.file("folder.json"));
  const std::vector<std::string> base{"layer", "--weights", "w.npy", "--features", "x.npy", "--output"};
  const std::vector<Case> cases{
      {with(base, {"nowhere/y.npy"}), "nowhere/y.npy", "folder"},
      {with(base, {"."}), ".", "can be written"},
      {with(base, {"w.npy"}), "--output: w.npy", "no input"},
      {with(base, {"./x.npy"}), "--output: ./x.npy", "no input"},
      {with(base, {"y.npy", "--report", "nowhere/r.json"}), "nowhere/r.json", "folder"},
      {with(base, {"y.npy", "--report", "folder.json"}), "folder.json: a folder", "can be written"},
      {with(base, {"y.npy", "--vcd", "nowhere/a.vcd"}), "nowhere/a.vcd", "folder"},
      {with(base, {"y.npy", "--vcd", "y.npy"}), "--vcd: y.npy", "another file than --output"},
      {with(base, {"r.json", "--report", "./r.json"}), "--report: ./r.json", "another file than --output"},
  };
  for (const Case& each : cases) check_refused(folder, each);
}

TEST_CASE("a refused run leaves existing files as they were") {
  const ScratchFolder folder;
  write_npy(folder.file("w.npy"), small_codes({8, 4, 3, 3}));
  write_npy(folder.file("x.npy"), small_floats({1, 5, 6, 6}));  // one channel too many
  folder.write("y.npy", "precious");
  folder.write("r.json", "precious, too");
  folder.write("a.vcd", "and this");
  check_refused(folder, {{"layer", "--weights", "w.npy", "--features", "x.npy", "--output", "y.npy", "--report",
                          "r.json", "--vcd", "a.vcd"},
                         "w.npy: shape",
                         "5 channels"});
  CHECK(folder.read("y.npy") == "precious");
  CHECK(folder.read("r.json") == "precious, too");
  CHECK(folder.read("a.vcd") == "and this");
}

TEST_CASE("an error line is true of what was given") {
  const ScratchFolder folder;
  write_npy(folder.file("w.npy"), small_codes({8, 4, 3, 3}));
  write_npy(folder.file("x.npy"), small_floats({1, 4, 6, 6}));
  const auto run_with = [](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"run", "--network", "resnet20", "--layer", "conv1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  // What an output's name stands for.
  REQUIRE(::mkfifo(folder.file("pipe.csv").c_str(), 0600) == 0);
  std::filesystem::create_symlink("pipe.csv", folder.file("to_pipe.csv"));
  std::filesystem::create_symlink("nothing", folder.file("to_nothing.csv"));
  std::filesystem::create_symlink("loop.csv", folder.file("loop.csv"));
  const std::vector<Case> cases{
      {run_with({"--report", "pipe.csv"}), "pipe.csv: not a regular file", "can be written"},
      {run_with({"--report", "to_pipe.csv"}), "to_pipe.csv: not a regular file", "can be written"},
      {run_with({"--report", "to_nothing.csv"}), "to_nothing.csv: a symbolic link to nothing", "can be written"},
      {run_with({"--report", "loop.csv"}), "loop.csv: Too many levels of symbolic links", "can be written"},
      {run_with({"--vcd", "none/"}), "none/: the name of a folder", "can be written"},
      {run_with({"--vcd", "/dev/null"}), "/dev/null: not a regular file", "can be written"},
      // Limits are named, whichever is passed.
      {{"layer", "--weights", "w.npy", "--features", "x.npy", "--output", "y.npy", "--pad", "1048577"},
       "--pad: 1048577",
       "from 0 to 1048576"},
      {{"config", "--set", "grid_rows=65"}, "--set: grid_rows: 65", "from 1 to 64, a power of two that divides pes"},
      {{"config", "--set", "burst_bytes=8"}, "--set: burst_bytes: 8", "from 16 to 4096, a power of two"},
      {{"config", "--set", "feature_buffer_bytes=8"}, "--set: feature_buffer_bytes: 8", "a multiple of 16"},
      // Numbers as they were given.
      {run_with({"--weight-density", "0.000000001"}), "--weight-density: 0.000000001:", "ternary"},
      {run_with({"--spread", "4.0000001"}), "--spread: 4.0000001:", "0 to 4"},
  };
  for (const Case& each : cases) check_refused(folder, each);

  // Not more names than can be looked through.
  const ProgramResult missing = run_program(folder.path(), {"run"});
  CHECK(std::count(missing.err.begin(), missing.err.end(), ',') <= 10);

  // A type that is no good is not answered with one that is refused next.
  const std::string npy = folder.read("x.npy");
  std::string complex = npy;
  complex.replace(complex.find("<f4"), 3, "<c8");
  folder.write("c.npy", complex);
  const auto layer = [&](const std::string& weights, const std::string& features) {
    return run_program(folder.path(), {"layer", "--weights", weights, "--features", features, "--output", "y.npy"});
  };
  CHECK(layer("w.npy", "c.npy").err == "dlac-tb: c.npy: type '<c8': expected <f2, <f4 or <f8\n");
  CHECK_THAT(layer("c.npy", "x.npy").err, StartsWith("dlac-tb: c.npy: type '<c8': expected |i1") && Contains("<i8"));
}

}  // namespace dlac::tb
