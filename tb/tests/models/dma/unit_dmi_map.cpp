// SPDX-License-Identifier: Apache-2.0
// The ranges of memory that the core may reach directly: what was granted, for which kind of access, and not taken
// back, to the byte. (IEEE 1666-2011 11.2)
#include <dlac/dma/dmi_map.h>

#include <catch2/catch.hpp>
#include <cstdint>

namespace {

using dlac::DmiMap;
using dlac::DmiRegion;

constexpr std::uint64_t Top = ~std::uint64_t{0};

enum Kind : unsigned { Read = 1, Write = 2, Both = 3 };

[[nodiscard]] DmiRegion region(std::uint64_t first, std::uint64_t last, Kind kind = Both,
                               std::uint64_t read_latency = 0) {
  DmiRegion granted;
  granted.first = first;
  granted.last = last;
  granted.read = (kind & Read) != 0;
  granted.write = (kind & Write) != 0;
  granted.read_latency = read_latency;
  return granted;
}
[[nodiscard]] DmiMap map_of(std::initializer_list<DmiRegion> regions) {
  DmiMap map;
  for (const DmiRegion& granted : regions) map.add(granted);
  return map;
}
/// The kinds of access that a range may have.
[[nodiscard]] unsigned allowed(const DmiMap& map, std::uint64_t address, std::uint32_t bytes) {
  return (map.find(address, bytes, false) != nullptr ? Read : 0U) |
         (map.find(address, bytes, true) != nullptr ? Write : 0U);
}
[[nodiscard]] unsigned allowed_after(DmiMap map, std::uint64_t first, std::uint64_t last) {
  map.invalidate(first, last);
  return allowed(map, 100, 100);
}

}  // namespace

TEST_CASE("dmi map: nothing is found that was never granted") {
  CHECK(allowed({}, 0, 1) == 0);
  CHECK(allowed({}, Top, 1) == 0);
  const DmiMap map = map_of({region(100, 199), region(300, 399)});
  CHECK(allowed(map, 99, 1) == 0);
  CHECK(allowed(map, 200, 100) == 0);
  CHECK(allowed(map, 400, 1) == 0);
  CHECK(allowed(map, 150, 1) == Both);
  CHECK(allowed(map, 350, 1) == Both);
}

TEST_CASE("dmi map: a burst must lie in a grant from its first byte to its last") {
  const DmiMap map = map_of({region(100, 199)});
  CHECK(allowed(map, 100, 100) == Both);
  CHECK(allowed(map, 199, 1) == Both);
  CHECK(allowed(map, 100, 101) == 0);
  CHECK(allowed(map, 199, 2) == 0);
  CHECK(allowed(map, 99, 2) == 0);
  CHECK(allowed(map, 50, 256) == 0);
  CHECK(allowed(map_of({region(100, 100)}), 100, 1) == Both);
  // Neighbours need not be neighbours behind their pointers.
  CHECK(allowed(map_of({region(100, 149), region(150, 199)}), 100, 100) == 0);
}

TEST_CASE("dmi map: reads and writes are granted each for themselves") {
  CHECK(allowed(map_of({region(100, 199, Read)}), 100, 100) == Read);
  CHECK(allowed(map_of({region(100, 199, Write)}), 100, 100) == Write);
  const DmiMap map = map_of({region(100, 199, Read, 7), region(100, 299, Write, 9)});
  CHECK(allowed(map, 100, 100) == Both);
  CHECK(map.find(150, 1, false)->read_latency == 7);
  CHECK(map.find(150, 1, true)->read_latency == 9);
  CHECK(allowed(map, 200, 100) == Write);
}

TEST_CASE("dmi map: a newer grant replaces those that it overlaps and that allow no more") {
  DmiMap map = map_of({region(100, 199, Both, 1), region(100, 199, Both, 2)});
  CHECK(map.find(100, 100, false)->read_latency == 2);
  map.add(region(150, 249, Both, 3));  // the older one may be stale: what only it covered is gone
  CHECK(allowed(map, 100, 50) == 0);
  CHECK(map.find(150, 100, false)->read_latency == 3);
  map.add(region(250, 299));  // a neighbour
  CHECK(allowed(map, 150, 100) == Both);
  CHECK(allowed(map, 250, 50) == Both);
  // One byte in common, at either end.
  CHECK(allowed(map_of({region(100, 199), region(199, 300)}), 100, 1) == 0);
  CHECK(allowed(map_of({region(100, 199), region(0, 100)}), 199, 1) == 0);
  // What allows more stays.
  CHECK(allowed(map_of({region(100, 199), region(100, 199, Read)}), 100, 100) == Both);
  CHECK(allowed(map_of({region(100, 199), region(100, 199, Write)}), 100, 100) == Both);
  CHECK(allowed(map_of({region(100, 199, Read), region(150, 299)}), 100, 10) == 0);
}

TEST_CASE("dmi map: an invalidation drops every grant that has a byte in its range") {
  const DmiMap map = map_of({region(100, 199)});
  CHECK(allowed_after(map, 100, 199) == 0);
  CHECK(allowed_after(map, 0, Top) == 0);
  CHECK(allowed_after(map, 140, 150) == 0);
  CHECK(allowed_after(map, 0, 100) == 0);
  CHECK(allowed_after(map, 199, 300) == 0);
  CHECK(allowed_after(map, 0, 99) == Both);
  CHECK(allowed_after(map, 200, Top) == Both);
  DmiMap several = map_of({region(0, 99), region(100, 199, Read), region(100, 199, Write), region(200, 299)});
  several.invalidate(199, 199);
  CHECK(allowed(several, 0, 100) == Both);
  CHECK(allowed(several, 100, 99) == 0);
  CHECK(allowed(several, 200, 100) == Both);
  several.invalidate(50, 250);
  CHECK(allowed(several, 0, 1) == 0);
  CHECK(allowed(several, 299, 1) == 0);
}

TEST_CASE("dmi map: an empty range invalidates nothing, without grants nothing happens") {
  const DmiMap map = map_of({region(100, 199)});
  CHECK(allowed_after(map, 150, 149) == Both);
  CHECK(allowed_after(map, Top, 0) == Both);
  CHECK(allowed_after({}, 0, Top) == 0);
}

TEST_CASE("dmi map: the ends of the address space are addresses as all others") {
  const DmiMap all = map_of({region(0, Top)});
  CHECK(allowed(all, 0, 1) == Both);
  CHECK(allowed(all, Top, 1) == Both);
  CHECK(allowed(all, Top - 255, 256) == Both);
  CHECK(allowed(all, Top - 255, 257) == 0);  // does not go on at 0
  DmiMap ends = map_of({region(0, 0), region(Top, Top)});
  CHECK(allowed(ends, 0, 1) == Both);
  CHECK(allowed(ends, 0, 2) == 0);
  CHECK(allowed(ends, Top, 1) == Both);
  CHECK(allowed(ends, Top, 2) == 0);
  ends.invalidate(Top, Top);
  CHECK(allowed(ends, 0, 1) == Both);
  CHECK(allowed(ends, Top, 1) == 0);
  ends.invalidate(0, 0);
  CHECK(allowed(ends, 0, 1) == 0);
}
