// SPDX-License-Identifier: Apache-2.0
#include "workloads/temporary_name.h"

#include <unistd.h>

#include <mutex>
#include <utility>

namespace dlac::workloads {
namespace {

TemporaryName* first_name = nullptr;
std::mutex names_mutex;  // the list is changed with it, and with signals blocked

}  // namespace

TemporaryName::TemporaryName(std::string name) : name_(std::move(name)) {
  const SignalsBlocked blocked;
  const std::lock_guard lock(names_mutex);
  next_ = first_name;
  if (next_ != nullptr) next_->previous_ = this;
  first_name = this;
}

TemporaryName::~TemporaryName() {
  const SignalsBlocked blocked;
  const std::lock_guard lock(names_mutex);
  (previous_ == nullptr ? first_name : previous_->next_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  ::unlink(name_.c_str());
}

void remove_temporary_files() noexcept {
  for (const TemporaryName* each = first_name; each != nullptr; each = each->next_) ::unlink(each->name_.c_str());
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace dlac::workloads
