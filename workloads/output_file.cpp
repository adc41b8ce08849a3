// SPDX-License-Identifier: Apache-2.0
#include "workloads/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

namespace dlac::workloads {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

/// Mode of the existing file, if there is one. Throws FileError if it must not be replaced.
std::optional<mode_t> existing_mode(const std::string& path, const std::string& target) {
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw FileError(path, reason(errno), "a file that can be written");
  }
  if (S_ISDIR(status.st_mode)) throw FileError(path, "a folder", "a file that can be written");
  if (!S_ISREG(status.st_mode)) throw FileError(path, "not a regular file", "a file that can be written");
  if (::access(target.c_str(), W_OK) != 0) throw FileError(path, reason(errno), "a file that can be written");
  return status.st_mode & 07777U;
}

/// A file beside the target; gone with this object unless it has been renamed.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& path, const std::string& target) : path_(path) {
    constexpr int Attempts = 100;  // left-overs of killed runs with the same process number
    for (int attempt = 0; attempt < Attempts; ++attempt) {
      name_ = target + ".tmp" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
      descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (descriptor_ >= 0 || errno != EEXIST) break;
    }
    if (descriptor_ < 0) throw FileError(path_, reason(errno), "a folder that exists and can be written to");
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!renamed_) ::unlink(name_.c_str());
  }

  void write(const void* data, std::size_t size) {
    const char* bytes = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t written = ::write(descriptor_, bytes, std::min<std::size_t>(size, 1U << 30U));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail();
      bytes += written;
      size -= static_cast<std::size_t>(written);
    }
  }
  void set_mode(mode_t mode) {
    if (::fchmod(descriptor_, mode) != 0) fail();
  }
  void rename_to(const std::string& target) {
    // close() reports what a network file system has kept to itself until then.
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail();
    if (::rename(name_.c_str(), target.c_str()) != 0) fail();
    renamed_ = true;
  }

 private:
  [[noreturn]] void fail() const { throw FileError(path_, reason(errno), "all of it to be written"); }

  std::string path_;
  std::string name_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

}  // namespace

std::string output_target(const std::string& path) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
  const fs::path target = fs::canonical(path, error);
  if (error) {
    const std::string found =
        error == std::errc::no_such_file_or_directory ? "a symbolic link to nothing" : error.message();
    // What lies behind /dev/stdout has no name, but is there: it is refused as what it is.
    const fs::file_status behind = fs::status(path, error);
    if (fs::is_regular_file(behind)) throw FileError(path, "a file without a name", "a file that can be written");
    if (fs::exists(behind)) return path;
    throw FileError(path, found, "a file that can be written");
  }
  return target.string();
}

void replace_file(const std::string& path, const std::string& temporary) {
  const auto check = [&path](int result) {
    if (result != 0) throw FileError(path, reason(errno), "a file that can be written");
  };
  const std::string target = output_target(path);
  const std::optional<mode_t> mode = existing_mode(path, target);
  if (mode) check(::chmod(temporary.c_str(), *mode));
  check(::rename(temporary.c_str(), target.c_str()));
}

void write_file(const std::string& path, const std::vector<ByteRange>& pieces) {
  const std::string target = output_target(path);
  const std::optional<mode_t> mode = existing_mode(path, target);
  TemporaryFile file(path, target);
  for (const ByteRange& piece : pieces) file.write(piece.data, piece.size);
  if (mode) file.set_mode(*mode);
  file.rename_to(target);
}

void check_writable(const std::string& path) {
  if (path.empty()) throw FileError("(empty name)", "no file name", "a file that can be written");
  if (path.back() == '/') throw FileError(path, "the name of a folder", "a file that can be written");
  const std::string target = output_target(path);
  existing_mode(path, target);
  const TemporaryFile probe(path, target);
}

}  // namespace dlac::workloads
