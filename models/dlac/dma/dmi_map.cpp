// SPDX-License-Identifier: Apache-2.0
#include <dlac/dma/dmi_map.h>

#include <algorithm>

namespace dlac {

const DmiRegion* DmiMap::find(std::uint64_t address, std::uint32_t bytes, bool write) const {
  for (const DmiRegion& region : regions_) {
    if (address >= region.first && address <= region.last && bytes - 1 <= region.last - address &&
        (write ? region.write : region.read)) {
      return &region;
    }
  }
  return nullptr;
}

void DmiMap::add(const DmiRegion& region) {
  const auto replaced = [&region](const DmiRegion& old) {
    return old.first <= region.last && region.first <= old.last && (!old.read || region.read) &&
           (!old.write || region.write);
  };
  regions_.erase(std::remove_if(regions_.begin(), regions_.end(), replaced), regions_.end());
  regions_.push_back(region);
}

void DmiMap::invalidate(std::uint64_t first, std::uint64_t last) {
  const auto overlaps = [=](const DmiRegion& region) {
    return first <= last && region.first <= last && first <= region.last;
  };
  regions_.erase(std::remove_if(regions_.begin(), regions_.end(), overlaps), regions_.end());
}

}  // namespace dlac
