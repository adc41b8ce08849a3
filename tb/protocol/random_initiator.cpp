// SPDX-License-Identifier: Apache-2.0
#include "tb/protocol/random_initiator.h"

#include <algorithm>
#include <cstring>
#include <sstream>

namespace dlac::tb::protocol {
namespace {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_ZERO_TIME;

}  // namespace

RandomInitiator::RandomInitiator(sc_core::sc_module_name name, const CsrModel& model,
                                 const InitiatorBehaviour& behaviour, std::uint32_t seed)
    : sc_module(name), model_(model), behaviour_(behaviour), random_(seed) {
  socket.bind(*this);
  SC_HAS_PROCESS(RandomInitiator);
  SC_THREAD(run);
  SC_METHOD(end_late);
  sensitive << end_;
  dont_initialize();
}

void RandomInitiator::mismatch(const std::string& what, const CsrAccess& access) {
  if (mismatches_.size() >= 20) return;
  std::ostringstream os;
  os << sc_time_stamp() << ": "
     << (access.command == tlm::TLM_READ_COMMAND     ? "read"
         : access.command == tlm::TLM_WRITE_COMMAND  ? "write"
         : access.command == tlm::TLM_IGNORE_COMMAND ? "ignore"
                                                     : "unknown command")
     << " at 0x" << std::hex << access.address << std::dec << ", " << access.bytes << " bytes, streaming width "
     << access.streaming_width << ", " << access.enable_bytes << " byte enables"
     << (access.null_data ? ", no data pointer: " : ": ") << what;
  mismatches_.push_back(os.str());
}

void RandomInitiator::run() {
  bool blocking = chance(behaviour_.blocking);
  for (std::uint64_t i = 0; i < behaviour_.transactions; ++i) {
    if (chance(0.05)) {
      // 15.2.10: the styles may alternate, but not for transactions that are under way together.
      blocking = chance(behaviour_.blocking);
      while (blocking && !under_way_.empty()) wait(progress_);
      if (!blocking && local_ != SC_ZERO_TIME) wait(local_);
      if (!blocking) local_ = SC_ZERO_TIME;
    }
    if (chance(behaviour_.pause)) wait(pick_time(behaviour_.max_pause));
    if (under_way_.empty() && chance(behaviour_.debug)) look_around();
    if (blocking) {
      send_blocking();
    } else {
      send_nonblocking();
      if (chance(behaviour_.ignorable_phases)) send_ignorable_phase();
    }
  }
  while (!under_way_.empty()) wait(progress_);
  finished_ = true;
}

void RandomInitiator::prepare(Payload& payload, Record& record) {
  record.access = model_.next(random_);
  record.expected = model_.perform(record.access);
  record.data = record.access.data;
  record.enables = record.access.enables;
  payload.set_command(record.access.command);
  payload.set_address(record.access.address);
  payload.set_data_ptr(record.access.null_data ? nullptr : record.data.data());
  payload.set_data_length(record.access.bytes);
  payload.set_streaming_width(record.access.streaming_width);
  payload.set_byte_enable_ptr(record.access.enable_bytes == 0 ? nullptr : record.enables.data());
  payload.set_byte_enable_length(record.access.enable_bytes);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

void RandomInitiator::check(const Payload& payload, const Record& record) {
  const tlm::tlm_response_status status = payload.get_response_status();
  if (!record.expected.permits(status)) {
    mismatch("answered " + payload.get_response_string(), record.access);
  } else if (status == tlm::TLM_OK_RESPONSE && record.expected.value) {
    std::uint64_t value = 0;
    std::memcpy(&value, record.data.data(), record.access.bytes);
    if (value != *record.expected.value) {
      mismatch("read " + std::to_string(value) + ", expected " + std::to_string(*record.expected.value), record.access);
    }
  }
  if (record.access.command != tlm::TLM_READ_COMMAND && record.data != record.access.data) {
    mismatch("data changed", record.access);
  }
  if (!std::equal(record.data.begin() + record.access.bytes, record.data.end(),
                  record.access.data.begin() + record.access.bytes)) {
    mismatch("bytes behind the data changed", record.access);
  }
  if (payload.is_dmi_allowed()) mismatch("DMI hint set", record.access);
  ++completed_;
  if (status == tlm::TLM_OK_RESPONSE) ++succeeded_;
}

void RandomInitiator::look_around() {
  Payload payload;
  CsrAccess access = model_.next(random_);
  payload.set_command(access.command);
  payload.set_address(access.address);
  payload.set_data_ptr(access.data.data());
  payload.set_data_length(access.bytes);
  if (chance(0.3)) {
    if (!payload.is_read() && !payload.is_write()) return;
    tlm::tlm_dmi dmi;
    if (socket->get_direct_mem_ptr(payload, dmi)) mismatch("DMI granted", access);
    return;
  }
  const CsrAccess sent = access;
  const unsigned int bytes = socket->transport_dbg(payload);
  if (access.command != tlm::TLM_READ_COMMAND) return;  // what a debug write did, later reads tell
  unsigned int expected = 0;
  for (; expected < access.bytes; ++expected) {
    const std::uint64_t address = sent.address + expected;
    const auto word = model_.word(address - address % 4);
    if (!word) break;
    if (access.data[expected] != (*word >> 8 * (address % 4) & 0xFF)) {
      mismatch("debug read differs at byte " + std::to_string(expected), sent);
      break;
    }
  }
  if (bytes != expected) mismatch("debug read of " + std::to_string(bytes) + " bytes", sent);
}

// Blocking transport.

void RandomInitiator::send_blocking() {
  Record record;
  Payload own;
  const bool pooled = chance(0.3);  // b_transport needs no memory manager
  Payload& payload = pooled ? pool_.allocate() : own;
  if (pooled) payload.acquire();
  prepare(payload, record);
  sc_time delay = local_ + pick_time(behaviour_.max_annotation);
  socket->b_transport(payload, delay);
  check(payload, record);
  if (pooled) payload.release();
  local_ = delay;
  if (!chance(behaviour_.carries_time)) {
    wait(local_);
    local_ = SC_ZERO_TIME;
  }
}

// Non-blocking transport.

void RandomInitiator::send_nonblocking() {
  while (requesting_ != nullptr || under_way_.size() >= behaviour_.in_flight) wait(progress_);
  Payload& payload = pool_.allocate();
  payload.acquire();
  prepare(payload, under_way_[&payload]);
  // Annotate at least what the target's accept delay demands, or wait for it.
  sc_time earliest = std::max(request_free_, last_request_);
  if (earliest > sc_time_stamp() && chance(0.5)) wait(earliest - sc_time_stamp());
  last_request_ = std::max(sc_time_stamp() + pick_time(behaviour_.max_annotation), earliest);
  sc_time delay = last_request_ - sc_time_stamp();
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  requesting_ = &payload;
  payload.acquire();  // it may be complete before the call returns
  const tlm::tlm_sync_enum status = socket->nb_transport_fw(payload, phase, delay);
  if (status == tlm::TLM_COMPLETED) {
    request_ended(payload, SC_ZERO_TIME);
    check(payload, under_way_.at(&payload));
    complete(payload);
  } else if (status == tlm::TLM_UPDATED) {
    request_ended(payload, delay);
    if (phase == tlm::BEGIN_RESP) {
      check(payload, under_way_.at(&payload));
      ending_ = &payload;
      end_at_ = sc_time_stamp() + delay + pick_time(behaviour_.max_response_accept);
      end_.notify(pick_time(end_at_ - sc_time_stamp()));
    }
  }
  payload.release();  // NOLINT(clang-analyzer-unix.Malloc): the second of the two references
}

void RandomInitiator::send_ignorable_phase() {
  if (ending_ == nullptr) return;  // a transaction that is certainly under way
  DECLARE_EXTENDED_PHASE(host_hint);
  tlm::tlm_phase phase = host_hint;
  sc_time delay = end_at_ - sc_time_stamp();
  if (socket->nb_transport_fw(*ending_, phase, delay) != tlm::TLM_ACCEPTED) {
    mismatch("a phase of no meaning was not ignored", under_way_.at(ending_).access);
  }
}

void RandomInitiator::request_ended(const Payload& payload, const sc_time& delay) {
  if (requesting_ != &payload) return;
  requesting_ = nullptr;
  request_free_ = sc_time_stamp() + delay;
  progress_.notify(SC_ZERO_TIME);
}

void RandomInitiator::complete(Payload& payload) {
  under_way_.erase(&payload);
  payload.release();
  progress_.notify(SC_ZERO_TIME);
}

tlm::tlm_sync_enum RandomInitiator::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  const auto found = under_way_.find(&payload);
  if (found == under_way_.end()) {
    mismatch("a phase of a transaction that is not under way", {});
    return tlm::TLM_ACCEPTED;
  }
  request_ended(payload, delay);
  if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
  check(payload, found->second);
  const sc_time accept = pick_time(behaviour_.max_response_accept);
  if (chance(behaviour_.completes)) {
    delay += accept;
    complete(payload);
    return tlm::TLM_COMPLETED;
  }
  if (chance(behaviour_.returns_end)) {
    delay += accept;
    phase = tlm::END_RESP;
    complete(payload);
    return tlm::TLM_UPDATED;
  }
  ending_ = &payload;
  end_at_ = sc_time_stamp() + delay + accept;
  if (chance(behaviour_.ends_at_once)) {
    end_late();
  } else {
    end_.notify(pick_time(delay + accept));  // the rest is annotated
  }
  return tlm::TLM_ACCEPTED;
}

void RandomInitiator::end_late() {
  Payload& payload = *ending_;
  ending_ = nullptr;
  tlm::tlm_phase phase = tlm::END_RESP;
  sc_time delay = end_at_ - sc_time_stamp();
  // Legal otherwise, but there are buses and initiators that insist.
  if (socket->nb_transport_fw(payload, phase, delay) != tlm::TLM_COMPLETED) {
    mismatch("END_RESP was not answered with TLM_COMPLETED", under_way_.at(&payload).access);
  }
  complete(payload);
}

}  // namespace dlac::tb::protocol
