// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "tb/tests/tb/commands/cli_program.h"
#include "workloads/npy.h"

namespace dlac::tb {
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using nlohmann::json;
using workloads::ElementType;
using workloads::read_npy;
using workloads::Tensor;
using workloads::write_npy;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The naive sum in binary64: exact for small whole-numbered tensors.
std::vector<double> convolve(const Tensor& weights, const std::vector<double>& values, const Tensor& features,
                             std::size_t stride, std::size_t pad) {
  const auto x = features.span<float>();
  const std::size_t channels = features.extent(1), height = features.extent(2), width = features.extent(3);
  const std::size_t kernel = weights.extent(2);
  const std::size_t out = (height + 2 * pad - kernel) / stride + 1;
  std::vector<double> result;
  for (std::size_t k = 0; k < weights.extent(0); ++k) {
    for (std::size_t oy = 0; oy < out; ++oy) {
      for (std::size_t ox = 0; ox < out; ++ox) {
        double sum = 0;
        for (std::size_t c = 0; c < channels; ++c) {
          for (std::size_t i = 0; i < kernel; ++i) {
            for (std::size_t j = 0; j < kernel; ++j) {
              const std::size_t y = oy * stride + i - pad, z = ox * stride + j - pad;  // wraps below 0
              if (y >= height || z >= width) continue;
              sum += values[((k * channels + c) * kernel + i) * kernel + j] *
                     static_cast<double>(x[(c * height + y) * width + z]);
            }
          }
        }
        result.push_back(sum);
      }
    }
  }
  return result;
}

}  // namespace

TEST_CASE("help and version go to stdout, without a banner") {
  const ScratchFolder folder;
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                    {"-h"},
                                                    {"run", "--help"},
                                                    {"layer", "-h"},
                                                    {"compile", "--help"},
                                                    {"image", "--help"},
                                                    {"exec", "--help"},
                                                    {"networks", "--help"},
                                                    {"config", "--help"}}) {
    const ProgramResult result = run_program(folder.path(), arguments);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    CHECK_THAT(result.out, Contains("usage: dlac-tb") && !Contains("Accellera"));
    for (const std::string& line : lines_of(result.out)) {
      CHECK(line.size() <= 100);
      CHECK((line.empty() || line.back() != ' '));
    }
  }
  const ProgramResult version = run_program(folder.path(), {"--version"});
  CHECK(version.code == 0);
  CHECK(lines_of(version.out).size() == 1);
  CHECK_THAT(version.out, StartsWith("dlac-tb "));
}

TEST_CASE("networks are listed, and so are the layers of one") {
  const ScratchFolder folder;
  const ProgramResult all = run_program(folder.path(), {"networks"});
  CHECK(all.code == 0);
  CHECK(lines_of(all.out).size() == 6);
  const ProgramResult one = run_program(folder.path(), {"networks", "--network", "resnet34"});
  CHECK(one.code == 0);
  CHECK(lines_of(one.out).size() == 37);
  for (const std::string& line : lines_of(all.out + one.out)) CHECK(line.size() <= 100);
}

TEST_CASE("the printed configuration is a configuration file") {
  const ScratchFolder folder;
  const std::vector<std::string> base{"config",      "--mode", "infer",         "--policy",   "features",
                                      "--set",       "rows=8", "--set",         "columns=32", "--set",
                                      "grid_rows=4", "--set",  "queue_depth=7", "--set",      "memory_latency_ns=0"};
  const ProgramResult first = run_program(folder.path(), base);
  REQUIRE(first.code == 0);
  folder.write("c.json", first.out);
  const ProgramResult second = run_program(folder.path(), {"config", "--config", "c.json"});
  CHECK(second.out == first.out);
  const json printed = json::parse(first.out);
  for (const auto& [key, entry] : printed.items()) {
    INFO(key);
    CHECK(entry.size() == 3);
    CHECK_FALSE(entry.at("description").get<std::string>().empty());
    CHECK((entry.at("origin") == "[P]" || entry.at("origin") == "[A]"));
  }
  // --set overrides the file, an option of its own overrides --set.
  const ProgramResult third = run_program(folder.path(), {"config", "--config", "c.json", "--set", "policy=none",
                                                          "--set", "queue_depth=9", "--policy", "weights"});
  const json values = json::parse(third.out);
  CHECK(values["policy"]["value"] == "weights");
  CHECK(values["queue_depth"]["value"] == 9);
  CHECK(values["rows"]["value"] == 8);
}

