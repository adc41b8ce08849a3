// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/options.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <sstream>

#include "driver/dlac_image.h"
#include "tb/reports/text.h"
#include "tb/settings/config_json.h"
#include "tb/settings/given_options.h"
#include "tb/settings/input_error.h"
#include "workloads/networks.h"

namespace dlac::tb {
namespace {

namespace po = boost::program_options;

constexpr double LargestSpread = 10;

const std::vector<std::string> CommandNames{"run", "layer", "compile", "image", "exec", "networks", "config"};
const std::vector<std::string> VerifyNames{"none", "sample", "all"};

constexpr const char* MainHelp = R"(dlac-tb: runs convolution layers on the SystemC model of the dLAC accelerator core

usage: dlac-tb run --network NAME [OPTION...]                    the layers of a network
       dlac-tb layer --weights W.npy --features X.npy --output Y.npy [OPTION...]
                                                                 one layer on given tensors
       dlac-tb compile (--network NAME | --layers FILE.json | --weights W.npy --features X.npy)
                       --output FILE.dlac [OPTION...]            makes a binary image for firmware
       dlac-tb image FILE.dlac                                   checks an image, lists its layers
       dlac-tb exec FILE.dlac [OPTION...]                        runs an image on the model
       dlac-tb networks [--network NAME]                         lists networks, or one's layers
       dlac-tb config [OPTION...]                                prints the configuration as JSON
       dlac-tb COMMAND --help                                    explains a command
       dlac-tb --version

Exit code: 0 all is verified (or --verify none), 1 a result differs from the reference or the model
failed, 2 bad input (one line on stderr names the file or option, the value and what was expected).
)";
constexpr const char* RunUsage = R"(usage: dlac-tb run --network NAME [OPTION...]

Runs the layers of a network on the model, on seeded synthetic tensors with the densities of a
measured network, and prints a table. Every layer goes through memory, command list and interrupt.
)";
constexpr const char* LayerUsage = R"(usage: dlac-tb layer --weights W.npy --features X.npy --output Y.npy [OPTION...]

Runs one convolution on the model. W: [K,C/groups,KH,KW] int8 ternary, float16 or float32.
X: [N,C,H,W] or [C,H,W], float16 or float32. Y: [N,K,OH,OW], float32 in train, float16 in infer;
written when the result is verified, or not checked.
)";
constexpr const char* CompileUsage =
    R"(usage: dlac-tb compile --network NAME --output FILE.dlac [OPTION...]
       dlac-tb compile --layers FILE.json --output FILE.dlac [OPTION...]
       dlac-tb compile --weights W.npy --features X.npy --output FILE.dlac [OPTION...]

Maps layers onto the core and writes commands, weights and features as one binary image, which
firmware links or loads and runs with the driver (docs/image.md). The layers are those of a network
on seeded synthetic tensors, those that a JSON file lists, or one as for `dlac-tb layer`.
)";
constexpr const char* ImageUsage = R"(usage: dlac-tb image FILE.dlac

Checks a binary image and lists what it holds: per layer its commands, the bytes of its tensors,
where its features come from (the file, the host, or an earlier layer) and whether the image has a
checksum of its outputs.
)";
constexpr const char* ExecUsage = R"(usage: dlac-tb exec FILE.dlac [OPTION...]

Loads a binary image into memory, runs all its layers from their one command list and compares their
outputs with the image's checksums. The core must be the one that the image was made for.
)";
constexpr const char* NetworksUsage = R"(usage: dlac-tb networks [--network NAME]

Lists the networks, or the layers of one.
)";
constexpr const char* ConfigUsage = R"(usage: dlac-tb config [OPTION...]

Prints every configuration key as JSON: value, description, and [P] where the paper states it or [A]
where it is an assumption. The output can be given to --config again.
)";

/// What one command takes.
struct Syntax {
  const char* usage = nullptr;
  const char* operand = nullptr;  ///< the option whose name may be left out
  po::options_description options{HelpColumns, HelpColumns / 2};
};

po::options_description group(const std::string& title) { return po::options_description(title, HelpColumns, 60); }

po::options_description machine_options() {
  po::options_description options = group("Configuration (file < --set < the options of their own)");
  const std::string policies = join({policy_names().begin(), policy_names().end()}, "|");
  options.add_options()                                                                                //
      ("mode", text("train|infer"), "binary32 or binary16 arithmetic (default train)")                 //
      ("engine", text("schedule|clocked"), "default schedule; both give the same cycles and bits")     //
      ("policy", text(policies.c_str()), "zero operands that are skipped (default both)")              //
      ("config", text("FILE.json"), "configuration file; `dlac-tb config` prints one with every key")  //
      ("set", text("KEY=VALUE ...")->multitoken(), "sets one key; may be repeated");
  return options;
}

