// SPDX-License-Identifier: Apache-2.0
#include "tb/running/compile.h"

#include <limits>
#include <utility>

#include "driver/dlac_image.h"
#include "tb/commands/subcommand.h"
#include "tb/reports/image_text.h"
#include "tb/reports/text.h"
#include "tb/running/progress.h"
#include "tb/settings/layer_options.h"
#include "tb/settings/machine_options.h"
#include "tb/settings/network_options.h"
#include "tb/settings/output_check.h"
#include "workloads/image.h"
#include "workloads/image_format.h"
#include "workloads/output_file.h"
#include "workloads/settings/input_error.h"

namespace dlac::tb {
namespace {

namespace po = boost::program_options;

constexpr const char* Usage =
    R"(usage: dlac-tb compile --network NAME --output FILE.dlac [OPTION...]
       dlac-tb compile --layers FILE.json --output FILE.dlac [OPTION...]
       dlac-tb compile --weights W.npy --features X.npy --output FILE.dlac [OPTION...]

Maps layers onto the core and writes commands, weights and features as one binary image, which
firmware links or loads and runs with the driver (docs/image.md). The layers are those of a network
on seeded synthetic tensors, those that a JSON file lists, or one as for `dlac-tb layer`.
)";

void add_options(po::options_description& options) {
  po::options_description listed = option_group("Layers of a file");
  listed.add_options()("layers", text("FILE.json"), "a list of layers with their .npy files (docs/image.md)");
  po::options_description own = option_group("Image");
  own.add_options()                                                                                       //
      ("name", text("NAME"), "of the layer of --weights; default: from its file's name")                  //
      ("output", text("FILE.dlac"), "where the image goes")                                               //
      ("base", text("ADDRESS"), "where it will lie in memory, a multiple of 64 (default 0)")              //
      ("no-features", po::bool_switch(), "leaves the features to the host")                               //
      ("expect", po::bool_switch(), "adds checksums of the right outputs, which the reference computes")  //
      ("seed", text("N"), "seed of a network's synthetic tensors (default 1)");
  options.add(network_options()).add(listed).add(layer_options()).add(own).add(machine_options());
}

/// Refuses options that say two things about what to compile, or nothing.
void check_sources(const Given& given) {
  const struct {
    const char* option;
    std::vector<const char*> others;  ///< that mean something beside it alone
  } sources[] = {{"network", {"layer", "batch", "weight-density", "feature-density", "spread", "seed"}},
                 {"layers", {}},
                 {"weights", {"features", "stride", "pad", "dilation", "groups", "ternary", "name"}}};
  const char* chosen = nullptr;
  for (const auto& source : sources) {
    if (!given.has(source.option)) continue;
    if (chosen != nullptr)
      given.refuse(source.option, given.all(source.option).front(), "no " + Given::option(chosen) + " beside it");
    chosen = source.option;
  }
  if (chosen == nullptr) throw InputError("--network, --layers, --weights", "", "missing", "one of them");
  for (const auto& source : sources) {
    if (source.option == chosen) continue;
    for (const char* other : source.others) {
      if (given.has(other)) given.refuse(other, given.all(other).front(), Given::option(source.option) + " with it");
    }
  }
}

/// What the options say.
struct Options {
  CompileSettings settings;
  std::string output;                 ///< the image
  std::optional<std::string> config;  ///< name of the configuration file
};

Options parse(const Given& given) {
  Options options;
  CompileSettings& settings = options.settings;
  check_sources(given);
  if (given.has("network")) {
    settings.source = network_selection(given);
  } else if (given.has("layers")) {
    settings.source = ManifestFile{given.required("layers", "a JSON file")};
  } else {
    LayerFiles files = layer_files(given);
    files.name = given.one("name");
    if (files.name && !workloads::image_format::name_problem(*files.name).empty()) {
      given.refuse("name", *files.name, workloads::image_format::ExpectedName);
    }
    settings.source = std::move(files);
  }
  options.output = given.required("output", "a file name");
  settings.seed = given.whole("seed", 0, std::numeric_limits<std::uint64_t>::max(), settings.seed);
  if (const std::optional<std::string> base = given.one("base")) {
    const std::optional<std::uint64_t> address = parse_address(*base);
    if (!address || *address % DLAC_IMAGE_ALIGNMENT != 0) {
      given.refuse("base", *base, "a multiple of 64 below 2^64, decimal or behind 0x hexadecimal");
    }
    settings.base = *address;
  }
  settings.features = !given.flag("no-features");
  settings.expect = given.flag("expect");
  if (settings.expect && !settings.features) {
    given.refuse("expect", "no features in the image", "features that the outputs can be computed from");
  }
  settings.machine = machine_settings(given);
  options.config = given.file("config");
  return options;
}

std::vector<std::uint8_t> compile_with_progress(std::vector<Job>& jobs, const CompileSettings& settings,
                                                const Console& console) {
  double work = 0, done = 0, current = 0;
  for (const Job& job : jobs) work += compile_nanoseconds(job.layer, settings);
  Progress progress(console.err, Progress::terminal(), static_cast<std::uint64_t>(work));
  std::string name;
  CompileHooks hooks;
  hooks.started = [&](std::size_t job) {
    done += current;
    current = compile_nanoseconds(jobs[job].layer, settings);
    name = printable(jobs[job].layer.name);
    progress.show(static_cast<std::uint64_t>(done), name);
  };
  hooks.moved = [&](double share) { progress.move(static_cast<std::uint64_t>(done + share * current), name); };
  return compile(jobs, settings, hooks);
}

ExitCode run(const Given& given, const Console& console) {
  const Options options = parse(given);
  std::vector<std::string> inputs;
  if (options.config) inputs.push_back(*options.config);
  std::vector<Job> jobs = compile_jobs(options.settings, inputs);
  check_outputs({{"--output", options.output}}, inputs);
  std::vector<std::uint8_t> bytes = compile_with_progress(jobs, options.settings, console);
  const workloads::Image image = workloads::parse_image(std::move(bytes), options.output);
  workloads::write_file(options.output, {{image.bytes.data(), image.bytes.size()}});
  console.out << image_text(image, options.output);
  return ExitCode::Success;
}

}  // namespace

Subcommand compile_command() {
  return {"compile",
          "(--network NAME | --layers FILE.json | --weights W.npy --features X.npy)\n"
          "--output FILE.dlac [OPTION...]",
          "makes a binary image for firmware",
          Usage,
          nullptr,
          add_options,
          run,
          "a smaller batch, or fewer layers"};
}

}  // namespace dlac::tb
