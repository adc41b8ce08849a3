// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/links/resettable.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <systemc>
#include <vector>

namespace dlac {

class Buffer;

/// What travels on a link: the types that its sockets or interfaces are made of.
enum class Protocol : std::uint8_t {
  Bus,         ///< tlm::tlm_base_protocol_types: csr and mem
  Buffer,      ///< the same, with a BufferAccess (buffer_access.h)
  Transfer,    ///< TransferTypes: a DMA job for the memory port
  CommandPut,  ///< tlm_nonblocking_put_if<QueuedCommand>: into a command queue
  CommandGet,  ///< tlm_nonblocking_get_peek_if<QueuedCommand>: out of a command queue
  Operation,   ///< OperationTypes: mmOp or ptWiseOp for the grid
  Drain,       ///< DrainTypes: words of output buffers
  RowBeat,     ///< RowBeatTypes: what a row stream holds, to a PE
  ColumnBeat,  ///< ColumnBeatTypes: what a column stream holds, to a PE
  Update       ///< UpdateTypes: live updates from a PE's zero-skip control to its data path
};
[[nodiscard]] std::string_view to_string(Protocol protocol);

/// A connection between two modules of the core. Names are relative to the core; `initiator` and `target` name the
/// modules at its ends, "" stands for what is outside of the core.
struct LinkInfo {
  std::string name;
  Protocol protocol = Protocol::Bus;
  std::string initiator;
  std::string target;
};

/// A name for a module in a link: the link's, as SystemC permits it, with `suffix` behind.
[[nodiscard]] std::string module_name(const LinkInfo& link, std::string_view suffix);

/// A module that sits in a link: a Probe (probe.h), or a CommandPutProbe or CommandGetProbe (command_probe.h).
class LinkModule : public sc_core::sc_module, public Resettable {
 public:
  using sc_core::sc_module::sc_module;
  LinkModule(const LinkModule&) = delete;
  LinkModule& operator=(const LinkModule&) = delete;
  /// The core is reset, or a list has ended with an error: nobody waits for an answer any more. A module that holds on
  /// to transactions must forget them here, for they are gone when it returns; bus links excepted (csr, mem), whose
  /// payloads are kept by their reference counts.
  void reset() override {}
};

/// What a user adds to a core from outside, handed to the Accelerator's constructor and asked while it is composed.
/// Derive from it, or use LinkModules (link_modules.h), which goes by patterns.
class Fittings {
 public:
  Fittings();
  Fittings(const Fittings&) = delete;
  Fittings& operator=(const Fittings&) = delete;
  virtual ~Fittings();

  /// A module for this link, or nullptr: the link stays as it is. Called once per link, in the construction of the
  /// module that binds it, which becomes the parent.
  [[nodiscard]] virtual std::unique_ptr<LinkModule> link_module(const LinkInfo& link);
  /// A buffer in place of "weight_buffer" or "feature_buffer", or nullptr: the core's own.
  [[nodiscard]] virtual std::unique_ptr<Buffer> buffer(const std::string& name, const Config& config);
  /// Called when the core is composed, with all of its links. May throw ConfigError.
  virtual void composed(const std::vector<LinkInfo>& links);
};

}  // namespace dlac
