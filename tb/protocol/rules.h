// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace dlac::tb::protocol {

/// What the checker can find. Clauses: IEEE 1666-2011.
enum class Rule : std::uint8_t {
  // The generic payload as an initiator sends it.
  Command,           ///< 14.9: read, write or ignore
  DataPointer,       ///< 14.11: not null
  DataLength,        ///< 14.12: not 0
  ByteEnableLength,  ///< 14.14: not 0 where there are byte enables
  StreamingWidth,    ///< 14.15: not 0
  DmiAllowed,        ///< 14.16: false on entry
  ResponseOnEntry,   ///< 14.17: incomplete on entry
  Option,            ///< 14.8: TLM_MIN_PAYLOAD, which no target changes
  // During its life.
  Modified,         ///< 14.7: an attribute, write data or byte enables changed under way
  DisabledByte,     ///< 14.13: a byte of a read whose enable is 0 was changed
  ResponseMissing,  ///< 14.17: incomplete at the response
  ResponseChanged,  ///< 14.7: the status changed after BEGIN_RESP
  MemoryManager,    ///< 14.5: nb_transport needs one
  ReferenceCount,   ///< 14.5: no reference while under way
  Reused,           ///< 14.5: sent again while under way
  Leaked,           ///< 14.5: still referenced at the end of the simulation
  // Calls and phases.
  BlockingContext,    ///< 11.1.1.4: b_transport out of a method process
  NonBlocking,        ///< 11.1.2: nb_transport, DMI or debug calls that took time
  PhaseDirection,     ///< 15.2.3: a phase on the wrong path
  PhaseSequence,      ///< 15.2.4: a phase that must not follow the one before
  Return,             ///< 15.2.4: a return value or returned phase that the call does not permit
  Accepted,           ///< 11.1.2: TLM_ACCEPTED returned with phase or time changed
  RequestExclusion,   ///< 15.2.6: BEGIN_REQ before the end of the request before
  ResponseExclusion,  ///< 15.2.6: BEGIN_RESP before the end of the response before
  TransactionTime,    ///< 15.2.7: effective time of a transaction went back
  SocketTime,         ///< effective times of one direction went back; only where Options ask for it
  MixedTransport,     ///< 15.2.10: b_transport and nb_transport on one object at once
  Unfinished,         ///< 15.2.3: under way at the end of the simulation
  // Direct memory and debug.
  DmiRequest,     ///< 11.2.5: neither read nor write, a descriptor that is not initialised, or out of an invalidation
  DmiGrant,       ///< 11.2.5: no pointer, an empty range, one without the address, or not the access asked for
  DmiInvalidate,  ///< 11.2.7: an empty range
  DebugRequest,   ///< 11.3.4: bytes without a pointer
  DebugCount,     ///< 11.3.4: more bytes than asked for
  DebugModified,  ///< 11.3.4: an attribute or the bytes of a debug write changed
};

/// The enumerator's name.
[[nodiscard]] std::string_view name_of(Rule rule);
/// The clause of IEEE 1666-2011 that demands it.
[[nodiscard]] std::string_view clause_of(Rule rule);

}  // namespace dlac::tb::protocol
