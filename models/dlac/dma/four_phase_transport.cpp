// SPDX-License-Identifier: Apache-2.0
#include <dlac/dma/four_phase_transport.h>

#include <algorithm>
#include <utility>

namespace dlac {

FourPhaseTransport::FourPhaseTransport(sc_core::sc_module_name name, Socket& socket, Listener listener)
    : sc_module(name), socket_(socket), listener_(std::move(listener)) {
  SC_HAS_PROCESS(FourPhaseTransport);
  SC_METHOD(collect);
  sensitive << responses_.get_event();
  dont_initialize();
}

void FourPhaseTransport::send(BurstPayload& payload) {
  sc_assert(ready());
  request_ = &payload;  // before the call: the memory may answer within it
  transactions_.push_back({&payload, State::Requested});
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum status = socket_->nb_transport_fw(payload, phase, delay);
  if (status == tlm::TLM_ACCEPTED) return;
  Transaction* const transaction = find(payload);
  if (transaction == nullptr || transaction->state == State::Responding) return;  // already answered within the call
  if (status == tlm::TLM_COMPLETED) {
    transaction->state = State::Complete;
    if (request_ == &payload) free_channel(delay);
    responses_.notify(payload, delay);
  } else if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) {
    (void)nb_transport_bw(payload, phase, delay);  // TLM_UPDATED: as if the memory had called
  }
}

tlm::tlm_sync_enum FourPhaseTransport::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                       sc_core::sc_time& delay) {
  Transaction* const transaction = find(payload);
  if (transaction == nullptr) return tlm::TLM_ACCEPTED;  // none of ours
  if (phase == tlm::END_REQ && transaction->state == State::Requested) {
    transaction->state = State::Accepted;
    free_channel(delay);
  } else if (phase == tlm::BEGIN_RESP &&
             (transaction->state == State::Requested || transaction->state == State::Accepted)) {
    // BEGIN_RESP without END_REQ implies it. (IEEE 1666-2011, 15.2.4)
    if (transaction->state == State::Requested) free_channel(delay);
    transaction->state = State::Responding;
    responses_.notify(*transaction->payload, delay);
  }
  return tlm::TLM_ACCEPTED;  // phases that the base protocol does not know are ignored
}

void FourPhaseTransport::collect() {
  while (BurstPayload* const payload = responses_.get_next_transaction()) {
    const auto at = std::find_if(transactions_.begin(), transactions_.end(),
                                 [payload](const Transaction& t) { return t.payload == payload; });
    const State state = at->state;
    transactions_.erase(at);
    if (state == State::Responding) {
      tlm::tlm_phase phase = tlm::END_RESP;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      (void)socket_->nb_transport_fw(*payload, phase, delay);
    }
    listener_.responded(*payload, sc_core::sc_time_stamp());
  }
}

void FourPhaseTransport::free_channel(const sc_core::sc_time& delay) {
  request_ = nullptr;
  free_at_ = sc_core::sc_time_stamp() + delay;
  listener_.ready(free_at_);
}

FourPhaseTransport::Transaction* FourPhaseTransport::find(const tlm::tlm_generic_payload& payload) {
  const auto at = std::find_if(transactions_.begin(), transactions_.end(),
                               [&payload](const Transaction& t) { return t.payload == &payload; });
  return at == transactions_.end() ? nullptr : &*at;
}

}  // namespace dlac
