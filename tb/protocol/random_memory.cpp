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
    : sc_module(name), behaviour(rolls), random_(seed), bytes_(bytes), lines_((bytes + LineBytes - 1) / LineBytes) {
  for (std::uint64_t line = 0; line < lines_.size(); line += BlockLines) {
    unsigned char* const block = new_block(0xA5);  // what nobody has written is not zero
    for (std::uint64_t i = 0; i < BlockLines && line + i < lines_.size(); ++i) {
      lines_[line + i].at = block + i * LineBytes;
    }
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
    const std::uint64_t offset = address % LineBytes;
    const std::uint64_t chunk = std::min(bytes, LineBytes - offset);
    const Line& line = lines_.at(address / LineBytes);
    std::memcpy(line.at + offset, source, chunk);
    if (line.copy != nullptr) std::memcpy(line.copy + offset, source, chunk);
    address += chunk;
    source += chunk;
    bytes -= chunk;
  }
}

void RandomMemory::read(std::uint64_t address, void* to, std::uint64_t bytes) const {
  auto* destination = static_cast<unsigned char*>(to);
  while (bytes > 0) {
    const std::uint64_t offset = address % LineBytes;
    const std::uint64_t chunk = std::min(bytes, LineBytes - offset);
    std::memcpy(destination, lines_.at(address / LineBytes).at + offset, chunk);
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
  if (payload.get_streaming_width() != 0 && payload.get_streaming_width() < payload.get_data_length()) {
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

unsigned char* RandomMemory::new_block(unsigned char content) {
  Block& block = *blocks_.emplace_back(std::make_unique<Block>());
  block.fill(content);
  return block.data();
}

bool RandomMemory::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) {
  const std::uint64_t address = payload.get_address();
  if (!inside(address, 1) || !chance(behaviour.dmi_grant)) return false;
  const std::uint64_t asked = address / LineBytes;
  const bool copied = lines_[asked].copy != nullptr;
  if (payload.is_write() && copied) return false;  // others read the copy and would not see it
  const bool both = !copied && chance(0.5);
  const bool from_copy = payload.is_read() && !both && !lines_[asked].granted;
  Lines lines = extent(asked, from_copy);
  if (chance(0.5)) lines.first = pick(lines.first, asked);
  if (chance(0.5)) lines.last = pick(asked, lines.last);
  if (from_copy) {
    if (!copied) make_copy(lines);
  } else {
    for (std::uint64_t line = lines.first; line <= lines.last; ++line) lines_[line].granted = true;
    // Garbage behind its end, for as long as the longest bursts are.
    Lines behind{lines.last + 1, lines.last};
    const std::uint64_t end = extent(asked, false).last;
    while (behind.last < end && behind.last < lines.last + 4 && !lines_[behind.last + 1].granted) ++behind.last;
    if (behind.first <= behind.last) move(behind);
  }

  std::uint64_t first = lines.first * LineBytes;
  std::uint64_t last = std::min(bytes_, (lines.last + 1) * LineBytes) - 1;
  if (chance(0.3)) first = pick(first, std::min(address, first + LineBytes - 1));
  if (chance(0.3)) last = pick(std::max(address, last - last % LineBytes), last);
  const Line& line = lines_[first / LineBytes];
  dmi.set_dmi_ptr((from_copy ? line.copy : line.at) + first % LineBytes);
  dmi.set_start_address(first);
  dmi.set_end_address(last);
  if (chance(behaviour.dmi_misplaced)) {
    const std::uint64_t elsewhere = (address < BlockBytes ? 1 : address / BlockBytes - 1) * BlockBytes;
    dmi.set_dmi_ptr(new_block(Garbage));
    dmi.set_start_address(elsewhere);
    dmi.set_end_address(elsewhere + BlockBytes - 1);
  }
  dmi.set_granted_access(both                ? tlm::tlm_dmi::DMI_ACCESS_READ_WRITE
                         : payload.is_read() ? tlm::tlm_dmi::DMI_ACCESS_READ
                                             : tlm::tlm_dmi::DMI_ACCESS_WRITE);
  if (chance(behaviour.dmi_latency)) {
    dmi.set_read_latency(latency());
    dmi.set_write_latency(latency());
  }
  ++grants_;
  return true;
}

RandomMemory::Lines RandomMemory::extent(std::uint64_t asked, bool copies) const {
  const bool copied = lines_[asked].copy != nullptr;
  const auto joined = [=](const Line& a, const Line& b) {
    if (!copies) return b.at == a.at + LineBytes && a.copy == nullptr && b.copy == nullptr;
    if (copied) return a.copy != nullptr && b.copy == a.copy + LineBytes;
    return a.copy == nullptr && b.copy == nullptr && !a.granted && !b.granted;
  };
  const std::uint64_t low = asked - asked % BlockLines;
  const std::uint64_t high = std::min<std::uint64_t>(lines_.size(), low + BlockLines) - 1;
  Lines lines{asked, asked};
  while (lines.first > low && joined(lines_[lines.first - 1], lines_[lines.first])) --lines.first;
  while (lines.last < high && joined(lines_[lines.last], lines_[lines.last + 1])) ++lines.last;
  return lines;
}

void RandomMemory::make_copy(const Lines& lines) {
  unsigned char* const block = new_block(Garbage);
  for (std::uint64_t line = lines.first; line <= lines.last; ++line) {
    lines_[line].copy = block + line % BlockLines * LineBytes;
    std::memcpy(lines_[line].copy, lines_[line].at, LineBytes);
  }
}

void RandomMemory::move(const Lines& lines) {
  unsigned char* const block = new_block(Garbage);
  for (std::uint64_t i = lines.first; i <= lines.last; ++i) {
    Line& line = lines_[i];
    if (line.copy != nullptr) {
      lost_writes_ += std::memcmp(line.copy, line.at, LineBytes) != 0 ? 1 : 0;
      bury(line.copy);
    }
    unsigned char* const place = block + i % BlockLines * LineBytes;
    std::memcpy(place, line.at, LineBytes);
    bury(line.at);
    line = {place};
  }
}

void RandomMemory::bury(unsigned char* line) {
  std::memset(line, Garbage, LineBytes);
  buried_.push_back(line);
}

std::uint64_t RandomMemory::lost_writes() const {
  const auto differs = [](const Line& line) {
    return line.copy != nullptr && std::memcmp(line.copy, line.at, LineBytes) != 0;
  };
  const auto disturbed = [](const unsigned char* line) {
    return std::any_of(line, line + LineBytes, [](unsigned char byte) { return byte != Garbage; });
  };
  return lost_writes_ + static_cast<std::uint64_t>(std::count_if(lines_.begin(), lines_.end(), differs)) +
         static_cast<std::uint64_t>(std::count_if(buried_.begin(), buried_.end(), disturbed));
}

void RandomMemory::invalidate() {
  if (chance(0.3)) {  // any range: what was granted in it may go on living in its storage
    const std::uint64_t first = chance(0.2) ? pick(0, ~std::uint64_t{0}) : pick(0, bytes_ - 1);
    socket->invalidate_direct_mem_ptr(first, pick(first, std::max(first, chance(0.5) ? first + 255 : bytes_)));
    return;
  }
  const auto out = [](const Line& line) { return line.granted || line.copy != nullptr; };
  const auto line = [this](std::uint64_t index) { return lines_.begin() + static_cast<std::ptrdiff_t>(index); };
  Lines lines{};
  if (chance(0.5)) {  // a part of a grant, if there is one
    const auto found = std::find_if(line(pick(0, lines_.size() - 1)), lines_.end(), out);
    lines.first = static_cast<std::uint64_t>(found - lines_.begin()) % lines_.size();
    lines.last = lines.first + pick(0, 3);
  } else {
    lines.first = pick(0, (lines_.size() - 1) / BlockLines) * BlockLines;
    lines.last = lines.first + pick(1, 8) * BlockLines - 1;
  }
  lines.last = std::min<std::uint64_t>(lines.last, lines_.size() - 1);
  for (std::uint64_t first = lines.first; first <= lines.last;) {
    const std::uint64_t last = std::min(lines.last, first - first % BlockLines + BlockLines - 1);
    if (std::any_of(line(first), line(last + 1), out)) move({first, last});
    first = last + 1;
  }
  socket->invalidate_direct_mem_ptr(lines.first * LineBytes, (lines.last + 1) * LineBytes - 1);
}

void RandomMemory::invalidation_thread() {
  std::uint64_t before = 0;
  // A host that waits in vain is to be noticed: nothing goes on for ever.
  for (unsigned idle = 0; idle < 1000 && !quiet_ && behaviour.invalidation_interval != sc_core::SC_ZERO_TIME; ++idle) {
    invalidate();
    if (log_.size() + grants_ != before) idle = 0;
    before = log_.size() + grants_;
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
