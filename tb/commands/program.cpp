// SPDX-License-Identifier: Apache-2.0
#include "tb/commands/program.h"

#include <sysc/kernel/sc_kernel_ids.h>

#include <algorithm>
#include <new>
#include <sstream>
#include <string_view>
#include <systemc>

#include "tb/reports/report_file.h"
#include "tb/reports/text.h"
#include "tb/system/available_memory.h"
#include "workloads/image.h"
#include "workloads/output_file.h"
#include "workloads/packing.h"
#include "workloads/settings/input_error.h"
#include "workloads/ternary.h"

namespace dlac::tb {
namespace {

constexpr const char* HelpBegin = R"(dlac-tb: runs convolution layers on the SystemC model of the dLAC accelerator core

)";
constexpr const char* HelpEnd = R"(       dlac-tb COMMAND --help                                    explains a command
       dlac-tb --version

Exit code: 0 all is verified (or --verify none), 1 a result differs from the reference or the model
failed, 2 bad input (one line on stderr names the file or option, the value and what was expected).
)";
constexpr const char* HelpHint = " (dlac-tb --help explains them)";

/// The lines of `dlac-tb --help` about one subcommand. What it does stands in a column of its own, on a line of its own
/// where the synopsis is that long; the further lines of a synopsis begin below the first.
std::string help_on(const Subcommand& command, bool first) {
  constexpr std::size_t SummaryColumn = 65;
  std::string line = (first ? "usage: dlac-tb " : "       dlac-tb ") + std::string(command.name) + ' ';
  const std::size_t indent = line.size();
  std::string text;
  std::istringstream synopsis{std::string(command.synopsis)};
  for (std::string part; std::getline(synopsis, part); line = std::string(indent, ' ')) text += line + part + '\n';
  text.pop_back();
  std::size_t width = text.size() - (text.rfind('\n') + 1);
  if (width >= SummaryColumn) {
    text += '\n';
    width = 0;
  }
  return text + std::string(SummaryColumn - width, ' ') + std::string(command.summary) + '\n';
}

std::string program_help() {
  std::string text = HelpBegin;
  for (const Subcommand& command : subcommands()) text += help_on(command, &command == &subcommands().front());
  return text + HelpEnd;
}

std::string version_text() {
  std::ostringstream text;
  text << "dlac-tb " << program_version() << " (SystemC " << sc_core::sc_version_major << '.'
       << sc_core::sc_version_minor << '.' << sc_core::sc_version_patch << ")\n";
  return text.str();
}

std::vector<std::string> subcommand_names() {
  std::vector<std::string> names;
  for (const Subcommand& command : subcommands()) names.emplace_back(command.name);
  return names;
}

const Subcommand& subcommand(const std::string& name) {
  const std::vector<Subcommand>& table = subcommands();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Subcommand& command) { return command.name == name; });
  if (found != table.end()) return *found;
  throw InputError("command", "", printable(name), one_of(name, subcommand_names()) + HelpHint);
}

/// More memory was asked for than there is: what there is, who sets that bound, and what takes less.
InputError out_of_memory(const char* less) {
  const AvailableMemory available = available_memory();
  return {"memory", "", mebibytes(peak_memory()) + " were in use when no more could be had",
          "a run that takes less than the " + mebibytes(available.bytes) + " that " + available.limited_by + " leaves" +
              (less == nullptr ? "" : std::string(": ") + less)};
}

/// Runs a subcommand, or explains it.
ExitCode run_subcommand(const Subcommand& command, const std::vector<std::string>& arguments, const Console& console) {
  boost::program_options::options_description options{HelpColumns, HelpColumns / 2};
  command.add_options(options);
  auto help = option_group("Help");
  help.add_options()("help,h", boost::program_options::bool_switch(), "prints this text");
  options.add(help);
  const Given given({options, "dlac-tb " + std::string(command.name) + " --help", command.operand}, arguments);
  if (!given.flag("help")) {
    try {
      return command.run(given, console);
    } catch (const std::bad_alloc&) {
      throw out_of_memory(command.less_memory);
    } catch (const sc_core::sc_report& report) {  // of SystemC's own allocation
      if (report.get_msg_type() != std::string_view(sc_core::SC_ID_STACK_SETUP_FAILED_)) throw;
      throw out_of_memory(command.less_memory);
    }
  }
  std::ostringstream text;
  text << command.usage << options;
  console.out << without_trailing_blanks(text.str());
  return ExitCode::Success;
}

/// Reads the command line and does what it says. Options are not abbreviated.
ExitCode execute(const std::vector<std::string>& arguments, const Console& console) {
  if (arguments.empty()) {
    throw InputError("command", "", "missing", "one of " + join(subcommand_names()) + HelpHint);
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "--version") {
    if (arguments.size() > 1) throw InputError(name, "", printable(arguments[1]), "nothing behind it");
    console.out << (name == "--version" ? version_text() : program_help());
    return ExitCode::Success;
  }
  return run_subcommand(subcommand(name), {arguments.begin() + 1, arguments.end()}, console);
}

/// SystemC's own reports: errors become exceptions, nothing is written to standard output.
void handle_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if ((actions & sc_core::SC_THROW) != 0) throw report;
  if ((actions & sc_core::SC_ABORT) != 0) sc_core::sc_report_handler::default_handler(report, actions);
}

}  // namespace

ExitCode run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
                     const ResultHook& on_result) {
  sc_core::sc_report_handler::set_handler(handle_report);
  const auto refuse = [&](const std::exception& error, ExitCode code) {
    out << std::flush;
    err << "dlac-tb: " << printable(error.what()) << '\n';
    return code;
  };
  ExitCode code = ExitCode::Success;
  try {
    code = execute(arguments, {out, err, on_result});
  } catch (const InputError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const workloads::FileError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const workloads::CodeError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const workloads::TernaryError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const workloads::ImageError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const ConfigError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const std::bad_alloc&) {
    return refuse(out_of_memory(nullptr), ExitCode::BadInput);
  } catch (const std::exception& error) {  // CoreError, sc_report: the model failed
    return refuse(error, ExitCode::Mismatch);
  }
  if (!out.flush()) {
    return refuse(InputError("standard output", "", "", "to be written in full"), ExitCode::BadInput);
  }
  return code;
}

}  // namespace dlac::tb
