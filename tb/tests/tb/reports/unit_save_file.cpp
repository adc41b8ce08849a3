// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/save_file.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace dlac::tb {
namespace {

using Texts = std::vector<std::string>;

/// Writes the declarations of a VCD file, scope by scope.
class Declarations {
 public:
  Declarations& open(const std::string& scope) { return line("$scope module " + scope + " $end"); }
  Declarations& close() { return line("$upscope $end"); }
  Declarations& word(const std::string& name) { return line("$var wire   32  a  " + name + " [31:0]  $end"); }
  Declarations& bit(const std::string& name) { return line("$var wire    1  a  " + name + "       $end"); }
  Declarations& real(const std::string& name) { return line("$var real    1  a  " + name + "       $end"); }

  Declarations& unit(const std::string& name) {
    return open(name).word("opcode").word("tag").word("in_flight").word("blocked_on").close();
  }
  Declarations& pe(int i, bool with_state) {
    open("pe_" + std::to_string(i)).open("datapath").word("buffer").word("value").real("real").close();
    open("zero_skip").word("position").word("live");
    if (with_state) word("state");
    return close().close();
  }
  Declarations& core(const std::string& name, int pes, bool with_state) {
    open(name).word("grid_state").bit("irq");
    for (const char* each : {"load", "compute", "store"}) unit(each);
    open("tokens").word("load_to_compute").close().open("grid");
    open("row_stream_0").word("delivered").word("fill_level").bit("stalled").close();
    for (int i = 0; i < pes; ++i) pe(i, with_state);
    return close().close();
  }

  /// The rows of the save file.
  [[nodiscard]] Texts rows(const WaveformSpan& span = {0, 100, 2}) const {
    std::istringstream text(save_file(span).files().back().second);
    Texts rows;
    for (std::string row; std::getline(text, row);) rows.push_back(row);
    return rows;
  }
  [[nodiscard]] SaveFile save_file(const WaveformSpan& span) const {
    std::istringstream vcd(text_ + "$enddefinitions  $end\n#0\n$dumpvars\n");
    return {vcd, "wave.vcd", span};
  }

 private:
  Declarations& line(const std::string& line) {
    text_ += line + "\n";
    return *this;
  }

  std::string text_ = "$timescale\n     1 ns\n$end\n";
};

bool has(const Texts& rows, const std::string& row) { return std::count(rows.begin(), rows.end(), row) == 1; }

std::size_t at(const Texts& rows, const std::string& row) {
  const auto found = std::find(rows.begin(), rows.end(), row);
  REQUIRE(found != rows.end());
  return static_cast<std::size_t>(found - rows.begin());
}

/// The row that starts with `start`.
std::string starting(const Texts& rows, const std::string& start) {
  for (const std::string& row : rows) {
    if (row.rfind(start, 0) == 0) return row;
  }
  return {};
}

}  // namespace

TEST_CASE("a save file shows each signal once, whatever the hierarchy is called") {
  const Texts rows = Declarations().open("SystemC").open("soc").core("npu7", 12, false).close().close().rows();
  std::multiset<std::string> shown;
  for (const std::string& row : rows) {
    if (row.rfind("+{", 0) == 0) shown.insert(row.substr(row.find("} ") + 2));
  }
  CHECK(shown.size() == 2 + 3 * 4 + 1 + 3 + 12 * 5);
  CHECK(std::set<std::string>(shown.begin(), shown.end()).size() == shown.size());
  CHECK(shown.count("SystemC.soc.npu7.grid_state[31:0]") == 1);
  CHECK(shown.count("SystemC.soc.npu7.irq") == 1);
  CHECK(shown.count("SystemC.soc.npu7.grid.pe_11.zero_skip.live[31:0]") == 1);
  CHECK(at(rows, "-npu7") < at(rows, "-load"));
}

TEST_CASE("PEs stand in the order of their numbers, each a closed group") {
  const Texts rows = Declarations().core("npu", 12, false).rows();
  for (int i = 0; i < 12; ++i) {
    const std::string name = "-pe_" + std::to_string(i);
    CHECK(rows[at(rows, name) - 1] == "@c00200");  // closed, begins a group, no signal
    if (i > 0) CHECK(at(rows, name) > at(rows, "-pe_" + std::to_string(i - 1)));
  }
  CHECK(starting(rows, "+{real}") == "+{real} npu.grid.pe_0.datapath.real");
}

