// SPDX-License-Identifier: Apache-2.0
#include "tb/protocol/lifetime.h"

#include <utility>

namespace dlac::tb::protocol {

void Lifetime::mark(tlm::tlm_generic_payload& payload, const std::shared_ptr<Objects>& objects) {
  if (!payload.has_mm() || payload.get_extension<Lifetime>() != nullptr) return;
  // The payload owns its extensions through free().
  payload.set_auto_extension(std::make_unique<Lifetime>(payload, objects).release());
}

Lifetime::Lifetime(tlm::tlm_generic_payload& payload, std::shared_ptr<Objects> objects)
    : payload_(&payload), objects_(std::move(objects)) {
  objects_->insert(payload_);
}

void Lifetime::free() {
  const std::unique_ptr<Lifetime> self(this);
  objects_->erase(payload_);
}

}  // namespace dlac::tb::protocol