po::options_description run_options() {
  po::options_description options = group("Running");
  options.add_options()                                                                                        //
      ("seed", text("N"), "seed of synthetic tensors and samples (default 1)")                                 //
      ("verify", text("none|sample|all"), "how much is compared with the reference (default sample)")          //
      ("report", text("FILE"), "writes a report, .json or .csv (docs/report.md)")                              //
      ("segments", po::bool_switch(), "lists every segment in the JSON report")                                //
      ("vcd", text("FILE"), "writes waveforms; with the clocked engine of the grid, too (scripts/dlac.gtkw)")  //
      ("vcd-window", text("FIRST:LAST"), "clock cycles of the simulation that --vcd covers (default all)");
  return options;
}

po::options_description help_option() {
  po::options_description options = group("Help");
  options.add_options()("help,h", po::bool_switch(), "prints this text");
  return options;
}

po::options_description network_options() {
  po::options_description options = group("Layers of a network");
  options.add_options()                                                                  //
      ("network", text("NAME"), "`dlac-tb networks` lists them")                         //
      ("layer", text("NAME ...")->multitoken(), "only these layers; may be repeated")    //
      ("batch", text("N"), "images (default 1)")                                         //
      ("weight-density", text("D"), "non-zero weights of ternary layers, 0 to 1")        //
      ("feature-density", text("D"), "non-zero features of maps behind a ReLU, 0 to 1")  //
      ("spread", text("F"), "factor on the spread of densities (default 1, 0: independent draws)");
  return options;
}

po::options_description layer_options() {
  po::options_description options = group("A layer on given tensors");
  options.add_options()                                             //
      ("weights", text("W.npy"), "weights")                         //
      ("features", text("X.npy"), "input features")                 //
      ("stride", text("S|SH,SW"), "default 1")                      //
      ("pad", text("P|PH,PW"), "zeros on either side (default 0)")  //
      ("dilation", text("D|DH,DW"), "of the kernel (default 1)")    //
      ("groups", text("G"), "default 1")                            //
      ("ternary", text("abs:T|mean:T"), "ternarises float weights: threshold T, or T mean|W|");
  return options;
}

po::options_description image_option() {
  po::options_description options = group("What to look at");
  options.add_options()("image", text("FILE.dlac"), "the image; `--image` may be left out");
  return options;
}

Syntax syntax_of(const std::string& command) {
  Syntax syntax;
  if (command == "run") {
    syntax.usage = RunUsage;
    syntax.options.add(network_options()).add(machine_options()).add(run_options());
  } else if (command == "layer") {
    syntax.usage = LayerUsage;
    po::options_description own = group("Output");
    own.add_options()("output", text("Y.npy"), "where the output features go");
    syntax.options.add(layer_options()).add(own).add(machine_options()).add(run_options());
  } else if (command == "compile") {
    syntax.usage = CompileUsage;
    po::options_description listed = group("Layers of a file");
    listed.add_options()("layers", text("FILE.json"), "a list of layers with their .npy files (docs/image.md)");
    po::options_description own = group("Image");
    own.add_options()                                                                                       //
        ("output", text("FILE.dlac"), "where the image goes")                                               //
        ("base", text("ADDRESS"), "where it will lie in memory, a multiple of 64 (default 0)")              //
        ("no-features", po::bool_switch(), "leaves the features to the host")                               //
        ("expect", po::bool_switch(), "adds checksums of the right outputs, which the reference computes")  //
        ("seed", text("N"), "seed of a network's synthetic tensors (default 1)");
    syntax.options.add(network_options()).add(listed).add(layer_options()).add(own).add(machine_options());
  } else if (command == "image") {
    syntax.usage = ImageUsage;
    syntax.operand = "image";
    syntax.options.add(image_option());
  } else if (command == "exec") {
    syntax.usage = ExecUsage;
    syntax.operand = "image";
    syntax.options.add(image_option()).add(machine_options());
  } else if (command == "networks") {
    syntax.usage = NetworksUsage;
    po::options_description own = group("What to list");
    own.add_options()("network", text("NAME"), "lists the layers of this one");
    syntax.options.add(own);
  } else {
    syntax.usage = ConfigUsage;
    syntax.options.add(machine_options());
  }
  syntax.options.add(help_option());
  return syntax;
}

std::optional<double> number(const Given& given, const char* name, double maximum) {
  const std::optional<std::string> text = given.one(name);
  if (!text) return std::nullopt;
  const std::optional<double> value = parse_number(*text);
  if (!value || *value < 0 || *value > maximum) refuse(name, *text, "a number from 0 to " + fixed(maximum, 0));
  return value;
}

