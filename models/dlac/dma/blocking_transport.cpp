// SPDX-License-Identifier: Apache-2.0
#define SC_INCLUDE_DYNAMIC_PROCESSES  // SystemC declares sc_spawn only then
#include <dlac/dma/blocking_transport.h>

namespace dlac {

void BlockingTransport::send(BurstPayload& payload) {
  if (idle_.empty()) {
    Caller& caller = *callers_.emplace_back(std::make_unique<Caller>());
    caller.payload = &payload;
    sc_core::sc_spawn([this, &caller] { serve(caller); }, sc_core::sc_gen_unique_name("caller"));
    return;
  }
  Caller& caller = *idle_.back();
  idle_.pop_back();
  caller.payload = &payload;
  caller.go.notify();
}

void BlockingTransport::serve(Caller& caller) {
  for (;;) {
    call(*caller.payload);
    caller.payload = nullptr;
    idle_.push_back(&caller);
    sc_core::wait(caller.go);
  }
}

void BlockingTransport::call(BurstPayload& payload) {
  if (payload.job != nullptr) {  // else a reset came between
    sc_core::sc_time delay =
        payload.start > sc_core::sc_time_stamp() ? payload.start - sc_core::sc_time_stamp() : sc_core::SC_ZERO_TIME;
    socket_->b_transport(payload, delay);
    listener_.responded(payload, sc_core::sc_time_stamp() + delay);
  } else {
    listener_.responded(payload, sc_core::sc_time_stamp());
  }
}

}  // namespace dlac