TEST_CASE("the final mode decides the defaults") {
  const ScratchFolder folder;
  folder.write("c.json", R"({"mode": "infer", "window_beats": 4})");
  const json infer = json::parse(run_program(folder.path(), {"config", "--config", "c.json"}).out);
  CHECK(infer["pes"]["value"] == 256);
  CHECK(infer["window_beats"]["value"] == 4);
  const json train = json::parse(run_program(folder.path(), {"config", "--config", "c.json", "--mode", "train"}).out);
  CHECK(train["pes"]["value"] == 512);
  CHECK(train["window_beats"]["value"] == 4);
}

TEST_CASE("one layer on given tensors: the exact sums, in both engines") {
  const ScratchFolder folder;
  const Tensor weights = small_codes({8, 4, 3, 3});
  Tensor features = small_floats({1, 4, 6, 6});
  for (float& value : features.span<float>()) value = std::round(value);  // exact in binary16, too
  write_npy(folder.file("w.npy"), weights);
  write_npy(folder.file("x.npy"), features);
  std::vector<double> codes;
  for (const std::int8_t code : weights.span<std::int8_t>()) codes.push_back(code);
  const std::vector<double> expected = convolve(weights, codes, features, 2, 1);

  for (const std::string engine : {"schedule", "clocked"}) {
    for (const std::string mode : {"train", "infer"}) {
      INFO(engine << " " << mode);
      const ProgramResult result =
          run_program(folder.path(), {"layer", "--weights", "w.npy", "--features", "x.npy", "--stride", "2", "--pad",
                                      "1", "--output", "y.npy", "--engine", engine, "--mode", mode, "--verify", "all"});
      CHECK(result.err.empty());
      REQUIRE(result.code == 0);
      const Tensor y = read_npy(folder.file("y.npy"));
      CHECK(y.shape() == std::vector<std::size_t>{1, 8, 3, 3});
      REQUIRE(y.type() == (mode == "train" ? ElementType::Float32 : ElementType::Float16));
      REQUIRE(y.elements() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const double value = mode == "train" ? static_cast<double>(y.span<float>()[i])
                                             : static_cast<double>(y.span<dlac::Half>()[i].to_float());
        CHECK(value == expected[i]);
      }
    }
  }
}

TEST_CASE("rank 3 features are a batch of one, and float weights are ternarised where that is asked for") {
  const ScratchFolder folder;
  Tensor features = small_floats({4, 6, 6});
  for (float& value : features.span<float>()) value = std::round(value);
  write_npy(folder.file("x.npy"), features);
  const Tensor weights = small_floats({8, 4, 3, 3});
  write_npy(folder.file("w.npy"), weights);
  const ProgramResult result =
      run_program(folder.path(), {"layer", "--weights", "w.npy", "--features", "x.npy", "--output", "y.npy",
                                  "--ternary", "abs:2", "--verify", "all", "--report", "r.json"});
  CHECK(result.err.empty());
  REQUIRE(result.code == 0);
  std::vector<double> codes;
  for (const float w : weights.span<float>()) codes.push_back(w > 2 ? 1 : w < -2 ? -1 : 0);
  features.reshape({1, 4, 6, 6});
  const std::vector<double> expected = convolve(weights, codes, features, 1, 0);
  const Tensor y = read_npy(folder.file("y.npy"));
  CHECK(y.shape() == std::vector<std::size_t>{1, 8, 4, 4});
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(static_cast<double>(y.span<float>()[i]) == expected[i]);
  CHECK(folder.json("r.json")["layers"][0]["shape"]["weights"] == "ternary");
}

