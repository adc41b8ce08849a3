// SPDX-License-Identifier: Apache-2.0
// What an error line says of names and numbers.
#include <catch2/catch.hpp>
#include <limits>

#include "workloads/settings/text.h"

namespace dlac {

using Names = std::vector<std::string>;

TEST_CASE("text: names are near by insertions, deletions, replacements and swaps, the nearest first") {
  CHECK(nearest("pes", {"pes"}, 3) == Names{"pes"});
  CHECK(nearest("pse", {"rows", "pes"}, 3) == Names{"pes"});                                // one swap
  CHECK(nearest("row", {"rows", "pes"}, 3) == Names{"rows"});                               // one insertion
  CHECK(nearest("colour", {"columns", "cooler", "color"}, 3) == Names{"color", "cooler"});  // one deletion, two changes
  // Two are the most for a short name, a third of its letters for a longer one.
  CHECK(nearest("abcd", {"abxy", "axyz"}, 3) == Names{"abxy"});
  CHECK(nearest("abcdefghi", {"abcdefxyz", "abcdewxyz"}, 3) == Names{"abcdefxyz"});
  // Nothing of "ab" is left of "xy".
  CHECK(nearest("xy", {"ab"}, 3).empty());
}

TEST_CASE("text: no more names than asked for") {
  const Names known{"layer1", "layer2", "layer3", "layer4", "layer5"};
  for (std::size_t limit = 0; limit <= known.size(); ++limit) {
    CHECK(nearest("layer", known, limit) == Names(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(limit)));
  }
  CHECK(nearest("layer", known, 9) == known);
}

TEST_CASE("text: a short list is told whole, of a long one the number, three names and the three nearest") {
  CHECK(one_of("trian", {"train", "infer"}) == "one of train, infer; perhaps train");
  CHECK(one_of("x", {"train", "infer"}) == "one of train, infer");
  Names many;
  for (int i = 10; i < 21; ++i) many.push_back("name" + std::to_string(i));
  CHECK(one_of("name", many) == "one of 11, such as name10, name11, name12; perhaps name10, name11, name12");
  many.pop_back();
  CHECK(one_of("?", many) == "one of " + join(many));
}

TEST_CASE("text: whole numbers have up to 64 bits, and nothing before or behind them") {
  CHECK(parse_whole("0") == 0U);
  CHECK(parse_whole("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(parse_whole("18446744073709551616"));
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3"}) CHECK_FALSE(parse_whole(bad));
  CHECK(parse_address("0x10") == 16U);
  CHECK(parse_address("0XfF") == 255U);
  CHECK(parse_address("10") == 10U);
  for (const char* bad : {"0x", "x10", "0x1g", "0x10000000000000000"}) CHECK_FALSE(parse_address(bad));
}

TEST_CASE("text: thousands are grouped by threes") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(123456) == "123,456");
  CHECK(grouped(1234567) == "1,234,567");
}

}  // namespace dlac