AxisPair axes(const Given& given, const char* name, std::uint32_t minimum, AxisPair otherwise) {
  constexpr std::uint32_t Maximum = 1U << 20U;  // the largest that ConvLayer takes
  const std::optional<std::string> text = given.one(name);
  if (!text) return otherwise;
  const std::size_t comma = text->find(',');
  const std::optional<std::uint64_t> first = parse_whole(std::string_view(*text).substr(0, comma));
  const std::optional<std::uint64_t> second =
      comma == std::string::npos ? first : parse_whole(std::string_view(*text).substr(comma + 1));
  const auto fits = [&](const std::optional<std::uint64_t>& value) {
    return value && *value >= minimum && *value <= Maximum;
  };
  if (!fits(first) || !fits(second)) {
    refuse(name, *text, "a whole number of at least " + std::to_string(minimum) + ", or two as in 2,1 (height, width)");
  }
  return {static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*second)};
}

MachineSettings machine_settings(const Given& given) {
  return resolve(given.assignments({"mode", "engine", "policy"}));
}

std::string extension_of(const std::string& path) {
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] == '/') return {};
  std::string extension = path.substr(dot);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

CycleWindow parse_window(const std::string& text, std::uint32_t clock_period_ps) {
  // SystemC's time is a 64-bit number of picoseconds; the end of the last cycle must be one.
  const std::uint64_t latest = std::numeric_limits<std::int64_t>::max() / clock_period_ps - 1;
  const std::size_t colon = text.find(':');
  const std::optional<std::uint64_t> first = parse_whole(std::string_view(text).substr(0, colon));
  const std::optional<std::uint64_t> last =
      colon == std::string::npos ? std::nullopt : parse_whole(std::string_view(text).substr(colon + 1));
  if (!first || !last || *first > *last || *last > latest) {
    refuse("vcd-window", text, "FIRST:LAST, clock cycles, FIRST <= LAST <= " + std::to_string(latest));
  }
  return {*first, *last};
}

RunSettings run_settings(const Given& given) {
  RunSettings settings;
  settings.machine = machine_settings(given);
  settings.config = given.file("config");
  settings.seed = given.whole("seed", 0, std::numeric_limits<std::uint64_t>::max(), settings.seed);
  if (const std::optional<std::string> level = given.one("verify")) {
    const auto found = std::find(VerifyNames.begin(), VerifyNames.end(), *level);
    if (found == VerifyNames.end()) refuse("verify", *level, one_of(*level, VerifyNames));
    settings.verify = static_cast<VerifyLevel>(found - VerifyNames.begin());
  }
  settings.report = given.one("report");
  const std::string extension = settings.report ? extension_of(*settings.report) : "";
  if (settings.report && extension != ".json" && extension != ".csv") {
    refuse("report", *settings.report, "a file name that ends in .json or .csv");
  }
  settings.segments = given.flag("segments");
  if (settings.segments && extension != ".json") {
    refuse("segments", settings.report.value_or("no report"), "--report FILE.json to list the segments in");
  }
  if (const std::optional<std::string> path = given.file("vcd")) {
    settings.waveform = WaveformSettings{*path, std::nullopt};
  }
  if (const std::optional<std::string> window = given.one("vcd-window")) {
    if (!settings.waveform) refuse("vcd-window", *window, "--vcd FILE with it");
    settings.waveform->window = parse_window(*window, settings.machine.core.clock_period_ps);
  }
  return settings;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const workloads::NetworkInfo& info : workloads::networks()) names.emplace_back(info.name);
  return names;
}

void check_network(const std::string& name) {
  const std::vector<std::string> known = network_names();
  if (std::find(known.begin(), known.end(), name) == known.end()) refuse("network", name, one_of(name, known));
}

NetworkSelection network_selection(const Given& given) {
  NetworkSelection selection;
  selection.network = given.required("network", "one of " + join(network_names()));
  check_network(selection.network);
  selection.layers = given.all("layer");
  for (std::size_t i = 0; i < selection.layers.size(); ++i) {
    const auto end = selection.layers.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(selection.layers.begin(), end, selection.layers[i]) != end) {
      refuse("layer", selection.layers[i], "every layer at most once");
    }
  }
  selection.batch = static_cast<std::uint32_t>(given.whole("batch", 1, 1U << 20U, 1));
  selection.densities.weights = number(given, "weight-density", 1);
  selection.densities.features = number(given, "feature-density", 1);
  selection.densities.spread = number(given, "spread", LargestSpread);
  return selection;
}

