// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <systemc>
#include <tuple>
#include <utility>
#include <vector>

#include "tb/system/vcd_file.h"
#include "tb/tests/scratch_folder.h"

namespace dlac::tb {
namespace {

/// What a viewer reads out of a VCD file.
struct Waves {
  std::string timescale;
  std::vector<std::pair<std::string, std::string>> variables;             ///< path, type and width; in the file's order
  std::set<std::tuple<std::uint64_t, std::string, std::string>> changes;  ///< time, path, value
  std::uint64_t last = 0;
};

Waves read_waves(std::istream& file) {
  Waves waves;
  std::map<std::string, std::string> path_of;
  std::string scope, word;
  bool declared = false;
  while (file >> word) {
    if (word == "$date" || word == "$version" || word == "$comment") {
      while (file >> word && word != "$end") {
      }
    } else if (word == "$timescale") {
      std::string unit;
      file >> waves.timescale >> unit;
      waves.timescale += unit;
    } else if (word == "$scope") {
      std::string name;
      file >> word >> name;
      scope += name + '.';
    } else if (word == "$upscope") {
      scope.erase(scope.rfind('.', scope.size() - 2) + 1);
    } else if (word == "$var") {
      std::string type, width, id, name, range;
      file >> type >> width >> id >> name >> range;
      path_of[id] = scope + name;
      waves.variables.emplace_back(scope + name, type.append(width).append(range));
    } else if (word == "$enddefinitions") {
      declared = true;
    } else if (declared && word[0] == '#') {
      waves.last = std::stoull(word.substr(1));
    } else if (declared && (word[0] == 'b' || word[0] == 'r')) {
      std::string id;
      file >> id;
      waves.changes.emplace(waves.last, path_of.at(id), word);
    } else if (declared && (word[0] == '0' || word[0] == '1')) {
      waves.changes.emplace(waves.last, path_of.at(word.substr(1)), word.substr(0, 1));
    }
  }
  return waves;
}

/// Values of every kind that the models show, which change now and then.
class Source : public sc_core::sc_module {
 public:
  explicit Source(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(Source);
    SC_THREAD(thread);
  }

  void add_to(sc_core::sc_trace_file* file) const {
    sc_core::sc_trace(file, line, line.name());
    sc_core::sc_trace(file, flag, "source.inner.flag");
    sc_core::sc_trace(file, byte, "source.inner.deep.byte", 3);
    sc_core::sc_trace(file, half, "source.half");
    sc_core::sc_trace(file, word, "source.b.word");
    sc_core::sc_trace(file, wide, "source.a.wide");
    sc_core::sc_trace(file, wide, "source.a.address", 32);
    sc_core::sc_trace(file, integer, "source.a.integer");
    sc_core::sc_trace(file, real, "source.real");
    sc_core::sc_trace(file, number, "top");
  }

  sc_core::sc_signal<bool> line{"line"};
  bool flag = false;
  std::uint8_t byte = 0;
  std::uint16_t half = 0;
  std::uint32_t word = 0;
  std::uint64_t wide = 0;
  int integer = 0;
  float real = 0;
  double number = 0;

 private:
  void thread() {
    for (unsigned i = 1; i < 300; ++i) {
      wait(sc_core::sc_time(i % 7 + 1, sc_core::SC_NS));
      line.write(i % 3 == 0);
      flag = i % 5 == 1;
      byte = static_cast<std::uint8_t>(i / 4 % 8);
      half = static_cast<std::uint16_t>(i * 301);
      if (i % 11 == 0) word = i * 0x01234567U;
      if (i % 13 == 0) wide = std::uint64_t{i} * 0x1000193;
      integer = i % 17 == 0 ? -static_cast<int>(i) : integer;
      if (i % 19 == 0) real = -1.0F / static_cast<float>(i);
      if (i % 23 == 0) number = 1e300 * i;
    }
  }
};

}  // namespace

TEST_CASE("vcd file: shows what SystemC's own shows, when it shows it") {
  const ScratchFolder folder;
  Source source("source");
  sc_core::sc_trace_file* const theirs = sc_core::sc_create_vcd_trace_file(folder.file("theirs").c_str());
  theirs->set_time_unit(100, sc_core::SC_PS);
  source.add_to(theirs);
  std::stringstream text;
  {
    VcdFile ours(text, 100);
    source.add_to(&ours);
    sc_core::sc_start(sc_core::sc_time(700, sc_core::SC_NS));
  }
  sc_core::sc_close_vcd_trace_file(theirs);

  std::ifstream file(folder.file("theirs.vcd"));
  const Waves expected = read_waves(file), waves = read_waves(text);
  CHECK(waves.timescale == expected.timescale);
  CHECK(waves.variables.size() == 10);
  CHECK(waves.variables == expected.variables);
  CHECK(expected.changes.size() > 400);
  CHECK((waves.changes == expected.changes));
  CHECK(waves.last == 7000);
  CHECK(expected.last == waves.last);
}

TEST_CASE("vcd file: begins at the time at which it is made, and ends with it") {
  Source source("source");
  sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_NS));
  std::stringstream text;
  std::uint32_t word = 0;
  {
    VcdFile file(text, 1000);
    source.add_to(&file);
    CHECK(file.now() == 100);
    sc_core::sc_start(sc_core::sc_time(20, sc_core::SC_NS));
    word = source.word;
  }
  const std::string whole = text.str();
  sc_core::sc_start(sc_core::sc_time(300, sc_core::SC_NS));
  CHECK(text.str() == whole);
  const Waves waves = read_waves(text);
  CHECK(waves.timescale == "1ns");
  CHECK(std::get<0>(*waves.changes.begin()) >= 100);
  CHECK(std::get<0>(*waves.changes.begin()) <= 107);
  CHECK(waves.last == 120);
  CHECK(word != 0);
}

}  // namespace dlac::tb
