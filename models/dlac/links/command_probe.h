// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/command_protocol.h>
#include <dlac/links/link.h>

#include <systemc>

namespace dlac {

/// A module between the command processor and a queue; passes everything on.
class CommandPutProbe : public LinkModule, public CommandPutIf {
 public:
  sc_core::sc_export<CommandPutIf> target{"target"};
  sc_core::sc_port<CommandPutIf> initiator{"initiator"};

  explicit CommandPutProbe(const sc_core::sc_module_name& name) : LinkModule(name) { target.bind(*this); }

  bool nb_put(const QueuedCommand& command) override { return initiator->nb_put(command); }
  bool nb_can_put(tlm::tlm_tag<QueuedCommand>* tag) const override { return initiator->nb_can_put(tag); }
  const sc_core::sc_event& ok_to_put(tlm::tlm_tag<QueuedCommand>* tag) const override {
    return initiator->ok_to_put(tag);
  }
};

/// A module between a queue and its unit; passes everything on.
class CommandGetProbe : public LinkModule, public CommandGetIf {
 public:
  sc_core::sc_export<CommandGetIf> target{"target"};
  sc_core::sc_port<CommandGetIf> initiator{"initiator"};

  explicit CommandGetProbe(const sc_core::sc_module_name& name) : LinkModule(name) { target.bind(*this); }

  bool nb_get(QueuedCommand& command) override { return initiator->nb_get(command); }
  bool nb_can_get(tlm::tlm_tag<QueuedCommand>* tag) const override { return initiator->nb_can_get(tag); }
  const sc_core::sc_event& ok_to_get(tlm::tlm_tag<QueuedCommand>* tag) const override {
    return initiator->ok_to_get(tag);
  }
  bool nb_peek(QueuedCommand& command) const override { return initiator->nb_peek(command); }
  bool nb_can_peek(tlm::tlm_tag<QueuedCommand>* tag) const override { return initiator->nb_can_peek(tag); }
  const sc_core::sc_event& ok_to_peek(tlm::tlm_tag<QueuedCommand>* tag) const override {
    return initiator->ok_to_peek(tag);
  }
};

}  // namespace dlac