LayerFiles layer_files(const Given& given) {
  LayerFiles files;
  files.weights = given.required("weights", "a .npy file");
  files.features = given.required("features", "a .npy file");
  files.stride = axes(given, "stride", 1, files.stride);
  files.pad = axes(given, "pad", 0, files.pad);
  files.dilation = axes(given, "dilation", 1, files.dilation);
  files.groups = static_cast<std::uint32_t>(given.whole("groups", 1, 1U << 20U, 1));
  if (const std::optional<std::string> rule = given.one("ternary")) {
    try {
      files.ternary = workloads::parse_ternary_rule(*rule);
    } catch (const workloads::TernaryError&) {
      refuse("ternary", *rule, workloads::ExpectedTernaryRule);
    }
    files.ternary_text = *rule;
  }
  return files;
}

RunCommand run_command(const Given& given) {
  RunCommand command;
  command.selection = network_selection(given);
  command.settings = run_settings(given);
  return command;
}

LayerCommand layer_command(const Given& given) {
  LayerCommand command;
  command.files = layer_files(given);
  command.output = given.required("output", "a file name");
  command.settings = run_settings(given);
  return command;
}

/// Refuses options that say two things about what to compile, or nothing.
void check_sources(const Given& given) {
  const struct {
    const char* option;
    std::vector<const char*> others;  ///< that mean something beside it alone
  } sources[] = {{"network", {"layer", "batch", "weight-density", "feature-density", "spread", "seed"}},
                 {"layers", {}},
                 {"weights", {"features", "stride", "pad", "dilation", "groups", "ternary"}}};
  const char* chosen = nullptr;
  for (const auto& source : sources) {
    if (!given.has(source.option)) continue;
    if (chosen != nullptr)
      refuse(source.option, given.all(source.option).front(), "no " + Given::option(chosen) + " beside it");
    chosen = source.option;
  }
  if (chosen == nullptr) throw InputError("--network, --layers, --weights", "", "missing", "one of them");
  for (const auto& source : sources) {
    if (source.option == chosen) continue;
    for (const char* other : source.others) {
      if (given.has(other)) refuse(other, given.all(other).front(), Given::option(source.option) + " with it");
    }
  }
}

CompileCommand compile_command(const Given& given) {
  CompileCommand command;
  check_sources(given);
  if (given.has("network")) {
    command.source = network_selection(given);
  } else if (given.has("layers")) {
    command.source = ManifestFile{given.required("layers", "a JSON file")};
  } else {
    command.source = layer_files(given);
  }
  command.output = given.required("output", "a file name");
  command.seed = given.whole("seed", 0, std::numeric_limits<std::uint64_t>::max(), command.seed);
  if (const std::optional<std::string> base = given.one("base")) {
    const std::optional<std::uint64_t> address = parse_address(*base);
    if (!address || *address % DLAC_IMAGE_ALIGNMENT != 0) {
      refuse("base", *base, "a multiple of 64 below 2^64, decimal or behind 0x hexadecimal");
    }
    command.base = *address;
  }
  command.features = !given.flag("no-features");
  command.expect = given.flag("expect");
  if (command.expect && !command.features) {
    refuse("expect", "no features in the image", "features that the outputs can be computed from");
  }
  command.machine = machine_settings(given);
  command.config = given.file("config");
  return command;
}

std::string image_name(const Given& given) {
  return given.required("image", "a dLAC image, as `dlac-tb compile` makes it");
}

NetworksCommand networks_command(const Given& given) {
  NetworksCommand command{given.one("network")};
  if (command.network) check_network(*command.network);
  return command;
}

}  // namespace

Command parse_options(const std::vector<std::string>& arguments) {
  const std::string expected = "one of " + join(CommandNames) + " (dlac-tb --help explains them)";
  if (arguments.empty()) throw InputError("command", "", "missing", expected);
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "--version") {
    if (arguments.size() > 1) throw InputError(name, "", printable(arguments[1]), "nothing behind it");
    if (name == "--version") return VersionCommand{};
    return HelpCommand{MainHelp};
  }
  if (std::find(CommandNames.begin(), CommandNames.end(), name) == CommandNames.end()) {
    throw InputError("command", "", printable(name), one_of(name, CommandNames) + " (dlac-tb --help explains them)");
  }

  const Syntax syntax = syntax_of(name);
  const Given given({syntax.options, "dlac-tb " + name + " --help", syntax.operand},
                    {arguments.begin() + 1, arguments.end()});
  if (given.flag("help")) {
    std::ostringstream help;
    help << syntax.usage << syntax.options;
    return HelpCommand{without_trailing_blanks(help.str())};
  }
  if (name == "run") return run_command(given);
  if (name == "layer") return layer_command(given);
  if (name == "compile") return compile_command(given);
  if (name == "image") return ImageCommand{image_name(given)};
  if (name == "exec") return ExecCommand{machine_settings(given), image_name(given)};
  if (name == "networks") return networks_command(given);
  return ConfigCommand{machine_settings(given)};
}

}  // namespace dlac::tb
