// SPDX-License-Identifier: Apache-2.0
#include "workloads/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace dlac::workloads {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

/// What a new file needs, which could not be made because of `error`.
std::string needed_for_a_file(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE: return "fewer open files";
    case ENOSPC:
    case EDQUOT: return "room for another file";
    default: return "a folder that exists and can be written to";
  }
}

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

/// The file that output to `path` really replaces: `path` itself or what it, a symbolic link, leads to. Throws
/// FileError.
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

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  const std::string target = output_target(path_);
  existing_mode(path_, target);
  constexpr std::size_t LongestStem = 200;  // what is put behind it must not make a good name too long
  const std::size_t folder = target.rfind('/') + 1;
  const std::string stem = target.substr(0, folder) + target.substr(folder).substr(0, LongestStem);
  const SignalsBlocked blocked;  // the file and its name are known together
  constexpr int Attempts = 100;  // left-overs of killed runs with the same process number
  for (int attempt = 0; attempt < Attempts && descriptor_ < 0; ++attempt) {
    const std::string name = stem + ".tmp" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
    descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
    if (descriptor_ >= 0) temporary_.emplace(name);
  }
  if (descriptor_ < 0) throw FileError(path_, reason(errno), needed_for_a_file(errno));
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool OutputFile::flush_buffer() {
  const char* bytes = pbase();
  while (error_ == 0 && bytes < pptr()) {
    const ssize_t written = ::write(descriptor_, bytes, static_cast<std::size_t>(pptr() - bytes));
    if (written > 0) {
      bytes += written;
    } else if (written == 0 || errno != EINTR) {
      error_ = written == 0 ? EIO : errno;
    }
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return error_ == 0;
}

OutputFile::int_type OutputFile::overflow(int_type c) {
  if (!flush_buffer()) return traits_type::eof();
  return traits_type::eq_int_type(c, traits_type::eof()) ? traits_type::not_eof(c)
                                                         : sputc(traits_type::to_char_type(c));
}

int OutputFile::sync() { return flush_buffer() ? 0 : -1; }

void OutputFile::close() {
  static_cast<void>(flush_buffer());
  if (descriptor_ >= 0) {
    // close() reports what a network file system has kept to itself until then.
    if (::close(descriptor_) != 0 && error_ == 0) error_ = errno;
    descriptor_ = -1;
  }
  if (error_ != 0) throw FileError(path_, reason(error_), "all of it to be written");
}

void OutputFile::commit() {
  close();
  const SignalsBlocked blocked;
  const auto check = [this](int result) {
    if (result != 0) throw FileError(path_, reason(errno), "a file that can be written");
  };
  const std::string target = output_target(path_);
  const std::optional<mode_t> mode = existing_mode(path_, target);
  if (mode) check(::chmod(temporary().c_str(), *mode));
  check(::rename(temporary().c_str(), target.c_str()));
  temporary_.reset();
}

void write_file(const std::string& path, const std::vector<ByteRange>& pieces) {
  OutputFile file(path);
  for (const ByteRange& piece : pieces) {
    file.stream().write(static_cast<const char*>(piece.data), static_cast<std::streamsize>(piece.size));
  }
  file.commit();
}

void check_writable(const std::string& path) {
  if (path.empty()) throw FileError("(empty name)", "no file name", "a file that can be written");
  if (path.back() == '/') throw FileError(path, "the name of a folder", "a file that can be written");
  const OutputFile probe(path);
}

}  // namespace dlac::workloads
