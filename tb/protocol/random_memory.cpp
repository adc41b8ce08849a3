// SPDX-License-Identifier: Apache-2.0
#include "tb/protocol/random_memory.h"

#include <algorithm>
#include <cstring>

namespace dlac::tb::protocol {
namespace {

using sc_core::sc_time;
using sc_core::sc_time_stamp;

}  // namespace

MemoryBehaviour MemoryBehaviour::constant(const sc_time& latency) {
  MemoryBehaviour behaviour;
  behaviour.min_latency = behaviour.max_latency = latency;
  behaviour.waits = behaviour.waits_partly = 0;
  behaviour.early_completion = behaviour.immediate_response = behaviour.skipped_end_req = 0;
  behaviour.calls_back = behaviour.ignorable_phases = 0;
  behaviour.returned_end_req = 1;
  behaviour.max_accept_delay = behaviour.max_annotation = sc_core::SC_ZERO_TIME;
  behaviour.in_order = true;
  return behaviour;
}

RandomMemory::RandomMemory(sc_core::sc_module_name name, std::uint64_t bytes, const MemoryBehaviour& rolls,
                           std::uint32_t seed)
    : sc_module(name),
      behaviour(rolls),
      random_(seed),
      bytes_(bytes),
      blocks_((bytes + BlockBytes - 1) / BlockBytes),
      granted_(blocks_.size(), false) {
  for (auto& block : blocks_) {
    block = std::make_unique<Block>();
    block->fill(0xA5);  // what nobody has written is not zero
  }
  socket.bind(*this);
  SC_HAS_PROCESS(RandomMemory);
  SC_METHOD(respond);
  sensitive << respond_;
  dont_initialize();
  SC_THREAD(invalidation_thread);
}

bool RandomMemory::inside(std::uint64_t address, std::uint64_t bytes) const {
  return address <= bytes_ && bytes <= bytes_ - address;
}

void RandomMemory::write(std::uint64_t address, const void* from, std::uint64_t bytes) {
  const auto* source = static_cast<const unsigned char*>(from);
  while (bytes > 0) {
    const std::uint64_t offset = address % BlockBytes;
    const std::uint64_t chunk = std::min(bytes, BlockBytes - offset);
    std::memcpy(blocks_.at(address / BlockBytes)->data() + offset, source, chunk);
    address += chunk;
    source += chunk;
    bytes -= chunk;
  }
}

void RandomMemory::read(std::uint64_t address, void* to, std::uint64_t bytes) const {
  auto* destination = static_cast<unsigned char*>(to);
  while (bytes > 0) {
    const std::uint64_t offset = address % BlockBytes;
    const std::uint64_t chunk = std::min(bytes, BlockBytes - offset);
    std::memcpy(destination, blocks_.at(address / BlockBytes)->data() + offset, chunk);
    address += chunk;
    destination += chunk;
    bytes -= chunk;
  }
}

void RandomMemory::restart() { log_.clear(); }

std::uint64_t RandomMemory::count(const Payload& payload) {
  log_.push_back({payload.get_address(), payload.get_data_length(), payload.is_write()});
  return log_.size() - 1;
}

void RandomMemory::access(Payload& payload, std::uint64_t index) {
  if (behaviour.fail_at && index == *behaviour.fail_at) {
    payload.set_response_status(behaviour.fail_status);
    return;
  }
  if (!inside(payload.get_address(), payload.get_data_length())) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  if (payload.get_streaming_width() < payload.get_data_length()) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  if (payload.is_read()) read(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
  if (payload.is_write()) write(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
  if (chance(behaviour.dmi_hint)) payload.set_dmi_allowed(true);
  if (!chance(behaviour.incomplete)) payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

// Loosely timed.

void RandomMemory::b_transport(Payload& payload, sc_time& delay) {
  const std::uint64_t index = count(payload);
  const sc_time latency = this->latency();
  const bool at_the_start = chance(0.5);
  if (at_the_start) access(payload, index);
  if (chance(behaviour.waits)) {
    sc_core::wait(delay + latency);
    delay = sc_core::SC_ZERO_TIME;
  } else if (chance(behaviour.waits_partly)) {
    const sc_time part = pick_time(sc_core::SC_ZERO_TIME, latency);
    sc_core::wait(part);  // ahead of the annotated time: permitted, effective time does not go back
    delay += latency - part;
  } else {
    delay += latency;
  }
  if (!at_the_start) access(payload, index);
  if (chance(behaviour.invalidates_in_transport)) invalidate();
}

// Direct memory.

bool RandomMemory::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) {
  const std::uint64_t address = payload.get_address();
  if (!inside(address, 1) || !chance(behaviour.dmi_grant)) return false;
  const std::uint64_t block = address / BlockBytes;
  const std::uint64_t first = chance(0.5) ? block * BlockBytes : pick(block * BlockBytes, address);
  const std::uint64_t end = std::min(bytes_, (block + 1) * BlockBytes) - 1;
  const std::uint64_t last = chance(0.5) ? end : pick(address, end);
  dmi.set_dmi_ptr(blocks_[block]->data() + first % BlockBytes);
  dmi.set_start_address(first);
  dmi.set_end_address(last);
  dmi.set_granted_access(chance(0.5)         ? tlm::tlm_dmi::DMI_ACCESS_READ_WRITE
                         : payload.is_read() ? tlm::tlm_dmi::DMI_ACCESS_READ
                                             : tlm::tlm_dmi::DMI_ACCESS_WRITE);
  dmi.set_read_latency(latency());
  dmi.set_write_latency(latency());
  granted_[block] = true;
  ++grants_;
  return true;
}

void RandomMemory::invalidate() {
  if (chance(0.5)) {  // any range: what was granted in it may go on living in its storage
    const std::uint64_t first = chance(0.2) ? pick(0, ~std::uint64_t{0}) : pick(0, bytes_ - 1);
    socket->invalidate_direct_mem_ptr(first, pick(first, std::max(first, chance(0.5) ? first + 255 : bytes_)));
    return;
  }
  const std::uint64_t first = pick(0, blocks_.size() - 1);
  const std::uint64_t last = std::min<std::uint64_t>(blocks_.size() - 1, first + pick(0, 7));
  for (std::uint64_t block = first; block <= last; ++block) {
    if (!granted_[block]) continue;
    granted_[block] = false;
    auto moved = std::make_unique<Block>(*blocks_[block]);
    blocks_[block]->fill(0xEE);
    poisoned_.push_back(std::move(blocks_[block]));
    blocks_[block] = std::move(moved);
  }
  socket->invalidate_direct_mem_ptr(first * BlockBytes, (last + 1) * BlockBytes - 1);
}

void RandomMemory::invalidation_thread() {
  while (!quiet_ && behaviour.invalidation_interval != sc_core::SC_ZERO_TIME) {
    invalidate();
    wait(pick_time(sc_core::SC_ZERO_TIME, behaviour.invalidation_interval));
  }
}

unsigned int RandomMemory::transport_dbg(Payload& payload) {
  if (!inside(payload.get_address(), payload.get_data_length())) return 0;
  if (payload.is_read()) read(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
  if (payload.is_write()) write(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
  return payload.get_data_length();
}

// Approximately timed.

bool RandomMemory::conflicts(const Payload& payload, std::list<Request>::const_iterator before) const {
  return std::any_of(requests_.begin(), before, [&payload](const Request& older) {
    const Payload& p = *older.payload;
    return (p.is_write() || payload.is_write()) &&
           p.get_address() < payload.get_address() + payload.get_data_length() &&
           payload.get_address() < p.get_address() + p.get_data_length();
  });
}

tlm::tlm_sync_enum RandomMemory::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) return begin_request(payload, phase, delay);
  if (phase == tlm::END_RESP) {
    const bool at_once = delay == sc_core::SC_ZERO_TIME && chance(behaviour.calls_back);
    end_response(payload, delay);
    if (at_once) respond();  // the next response out of the end of this one
    return chance(0.5) ? tlm::TLM_ACCEPTED : tlm::TLM_COMPLETED;
  }
  return tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum RandomMemory::begin_request(Payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  const std::uint64_t index = count(payload);
  const bool free_of_conflicts = !conflicts(payload, requests_.end());
  if (chance(behaviour.early_completion) && free_of_conflicts) {
    access(payload, index);
    delay += latency();
    return tlm::TLM_COMPLETED;
  }
  payload.acquire();
  requests_.push_back({&payload, index, false});
  if (chance(behaviour.ignorable_phases)) send_ignorable_phase(payload);
  if (chance(behaviour.immediate_response) && free_of_conflicts && responding_ == nullptr &&
      response_free_ <= sc_time_stamp() + delay) {
    if (chance(behaviour.calls_back)) {
      begin_response(payload, index, delay + latency());
      return tlm::TLM_ACCEPTED;
    }
    responding_ = &payload;
    access(payload, index);
    delay += latency();
    phase = tlm::BEGIN_RESP;
    return tlm::TLM_UPDATED;
  }
  const sc_time accept = pick_time(sc_core::SC_ZERO_TIME, behaviour.max_accept_delay);
  if (chance(behaviour.returned_end_req)) {
    // The latency counts from BEGIN_REQ, but no response comes before the end of its request.
    due_.notify(payload, tlm::BEGIN_RESP, delay + std::max(accept, latency()));
    delay += accept;
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  if (chance(behaviour.skipped_end_req)) {
    due_.notify(payload, tlm::BEGIN_RESP, delay + latency());
  } else if (chance(behaviour.calls_back)) {
    end_request(payload, delay + accept);
  } else {
    due_.notify(payload, tlm::END_REQ, delay + accept);
  }
  return tlm::TLM_ACCEPTED;
}

void RandomMemory::phase_due(Payload& payload, const tlm::tlm_phase& phase) {
  if (phase == tlm::END_REQ) {
    end_request(payload, pick_time(sc_core::SC_ZERO_TIME, behaviour.max_annotation));
    return;
  }
  if (chance(behaviour.ignorable_phases)) send_ignorable_phase(payload);
  const auto request =
      std::find_if(requests_.begin(), requests_.end(), [&payload](const Request& r) { return r.payload == &payload; });
  request->ready = true;
  respond_.notify(sc_core::SC_ZERO_TIME);
}

void RandomMemory::end_request(Payload& payload, sc_time delay) {
  due_.notify(payload, tlm::BEGIN_RESP, delay + latency());
  tlm::tlm_phase phase = tlm::END_REQ;
  (void)socket->nb_transport_bw(payload, phase, delay);
}

void RandomMemory::send_ignorable_phase(Payload& payload) {
  DECLARE_EXTENDED_PHASE(memory_hint);
  tlm::tlm_phase phase = memory_hint;
  sc_time delay = sc_core::SC_ZERO_TIME;
  (void)socket->nb_transport_bw(payload, phase, delay);
}

void RandomMemory::respond() {
  if (responding_ != nullptr) return;
  if (sc_time_stamp() < response_free_) {
    respond_.notify(response_free_ - sc_time_stamp());
    return;
  }
  std::vector<std::list<Request>::iterator> candidates;
  for (auto request = requests_.begin(); request != requests_.end(); ++request) {
    if (request->ready && !conflicts(*request->payload, request)) candidates.push_back(request);
    if (behaviour.in_order) break;
  }
  if (candidates.empty()) return;
  const Request& chosen = *candidates[pick(0, candidates.size() - 1)];
  begin_response(*chosen.payload, chosen.index, pick_time(sc_core::SC_ZERO_TIME, behaviour.max_annotation));
}

void RandomMemory::begin_response(Payload& payload, std::uint64_t index, sc_time delay) {
  responding_ = &payload;
  access(payload, index);
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  if (socket->nb_transport_bw(payload, phase, delay) != tlm::TLM_ACCEPTED) end_response(payload, delay);
}

void RandomMemory::end_response(Payload& payload, const sc_time& delay) {
  responding_ = nullptr;
  response_free_ = sc_time_stamp() + delay;
  respond_.notify(delay);
  requests_.remove_if([&payload](const Request& r) { return r.payload == &payload; });
  payload.release();
}

}  // namespace dlac::tb::protocol