TEST_CASE("the report's figures follow from its counts") {
  const ScratchFolder folder;
  const ProgramResult result =
      run_program(folder.path(), {"run", "--network", "resnet18", "--layer", "layer4.0.downsample", "--layer", "fc",
                                  "--report", "r.json", "--segments", "--seed", "7", "--set", "memory_latency_ns=50"});
  CHECK(result.err.empty());
  REQUIRE(result.code == 0);
  for (const std::string& line : lines_of(result.out)) CHECK(line.size() <= 100);
  CHECK_THAT(result.out, Contains("layer4.0.downsample") && Contains("= total, 2"));
  const json report = folder.json("r.json");
  CHECK(report["network"] == "resnet18");
  CHECK(report["seed"] == 7);
  CHECK(report["verified"] == true);
  CHECK(report["configuration"]["memory_latency_ns"] == 50);
  CHECK(report["configuration"]["rows"] == 16);
  CHECK(report["host"]["cpu_seconds"] > 0);
  REQUIRE(report["layers"].size() == 2);
  std::uint64_t cycles = 0;
  for (const json& layer : report["layers"]) {
    const auto number = [&](const char* key) { return layer.at(key).get<double>(); };
    CHECK(number("flops_per_cycle") == Approx(2 * number("macs") / number("compute_cycles")));
    CHECK(number("flops_per_cycle_total") == Approx(2 * number("macs") / number("cycles")));
    CHECK(number("speedup") == Approx(number("dense_compute_cycles") / number("compute_cycles")));
    CHECK(number("speedup") <= 8);  // B/A
    std::uint64_t by_cause = 0, segments = 0, updates = 0, pe_cycles = 0;
    for (const auto& [cause, value] : layer["grid_cycles"].items()) by_cause += value.get<std::uint64_t>();
    CHECK(by_cause == layer["cycles"]);
    CHECK(layer["grid_cycles"]["compute"] == layer["compute_cycles"]);
    for (const auto& [cause, value] : layer["updates"].items()) {
      if (cause != "masked_nonfinite") updates += value.get<std::uint64_t>();
    }
    CHECK(updates == layer["macs"]);
    CHECK(number("live_density") == Approx(layer["updates"]["executed"].get<double>() / number("macs")));
    for (const auto& [cause, value] : layer["pe_cycles"].items()) pe_cycles += value.get<std::uint64_t>();
    CHECK(pe_cycles == 512 * layer["compute_cycles"].get<std::uint64_t>());
    CHECK(number("utilisation") == Approx(layer["pe_cycles"]["busy"].get<double>() / (512 * number("compute_cycles"))));
    CHECK(layer["grid"]["rows"].get<int>() * layer["grid"]["columns"].get<int>() == 512);
    CHECK(layer["verified"] == true);
    CHECK(layer["segments"].size() == layer["segment_count"]);
    std::uint64_t covered = 0;
    for (const json& segment : layer["segments"]) {
      segments += segment["cycles"].get<std::uint64_t>();
      std::uint64_t volume = 1;
      for (const char* range : {"k", "pixels", "beats"}) {
        volume *= segment[range][1].get<std::uint64_t>() - segment[range][0].get<std::uint64_t>();
      }
      covered += volume;
    }
    CHECK(segments == layer["compute_cycles"]);
    CHECK(covered == layer["macs"]);  // half-open ranges that cover every multiply-accumulate once
    cycles += layer["cycles"].get<std::uint64_t>();
  }
  CHECK(report["totals"]["cycles"] == cycles);
  CHECK(report["stages"].size() == 2);
}

TEST_CASE("a layer's tensors do not depend on the layers that run beside it") {
  const ScratchFolder folder;
  const auto cycles = [&](const std::vector<std::string>& layers, const std::string& seed) {
    std::vector<std::string> arguments{"run", "--network", "resnet18", "--report", "r.json", "--seed", seed};
    for (const std::string& layer : layers) {
      arguments.emplace_back("--layer");
      arguments.push_back(layer);
    }
    REQUIRE(run_program(folder.path(), arguments).code == 0);
    const json layers_found = folder.json("r.json")["layers"];
    return layers_found.back()["compute_cycles"].get<std::uint64_t>();
  };
  const std::uint64_t beside = cycles({"layer3.0.downsample", "layer4.0.downsample"}, "1");
  CHECK(cycles({"layer4.0.downsample"}, "1") == beside);
  CHECK(cycles({"layer4.0.downsample"}, "2") != beside);
}

