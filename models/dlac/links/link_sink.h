// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/link.h>
#include <dlac/links/probe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dlac {

/// What a transaction on a link was; fields that its protocol does not have are empty.
struct LinkRecord {
  std::uint64_t cycle = 0;             ///< clock edge at which it counts, from time 0 (see each protocol)
  std::string_view requester;          ///< "load", "row_stream", "pe", ...; of csr "host", of mem "port"
  std::optional<std::uint32_t> index;  ///< its number, where there are several
  std::string_view command;            ///< "read", "write", an opcode, "beat", "update", ...
  std::optional<std::uint64_t> address;
  std::optional<std::uint64_t> beat;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> updates;  ///< of output buffers
  bool ok = true;
  std::string_view response = "ok";  ///< or what the error was
};

/// Hears of every transaction on the links that it observes, once it is answered.
class LinkSink {
 public:
  LinkSink() = default;
  LinkSink(const LinkSink&) = delete;
  LinkSink& operator=(const LinkSink&) = delete;
  virtual ~LinkSink() = default;
  virtual void record(const LinkInfo& link, const LinkRecord& record) = 0;
};

/// A module for a link of any protocol that passes everything on and tells `sink`, which must outlive it. Like every
/// Probe it denies direct memory access, and so sees everything. `clock_period_ps` is the core's.
[[nodiscard]] std::unique_ptr<LinkModule> make_observer(const LinkInfo& link, LinkSink& sink,
                                                        std::uint32_t clock_period_ps);

}  // namespace dlac
