// SPDX-License-Identifier: Apache-2.0
#include <dlac/links/link_modules.h>

#include <fnmatch.h>

#include <utility>

namespace dlac {

LinkModules::LinkModules() = default;
LinkModules::~LinkModules() = default;

void LinkModules::insert(std::string pattern, MakeModule make) {
  entries_.push_back({std::move(pattern), std::move(make), false});
}

void LinkModules::observe(std::string pattern, LinkSink& sink, const Config& config) {
  insert(std::move(pattern),
         [&sink, period = config.clock_period_ps](const LinkInfo& link) { return make_observer(link, sink, period); });
}

void LinkModules::replace(std::string buffer, MakeBuffer make) {
  if (!buffers_.emplace(buffer, std::move(make)).second) {
    throw ConfigError("buffer", buffer, "at most one that stands in its place");
  }
}

std::unique_ptr<LinkModule> LinkModules::link_module(const LinkInfo& link) {
  std::unique_ptr<LinkModule> module;
  const Entry* first = nullptr;
  for (Entry& entry : entries_) {
    if (::fnmatch(entry.pattern.c_str(), link.name.c_str(), 0) != 0) continue;
    if (module != nullptr) {
      throw ConfigError("link " + link.name, entry.pattern,
                        "one module per link: " + first->pattern + " has put one there");
    }
    entry.used = true;
    std::unique_ptr<LinkModule> made = entry.make(link);
    if (made == nullptr) continue;
    first = &entry;
    module = std::move(made);
  }
  return module;
}

std::unique_ptr<Buffer> LinkModules::buffer(const std::string& name, const Config& config) {
  const auto at = buffers_.find(name);
  return at == buffers_.end() ? nullptr : at->second(name.c_str(), config);
}

void LinkModules::composed(const std::vector<LinkInfo>& links) {
  for (const auto& [name, make] : buffers_) {
    if (name != "weight_buffer" && name != "feature_buffer") {
      throw ConfigError("buffer", name, "weight_buffer or feature_buffer");
    }
  }
  for (const Entry& entry : entries_) {
    if (!entry.used) {
      throw ConfigError(
          "link", entry.pattern,
          "the name of one of the core's " + std::to_string(links.size()) + " links, or a pattern that matches some");
    }
  }
}

}  // namespace dlac