TEST_CASE("a machine that skips nothing gains nothing, and the others gain against it") {
  const ScratchFolder folder;
  for (const std::string mode : {"train", "infer"}) {
    std::uint64_t none = 0;
    for (const std::string policy : {"none", "weights", "features", "both"}) {
      REQUIRE(run_program(folder.path(), {"run", "--network", "resnet18", "--layer", "layer4.0.downsample", "--report",
                                          "r.json", "--policy", policy, "--mode", mode})
                  .code == 0);
      const json layer = folder.json("r.json")["layers"][0];
      if (policy == "none") {
        none = layer["compute_cycles"];
        CHECK(layer["speedup"] == 1.0);
      }
      CHECK(layer["dense_compute_cycles"] == none);
    }
  }
}

TEST_CASE("a CSV report has a line per layer and a name per column") {
  const ScratchFolder folder;
  REQUIRE(run_program(folder.path(), {"run", "--network", "resnet18", "--layer", "layer4.0.downsample", "--layer", "fc",
                                      "--report", "r.csv", "--verify", "none"})
              .code == 0);
  const std::vector<std::string> lines = lines_of(folder.read("r.csv"));
  REQUIRE(lines.size() == 3);
  for (const std::string& line : lines) {
    CHECK(std::count(line.begin(), line.end(), ',') == std::count(lines[0].begin(), lines[0].end(), ','));
  }
  CHECK_THAT(lines[0], StartsWith("name,stage,") && Contains(",grid_rows,grid_columns,") && Contains(",verified"));
  CHECK_THAT(lines[1], StartsWith("layer4.0.downsample,stage 4,"));
}

TEST_CASE("a layer's outputs are written whole, with no left-over beside them") {
  const ScratchFolder folder;
  write_npy(folder.file("w.npy"), small_codes({8, 4, 3, 3}));
  write_npy(folder.file("x.npy"), small_floats({1, 4, 6, 6}));
  folder.write("y.npy", "old");
  REQUIRE(run_program(folder.path(),
                      {"layer", "--weights", "w.npy", "--features", "x.npy", "--output", "y.npy", "--report", "r.json"})
              .code == 0);
  CHECK(folder.names() == std::vector<std::string>{"r.json", "w.npy", "x.npy", "y.npy"});
  CHECK(read_npy(folder.file("y.npy")).shape() == std::vector<std::size_t>{1, 8, 4, 4});
}

TEST_CASE("densities can be prescribed") {
  const ScratchFolder folder;
  REQUIRE(run_program(folder.path(),
                      {"run", "--network", "resnet18", "--layer", "layer3.0.conv1", "--report", "r.json",
                       "--weight-density", "0.25", "--feature-density", "0.5", "--spread", "0", "--verify", "none"})
              .code == 0);
  const json report = folder.json("r.json");
  CHECK(report["layers"][0]["weight_density"].get<double>() == Approx(0.25).margin(0.01));
  CHECK(report["layers"][0]["feature_density"].get<double>() == Approx(0.5).margin(0.01));
  CHECK(report["layers"][0]["verified"].is_null());
  CHECK(report["verified"].is_null());
}

TEST_CASE("the largest densities and the largest spread are taken by every layer") {
  const ScratchFolder folder;
  const auto densities = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"run",      "--network", "resnet20", "--layer", "layer3.2.conv2",
                                       "--report", "r.json",    "--verify", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    CHECK(run_program(folder.path(), arguments).code == 0);
    return folder.json("r.json")["layers"][0];
  };
  const json dense = densities({"--weight-density", "1", "--feature-density", "1"});
  CHECK(dense["weight_density"] == 1.0);
  CHECK(dense["feature_density"] == 1.0);
  const json clustered = densities({"--weight-density", "0.5", "--feature-density", "0.5", "--spread", "4"});
  CHECK(clustered["weight_density"].get<double>() == Approx(0.5).margin(0.05));
}

