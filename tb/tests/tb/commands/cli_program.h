// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tb/tests/scratch_folder.h"
#include "workloads/tensor.h"

namespace dlac::tb {

/// What a run of dlac-tb left behind.
struct ProgramResult {
  int code = -1;   ///< exit code; -1 if a signal ended it
  int signal = 0;  ///< the signal that ended it
  std::string out;
  std::string err;
};

/// Runs dlac-tb and waits for it. Its working folder is `folder`; no file that it writes can become longer than
/// `file_limit` bytes.
[[nodiscard]] ProgramResult run_program(const std::string& folder, const std::vector<std::string>& arguments,
                                        std::optional<std::uint64_t> file_limit = {});
/// The same with at most `bytes` of address space.
[[nodiscard]] ProgramResult run_program_within(const std::string& folder, const std::vector<std::string>& arguments,
                                               std::uint64_t bytes);
/// The same with a terminal as its standard error, what is written there being `err`. Its output is thrown away.
/// `columns`: the terminal's width; 0: it does not say. `signal`: sent once something is there, 0: none;
/// with `held` nothing more is let through by then.
[[nodiscard]] ProgramResult run_program_on_terminal(const std::string& folder,
                                                    const std::vector<std::string>& arguments,
                                                    std::uint16_t columns = 0, int signal = 0, bool held = false);

/// Starts dlac-tb in `folder`, its output thrown away or, with `piped`, to be had from output(). Killed with this
/// object if it still runs.
class StartedProgram {
 public:
  StartedProgram(const std::string& folder, const std::vector<std::string>& arguments, bool piped = false);
  StartedProgram(const StartedProgram&) = delete;
  StartedProgram& operator=(const StartedProgram&) = delete;
  ~StartedProgram();

  void send(int signal) const;
  /// The reading end of the pipe that is its standard output.
  [[nodiscard]] int output() const { return output_; }
  void close_output();
  /// Waits for it. Its output is not in the result.
  [[nodiscard]] ProgramResult wait();

 private:
  pid_t child_ = 0;
  int output_ = -1;
};

/// Waits for something to happen, half a minute at most; returns whether it has.
[[nodiscard]] bool soon(const std::function<bool()>& happens);

/// Checks that the program refuses a command line with exit code 2 and one line that begins with "dlac-tb: " and
/// `starts`, says what was expected and has `contains` in it, prints nothing else, and leaves every file as it was.
void check_refused(const ScratchFolder& folder, const std::vector<std::string>& arguments, const std::string& starts,
                   const std::string& contains);

/// `arguments`, and behind them `more`.
[[nodiscard]] std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more);

/// Small tensors with some zeros; the same each time.
[[nodiscard]] workloads::Tensor small_codes(const std::vector<std::size_t>& shape);
[[nodiscard]] workloads::Tensor small_floats(const std::vector<std::size_t>& shape);

}  // namespace dlac::tb
