// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/link_sink.h>

#include <cstdint>
#include <ostream>

namespace dlac {

/// Writes every transaction of the links that it observes as a line of CSV:
///   link,cycle,requester,command,address,beat,bytes,updates,response
/// Fields that a protocol does not have are empty; addresses are hexadecimal, all else is decimal. Lines come in the
/// order in which transactions are answered: always the same for one link, while those of several links come in an
/// order that depends on how memory is reached. (docs/machine_reference.md, Records of links)
class Recorder final : public LinkSink {
 public:
  /// Writes the heading. Records of cycles outside [first, last] are left out. Whether the stream could be written is
  /// for its owner to see.
  explicit Recorder(std::ostream& out, std::uint64_t first_cycle = 0, std::uint64_t last_cycle = ~std::uint64_t{0});

  void record(const LinkInfo& link, const LinkRecord& record) override;

 private:
  std::ostream& out_;
  const std::uint64_t first_, last_;
};

}  // namespace dlac
