// SPDX-License-Identifier: Apache-2.0
#include <dlac/accelerator.h>

#include <algorithm>
#include <string>

#include "tb/commands/subcommand.h"
#include "tb/reports/text.h"
#include "tb/settings/machine_options.h"

namespace dlac::tb {
namespace {

constexpr const char* Usage = R"(usage: dlac-tb links [OPTION...]

Lists the links between the core's modules, one a line: name, protocol, initiator and target. A link
can be recorded (--record of run, layer and exec), and in C++ take a module of the user's
(docs/integration.md). "-" stands for what is outside of the core.
)";

void add_options(boost::program_options::options_description& options) { options.add(machine_options()); }

std::string column(const std::string& text, std::size_t width) {
  return (text.empty() ? "-" : text) + std::string(width - std::max<std::size_t>(text.size(), 1) + 2, ' ');
}

ExitCode run(const Given& given, const Console& console) {
  const Accelerator core("core", machine_settings(given).core);
  std::size_t name = 0;
  std::size_t protocol = 0;
  std::size_t initiator = 0;
  for (const LinkInfo& link : core.links()) {
    name = std::max(name, link.name.size());
    protocol = std::max(protocol, to_string(link.protocol).size());
    initiator = std::max(initiator, link.initiator.size());
  }
  for (const LinkInfo& link : core.links()) {
    console.out << column(link.name, name) << column(std::string(to_string(link.protocol)), protocol)
                << column(link.initiator, initiator) << (link.target.empty() ? "-" : link.target) << '\n';
  }
  return ExitCode::Success;
}

}  // namespace

Subcommand links_command() {
  return {"links", "[OPTION...]", "lists the links inside the core", Usage, nullptr, add_options, run};
}

}  // namespace dlac::tb
