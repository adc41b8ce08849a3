// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "workloads/tensor.h"

namespace dlac::tb {

/// What a run of dlac-tb left behind.
struct ProgramResult {
  int code = -1;  ///< exit code; -1 if a signal ended it
  std::string out;
  std::string err;
};

/// Around a run of dlac-tb.
struct ProgramSurroundings {
  std::uint64_t address_space = 0;  ///< RLIMIT_AS in bytes; 0: as it is
  bool terminal = false;            ///< standard error is a terminal, and what is written there is `err`
};

/// Runs dlac-tb and waits for it. Its working folder is `folder`.
[[nodiscard]] ProgramResult run_program(const std::string& folder, const std::vector<std::string>& arguments,
                                        const ProgramSurroundings& surroundings = {});

/// An empty folder of its own, gone with this object.
class ScratchFolder {
 public:
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] nlohmann::json json(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const;
  /// Names of all files, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::string path_;
};

/// Small tensors with some zeros; the same each time.
[[nodiscard]] workloads::Tensor small_codes(const std::vector<std::size_t>& shape);
[[nodiscard]] workloads::Tensor small_floats(const std::vector<std::size_t>& shape);

}  // namespace dlac::tb
