// SPDX-License-Identifier: Apache-2.0
#include "tb/system/sorted_records.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "tb/tests/scratch_folder.h"
#include "workloads/file_error.h"

namespace dlac::tb {
namespace {

const std::string Heading = "link,cycle,number\n";

struct Entry {
  std::string link;
  std::uint64_t cycle;
  std::string text;
};

/// Cycles ascend but for `late` more or fewer; each line has its number, so that no two are equal.
std::vector<Entry> entries(std::size_t count, std::uint64_t late) {
  const std::vector<std::string> links{"mem", "grid.pe_10.update", "grid.pe_2.update", "load.memory"};
  std::mt19937 random(7);
  std::vector<Entry> result;
  for (std::size_t i = 0; i < count; ++i) {
    Entry& entry = result.emplace_back();
    entry.link = links[random() % links.size()];
    entry.cycle = i / 5 + random() % late;
    std::ostringstream line;
    line << entry.link << ',' << entry.cycle << ',' << i << ',' << std::string(random() % 40, 'x') << '\n';
    entry.text = line.str();
  }
  return result;
}

std::string text_of(const std::vector<Entry>& all) {
  std::string text = Heading;
  for (const Entry& entry : all) text += entry.text;
  return text;
}

}  // namespace

TEST_CASE("records are sorted by cycle, then by link, and stay as they were within a link, however small the pieces") {
  const ScratchFolder folder;
  for (const std::uint64_t late : {1, 20, 5000}) {
    std::vector<Entry> all = entries(4000, late);
    const std::string unsorted = text_of(all);
    std::stable_sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.cycle, a.link) < std::tie(b.cycle, b.link);
    });
    const std::string expected = text_of(all);
    for (const std::uint64_t piece : {1U, 100U, 5000U, 1U << 21U}) {
      INFO("late by " << late << ", pieces of " << piece);
      folder.write("a.csv", unsorted);
      std::ostringstream out;
      copy_sorted_records(folder.file("a.csv"), out, piece);
      CHECK((out.str() == expected));  // without printing them
    }
  }
}

TEST_CASE("lines longer than a piece or a buffer are sorted like others; a heading alone is copied") {
  const ScratchFolder folder;
  const std::string first = "b,1," + std::string(20'000, 'x') + '\n';
  const std::string second = "a,1," + std::string(90'000, 'y') + '\n';
  folder.write("a.csv", Heading + "c,2,\n" + first + second);
  std::ostringstream out;
  copy_sorted_records(folder.file("a.csv"), out, 10);
  CHECK((out.str() == Heading + second + first + "c,2,\n"));
  folder.write("a.csv", Heading);
  std::ostringstream heading;
  copy_sorted_records(folder.file("a.csv"), heading);
  CHECK(heading.str() == Heading);
  std::ostringstream none;
  CHECK_THROWS_AS(copy_sorted_records(folder.file("none.csv"), none), workloads::FileError);
}

}  // namespace dlac::tb
