// SPDX-License-Identifier: Apache-2.0
#include "workloads/input_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "workloads/output_file.h"

namespace dlac::workloads {

InputFile open_input_file(const std::string& path, const std::string& expected) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (error && status.type() != std::filesystem::file_type::not_found) throw FileError(path, error.message(), expected);
  if (status.type() == std::filesystem::file_type::not_found) throw FileError(path, "no such file", expected);
  if (std::filesystem::is_directory(status)) throw FileError(path, "a folder", expected);
  if (!std::filesystem::is_regular_file(status)) throw FileError(path, "not a regular file", expected);

  errno = 0;
  InputFile file{std::ifstream(path, std::ios::binary), 0};
  if (!file.stream) throw FileError(path, std::generic_category().message(errno), expected);
  file.stream.seekg(0, std::ios::end);
  const std::streamoff end = file.stream.tellg();
  if (!file.stream || end < 0) throw FileError(path, "its size cannot be found", expected);
  file.stream.seekg(0);
  file.bytes = static_cast<std::uint64_t>(end);
  return file;
}

}  // namespace dlac::workloads
