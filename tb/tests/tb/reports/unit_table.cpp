// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>
#include <sstream>

#include "tb/reports/columns.h"
#include "tb/reports/report_file.h"
#include "tb/reports/table.h"
#include "tb/reports/text.h"

namespace dlac::tb {
using Catch::Matchers::Contains;

namespace {

LayerReport layer_of(const std::string& name, const std::string& stage, std::uint64_t macs, std::uint64_t compute,
                     std::uint64_t cycles) {
  LayerReport report;
  report.layer.name = name;
  report.layer.stage = stage;
  report.figures.counts.macs = macs;
  report.figures.counts.live_both = macs / 4;
  report.figures.counters[static_cast<std::size_t>(Counter::Cycles)] = cycles;
  report.figures.counters[static_cast<std::size_t>(Counter::ComputeCycles)] = compute;
  report.figures.counters[static_cast<std::size_t>(Counter::PeBusyCycles)] = compute * 128;
  report.figures.dense_compute_cycles = 3 * compute;
  report.figures.pes = 512;
  report.grid_rows = 16;
  report.grid_columns = 32;
  report.verified = true;
  return report;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a table line shows the figures of the contract's formulas") {
  const LayerReport layer = layer_of("layer1.0.conv1", "stage 1", 1'000'000, 1000, 4000);
  CHECK(layer.figures.flops_per_cycle() == 2000);
  CHECK(layer.figures.flops_per_cycle_total() == 500);
  CHECK(layer.figures.speedup() == 3);
  CHECK(layer.figures.utilisation() == 0.25);
  std::ostringstream out;
  Table table(out, VerifyLevel::Sample);
  table.row(layer);
  CHECK(out.str() ==
        "layer1.0.conv1        16x32    1.00       1000       4000   2000.0    500.0  3.00  25.0  25.0 sample\n");
}

TEST_CASE("stages of several layers and the whole have a line of their own") {
  std::ostringstream out;
  Table table(out, VerifyLevel::All);
  table.header();
  table.row(layer_of("conv1", "conv1", 1000, 10, 20));
  table.row(layer_of("a", "stage 1", 1000, 10, 20));
  LayerReport wrong = layer_of("b", "stage 1", 3000, 10, 60);
  wrong.verified = false;
  table.row(wrong);
  table.row(layer_of("fc", "fc", 1000, 10, 20));
  table.finish();
  const std::vector<std::string> lines = lines_of(out.str());
  REQUIRE(lines.size() == 3 + 4 + 2);
  CHECK_THAT(lines[6], Contains("= stage 1, 2") && Contains("FAILED"));
  CHECK_THAT(lines[6], Contains(" 400.0 ") && Contains(" 100.0 "));  // 2*4000/20 and 2*4000/80, not means of means
  CHECK_THAT(lines[8], Contains("= total, 4") && Contains("FAILED"));
  CHECK_THAT(lines[7], Contains("fc") && Contains("all"));
}

TEST_CASE("the table fits 100 columns, whatever the numbers") {
  std::ostringstream out;
  Table table(out, VerifyLevel::Sample);
  table.header();
  LayerReport huge =
      layer_of(std::string(60, 'n'), std::string(60, 's'), 1ULL << 61U, 123'456'789'012'345, 1ULL << 60U);
  huge.grid_rows = 64;
  huge.grid_columns = 4096;
  table.row(huge);
  table.row(layer_of("tiny", std::string(60, 's'), 1ULL << 61U, 1, std::numeric_limits<std::uint32_t>::max()));
  table.finish();
  for (const std::string& line : lines_of(out.str())) {
    INFO(line);
    CHECK(line.size() <= 100);
  }
}

TEST_CASE("a layer's scalars are the same in JSON and CSV, and text with commas is quoted") {
  RunReport report;
  report.layers = {layer_of("odd, \"name\"", "stage 1", 1'000'000, 1000, 4000)};
  report.layers[0].layer.validate();
  const nlohmann::ordered_json json = report_json(report);
  CHECK(json["layers"][0]["speedup"] == 3.0);
  CHECK(json["network"].is_null());
  CHECK(json["configuration"]["pes"] == 512);
  const std::vector<std::string> lines = lines_of(report_csv(report));
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[1], Catch::Matchers::StartsWith("\"odd, \"\"name\"\"\",stage 1,"));
  CHECK_THAT(lines[1], Contains(",2000.0,500.0,3.0,"));
}

TEST_CASE("names are cut between characters, and as wide as they look") {
  const std::string e = "\xC3\xA9";  // e with an acute accent
  CHECK(clipped(e + e + e, 5) == e + e + e + "  ");
  CHECK(clipped(e + e + e + e + e + e, 5) == e + e + e + "..");
  CHECK(clipped("abcde", 5) == "abcde");
  CHECK(clipped("abcdef", 5) == "abc..");
}

TEST_CASE("names are suggested when they look like slips") {
  const std::vector<std::string> known{"resnet18", "resnet34", "vgg16"};
  CHECK(nearest("resnet43", known, 1) == std::vector<std::string>{"resnet34"});
  CHECK(nearest("vgg", known, 3) == std::vector<std::string>{"vgg16"});
  CHECK(nearest("something", known, 3).empty());
  CHECK(one_of("alexnet", known) == "one of resnet18, resnet34, vgg16");
  CHECK(one_of("vgg61", known) == "one of resnet18, resnet34, vgg16; perhaps vgg16");
  std::vector<std::string> many;
  for (const char c : std::string("abcdefghijkl")) many.emplace_back(5, c);
  CHECK(one_of("zzzzz", many) == "one of 12, such as aaaaa, bbbbb, ccccc");
  CHECK(one_of("kkkkz", many) == "one of 12, such as aaaaa, bbbbb, ccccc; perhaps kkkkk");
}

TEST_CASE("numbers on the command line are numbers and nothing else") {
  CHECK(parse_whole("18446744073709551615") == 18446744073709551615U);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "18446744073709551616"}) {
    INFO(text);
    CHECK_FALSE(parse_whole(text).has_value());
  }
  CHECK(parse_number("0.25") == 0.25);
  CHECK(parse_number("1e-3") == 1e-3);
  for (const char* text : {"", "nan", "inf", "0x1", "1,5", "1e999", "1 "}) {
    INFO(text);
    CHECK_FALSE(parse_number(text).has_value());
  }
}

}  // namespace dlac::tb