TEST_CASE("of two numbers in an option of a layer the height's comes first") {
  // A 3x3 kernel on 6x6: (6 + 2 pad - dilation * 2 - 1) / stride + 1 on each axis.
  const ScratchFolder folder;
  write_npy(folder.file("w.npy"), small_codes({8, 4, 3, 3}));
  write_npy(folder.file("x.npy"), small_floats({1, 4, 6, 6}));
  const struct {
    const char* option;
    const char* value;
    std::size_t height, width;
  } cases[] = {{"--pad", "1,2", 6, 8},    {"--pad", "0,1", 4, 6},      {"--stride", "2,1", 2, 4},
               {"--stride", "1,3", 4, 2}, {"--dilation", "1,2", 4, 2}, {"--dilation", "2,1", 2, 4}};
  for (const auto& each : cases) {
    INFO(each.option << ' ' << each.value);
    REQUIRE(run_program(folder.path(), {"layer", "--weights", "w.npy", "--features", "x.npy", "--output", "y.npy",
                                        each.option, each.value})
                .code == 0);
    CHECK(read_npy(folder.file("y.npy")).shape() == std::vector<std::size_t>{1, 8, each.height, each.width});
  }
}

TEST_CASE("a layer takes NumPy's own types: codes of any width, floats of 64 bits, which are rounded once") {
  const ScratchFolder folder;
  const Tensor codes = small_codes({8, 4, 3, 3});
  const Tensor floats = small_floats({1, 4, 6, 6});
  write_npy(folder.file("w.npy"), codes);
  write_npy(folder.file("x.npy"), floats);
  Tensor wide(ElementType::Int64, {8, 4, 3, 3});
  for (std::size_t i = 0; i < codes.elements(); ++i) {
    wide.span<std::int64_t>()[i] = std::int64_t{codes.span<std::int8_t>()[i]};
  }
  write_npy(folder.file("w64.npy"), wide);
  Tensor doubles(ElementType::Float64, {1, 4, 6, 6});
  for (std::size_t i = 0; i < floats.elements(); ++i) doubles.span<double>()[i] = floats.span<float>()[i];
  write_npy(folder.file("x64.npy"), doubles);
  const auto outputs = [&](const std::string& weights, const std::string& features, const std::string& mode) {
    const ProgramResult result = run_program(
        folder.path(), {"layer", "--weights", weights, "--features", features, "--output", "y.npy", "--mode", mode});
    CHECK(result.err.empty());
    REQUIRE(result.code == 0);
    return folder.read("y.npy");
  };
  for (const std::string mode : {"train", "infer"}) {
    CHECK((outputs("w64.npy", "x64.npy", mode) == outputs("w.npy", "x.npy", mode)));
  }
  // Just above the middle between 1 and the next binary16: up. By way of binary32, which drops the last bit, down.
  Tensor one(ElementType::Float64, {1, 1, 1, 1});
  one.span<double>()[0] = 1 + std::ldexp(1, -11) + std::ldexp(1, -40);
  write_npy(folder.file("one.npy"), one);
  Tensor identity(ElementType::Int64, {1, 1, 1, 1});
  identity.span<std::int64_t>()[0] = 1;
  write_npy(folder.file("identity.npy"), identity);
  (void)outputs("identity.npy", "one.npy", "infer");
  const Tensor result = workloads::read_npy(folder.file("y.npy"));
  CHECK(result.span<std::uint16_t>()[0] == 0x3C01);
}

