// SPDX-License-Identifier: Apache-2.0
#include "tb/tests/tb/commands/cli_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "workloads/random.h"

namespace dlac::tb {
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// In the child: becomes dlac-tb.
[[noreturn]] void become_program(const std::string& folder, const std::vector<std::string>& arguments, int out, int err,
                                 std::optional<std::uint64_t> file_limit) {
  std::vector<std::string> texts{DLAC_TB_PROGRAM};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(texts.size() + 1);
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  ::unsetenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE");  // no banner, whatever the environment
  const rlimit limit{file_limit.value_or(RLIM_INFINITY), RLIM_INFINITY};
  const bool ready = ::chdir(folder.c_str()) == 0 && ::dup2(::open("/dev/null", O_RDONLY), 0) >= 0 &&
                     ::dup2(out, 1) >= 0 && ::dup2(err, 2) >= 0 &&
                     (!file_limit || ::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  if (ready) ::execv(argv[0], argv.data());
  ::_exit(127);
}

ProgramResult result_of(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid failed");
  ProgramResult result;
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

/// The near end of a terminal.
class Terminal {
 public:
  Terminal() = default;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (near_ >= 0) ::close(near_);
  }

  void open(std::uint16_t columns) {
    near_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    std::array<char, 64> name{};
    if (near_ < 0 || ::grantpt(near_) != 0 || ::unlockpt(near_) != 0 ||
        ::ptsname_r(near_, name.data(), name.size()) != 0) {
      throw std::runtime_error("no terminal");
    }
    name_ = name.data();
    const winsize size{24, columns, 0, 0};
    if (::ioctl(near_, TIOCSWINSZ, &size) != 0) throw std::runtime_error("no width");
    far_ = ::open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);  // or there is nothing to read before the child opens
  }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// What is written to it until the program ends, which is told by its silence after this end's copy is closed.
  /// `begun` is called when there is something; before, with `held`, nothing more is let through.
  [[nodiscard]] std::string read(bool held, const std::function<void()>& begun) {
    std::string text;
    std::array<char, 4096> piece{};
    pollfd ready{near_, POLLIN, 0};
    (void)::poll(&ready, 1, -1);  // the child has opened it
    if (held && ::tcflow(far_, TCOOFF) != 0) throw std::runtime_error("not held");
    ::close(far_);
    begun();
    for (;;) {
      const ssize_t count = ::read(near_, piece.data(), piece.size());
      if (count <= 0) return text;  // EIO: nobody has it open any more
      text.append(piece.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  int near_ = -1, far_ = -1;
  std::string name_;
};

}  // namespace

ProgramResult run_program(const std::string& folder, const std::vector<std::string>& arguments,
                          std::optional<std::uint64_t> file_limit) {
  const ScratchFolder streams;
  const std::string out = streams.file("out"), err = streams.file("err");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    become_program(folder, arguments, ::open(out.c_str(), flags, 0600), ::open(err.c_str(), flags, 0600), file_limit);
  }
  ProgramResult result = result_of(child);
  result.out = streams.read("out");
  result.err = streams.read("err");
  return result;
}

ProgramResult run_program_within(const std::string& folder, const std::vector<std::string>& arguments,
                                 std::uint64_t bytes) {
  const ScratchFolder streams;
  const std::string out = streams.file("out"), err = streams.file("err");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    const rlimit limit{bytes, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(127);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    become_program(folder, arguments, ::open(out.c_str(), flags, 0600), ::open(err.c_str(), flags, 0600), std::nullopt);
  }
  ProgramResult result = result_of(child);
  result.out = streams.read("out");
  result.err = streams.read("err");
  return result;
}

ProgramResult run_program_on_terminal(const std::string& folder, const std::vector<std::string>& arguments,
                                      std::uint16_t columns, int signal, bool held) {
  Terminal terminal;
  terminal.open(columns);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    ::setenv("TERM", "xterm", 1);
    become_program(folder, arguments, ::open("/dev/null", O_WRONLY), ::open(terminal.name().c_str(), O_RDWR | O_NOCTTY),
                   std::nullopt);
  }
  std::string shown = terminal.read(held, [&] {
    if (signal != 0) ::kill(child, signal);
  });
  ProgramResult result = result_of(child);
  result.err = std::move(shown);
  return result;
}

StartedProgram::StartedProgram(const std::string& folder, const std::vector<std::string>& arguments, bool piped) {
  std::array<int, 2> ends{-1, -1};
  if (piped && ::pipe(ends.data()) != 0) throw std::runtime_error("pipe failed");
  child_ = ::fork();
  if (child_ < 0) throw std::runtime_error("fork failed");
  if (child_ == 0) {
    const int nothing = ::open("/dev/null", O_WRONLY);
    if (piped) ::close(ends[0]);
    become_program(folder, arguments, piped ? ends[1] : nothing, nothing, std::nullopt);
  }
  output_ = ends[0];
  if (piped) ::close(ends[1]);
}

StartedProgram::~StartedProgram() {
  close_output();
  if (child_ == 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

void StartedProgram::send(int signal) const {
  if (::kill(child_, signal) != 0) throw std::runtime_error("kill failed");
}

void StartedProgram::close_output() {
  if (output_ >= 0) ::close(output_);
  output_ = -1;
}

ProgramResult StartedProgram::wait() {
  const pid_t child = child_;
  child_ = 0;
  return result_of(child);
}

bool soon(const std::function<bool()>& happens) {
  for (int i = 0; i < 3000; ++i) {
    if (happens()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return happens();
}

void check_refused(const ScratchFolder& folder, const std::vector<std::string>& arguments, const std::string& starts,
                   const std::string& contains) {
  std::string line;
  for (const std::string& argument : arguments) line += argument + " ";
  INFO(line);
  const std::vector<std::string> before = folder.names();
  const ProgramResult result = run_program(folder.path(), arguments);
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("dlac-tb: " + starts) && Contains(": expected ") && Contains(contains));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(folder.names() == before);
}

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

workloads::Tensor small_codes(const std::vector<std::size_t>& shape) {
  workloads::Tensor tensor(workloads::ElementType::Int8, shape);
  workloads::Random random(3);
  for (std::int8_t& code : tensor.span<std::int8_t>()) {
    code = static_cast<std::int8_t>(static_cast<int>(random.below(3)) - 1);
  }
  return tensor;
}

workloads::Tensor small_floats(const std::vector<std::size_t>& shape) {
  workloads::Tensor tensor(workloads::ElementType::Float32, shape);
  workloads::Random random(4);
  for (float& value : tensor.span<float>()) {
    value = random.below(2) == 0 ? 0.0F : static_cast<float>(random.below(1000)) / 64.0F - 8.0F;
  }
  return tensor;
}

}  // namespace dlac::tb
