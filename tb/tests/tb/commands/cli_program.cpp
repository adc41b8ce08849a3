// SPDX-License-Identifier: Apache-2.0
#include "tb/tests/tb/commands/cli_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "workloads/random.h"

namespace dlac::tb {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
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

  void open() {
    near_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    std::array<char, 64> name{};
    if (near_ < 0 || ::grantpt(near_) != 0 || ::unlockpt(near_) != 0 ||
        ::ptsname_r(near_, name.data(), name.size()) != 0) {
      throw std::runtime_error("no terminal");
    }
    name_ = name.data();
    far_ = ::open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);  // or there is nothing to read before the child opens
  }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// What is written to it until the program ends, which is told by its silence after this end's copy is closed.
  [[nodiscard]] std::string read() {
    std::string text;
    std::array<char, 4096> piece{};
    pollfd ready{near_, POLLIN, 0};
    (void)::poll(&ready, 1, -1);  // the child has opened it
    ::close(far_);
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

bool limit_address_space(std::uint64_t bytes) {
  const rlimit limit{bytes, bytes};
  return bytes == 0 || ::setrlimit(RLIMIT_AS, &limit) == 0;
}

}  // namespace

ProgramResult run_program(const std::string& folder, const std::vector<std::string>& arguments,
                          const ProgramSurroundings& surroundings) {
  const ScratchFolder streams;
  std::vector<std::string> texts{DLAC_TB_PROGRAM};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(texts.size() + 1);
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  const std::string out = streams.file("out"), err = streams.file("err");
  Terminal terminal;
  if (surroundings.terminal) terminal.open();

  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    ::unsetenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE");  // no banner, whatever the environment
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    const bool ready = ::chdir(folder.c_str()) == 0 && ::dup2(::open("/dev/null", O_RDONLY), 0) >= 0 &&
                       ::dup2(::open(out.c_str(), flags, 0600), 1) >= 0 &&
                       ::dup2(surroundings.terminal ? ::open(terminal.name().c_str(), O_RDWR | O_NOCTTY)
                                                    : ::open(err.c_str(), flags, 0600),
                              2) >= 0 &&
                       limit_address_space(surroundings.address_space);
    if (surroundings.terminal) ::setenv("TERM", "xterm", 1);
    if (ready) ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  const std::string shown = surroundings.terminal ? terminal.read() : "";
  int status = 0;
  if (::waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid failed");
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), surroundings.terminal ? shown : read_file(err)};
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "dlac-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void ScratchFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(file(name), std::ios::binary) << text;
}

std::string ScratchFolder::read(const std::string& name) const { return read_file(file(name)); }

nlohmann::json ScratchFolder::json(const std::string& name) const { return nlohmann::json::parse(read(name)); }

bool ScratchFolder::has(const std::string& name) const { return std::filesystem::exists(file(name)); }

std::vector<std::string> ScratchFolder::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
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
