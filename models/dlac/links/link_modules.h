// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/buffer.h>
#include <dlac/links/link.h>
#include <dlac/links/link_sink.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dlac {

/// Fittings by name: modules for the links that match a shell pattern, sinks that hear of them, buffers in place of the
/// core's own. Patterns are those of fnmatch(3) without flags: "*" matches dots, too. One object serves one core.
class LinkModules : public Fittings {
 public:
  using MakeModule = std::function<std::unique_ptr<LinkModule>(const LinkInfo& link)>;
  using MakeBuffer = std::function<std::unique_ptr<Buffer>(const char* name, const Config& config)>;

  LinkModules();
  ~LinkModules() override;

  /// `make` makes a module for each link whose name matches. It may return nullptr.
  void insert(std::string pattern, MakeModule make);
  /// `sink` hears of every transaction on the links whose name matches, and must outlive the core.
  void observe(std::string pattern, LinkSink& sink, const Config& config);
  /// Replaces "weight_buffer" or "feature_buffer". Throws ConfigError the second time.
  void replace(std::string buffer, MakeBuffer make);

  [[nodiscard]] std::unique_ptr<LinkModule> link_module(const LinkInfo& link) override;
  [[nodiscard]] std::unique_ptr<Buffer> buffer(const std::string& name, const Config& config) override;
  /// Throws ConfigError for a pattern that no link matches and for a buffer that there is not.
  void composed(const std::vector<LinkInfo>& links) override;

 private:
  struct Entry {
    std::string pattern;
    MakeModule make;
    bool used = false;
  };
  std::vector<Entry> entries_;
  std::map<std::string, MakeBuffer> buffers_;
};

}  // namespace dlac
