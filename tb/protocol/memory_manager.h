// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <tlm>
#include <vector>

namespace dlac::tb::protocol {

/// A pool of transaction objects. (IEEE 1666-2011 14.5) It must outlive the simulation that uses them.
class MemoryManager : public tlm::tlm_mm_interface {
 public:
  /// An object without references; the caller acquires it.
  [[nodiscard]] tlm::tlm_generic_payload& allocate() {
    if (free_.empty()) {
      all_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
      return *all_.back();
    }
    tlm::tlm_generic_payload& payload = *free_.back();
    free_.pop_back();
    return payload;
  }

  void free(tlm::tlm_generic_payload* payload) override {
    payload->reset();  // ends the automatic extensions
    free_.push_back(payload);
  }

  [[nodiscard]] std::size_t in_use() const { return all_.size() - free_.size(); }
  [[nodiscard]] std::size_t created() const { return all_.size(); }

 private:
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> all_;
  std::vector<tlm::tlm_generic_payload*> free_;
};

}  // namespace dlac::tb::protocol
