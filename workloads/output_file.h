// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "file_error.h"

namespace dlac::workloads {

struct ByteRange {
  const void* data;
  std::size_t size;
};

/// Writes the pieces, one after the other, as the whole content of `path`: to a temporary file in the same folder that
/// is then renamed, so that no half-written file is ever seen and an existing one is undamaged upon failure. An
/// existing file keeps its permissions; a symbolic link is followed. Throws FileError.
void write_file(const std::string& path, const std::vector<ByteRange>& pieces);

/// The file that output to `path` really replaces: `path` itself or what it, a symbolic link, leads to. Throws
/// FileError.
[[nodiscard]] std::string output_target(const std::string& path);

/// Makes `temporary`, a complete file in the folder of output_target(path), the file `path`, as write_file() does.
/// Throws FileError; then `temporary` is still there.
void replace_file(const std::string& path, const std::string& temporary);

/// Throws FileError if write_file(path) would fail now: no such folder, a folder that cannot be written to, a target
/// that is a folder, a device or a read-only file. Changes nothing. To be called before a long run.
void check_writable(const std::string& path);

}  // namespace dlac::workloads
