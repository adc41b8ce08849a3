// SPDX-License-Identifier: Apache-2.0
// dlac-tb links, --record and --record-window.
#include <catch2/catch.hpp>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tb/tests/tb/commands/cli_program.h"
#include "workloads/npy.h"

namespace dlac::tb {
using nlohmann::json;
using workloads::write_npy;

namespace {

using Row = std::map<std::string, std::string>;  ///< by the header's names

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char each : line) {
    if (each == ',') {
      fields.emplace_back();
    } else {
      fields.back().push_back(each);
    }
  }
  return fields;
}

std::vector<Row> rows_of(const std::string& text) {
  std::istringstream stream(text);
  std::string line;
  std::getline(stream, line);
  const std::vector<std::string> header = fields_of(line);
  std::vector<Row> rows;
  while (std::getline(stream, line)) {
    const std::vector<std::string> fields = fields_of(line);
    REQUIRE(fields.size() == header.size());
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < fields.size(); ++i) row[header[i]] = fields[i];
  }
  return rows;
}

std::uint64_t sum_of(const std::vector<Row>& rows, const std::string& column, const std::string& command = "") {
  std::uint64_t sum = 0;
  for (const Row& row : rows) {
    if (command.empty() || row.at("command") == command) sum += std::stoull(row.at(column));
  }
  return sum;
}

const std::vector<std::string> Run{"run", "--network", "resnet20", "--layer", "linear"};

}  // namespace

TEST_CASE("links lists a configuration's links, one line each") {
  const ScratchFolder folder;
  const ProgramResult result = run_program(
      folder.path(), {"links", "--engine", "clocked", "--set", "pes=8", "--set", "rows=2", "--set", "columns=4"});
  REQUIRE(result.code == 0);
  std::istringstream stream(result.out);
  std::map<std::string, int> protocols;
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string name, protocol, initiator, target, more;
    words >> name >> protocol >> initiator >> target;
    INFO(line);
    CHECK_FALSE(target.empty());
    CHECK_FALSE(words >> more);
    CHECK(line.size() <= 100);
    ++protocols[protocol];
  }
  CHECK(protocols["update"] == 8);        // a PE's zero skipping to its arithmetic
  CHECK(protocols["row_beat"] == 8 + 8);  // the network to each PE; to it from as many streams as the tallest grid has
  CHECK(protocols["column_beat"] == 8 + 8);  // and as the widest has
  CHECK(protocols["bus"] == 2);
}

TEST_CASE("what --record writes adds up to the report's counters") {
  const ScratchFolder folder;
  REQUIRE(run_program(folder.path(), with(Run, {"--engine", "clocked", "--report", "r.json", "--record", "mem=m.csv",
                                                "--record", "*.update=u.csv", "--record", "compute.grid=g.csv"}))
              .code == 0);
  const json layer = folder.json("r.json")["layers"][0];
  const std::vector<Row> memory = rows_of(folder.read("m.csv"));
  CHECK(sum_of(memory, "bytes", "read") == layer["bytes_read"]);
  CHECK(sum_of(memory, "bytes", "write") == layer["bytes_written"]);
  CHECK(memory.size() == layer["read_bursts"].get<std::size_t>() + layer["write_bursts"].get<std::size_t>());
  CHECK(sum_of(rows_of(folder.read("u.csv")), "updates") == layer["updates"]["executed"]);
  CHECK(rows_of(folder.read("g.csv")).size() == layer["segment_count"]);
  CHECK(folder.names() == std::vector<std::string>{"g.csv", "m.csv", "r.json", "u.csv"});
}

TEST_CASE("what --record writes is the same with and without direct memory access, byte for byte") {
  const ScratchFolder folder;
  for (const std::string engine : {"schedule", "clocked"}) {
    // Which links share a file must not matter, nor how memory is reached.
    for (const std::string links : {"*", "load.*", "mem"}) {
      INFO(engine << ", " << links);
      for (const std::string access : {"dmi=1", "dmi=0", "mem_style=at"}) {
        const std::string record = std::string(links).append("=").append(access).append(".csv");
        REQUIRE(run_program(folder.path(),
                            with(Run, {"--engine", engine, "--verify", "none", "--set", access, "--record", record}))
                    .code == 0);
      }
      const std::string granted = folder.read("dmi=1.csv");
      CHECK(granted.size() > 200);
      CHECK((granted == folder.read("dmi=0.csv")));  // without printing them
      CHECK((granted == folder.read("mem_style=at.csv")));
      std::uint64_t last = 0;
      for (const Row& row : rows_of(granted)) {
        const std::uint64_t cycle = std::stoull(row.at("cycle"));
        CHECK(cycle >= last);
        last = cycle;
      }
    }
  }
}

