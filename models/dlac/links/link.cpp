// SPDX-License-Identifier: Apache-2.0
#include <dlac/links/buffer.h>
#include <dlac/links/link.h>

#include <algorithm>

namespace dlac {

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::Bus: return "bus";
    case Protocol::Buffer: return "buffer";
    case Protocol::Transfer: return "transfer";
    case Protocol::CommandPut: return "command_put";
    case Protocol::CommandGet: return "command_get";
    case Protocol::Operation: return "operation";
    case Protocol::Drain: return "drain";
    case Protocol::RowBeat: return "row_beat";
    case Protocol::ColumnBeat: return "column_beat";
    case Protocol::Update: return "update";
  }
  return "";
}

std::string module_name(const LinkInfo& link, std::string_view suffix) {
  std::string name = link.name + std::string(suffix);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

Fittings::Fittings() = default;
Fittings::~Fittings() = default;
std::unique_ptr<LinkModule> Fittings::link_module(const LinkInfo&) { return nullptr; }
std::unique_ptr<Buffer> Fittings::buffer(const std::string&, const Config&) { return nullptr; }
void Fittings::composed(const std::vector<LinkInfo>&) {}

}  // namespace dlac
