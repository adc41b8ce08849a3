// SPDX-License-Identifier: Apache-2.0
#include "tb/system/sorted_records.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <map>
#include <string_view>
#include <vector>

#include "tb/reports/text.h"
#include "workloads/file_error.h"

namespace dlac::tb {
namespace {

struct Line {
  std::uint64_t cycle;
  std::uint64_t offset;
  std::uint32_t bytes;
  std::uint32_t link;  ///< number by first appearance, later by name
};

/// The lines behind the heading; their links become numbers in the order of their names.
std::vector<Line> index_of(std::ifstream& file, std::string& heading) {
  std::vector<Line> lines;
  std::map<std::string, std::uint32_t, std::less<>> links;
  std::string text;
  std::getline(file, heading);
  std::uint64_t offset = heading.size() + 1;
  while (std::getline(file, text)) {
    const std::size_t comma = text.find(',');
    const std::string_view name = std::string_view(text).substr(0, comma);
    auto link = links.find(name);
    if (link == links.end()) link = links.emplace(name, static_cast<std::uint32_t>(links.size())).first;
    std::uint64_t cycle = 0;
    std::from_chars(text.data() + comma + 1, text.data() + text.size(), cycle);
    lines.push_back({cycle, offset, static_cast<std::uint32_t>(text.size() + 1), link->second});
    offset += text.size() + 1;
  }
  std::vector<std::uint32_t> by_name(links.size());
  std::uint32_t next = 0;
  for (const auto& [name, number] : links) by_name[number] = next++;
  for (Line& line : lines) line.link = by_name[line.link];
  return lines;
}

}  // namespace

void copy_sorted_records(const std::string& path, std::ostream& out) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::vector<Line> lines;
  if (file) lines = index_of(file, text);
  if (!file.eof()) throw workloads::FileError(printable(path), "cannot be read again", "the record just written");
  out << text << '\n';
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return a.cycle != b.cycle ? a.cycle < b.cycle : a.link < b.link;
  });
  file.clear();
  std::uint64_t at = ~std::uint64_t{0};
  for (const Line& line : lines) {
    if (line.offset != at) file.seekg(static_cast<std::streamoff>(line.offset));
    text.resize(line.bytes);
    file.read(text.data(), line.bytes);
    at = line.offset + line.bytes;
    out << text;
  }
  if (!file) throw workloads::FileError(printable(path), "cannot be read again", "the record just written");
}

}  // namespace dlac::tb
