// SPDX-License-Identifier: Apache-2.0
// Configuration files as the installed library reads them.
#include <dlac/settings/load_config.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "workloads/settings/config_json.h"

namespace dlac {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::string refusal(const std::string& json) {
  try {
    (void)parse_config(json, "c.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

struct Shape {
  std::uint32_t pes, rows, columns;
  std::optional<std::uint32_t> grid_rows;
  bool operator==(const Shape& o) const {
    return pes == o.pes && rows == o.rows && columns == o.columns && grid_rows == o.grid_rows;
  }
};
Shape shape_of(const std::string& json) {
  const MachineSettings settings = parse_config(json);
  return {settings.core.pes, settings.core.rows, settings.core.columns, settings.grid_rows};
}

}  // namespace

TEST_CASE("a configuration is loaded from a text, what it leaves out has the mode's default") {
  const MachineSettings settings = parse_config(
      R"({"mode": "infer", "engine": {"value": "clocked", "description": "x", "origin": "[A]"}, "window_beats": 4,
          "memory_latency_ns": 7, "grid_rows": 8})");
  CHECK(settings.core.mode == Mode::Infer);
  CHECK(settings.core.engine == EngineKind::Clocked);
  CHECK(settings.core.window_beats == 4);
  CHECK(settings.core.pes == 256);  // the default of infer
  CHECK(settings.core.queue_depth == 16);
  CHECK(settings.memory_latency_ns == 7);
  CHECK(settings.grid_rows == 8U);
  CHECK_NOTHROW(settings.core.validate());
  CHECK(parse_config("{}").core.pes == 512);
}

TEST_CASE("a configuration is loaded from a file, and from a report") {
  std::string folder = (std::filesystem::temp_directory_path() / "dlac-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/c.json";
  std::ofstream(path) << R"({"queue_depth": 5})";
  CHECK(load_config(path).core.queue_depth == 5);
  std::ofstream(path) << R"({"program": "dlac-tb", "mode": "train", "batch": 3, "layers": [{"name": "a"}],
                             "configuration": {"mode": "infer", "queue_depth": 6}})";
  CHECK(load_config(path).core.queue_depth == 6);
  CHECK(load_config(path).core.mode == Mode::Infer);
  CHECK_THROWS_WITH(load_config(folder + "/none.json"), Contains("none.json: no such file: expected "));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a wrong configuration is refused in one line with its name, key, value and what was expected") {
  const struct {
    const char* json;
    const char* starts;
    const char* contains;
  } cases[] = {
      {"[]", "c.json: an array: ", "expected a JSON object"},
      {"{", "c.json: line 1, column 2: end of file: ", "expected valid JSON"},
      {R"({"pse": 8})", "c.json: pse: 8: ", "perhaps pes"},
      {R"({"program": "dlac-tb"})", "c.json: configuration: missing: ", "that of the report, an object"},
      {R"({"configuration": {"rows": 8}})", "c.json: ", "expected "},
      // What is expected is what the key takes, not what some other key would.
      {R"({"rows": null})", "c.json: rows: null: ", "expected a whole number from 1 to 64, a power of two"},
      {R"({"mode": true})", "c.json: mode: true: ", "expected one of train, infer"},
      {R"({"mode": 1})", "c.json: mode: 1: ", "expected one of train, infer"},
      {R"({"grid_rows": 65})",
       "c.json: grid_rows: 65: ", "expected auto or a whole number from 1 to 64, a power of two that divides pes"},
      {R"({"burst_bytes": 0})", "c.json: burst_bytes: 0: ", "from 16 to 4096, a power of two"},
      {R"({"weight_buffer_bytes": 1})", "c.json: weight_buffer_bytes: 1: ", "a multiple of 16"},
      {R"({"pes": 1e999})", "c.json: a number out of range: 1e999: ", "whole numbers"},
      {R"({"pes": 24, "rows": 16})", "c.json: rows: 16: ", "a power of two from 1 to 64 that divides pes = 24"},
      {R"({"pes": 24, "rows": 8, "columns": 4})", "c.json: pes, rows*columns: 24, 8*4 = 32: ", "equal numbers"},
  };
  for (const auto& each : cases) {
    INFO(each.json);
    CHECK_THAT(refusal(each.json), StartsWith(each.starts) && Contains(each.contains));
  }
}

TEST_CASE("nothing behind a zero byte is ignored, and no error line is as long as what was given") {
  CHECK_THAT(refusal(std::string("{\"pes\": 256}\0 rest", 18)), StartsWith("c.json: line 1, column 13: \\x00: "));
  const std::string key(100000, 'k');
  CHECK(refusal("{\"" + key + "\": 1}").size() < 1000);
  CHECK(refusal("{\"pes\": \"" + key + "\"}").size() < 1000);
  CHECK(refusal("{\"pes\": 1" + std::string(100000, '0') + "}").size() < 1000);
  CHECK_THAT(refusal("{\"pes\": \"" + key + "\"}"), Contains("kkk...\": expected a whole number"));
}

TEST_CASE("the number of PEs alone chooses the squarest grid with no more rows than columns") {
  CHECK((shape_of(R"({"pes": 512})") == Shape{512, 16, 32, std::nullopt}));
  CHECK((shape_of(R"({"pes": 256})") == Shape{256, 16, 16, std::nullopt}));
  CHECK((shape_of(R"({"pes": 4096})") == Shape{4096, 64, 64, std::nullopt}));
  CHECK((shape_of(R"({"pes": 1})") == Shape{1, 1, 1, std::nullopt}));
  CHECK((shape_of(R"({"pes": 2})") == Shape{2, 1, 2, std::nullopt}));
  CHECK((shape_of(R"({"pes": 7})") == Shape{7, 1, 7, std::nullopt}));
  CHECK((shape_of(R"({"pes": 96})") == Shape{96, 8, 12, std::nullopt}));
  CHECK((shape_of(R"({"mode": "infer", "pes": 128})") == Shape{128, 8, 16, std::nullopt}));
  for (std::uint32_t pes = 1; pes <= 4096; ++pes) {
    const Config core = parse_config("{\"pes\": " + std::to_string(pes) + "}").core;
    CHECK_NOTHROW(core.validate());
  }
}

TEST_CASE("rows or columns beside the number of PEs give the third, and fix the grid of every layer") {
  CHECK((shape_of(R"({"pes": 128, "rows": 4})") == Shape{128, 4, 32, 4}));
  CHECK((shape_of(R"({"pes": 128, "columns": 64})") == Shape{128, 2, 64, 2}));
  CHECK((shape_of(R"({"pes": 128, "rows": 4, "grid_rows": "auto"})") == Shape{128, 4, 32, std::nullopt}));
  CHECK_THAT(refusal(R"({"pes": 128, "columns": 3})"), StartsWith("c.json: columns: 3: ") && Contains("pes = 128"));
}

TEST_CASE("rows or columns alone leave the number of PEs as it is") {
  CHECK((shape_of(R"({"rows": 8})") == Shape{512, 8, 64, 8}));
  CHECK((shape_of(R"({"columns": 512})") == Shape{512, 1, 512, 1}));
  CHECK((shape_of(R"({"mode": "infer", "rows": 64})") == Shape{256, 64, 4, 64}));
  CHECK_THAT(refusal(R"({"rows": 3})"),
             StartsWith("c.json: rows: 3: expected a power of two from 1 to 64 that divides pes = 512"));
  CHECK_THAT(refusal(R"({"columns": 4})"), StartsWith("c.json: columns: 4: ") && Contains("pes = 512"));
}

TEST_CASE("a later place decides the grid, whatever an earlier one said of it") {
  // As `dlac-tb config` prints one: all keys.
  const std::string whole = R"({"pes": 64, "rows": 8, "columns": 8, "grid_rows": "auto"})";
  const std::string fixed = R"({"pes": 64, "rows": 16, "columns": 4, "grid_rows": 16})";
  const struct {
    std::string file;
    std::vector<std::string> options;
    Shape shape;
  } cases[] = {
      {whole, {}, {64, 8, 8, std::nullopt}},
      {whole, {"rows=2"}, {64, 2, 32, 2}},
      {whole, {"columns=2"}, {64, 32, 2, 32}},
      {whole, {"rows=4", "columns=16"}, {64, 4, 16, 4}},
      {whole, {"rows=4", "grid_rows=auto"}, {64, 4, 16, std::nullopt}},
      {whole, {"pes=32"}, {32, 4, 8, std::nullopt}},
      {whole, {"pes=32", "rows=16"}, {32, 16, 2, 16}},
      {fixed, {"pes=8", "rows=4"}, {8, 4, 2, 4}},
      {fixed, {"pes=32"}, {32, 4, 8, 16}},
  };
  for (const auto& each : cases) {
    std::vector<Assignment> assignments = parse_config_text(each.file, "c.json");
    for (const std::string& option : each.options) assignments.push_back(parse_assignment(option, "--set"));
    const MachineSettings settings = resolve(assignments);
    INFO(each.file << (each.options.empty() ? "" : each.options.front()));
    CHECK((Shape{settings.core.pes, settings.core.rows, settings.core.columns, settings.grid_rows} == each.shape));
  }
  std::vector<Assignment> wrong = parse_config_text(whole, "c.json");
  wrong.push_back(parse_assignment("rows=4", "--set"));
  wrong.push_back(parse_assignment("columns=4", "--set"));
  CHECK_THROWS_WITH(resolve(wrong), StartsWith("--set: pes, rows*columns: 64, 4*4 = 16: "));
}

TEST_CASE("units that multiply follow those that add: all of them in train, half of them in infer, one at least") {
  const auto multiply_units = [](const std::string& json) { return parse_config(json).core.multiply_units; };
  for (const std::uint32_t units : {1U, 2U, 3U, 4U, 64U}) {
    const std::string add = "\"arithmetic_units\": " + std::to_string(units);
    INFO(add);
    CHECK(multiply_units("{" + add + "}") == units);
    CHECK(multiply_units("{" + add + ", \"mode\": \"infer\"}") == (units == 1 ? 1 : units / 2));
    CHECK(multiply_units("{" + add + ", \"multiply_units\": 1}") == 1);
  }
}

}  // namespace dlac
