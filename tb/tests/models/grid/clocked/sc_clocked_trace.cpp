// SPDX-License-Identifier: Apache-2.0
// The waveform of the clocked engine.
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "tb/tests/models/grid/clocked/sc_clocked_rig.h"

namespace {

/// Changes of one variable: picoseconds and the value as it stands in the file.
using Changes = std::vector<std::pair<std::uint64_t, std::string>>;

/// A VCD file by hierarchical name. Only what SystemC writes: scalars `1!`, vectors `b101 !`, reals `r1.5 !`.
std::map<std::string, Changes> read_vcd(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::map<std::string, std::string> names;  // by identifier
  std::map<std::string, Changes> variables;
  std::vector<std::string> scopes;
  std::uint64_t time = 0;
  bool header = true;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word)) continue;
    if (word == "$scope") {
      words >> word >> word;
      scopes.push_back(word);
    } else if (word == "$upscope") {
      scopes.pop_back();
    } else if (word == "$var") {
      std::string type, width, identifier, name, full;
      words >> type >> width >> identifier >> name;
      for (std::size_t i = 1; i < scopes.size(); ++i) full += scopes[i] + '.';  // the first is "SystemC"
      names[identifier] = full + name.substr(0, name.find('['));
      variables[names[identifier]];
    } else if (word == "$dumpvars") {
      header = false;
    } else if (header) {
      continue;
    } else if (word[0] == '#') {
      time = std::stoull(word.substr(1));
    } else if (word[0] == 'b' || word[0] == 'r') {
      std::string identifier;
      words >> identifier;
      variables[names.at(identifier)].emplace_back(time, word.substr(1));
    } else if (word[0] == '0' || word[0] == '1') {
      variables[names.at(word.substr(1))].emplace_back(time, word.substr(0, 1));
    }
  }
  return variables;
}

/// The value, read as a binary number, at the end of the time step that begins at `time`.
std::uint64_t at(const Changes& changes, std::uint64_t time) {
  std::string bits = "0";
  for (const auto& [when, value] : changes) {
    if (when <= time) bits = value;
  }
  return std::stoull(bits, nullptr, 2);
}

/// Writes an engine's signals to a file, from its construction on.
class Trace {
 public:
  explicit Trace(const clocked_model::Rig& rig)
      : path_(std::filesystem::temp_directory_path() /
              ("dlac_clocked_trace_" + std::to_string(std::random_device()()))),
        file_(sc_core::sc_create_vcd_trace_file(path_.c_str())) {
    file_->set_time_unit(1, sc_core::SC_PS);
    rig.engine.trace(file_);
  }
  /// Ends the file, and removes it.
  std::map<std::string, Changes> read() {
    sc_core::sc_close_vcd_trace_file(file_);
    const std::filesystem::path written = path_.string() + ".vcd";
    auto variables = read_vcd(written);
    std::filesystem::remove(written);
    return variables;
  }

 private:
  const std::filesystem::path path_;
  sc_core::sc_trace_file* const file_;
};

}  // namespace

TEST_CASE("clocked trace: signals change in the cycle that the contract names") {
  // One PE, D = 1, two updates per beat: W = X = 1, 4, 7; done = 3, 6, 9. A stream delivers in the cycle before W; the
  // PE passes in the cycle before done.
  clocked_model::Rig rig("engine", clocked_model::small_config(1, 2, 1, 1));
  Trace trace(rig);
  clocked_model::Thread thread("thread", [&] {
    sc_core::wait(10, sc_core::SC_NS);
    rig.engine.multiply(rig.place(0, {{1, -1}, {1, -1}, {1, -1}}, {{1.5}, {2}, {4}}));
    sc_core::wait(10, sc_core::SC_NS);
  });
  sc_core::sc_start();
  const auto variables = trace.read();
  const auto cycle = [](std::uint64_t number) { return 10'000 + 2000 * number; };

  const Changes& row = variables.at("engine.grid.row_stream_0.delivered");
  const Changes& column = variables.at("engine.grid.column_stream_0.delivered");
  const Changes& position = variables.at("engine.grid.pe_0.zero_skip.position");
  const std::uint64_t delivered_after[] = {1, 1, 1, 2, 2, 2, 3, 3, 3};
  const std::uint64_t passed_after[] = {0, 0, 1, 1, 1, 2, 2, 2, 3};
  for (std::uint64_t k = 0; k < 9; ++k) {
    INFO("cycle " << k);
    CHECK(at(row, cycle(k)) == delivered_after[k]);
    CHECK(at(column, cycle(k)) == delivered_after[k]);
    CHECK(at(position, cycle(k)) == passed_after[k]);
  }
  // Updates of beat 0 in cycles 1 and 2: buffer 0 becomes 1.5, buffer 1 -1.5.
  CHECK(at(variables.at("engine.grid.pe_0.zero_skip.live"), cycle(0)) == 3);
  CHECK(at(variables.at("engine.grid.pe_0.zero_skip.live"), cycle(1)) == 2);
  CHECK(at(variables.at("engine.grid.pe_0.zero_skip.live"), cycle(2)) == 0);
  CHECK(at(variables.at("engine.grid.pe_0.datapath.buffer"), cycle(1)) == 0);
  CHECK(at(variables.at("engine.grid.pe_0.datapath.buffer"), cycle(2)) == 1);
  CHECK(at(variables.at("engine.grid.pe_0.datapath.value"), cycle(1)) == 0x3FC0'0000);
  CHECK(at(variables.at("engine.grid.pe_0.datapath.value"), cycle(2)) == 0xBFC0'0000);
  CHECK(variables.at("engine.grid.pe_0.datapath.real").at(1) == std::pair<std::uint64_t, std::string>{cycle(1), "1.5"});
  // The window is full from its first beat on, and the stream stands still while the PE works.
  CHECK(at(variables.at("engine.grid.row_stream_0.stalled"), cycle(0)) == 0);
  CHECK(at(variables.at("engine.grid.row_stream_0.stalled"), cycle(1)) == 1);
  CHECK(at(variables.at("engine.grid.row_stream_0.stalled"), cycle(3)) == 0);
  CHECK(at(variables.at("engine.grid.row_stream_0.fill_level"), cycle(2)) == 1);
}

TEST_CASE("clocked trace: a reset in the middle of a beat's updates brings every signal back") {
  // The same segment, reset in its second cycle, with one of two updates done.
  clocked_model::Rig rig("engine", clocked_model::small_config(1, 2, 1, 1));
  Trace trace(rig);
  bool restarted = false;
  clocked_model::Thread worker("worker", [&] {
    if (restarted) return;
    sc_core::wait(10, sc_core::SC_NS);
    rig.engine.multiply(rig.place(0, {{1, -1}, {1, -1}, {1, -1}}, {{1.5}, {2}, {4}}));
  });
  clocked_model::Thread control("control", [&] {
    sc_core::wait(13, sc_core::SC_NS);
    restarted = true;
    worker.handle.reset();
    rig.engine.reset();
    sc_core::wait(10, sc_core::SC_NS);
  });
  sc_core::sc_start();
  const auto variables = trace.read();
  CHECK(at(variables.at("engine.grid.pe_0.zero_skip.live"), 12'500) == 2);
  CHECK(at(variables.at("engine.grid.pe_0.zero_skip.state"), 12'500) == 2);
  for (const auto& [name, changes] : variables) {
    if (name.find("real") != std::string::npos) continue;
    INFO(name);
    CHECK(at(changes, 20'000) == (name.find(".state") == std::string::npos ? 0 : 3));
  }
}