TEST_CASE("where PEs tell their state, it is what their closed groups show") {
  const Declarations vcd = Declarations().core("npu", 2, true);
  const Texts rows = vcd.rows();
  const std::size_t row = at(rows, "+{pe_1} npu.grid.pe_1.zero_skip.state[31:0]");
  CHECK(rows[row - 1].substr(rows[row - 1].find(' ')) == " /folder/wave.pe_state.gtkf");
  CHECK(rows[row - 2] == "@c02024");               // closed, begins a group, translated, right-justified, decimal
  CHECK(rows[at(rows, "-PEs") - 1] == "@800200");  // open
  Texts names;
  const SaveFile save = vcd.save_file({0, 1, 1});
  for (const auto& [name, content] : save.files()) names.push_back(name);
  std::sort(names.begin(), names.end());
  CHECK(names ==
        Texts{"wave.blocked_on.gtkf", "wave.grid_state.gtkf", "wave.gtkw", "wave.opcode.gtkf", "wave.pe_state.gtkf"});
}

TEST_CASE("a platform's processor, bus and interrupts come before its cores, and what is unknown after them") {
  const Texts rows = Declarations()
                         .open("soc")
                         .bit("dlac_irq")
                         .open("bus")
                         .open("cpu_port")
                         .bit("active")
                         .word("address")
                         .close()
                         .close()
                         .core("a", 0, false)
                         .core("b", 1, false)
                         .open("cpu")
                         .word("pc")
                         .close()
                         .word("mystery")
                         .close()
                         .rows();
  const Texts groups{"-processor cpu", "-bus port cpu_port", "-interrupts", "-a", "-b", "-other signals"};
  for (std::size_t i = 1; i < groups.size(); ++i) CHECK(at(rows, groups[i - 1]) < at(rows, groups[i]));
  CHECK(has(rows, "+{soc.mystery} soc.mystery[31:0]"));
  CHECK(rows[at(rows, "+{address} soc.bus.cpu_port.address[31:0]") - 1] == "@22");  // hexadecimal
  CHECK(has(rows, "+{dlac_irq} soc.dlac_irq"));
}

TEST_CASE("the whole span fits the window, with lines at the clock edges while there is room") {
  const Declarations vcd = Declarations().core("npu", 1, false);
  const auto zoom = [](const Texts& rows) { return std::stod(starting(rows, "*").substr(1)); };
  for (const std::uint64_t span : {4U, 200U, 1000000U}) {
    const Texts rows = vcd.rows({6000, 6000 + span, 2});
    CHECK(has(rows, "[timestart] 6000"));
    const double pixels = 200 * static_cast<double>(span) / std::exp2(-zoom(rows));  // GTKWave: 200 per 2^-zoom units
    CHECK(pixels > 1000);
    CHECK(pixels < 1250);
    CHECK(has(rows, "[ruler] 6000 2") == (span < 1000));
  }
}

TEST_CASE("a save file has its waveform's name") {
  CHECK(save_file_of("a.vcd") == "a.gtkw");
  CHECK(save_file_of("x.vcd/a") == "x.vcd/a.gtkw");
  CHECK(save_file_of("x/.vcd") == "x/.vcd.gtkw");
  CHECK(save_file_of("a.gtkw") == "a.gtkw.gtkw");
  CHECK(save_file_of("x/a.fst") == "x/a.gtkw");
  CHECK(save_file_of("x/.fst") == "x/.fst.gtkw");
  CHECK(save_files_of("x/a.vcd") == std::vector<std::string>{"x/a.gtkw", "x/a.opcode.gtkf", "x/a.blocked_on.gtkf",
                                                             "x/a.grid_state.gtkf", "x/a.pe_state.gtkf"});
}

TEST_CASE("a save file names the waveform file that is there, whatever its name ends in") {
  for (const std::string name : {"wave.vcd", "wave.fst", "wave.FST", "wave"}) {
    std::istringstream vcd("$enddefinitions  $end\n");
    const SaveFile save(vcd, "some/folder/" + name, {0, 1, 1});
    CHECK(save.files().back().first == "wave.gtkw");
    CHECK_THAT(save.files().back().second, Catch::Contains("[dumpfile] \"/folder/" + name + "\"\n"));
  }
}

}  // namespace dlac::tb
