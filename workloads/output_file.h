// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include "file_error.h"
#include "temporary_name.h"

namespace dlac::workloads {

struct ByteRange {
  const void* data;
  std::size_t size;
};

/// A file that is made under another name beside its own, which it gets in commit(): no half-written file is ever seen,
/// and one that is there already is undamaged until then. An existing file keeps its permissions; a symbolic link is
/// followed. Without commit() nothing is left behind.
class OutputFile : private std::streambuf {
 public:
  /// Throws FileError as check_writable() does.
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() override;

  /// Where its content goes. A write that fails sets the stream's badbit, is remembered, and ends all writing: what is
  /// missing is never in the middle.
  [[nodiscard]] std::ostream& stream() { return stream_; }
  /// The name that it has until commit().
  [[nodiscard]] const std::string& temporary() const { return temporary_->name(); }

  /// Writes what is still in memory. Throws FileError if this or any write before has failed.
  void close();
  /// close(), and gives the file its name. Throws FileError; then the file that was there before is still there.
  void commit();

 private:
  int_type overflow(int_type c) override;
  int sync() override;
  [[nodiscard]] bool flush_buffer();

  std::string path_;
  std::optional<TemporaryName> temporary_;
  int descriptor_ = -1;
  int error_ = 0;  ///< of the first write that failed
  std::array<char, std::size_t{1} << 16U> buffer_;
  std::ostream stream_{this};
};

/// Writes the pieces, one after the other, as the whole content of `path`, by way of an OutputFile. Throws FileError.
void write_file(const std::string& path, const std::vector<ByteRange>& pieces);

/// The file that output to `path` really replaces: `path` itself or what it, a symbolic link, leads to. Throws
/// FileError.
[[nodiscard]] std::string output_target(const std::string& path);

/// Makes `temporary`, a complete file in the folder of output_target(path), the file `path`, as OutputFile does.
/// Throws FileError; then `temporary` is still there.
void replace_file(const std::string& path, const std::string& temporary);

/// Throws FileError if write_file(path) would fail now: no such folder, a folder that cannot be written to, a target
/// that is a folder, a device or a read-only file. Changes nothing. To be called before a long run.
void check_writable(const std::string& path);

}  // namespace dlac::workloads
