// SPDX-License-Identifier: Apache-2.0
#include "tb/running/progress.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace dlac::tb {
namespace {

std::size_t eighty() { return 80; }

/// What the last drawing left on the line.
std::string line_of(const std::ostringstream& out) {
  const std::string text = out.str();
  const std::string start = "\r\x1b[K";
  const std::size_t at = text.rfind(start);
  return at == std::string::npos ? "" : text.substr(at + start.size());
}

}  // namespace

TEST_CASE("the progress bar tells the share, the time that has passed and what remains") {
  std::ostringstream out;
  double now = 1000;
  Progress progress(
      out, true, 200, [&] { return now; }, eighty);
  progress.show(0, "conv1");
  CHECK(line_of(out) == "[........................] 0 % conv1 0:00");
  now += 75;
  progress.show(50, "conv1");  // a quarter in 75 s: three quarters take 225 s
  CHECK(line_of(out) == "[######..................] 25 % conv1 1:15, 3:45 left");
  now += 3600;
  progress.show(100, "conv2");
  CHECK(line_of(out) == "[############............] 50 % conv2 1:01:15, 1:01:15 left");
  progress.show(200, "conv2");
  CHECK(line_of(out) == "[########################] 100 % conv2 1:01:15, 0:00 left");
  progress.clear();
  CHECK(line_of(out).empty());
}

TEST_CASE("the progress bar moves within a layer, but not more than ten times a second") {
  std::ostringstream out;
  double now = 0;
  Progress progress(
      out, true, 100, [&] { return now; }, eighty);
  progress.show(0, "a");
  const std::string first = out.str();
  now = 0.05;
  progress.move(10, "a");
  CHECK(out.str() == first);
  now = 0.2;
  progress.move(20, "a");
  CHECK(line_of(out) == "[####....................] 20 % a 0:00, 0:00 left");
}

TEST_CASE("the progress bar fits in a line of a terminal, and is silent where there is none") {
  std::ostringstream out;
  double now = 0;
  Progress progress(
      out, true, 1000, [&] { return now; }, eighty);
  now = 359999;
  progress.show(500, std::string(200, 'x'));
  CHECK(line_of(out).size() < 80);
  std::ostringstream silent;
  Progress none(silent, false, 10, [&] { return now; });
  none.show(1, "a");
  none.move(2, "a");
  none.clear();
  CHECK(silent.str().empty());
}

TEST_CASE("the progress bar is asked for the width at each drawing, and fits") {
  std::ostringstream out;
  std::size_t columns = 0;
  double now = 0;
  Progress progress(
      out, true, 200, [&] { return now; }, [&] { return columns; });
  now = 75;
  for (columns = 0; columns < 100; ++columns) {
    progress.show(50, "layer1.0.conv1");
    CHECK(line_of(out).size() <= (columns == 0 ? 0 : columns - 1));
  }
  columns = 60;
  progress.show(50, "layer1.0.conv1");
  CHECK(line_of(out) == "[#####................] 25 % layer1.0.conv1 1:15, 3:45 left");
  columns = 40;
  progress.show(50, "layer1.0.conv1");
  CHECK(line_of(out) == "25 % layer1.0.conv1 1:15, 3:45 left");
  columns = 10;  // a character is not cut, and may be two columns wide
  progress.show(50, "\xE5\xB1\xA4\xE5\xB1\xA4\xE5\xB1\xA4");
  CHECK(line_of(out) == "25 % \xE5\xB1\xA4\xE5\xB1\xA4");
  columns = 60;
  progress.show(50, std::string(100, '\x80'));  // no character at all
  CHECK(line_of(out).size() < 60);
}

}  // namespace dlac::tb
