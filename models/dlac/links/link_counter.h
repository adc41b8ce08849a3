// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/link_sink.h>

#include <cstdint>
#include <map>
#include <string>

namespace dlac {

/// Counts the transactions of the links that it observes.
class LinkCounter final : public LinkSink {
 public:
  struct Count {
    std::uint64_t transactions = 0;
    std::uint64_t errors = 0;
    std::uint64_t bytes = 0;
    std::uint64_t updates = 0;
  };

  void record(const LinkInfo& link, const LinkRecord& record) override {
    add(links_[link.name], record);
    add(total_, record);
  }
  [[nodiscard]] const Count& total() const { return total_; }
  /// By the link's name; links without a transaction are not in it.
  [[nodiscard]] const std::map<std::string, Count>& links() const { return links_; }
  void clear() {
    links_.clear();
    total_ = {};
  }

 private:
  static void add(Count& count, const LinkRecord& record) {
    ++count.transactions;
    if (!record.ok) ++count.errors;
    count.bytes += record.bytes.value_or(0);
    count.updates += record.updates.value_or(0);
  }

  std::map<std::string, Count> links_;
  Count total_;
};

}  // namespace dlac
