// SPDX-License-Identifier: Apache-2.0
#include "tb/protocol/rules.h"

#include <array>
#include <cstddef>

namespace dlac::tb::protocol {
namespace {

struct Entry {
  std::string_view name, clause;
};

// In the order of the enumeration.
constexpr std::array<Entry, 34> Entries{{
    {"Command", "14.9"},
    {"DataPointer", "14.11"},
    {"DataLength", "14.12"},
    {"ByteEnableLength", "14.14"},
    {"StreamingWidth", "14.15"},
    {"DmiAllowed", "14.16"},
    {"ResponseOnEntry", "14.17"},
    {"Option", "14.8"},
    {"Modified", "14.7"},
    {"DisabledByte", "14.13"},
    {"ResponseMissing", "14.17"},
    {"ResponseChanged", "14.7"},
    {"MemoryManager", "14.5"},
    {"ReferenceCount", "14.5"},
    {"Reused", "14.5"},
    {"Leaked", "14.5"},
    {"BlockingContext", "11.1.1.4"},
    {"NonBlocking", "11.1.2"},
    {"PhaseDirection", "15.2.3"},
    {"PhaseSequence", "15.2.4"},
    {"Return", "15.2.4"},
    {"Accepted", "11.1.2"},
    {"RequestExclusion", "15.2.6"},
    {"ResponseExclusion", "15.2.6"},
    {"TransactionTime", "15.2.7"},
    {"SocketTime", "15.2.7"},
    {"MixedTransport", "15.2.10"},
    {"Unfinished", "15.2.3"},
    {"DmiRequest", "11.2.5"},
    {"DmiGrant", "11.2.5"},
    {"DmiInvalidate", "11.2.7"},
    {"DebugRequest", "11.3.4"},
    {"DebugCount", "11.3.4"},
    {"DebugModified", "11.3.4"},
}};
static_assert(Entries.size() == static_cast<std::size_t>(Rule::DebugModified) + 1);

}  // namespace

std::string_view name_of(Rule rule) { return Entries[static_cast<std::size_t>(rule)].name; }
std::string_view clause_of(Rule rule) { return Entries[static_cast<std::size_t>(rule)].clause; }

}  // namespace dlac::tb::protocol
