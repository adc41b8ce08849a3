// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <tlm>
#include <unordered_set>

namespace dlac::tb::protocol {

/// Marks transaction objects that are not back in their pool: an automatic extension, which the memory manager or the
/// object's destructor frees. (IEEE 1666-2011 14.5, 14.21)
class Lifetime : public tlm::tlm_extension<Lifetime> {
 public:
  using Objects = std::unordered_set<tlm::tlm_generic_payload*>;

  /// Marks an object that has a memory manager, unless it is marked already.
  static void mark(tlm::tlm_generic_payload& payload, const std::shared_ptr<Objects>& objects);

  Lifetime(tlm::tlm_generic_payload& payload, std::shared_ptr<Objects> objects);

  [[nodiscard]] tlm::tlm_extension_base* clone() const override { return nullptr; }  // a copy has its own life
  void copy_from(const tlm::tlm_extension_base& /*other*/) override {}
  void free() override;

 private:
  tlm::tlm_generic_payload* payload_;
  std::shared_ptr<Objects> objects_;
};

}  // namespace dlac::tb::protocol
