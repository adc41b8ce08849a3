// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/options.h"

#include <sstream>

#include "tb/platform/platform_map.h"
#include "tb/reports/text.h"
#include "tb/settings/given_options.h"
#include "tb/settings/output_options.h"
#include "workloads/settings/config_json.h"
#include "workloads/settings/input_error.h"

namespace dlac::platform {
namespace {

namespace po = boost::program_options;
using tb::Given;
using tb::HelpColumns;
using tb::text;

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
  output.add_options()                                                                            //
      ("uart", text("FILE"), "what the firmware prints goes there (default: to stdout)")          //
      ("report", text("FILE"), "writes a report, .json or .csv (docs/platform.md)")               //
      ("vcd", text("FILE"), "writes waveforms, .vcd or .fst, and a GTKWave save file")            //
      ("vcd-window", text("FIRST:LAST"), "clock cycles of dLAC that --vcd covers (default all)")  //
      ("help,h", po::bool_switch(), "prints this text");
  po::options_description all(HelpColumns);
  all.add(run).add(machine).add(core).add(output);
  return all;
}

MachineSettings machine_settings(const Given& given, bool dmi) {
  std::vector<Assignment> assignments = given.assignments({"mode", "engine", "mem_style"});
  if (!dmi) assignments.push_back({"--no-dmi", "dmi", "0", Assignment::Kind::Text});
  return resolve(assignments);
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  const po::options_description syntax = all_options();
  const Given given({syntax, "dlac-platform --help"}, arguments);
  Options options;
  if (given.flag("help")) {
    std::ostringstream help;
    help << Usage << syntax;
    options.help = tb::without_trailing_blanks(help.str());
    return options;
  }
  options.firmware = given.file("firmware").value_or(DLAC_PLATFORM_FIRMWARE);
  options.image = given.file("image");
  options.config = given.file("config");
  options.benchmark = given.flag("bench");
  if (!options.image && !options.benchmark) {
    throw InputError("--image", "", "missing", "an image made by `dlac-tb compile`, or --bench");
  }
  options.ram_bytes = static_cast<std::uint32_t>(given.whole("ram-bytes", SmallestRam, LargestRam, DefaultRam));
  if (options.ram_bytes % PageBytes != 0) {
    throw InputError("--ram-bytes", "", std::to_string(options.ram_bytes),
                     "a multiple of " + std::to_string(PageBytes));
  }
  options.quantum_ns = given.whole("quantum-ns", 0, LargestQuantumNs, DefaultQuantumNs);
  options.dmi = !given.flag("no-dmi");
  options.machine = machine_settings(given, options.dmi);
  options.uart = given.file("uart");
  options.outputs = tb::output_settings(given, options.machine.core.clock_period_ps);
  return options;
}

}  // namespace dlac::platform
