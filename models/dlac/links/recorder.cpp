// SPDX-License-Identifier: Apache-2.0
#include <dlac/links/recorder.h>

#include <array>
#include <charconv>
#include <string>

namespace dlac {
namespace {

void append(std::string& line, std::uint64_t value, int base = 10) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  if (base == 16) line += "0x";
  line.append(digits.data(), end);
}

}  // namespace

Recorder::Recorder(std::ostream& out, std::uint64_t first_cycle, std::uint64_t last_cycle)
    : out_(out), first_(first_cycle), last_(last_cycle) {
  out_ << "link,cycle,requester,command,address,beat,bytes,updates,response\n";
}

void Recorder::record(const LinkInfo& link, const LinkRecord& record) {
  if (record.cycle < first_ || record.cycle > last_) return;
  std::string line = link.name;
  line += ',';
  append(line, record.cycle);
  line += ',';
  line += record.requester;
  if (record.index) {
    line += '_';
    append(line, *record.index);
  }
  line += ',';
  line += record.command;
  line += ',';
  if (record.address) append(line, *record.address, 16);
  for (const std::optional<std::uint64_t>& field : {record.beat, record.bytes, record.updates}) {
    line += ',';
    if (field) append(line, *field);
  }
  line += ',';
  line += record.response;
  line += '\n';
  out_.write(line.data(), static_cast<std::streamsize>(line.size()));
}

}  // namespace dlac
