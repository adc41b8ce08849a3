// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/options.h"

#include <boost/program_options.hpp>
#include <set>
#include <sstream>

#include "tb/config_json.h"
#include "tb/input_error.h"
#include "tb/platform/platform_map.h"
#include "tb/text.h"

namespace dlac::platform {
namespace {

namespace po = boost::program_options;
using tb::InputError;
using Texts = std::vector<std::string>;

constexpr unsigned HelpColumns = 100;
constexpr std::uint64_t PageBytes = 4096;
constexpr std::uint64_t SmallestRam = PLATFORM_FIRMWARE_BYTES;
constexpr std::uint64_t LargestRam = (std::uint64_t{1} << 32U) - PLATFORM_RAM_BASE - PageBytes;
constexpr std::uint64_t DefaultRam = std::uint64_t{64} << 20U;
constexpr std::uint64_t DefaultQuantumNs = 10'000;
constexpr std::uint64_t LargestQuantumNs = 1'000'000'000;

constexpr const char* Usage = R"(usage: dlac-platform --image FILE.dlac [OPTION...]
       dlac-platform --bench [OPTION...]

A virtual platform: a RISC-V processor runs firmware, which runs the layers of an image on dLAC,
sleeps until the interrupt, checks the outputs and prints the counters. `dlac-tb compile` makes
images; scripts/run-platform makes one of ResNet-20.

Exit code: 0 the firmware found everything right, 1 it did not or the platform failed, 2 bad input
(one line on stderr names the file or option, the value and what was expected).
)";

po::typed_value<Texts>* text(const char* name) { return po::value<Texts>()->value_name(name); }

po::options_description all_options() {
  po::options_description run("What to run", HelpColumns, 62);
  run.add_options()                                                                                  //
      ("image", text("FILE"), "layers to run, made by `dlac-tb compile`")                            //
      ("firmware", text("ELF"), "program of the processor (default: the one that was built along)")  //
      ("bench", po::bool_switch(), "the firmware measures the processor instead of running layers");
  po::options_description machine("Platform (docs/platform.md)", HelpColumns, 62);
  machine.add_options()                                                                                   //
      ("ram-bytes", text("N"), "size of RAM, a multiple of 4096, or 0x... (default 64 MiB)")              //
      ("quantum-ns", text("N"), "how far the processor may run ahead of SystemC's time (default 10000)")  //
      ("no-dmi", po::bool_switch(), "processor and dLAC reach RAM through b_transport only; slow");
  po::options_description core("dLAC (file < --set < the options of their own)", HelpColumns, 62);
  core.add_options()                                                                                    //
      ("mode", text("train|infer"), "binary32 or binary16 arithmetic; as the image's (default train)")  //
      ("engine", text("schedule|clocked"), "default schedule; both give the same cycles and bits")      //
      ("mem-style", text("lt|at"), "memory port: b_transport and DMI, or four-phase nb_transport")      //
      ("config", text("FILE.json"), "configuration file; `dlac-tb config` prints one with every key")   //
      ("set", text("KEY=VALUE ...")->multitoken(), "sets one key; may be repeated");
  po::options_description output("Output", HelpColumns, 62);
  output.add_options()                                                                    //
      ("uart", text("FILE"), "what the firmware prints goes there (default: to stdout)")  //
      ("vcd", text("FILE"), "writes waveforms: processor bus, interrupt lines, dLAC")     //
      ("help,h", po::bool_switch(), "prints this text");
  po::options_description all(HelpColumns);
  all.add(run).add(machine).add(core).add(output);
  return all;
}

[[nodiscard]] std::vector<std::string> names_of(const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return names;
}

po::variables_map parse(const po::options_description& options, const std::vector<std::string>& arguments) {
  // As on Unix, but "--mod" is no "--mode" and "-hx" is nothing.
  constexpr int Style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing &
                        ~po::command_line_style::allow_sticky;
  po::variables_map given;
  try {
    const po::parsed_options parsed = po::command_line_parser(arguments).options(options).style(Style).run();
    for (const po::option& option : parsed.options) {
      if (option.position_key >= 0) {
        throw InputError("command line", "", tb::printable(option.value.empty() ? "" : option.value.front()),
                         "options only, as in `dlac-platform --help`");
      }
    }
    po::store(parsed, given);
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    throw InputError(tb::printable(name), "", "unknown option", tb::one_of(name, names_of(options)));
  } catch (const po::multiple_occurrences& error) {
    throw InputError(error.get_option_name(), "", "given twice", "it at most once");
  } catch (const po::invalid_command_line_syntax& error) {
    const bool extra = error.kind() == po::invalid_syntax::extra_parameter;
    throw InputError(tb::printable(error.get_option_name()), "", "", extra ? "no value" : "a value");
  } catch (const po::error& error) {
    throw InputError("command line", "", tb::printable(error.what()), "options as in `dlac-platform --help`");
  }
  return given;
}

[[nodiscard]] std::string option(const char* name) { return std::string("--") + name; }

std::optional<std::string> one(const po::variables_map& given, const char* name) {
  if (given.count(name) == 0) return std::nullopt;
  const auto& values = given[name].as<Texts>();
  if (values.size() > 1) throw InputError(option(name), "", tb::printable(values[1]), "the option at most once");
  if (values.front().empty()) throw InputError(option(name), "", "(empty)", "a value");
  return values.front();
}

std::uint64_t whole(const po::variables_map& given, const char* name, std::uint64_t minimum, std::uint64_t maximum,
                    std::uint64_t otherwise) {
  const std::optional<std::string> given_text = one(given, name);
  if (!given_text) return otherwise;
  const std::optional<std::uint64_t> value = tb::parse_address(*given_text);
  if (!value || *value < minimum || *value > maximum) {
    throw InputError(option(name), "", tb::printable(*given_text),
                     "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
  }
  return *value;
}

tb::MachineSettings machine_settings(const po::variables_map& given, bool dmi) {
  std::vector<tb::Assignment> assignments;
  if (const auto file = one(given, "config")) assignments = tb::read_config_file(*file);
  std::set<std::string> keys;
  if (given.count("set") != 0) {
    for (const std::string& each : given["set"].as<Texts>()) {
      assignments.push_back(tb::parse_assignment(each, "--set"));
      const std::string& key = assignments.back().key;
      if (!keys.insert(key).second) {
        throw InputError("--set", "", tb::printable(each), tb::printable(key) + " at most once");
      }
    }
  }
  for (const auto& [name, key] : {std::pair{"mode", "mode"}, {"engine", "engine"}, {"mem-style", "mem_style"}}) {
    if (const auto value = one(given, name)) {
      assignments.push_back({option(name), key, *value, tb::Assignment::Kind::Text});
    }
  }
  if (!dmi) assignments.push_back({"--no-dmi", "dmi", "0", tb::Assignment::Kind::Text});
  return tb::resolve(assignments);
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  const po::options_description syntax = all_options();
  const po::variables_map given = parse(syntax, arguments);
  Options options;
  if (given["help"].as<bool>()) {
    std::ostringstream help;
    help << Usage << syntax;
    options.help = tb::without_trailing_blanks(help.str());
    return options;
  }
  options.firmware = one(given, "firmware").value_or(DLAC_PLATFORM_FIRMWARE);
  options.image = one(given, "image");
  options.config = one(given, "config");
  options.benchmark = given["bench"].as<bool>();
  if (!options.image && !options.benchmark) {
    throw InputError("--image", "", "missing", "an image made by `dlac-tb compile`, or --bench");
  }
  options.ram_bytes = static_cast<std::uint32_t>(whole(given, "ram-bytes", SmallestRam, LargestRam, DefaultRam));
  if (options.ram_bytes % PageBytes != 0) {
    throw InputError("--ram-bytes", "", std::to_string(options.ram_bytes),
                     "a multiple of " + std::to_string(PageBytes));
  }
  options.quantum_ns = whole(given, "quantum-ns", 0, LargestQuantumNs, DefaultQuantumNs);
  options.dmi = !given["no-dmi"].as<bool>();
  options.machine = machine_settings(given, options.dmi);
  options.uart = one(given, "uart");
  options.vcd = one(given, "vcd");
  return options;
}

}  // namespace dlac::platform