TEST_CASE("a report given as the configuration repeats its run") {
  const ScratchFolder folder;
  const auto succeed = [&](const std::vector<std::string>& arguments) {
    const ProgramResult result = run_program(folder.path(), arguments);
    CHECK(result.err.empty());
    REQUIRE(result.code == 0);
  };
  /// What a report says of the run and its results, but for the time they took.
  const auto results = [&](const std::string& name) {
    nlohmann::json report = folder.json(name);
    report.erase("host");
    report.erase("output");
    for (const char* part : {"layers", "stages"}) {
      for (nlohmann::json& each : report[part]) each.erase("cpu_seconds");
    }
    report["totals"].erase("cpu_seconds");
    return report;
  };
  succeed({"run",  "--network", "resnet20", "--layer",  "conv1",  "--layer",   "layer3.1.conv1", "--batch",
           "2",    "--seed",    "7",        "--mode",   "infer",  "--set",     "pes=64",         "--feature-density",
           "0.25", "--verify",  "none",     "--report", "a.json", "--segments"});
  REQUIRE(results("a.json")["configuration"]["rows"] == 8);
  succeed({"run", "--config", "a.json", "--report", "b.json", "--segments"});
  CHECK(results("b.json") == results("a.json"));

  // An option says otherwise; told what to run, only the configuration counts.
  succeed({"run", "--config", "a.json", "--batch", "1", "--set", "pes=32", "--report", "c.json"});
  CHECK(results("c.json")["batch"] == 1);
  CHECK(results("c.json")["seed"] == 7);
  CHECK(results("c.json")["configuration"]["pes"] == 32);
  CHECK(results("c.json")["configuration"]["rows"] == 4);
  succeed({"run", "--config", "a.json", "--network", "resnet20", "--layer", "linear", "--report", "d.json"});
  CHECK(results("d.json")["layers"].size() == 1);
  CHECK(results("d.json")["batch"] == 1);
  CHECK(results("d.json")["seed"] == 1);
  CHECK(results("d.json")["mode"] == "infer");
  CHECK(results("d.json")["configuration"] == results("a.json")["configuration"]);

  write_npy(folder.file("w.npy"), small_floats({8, 2, 3, 2}));
  write_npy(folder.file("x.npy"), small_floats({4, 9, 7}));
  succeed({"layer", "--weights", "w.npy", "--features", "x.npy", "--output", "y.npy", "--stride", "2,1", "--pad", "1,0",
           "--dilation", "1,2", "--groups", "2", "--ternary", "abs:0.5", "--report", "e.json"});
  succeed({"layer", "--config", "e.json", "--output", "z.npy", "--report", "f.json"});
  CHECK(results("f.json") == results("e.json"));
  CHECK((folder.read("z.npy") == folder.read("y.npy")));

  // What a report says wrongly is found in the report.
  const auto refused = [&](const std::string& report, const nlohmann::json& patch, const std::string& starts) {
    nlohmann::json document = folder.json(report);
    document.merge_patch(patch);
    folder.write("p.json", document.dump());
    const ProgramResult result = run_program(folder.path(), {"run", "--config", "p.json"});
    CHECK(result.code == 2);
    CHECK_THAT(result.err, Catch::Matchers::StartsWith("dlac-tb: p.json: " + starts));
  };
  refused("a.json", {{"batch", 0}}, "batch: 0: expected a whole number from 1 to ");
  refused("a.json", {{"network", "resnet21"}}, "network: resnet21: expected one of ");
  refused("a.json", {{"feature_density", 1.5}}, "feature_density: 1.5: expected a number from 0 to 1");
  refused("a.json", {{"verify", "some"}}, "verify: some: expected one of ");
  refused("a.json", {{"layers", {{{"name", "conv9"}}}}}, "layers.name: conv9: expected a layer of resnet20, ");
  refused("a.json", {{"batch", nlohmann::json::array({4})}}, "batch: an array: expected ");
  refused("a.json", {{"seed", true}}, "seed: true: expected ");
  refused("a.json", {{"network", ""}}, "network: (empty): expected one of ");
  refused("a.json", {{"network", {{"a", 1}}}}, "network: an object: expected ");
  refused("a.json", {{"layers", "conv1"}}, "layers: \"conv1\": expected an array of the layers ");
  refused("a.json", {{"layers", nullptr}}, "layers: missing: expected an array of the layers ");
  refused("a.json", {{"layers", {{{"name", 5}}}}}, "layers.name: 5: expected an array of the layers ");
  refused("a.json", {{"configuration", nullptr}}, "configuration: missing: expected ");
  refused("a.json", {{"configuration", {{"rows", 0}}}}, "rows: 0: expected ");
  refused("e.json", nlohmann::json::object(),
          "network: missing: expected the report of a run of this command, or --network ");
}

}  // namespace dlac::tb
