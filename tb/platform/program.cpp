// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/program.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <new>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "tb/platform/options.h"
#include "tb/platform/platform.h"
#include "tb/platform/platform_map.h"
#include "tb/platform/report.h"
#include "tb/reports/text.h"
#include "tb/settings/output_check.h"
#include "tb/settings/output_options.h"
#include "tb/system/available_memory.h"
#include "tb/system/waveform.h"
#include "workloads/output_file.h"
#include "workloads/settings/input_error.h"

namespace dlac::platform {
namespace {

constexpr int Failed = 1;
constexpr int BadInput = 2;

[[nodiscard]] std::vector<std::uint8_t> read_image(const std::string& path, std::uint64_t room) {
  const std::string expected = "an image made by `dlac-tb compile`";
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw InputError(printable(path), "", std::generic_category().message(errno), expected);
  }
  if (!S_ISREG(status.st_mode))
    throw InputError(printable(path), "", S_ISDIR(status.st_mode) ? "a folder" : "not a regular file", expected);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(printable(path), "", std::generic_category().message(errno), expected);
  if (status.st_size == 0) throw InputError(printable(path), "", "empty", expected);
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (bytes > room) {
    throw InputError(printable(path), "", std::to_string(bytes) + " bytes",
                     "at most " + std::to_string(room) + ", what --ram-bytes leaves for the image");
  }
  std::vector<std::uint8_t> image(bytes);
  file.read(reinterpret_cast<char*>(image.data()), static_cast<std::streamsize>(bytes));
  if (!file) throw InputError(printable(path), "", "cannot be read", expected);
  return image;
}

/// Throws InputError when an output file is an input file, or the other output.
void check_files(const Options& options) {
  std::vector<std::string> inputs{options.firmware};
  if (options.image) inputs.push_back(*options.image);
  if (options.config) inputs.push_back(*options.config);
  std::vector<std::pair<std::string, std::string>> outputs;
  if (options.uart) outputs.emplace_back("--uart", *options.uart);
  for (auto& output : tb::outputs_of(options.outputs)) outputs.push_back(std::move(output));
  tb::check_outputs(outputs, inputs);
}

void print_summary(std::ostream& out, const CpuStatistics& cpu, double wall_seconds) {
  const double rate =
      cpu.emulation_seconds > 0 ? static_cast<double>(cpu.instructions) / cpu.emulation_seconds / 1e6 : 0;
  const double simulated = sc_core::sc_time_stamp().to_seconds();
  out << "\nprocessor   " << grouped(cpu.instructions) << " instructions, " << tb::fixed(rate, 1)
      << " million per second of CPU time, between bus accesses\n"
      << "            " << grouped(cpu.bus_accesses) << " bus accesses, " << grouped(cpu.interrupts) << " interrupts, "
      << tb::fixed(1e3 * cpu.asleep.to_seconds(), 3) << " ms asleep in wfi\n"
      << "simulation  " << tb::fixed(1e3 * simulated, 3) << " ms in " << tb::fixed(wall_seconds, 2)
      << " s of wall time\n";
}

int simulate(const Options& options, std::ostream& out, std::ostream& err) {
  PlatformSettings settings;
  settings.machine = options.machine;
  settings.ram_bytes = options.ram_bytes;
  settings.quantum = sc_core::sc_time(static_cast<double>(options.quantum_ns), sc_core::SC_NS);
  settings.cpu_dmi = options.dmi;
  settings.task = options.benchmark ? SYSTEM_TASK_BENCHMARK : SYSTEM_TASK_LAYERS;
  settings.firmware = read_elf(options.firmware);
  if (options.image) settings.image = read_image(*options.image, options.ram_bytes - PLATFORM_FIRMWARE_BYTES);

  check_files(options);
  // SystemC's own remarks (the waveform's time unit, the end of the simulation) do not belong among the firmware's.
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  std::optional<workloads::OutputFile> uart;
  if (options.uart) uart.emplace(*options.uart);
  Platform platform("platform", settings, uart ? uart->stream() : out);
  std::optional<tb::Waveform> waveform;
  if (options.outputs.waveform) {
    waveform.emplace("waveform", *options.outputs.waveform, options.machine,
                     [&platform](sc_core::sc_trace_file* file) { platform.trace(file); });
  }

  const auto start = std::chrono::steady_clock::now();
  const std::optional<int> code = platform.run();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  print_summary(out, platform.cpu.statistics(), wall.count());
  if (!code) err << "dlac-platform: " << platform.failure() << "\n";
  std::vector<std::string> failures;  // one output that cannot be written keeps no other from it
  if (waveform) {
    if (std::optional<std::string> failure = waveform->finish()) failures.push_back(std::move(*failure));
  }
  if (uart) tb::attempt(failures, *options.uart, [&] { uart->commit(); });
  if (options.outputs.report) {
    const std::string& path = *options.outputs.report;
    tb::attempt(failures, path, [&] { write_report(path, options, platform, code, wall.count()); });
  }
  out << std::flush;
  for (const std::string& line : failures) err << "dlac-platform: " << printable(line) << "\n";
  if (!code || *code != 0) return Failed;
  return failures.empty() ? 0 : BadInput;
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  const auto refuse = [&err](const std::exception& error, int code) {
    err << "dlac-platform: " << printable(error.what()) << "\n";
    return code;
  };
  int code = 0;
  try {
    const Options options = parse_options(arguments);
    if (options.help) {
      out << *options.help;
    } else {
      code = simulate(options, out, err);
    }
  } catch (const InputError& error) {
    return refuse(error, BadInput);
  } catch (const workloads::FileError& error) {
    return refuse(error, BadInput);
  } catch (const ConfigError& error) {
    return refuse(error, BadInput);
  } catch (const std::bad_alloc&) {
    return refuse(InputError("--ram-bytes", "", "more memory than can be had",
                             "less than the " + tb::mebibytes(tb::available_memory().bytes) + " that " +
                                 tb::available_memory().limited_by + " leaves"),
                  BadInput);
  } catch (const std::exception& error) {  // CpuError, sc_report: the platform failed
    return refuse(error, Failed);
  }
  if (!out.flush()) return refuse(InputError("standard output", "", "", "to be written in full"), BadInput);
  return code;
}

}  // namespace dlac::platform
