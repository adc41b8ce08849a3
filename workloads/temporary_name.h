// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <string>

namespace dlac::workloads {

/// The name of a file that must not outlive the process. The file is removed with this object, if it is there, and by
/// remove_temporary_files().
class TemporaryName {
 public:
  explicit TemporaryName(std::string name);
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName();

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  friend void remove_temporary_files() noexcept;

  std::string name_;
  TemporaryName* next_;  ///< all that there are, for the signal's handler: it can neither wait for a lock nor allocate
  TemporaryName* previous_ = nullptr;
};

/// Removes the files of all names that there are. For the handler of a signal that ends the process; no program gets
/// such a handler by linking this library.
void remove_temporary_files() noexcept;

/// As long as it lives no signal is handled in this thread.
class SignalsBlocked {
 public:
  SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked();

 private:
  sigset_t before_;
};

}  // namespace dlac::workloads
