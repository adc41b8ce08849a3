// SPDX-License-Identifier: Apache-2.0
// What the program does when the core is wrong: results are changed between the core and the comparison.
#include <dlac/common/half.h>

#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tb/commands/program.h"
#include "tb/reports/report_file.h"

namespace dlac::tb {
using Catch::Matchers::Contains;

namespace {

struct Result {
  ExitCode code;
  std::string out, err;
  nlohmann::json report;
};

Result run_with(const std::string& verify, const std::string& mode, const ResultHook& hook) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("dlac-mismatch-" + std::to_string(::getpid()) + ".json");
  std::ostringstream out, err;
  const ExitCode code = run_program({"run", "--network", "resnet18", "--layer", "layer4.0.downsample", "--layer", "fc",
                                     "--verify", verify, "--mode", mode, "--report", path.string()},
                                    out, err, hook);
  Result result{code, out.str(), err.str(), {}};
  std::ifstream(path) >> result.report;
  std::filesystem::remove(path);
  return result;
}

}  // namespace

TEST_CASE("a wrong output is shown with its index and both values, exit code 1, and the report says so") {
  // Output [0,2,1,3] of the first layer, [N,K,OH,OW] = [1,512,7,7], becomes 1.5.
  bool first = true;
  const Result result = run_with("all", "train", [&](LayerRun& run) {
    if (first) run.outputs.span<float>()[std::size_t{2} * 49 + 7 + 3] = 1.5F;
    first = false;
  });
  CHECK(result.code == ExitCode::Mismatch);
  CHECK_THAT(result.err, Contains("dlac-tb: layer4.0.downsample: output [0,2,1,3]: 1.5 (0x3FC00000): expected ") &&
                             !Contains("fc"));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK_THAT(result.out, Contains("FAILED"));
  CHECK(result.report["layers"][0]["verified"] == false);
  CHECK(result.report["layers"][1]["verified"] == true);
  CHECK(result.report["verified"] == false);
}

TEST_CASE("of many wrong outputs the first few are shown, and how many there are") {
  const Result result = run_with("sample", "infer", [](LayerRun& run) {
    for (std::uint16_t& bits : run.outputs.span<std::uint16_t>()) bits = Half::from_float(1234).bits();
  });
  CHECK(result.code == ExitCode::Mismatch);
  CHECK_THAT(result.err, Contains("layer4.0.downsample: output [0,0,0,0]: 1234 (0x64D2): expected ") &&
                             Contains("layer4.0.downsample: in all ") && Contains("fc: in all "));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 12);
  CHECK(result.report["verified"] == false);
}

TEST_CASE("wrong cycles and counters are shown with both numbers") {
  const Result result = run_with("all", "train", [](LayerRun& run) {
    run.segment_cycles.back() += 1;
    run.counters[static_cast<std::size_t>(Counter::UpdatesSkippedBoth)] -= 1;
  });
  CHECK(result.code == ExitCode::Mismatch);
  CHECK_THAT(result.err, Contains("layer4.0.downsample: segment ") && Contains(" cycles: expected ") &&
                             Contains("layer4.0.downsample: counter "));
}

TEST_CASE("nothing is compared when nothing is to be verified") {
  const Result result = run_with("none", "train", [](LayerRun& run) { run.outputs.span<float>()[0] = 99; });
  CHECK(result.code == ExitCode::Success);
  CHECK(result.err.empty());
  CHECK(result.report["verified"].is_null());
}

}  // namespace dlac::tb
