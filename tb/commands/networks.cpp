// SPDX-License-Identifier: Apache-2.0
#include "workloads/networks.h"

#include "tb/commands/subcommand.h"
#include "tb/reports/text.h"
#include "tb/settings/network_options.h"

namespace dlac::tb {
namespace {

constexpr const char* Usage = R"(usage: dlac-tb networks [--network NAME]

Lists the networks, or the layers of one.
)";

void add_options(boost::program_options::options_description& options) {
  auto own = option_group("What to list");
  own.add_options()("network", text("NAME"), "lists the layers of this one");
  options.add(own);
}

std::string spaced(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

void list_networks(std::ostream& out) {
  for (const workloads::NetworkInfo& info : workloads::networks()) {
    const workloads::Network network = workloads::network(info.name);
    out << spaced(std::string(info.name), 10) << ' ' << info.description << ", "
        << fixed(static_cast<double>(network.macs()) / 1e9, 2) << " G MACs\n";
  }
}

void list_layers(const workloads::Network& network, std::ostream& out) {
  const auto size = [](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return std::to_string(a) + "x" + std::to_string(b) + "x" + std::to_string(c);
  };
  for (const workloads::NetworkLayer& layer : network.layers) {
    const workloads::ConvLayer& conv = layer.conv;
    out << spaced(conv.name, 20) << spaced(conv.stage, 8) << ' '
        << spaced(size(conv.in_channels, conv.height, conv.width), 12) << "-> "
        << spaced(size(conv.out_channels, conv.out_height(), conv.out_width()), 13)
        << spaced(std::to_string(conv.kernel_h) + "x" + std::to_string(conv.kernel_w), 4) << "stride " << conv.stride_h
        << "  " << spaced(std::string(to_string(conv.weights)), 15) << fixed(static_cast<double>(conv.macs()) / 1e6, 1)
        << " M MACs\n";
  }
}

ExitCode run(const Given& given, const Console& console) {
  if (given.has("network")) {
    list_layers(workloads::network(network_name(given)), console.out);
  } else {
    list_networks(console.out);
  }
  return ExitCode::Success;
}

}  // namespace

Subcommand networks_command() {
  return {"networks", "[--network NAME]", "lists networks, or one's layers", Usage, nullptr, add_options, run};
}

}  // namespace dlac::tb
