// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/links/command_probe.h>
#include <dlac/links/link.h>
#include <dlac/links/probe.h>

#include <deque>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

namespace dlac {

/// Binds the links of a core, lets the user's Fittings put a module into each, and knows them all.
class Links : public Resettable {
 public:
  /// `core`: hierarchical name that link names are relative to. `fittings` may be null.
  Links(std::string core, Fittings* fittings) : prefix_(std::move(core) + '.'), fittings_(fittings) {}
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  /// Binds an initiator socket to a target socket, or either of them to one of its kind further out, whatever their
  /// widths. The link is called like the socket inside of the core.
  template <typename Types = tlm::tlm_base_protocol_types, typename Initiator, typename Target>
  void bind(Protocol protocol, Initiator& initiator, Target& target) {
    const LinkInfo& link = add(protocol, initiator, target);
    if (auto* const module = made<Probe<Types>>(link)) {
      connect(initiator, module->target);
      connect(module->initiator, target);
    } else {
      connect(initiator, target);
    }
  }
  /// Serves a socket at the border of the core by one further in.
  template <unsigned int Width, typename Inner>
  void export_target(const std::string& name, tlm::tlm_target_socket<Width>& outer, Inner& inner) {
    const LinkInfo& link = add({name, Protocol::Bus, "", module_of(inner)});
    if (auto* const module = made<Probe<>>(link)) {
      outer.get_base_export()(module->target.get_base_export());
      module->target.get_base_port()(outer.get_base_port());
      connect(module->initiator, inner);
    } else {
      outer.get_base_export()(inner.get_base_export());
      inner.get_base_port()(outer.get_base_port());
    }
  }
  template <unsigned int Width, typename Inner>
  void export_initiator(const std::string& name, Inner& inner, tlm::tlm_initiator_socket<Width>& outer) {
    const LinkInfo& link = add({name, Protocol::Bus, module_of(inner), ""});
    if (auto* const module = made<Probe<>>(link)) {
      connect(inner, module->target);
      module->initiator.get_base_port()(outer.get_base_port());
      outer.get_base_export()(module->initiator.get_base_export());
    } else {
      inner.get_base_port()(outer.get_base_port());
      outer.get_base_export()(inner.get_base_export());
    }
  }
  /// Binds a port of the command processor to a queue.
  template <typename Queue>
  void bind(sc_core::sc_port<CommandPutIf>& port, Queue& queue) {
    bind_interface<CommandPutProbe, CommandPutIf>(Protocol::CommandPut, port, queue, module_of(port), name_of(queue));
  }
  /// Binds the port of a unit to its queue.
  template <typename Queue>
  void bind(sc_core::sc_port<CommandGetIf>& port, Queue& queue) {
    bind_interface<CommandGetProbe, CommandGetIf>(Protocol::CommandGet, port, queue, module_of(port), name_of(queue));
  }

  [[nodiscard]] const std::deque<LinkInfo>& all() const { return links_; }
  /// Everything is bound.
  void composed() {
    if (fittings_ != nullptr) fittings_->composed({links_.begin(), links_.end()});
  }
  void reset() override {
    for (const auto& module : modules_) module->reset();
  }

 private:
  template <typename Initiator, typename Target>
  static void connect(Initiator& initiator, Target& target) {
    initiator.get_base_port()(target.get_base_interface());
    target.get_base_port()(initiator.get_base_interface());
  }
  template <typename Module, typename Interface>
  void bind_interface(Protocol protocol, sc_core::sc_port<Interface>& port, Interface& interface, std::string initiator,
                      std::string target) {
    const LinkInfo& link = add({name_of(port), protocol, std::move(initiator), std::move(target)});
    if (auto* const module = made<Module>(link)) {
      port.bind(module->target);
      module->initiator.bind(interface);
    } else {
      port.bind(interface);
    }
  }
  template <typename Initiator, typename Target>
  const LinkInfo& add(Protocol protocol, const Initiator& initiator, const Target& target) {
    return add({name_of(initiator), protocol, module_of(initiator), module_of(target)});
  }
  const LinkInfo& add(LinkInfo link) {
    links_.push_back(std::move(link));
    return links_.back();
  }
  /// The module that the user has for a link, if any. Throws ConfigError if it is one of another protocol.
  template <typename Module>
  [[nodiscard]] Module* made(const LinkInfo& link) {
    if (fittings_ == nullptr) return nullptr;
    std::unique_ptr<LinkModule> module = fittings_->link_module(link);
    if (module == nullptr) return nullptr;
    auto* const typed = dynamic_cast<Module*>(module.get());
    if (typed == nullptr) {
      throw ConfigError("link " + link.name, module->name(),
                        "a module for the protocol " + std::string(to_string(link.protocol)));
    }
    modules_.push_back(std::move(module));
    return typed;
  }
  [[nodiscard]] std::string name_of(const sc_core::sc_object& object) const {
    const std::string name = object.name();
    return name.compare(0, prefix_.size(), prefix_) == 0 ? name.substr(prefix_.size()) : name;
  }
  [[nodiscard]] std::string module_of(const sc_core::sc_object& object) const {
    const sc_core::sc_object* const parent = object.get_parent_object();
    return parent == nullptr ? "" : name_of(*parent);
  }

  const std::string prefix_;
  Fittings* const fittings_;
  std::deque<LinkInfo> links_;  ///< modules may keep references to theirs
  std::vector<std::unique_ptr<LinkModule>> modules_;
};

}  // namespace dlac