TEST_CASE("a window of records takes the lines of its cycles from the whole record, both ends included") {
  const ScratchFolder folder;
  REQUIRE(run_program(folder.path(), with(Run, {"--record", "mem=all.csv"})).code == 0);
  REQUIRE(run_program(folder.path(), with(Run, {"--record", "mem=some.csv", "--record-window", "17:536"})).code == 0);
  std::vector<Row> expected;
  for (const Row& row : rows_of(folder.read("all.csv"))) {
    const std::uint64_t cycle = std::stoull(row.at("cycle"));
    if (cycle >= 17 && cycle <= 536) expected.push_back(row);
  }
  CHECK(expected.size() > 2);
  CHECK((rows_of(folder.read("some.csv")) == expected));
}

TEST_CASE("layer and exec record, too, and their results stay as they are") {
  const ScratchFolder folder;
  write_npy(folder.file("w.npy"), small_codes({8, 4, 3, 3}));
  write_npy(folder.file("x.npy"), small_floats({4, 6, 6}));
  const std::vector<std::string> layer{"layer", "--weights", "w.npy", "--features", "x.npy", "--output"};
  REQUIRE(run_program(folder.path(), with(layer, {"plain.npy"})).code == 0);
  REQUIRE(run_program(folder.path(), with(layer, {"recorded.npy", "--record", "load.*_buffer=l.csv"})).code == 0);
  CHECK((folder.read("plain.npy") == folder.read("recorded.npy")));
  const std::vector<Row> writes = rows_of(folder.read("l.csv"));
  CHECK(sum_of(writes, "bytes", "write") > 0);
  CHECK(sum_of(writes, "bytes", "write") == sum_of(writes, "bytes"));

  REQUIRE(run_program(folder.path(), {"compile", "--weights", "w.npy", "--features", "x.npy", "--output", "one.dlac"})
              .code == 0);
  REQUIRE(run_program(folder.path(), {"exec", "one.dlac", "--record", "load.*_buffer=e.csv"}).code == 0);
  CHECK(sum_of(rows_of(folder.read("e.csv")), "bytes") == sum_of(writes, "bytes"));
}

TEST_CASE("a record that cannot be made is refused with one line, and no file is touched") {
  const ScratchFolder folder;
  folder.write("old.csv", "old");
  const auto refused = [&](const std::vector<std::string>& more, const std::string& starts,
                           const std::string& contains) {
    check_refused(folder, with(Run, more), starts, contains);
    CHECK(folder.read("old.csv") == "old");
  };
  refused({"--record", "memory=old.csv"}, "--record: memory", "`dlac-tb links` lists");
  refused({"--record", "grid.pe_*=old.csv"}, "--record: grid.pe_*", "clocked");
  refused({"--record", "load.memory=old.csv", "--record", "load.*=b.csv"}, "--record: load.*", "load.memory");
  refused({"--record", "mem=old.csv", "--record", "csr=old.csv"}, "--record: old.csv", "another file");
  refused({"--record", "mem=old.csv", "--report", "old.csv"}, "--record: old.csv", "another file than --report");
  refused({"--record", "csr=a.pe_state.gtkf", "--vcd", "a.vcd"}, "--record: a.pe_state.gtkf",
          "another file than --vcd");
  refused({"--record", "mem=none/a.csv"}, "none/a.csv", "a folder that exists");
  refused({"--record", "mem=."}, ".", "a file");
  refused({"--record", "mem=/dev/full"}, "/dev/full", "");
  refused({"--record", "mem"}, "--record: mem", "LINK=FILE.csv");
  refused({"--record", "=old.csv"}, "--record: =old.csv", "LINK=FILE.csv");
  refused({"--record", "mem="}, "--record: mem=", "LINK=FILE.csv");
  refused({"--record-window", "1:2"}, "--record-window: 1:2", "--record LINK=FILE.csv with it");
  refused({"--record", "mem=old.csv", "--record-window", "2:1"}, "--record-window: 2:1", "FIRST:LAST");
  refused({"--record", "mem=old.csv", "--record-window", "1:"}, "--record-window: 1:", "FIRST:LAST");
}

}  // namespace dlac::tb
