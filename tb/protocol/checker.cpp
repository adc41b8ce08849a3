// SPDX-License-Identifier: Apache-2.0
#include "tb/protocol/checker.h"

#include <algorithm>
#include <sstream>

namespace dlac::tb::protocol {
namespace {

using sc_core::sc_time;
using sc_core::sc_time_stamp;

/// Notices whether a call that must not wait did.
class Instant {
 public:
  [[nodiscard]] bool passed() const { return sc_core::sc_delta_count() != delta_ || sc_time_stamp() != time_; }

 private:
  sc_time time_ = sc_time_stamp();
  sc_dt::uint64 delta_ = sc_core::sc_delta_count();
};

[[nodiscard]] bool is_base_phase(const tlm::tlm_phase& phase) {
  return phase == tlm::BEGIN_REQ || phase == tlm::END_REQ || phase == tlm::BEGIN_RESP || phase == tlm::END_RESP;
}

[[nodiscard]] std::string text_of(const tlm::tlm_phase& phase) {
  std::ostringstream os;
  os << phase;
  return os.str();
}

}  // namespace

Checker::Checker(sc_core::sc_module_name name, const Options& options) : sc_module(name), options_(options) {
  target.bind(*this);
  initiator.bind(*this);
}

std::uint64_t Checker::count(Rule rule) const {
  const auto found = count_of_.find(rule);
  return found == count_of_.end() ? 0 : found->second;
}

std::string Checker::report() const {
  std::string text;
  for (const Violation& violation : violations_) text += violation.message + "\n";
  return text;
}

void Checker::report(Rule rule, const std::string& what, const Payload* payload) {
  ++count_;
  ++count_of_[rule];
  if (violations_.size() >= options_.kept_violations) return;
  std::ostringstream os;
  os << sc_time_stamp() << " " << name() << ": " << name_of(rule) << " (IEEE 1666-2011 " << clause_of(rule)
     << "): " << what;
  if (payload != nullptr) {
    os << "; "
       << (payload->is_read()    ? "read"
           : payload->is_write() ? "write"
                                 : "ignore")
       << " of " << payload->get_data_length() << " at 0x" << std::hex << payload->get_address();
  }
  violations_.push_back({sc_time_stamp(), rule, os.str()});
}

Checker::Flight* Checker::find(const Payload& payload) {
  const auto found = flights_.find(&payload);
  return found == flights_.end() ? nullptr : &found->second;
}

// Attributes.

void Checker::check_request(const Payload& payload) {
  const tlm::tlm_command command = payload.get_command();
  const bool ignore = command == tlm::TLM_IGNORE_COMMAND;  // carries no data
  const bool known = command == tlm::TLM_READ_COMMAND || command == tlm::TLM_WRITE_COMMAND || ignore;
  if (options_.strict_requests && !known) report(Rule::Command, "unknown command", &payload);
  if (options_.strict_requests && payload.get_data_ptr() == nullptr && !ignore)
    report(Rule::DataPointer, "null data pointer", &payload);
  if (payload.get_data_length() == 0 && !ignore) report(Rule::DataLength, "data length 0", &payload);
  if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0) {
    report(Rule::ByteEnableLength, "byte enables of length 0", &payload);
  }
  if (payload.get_streaming_width() == 0) report(Rule::StreamingWidth, "streaming width 0", &payload);
  if (payload.is_dmi_allowed()) report(Rule::DmiAllowed, "DMI hint set on entry", &payload);
  if (payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE) {
    report(Rule::ResponseOnEntry, payload.get_response_string() + " on entry", &payload);
  }
  if (payload.get_gp_option() != tlm::TLM_MIN_PAYLOAD) report(Rule::Option, "option set on entry", &payload);
}

void Checker::check_response(const Payload& payload) {
  if (options_.strict_response && payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE) {
    report(Rule::ResponseMissing, "response status left incomplete", &payload);
  }
}

void Checker::check_unmodified(const Payload& payload, const PayloadImage& image, const char* when) {
  const std::string difference = image.difference(payload, options_.address_may_change);
  if (!difference.empty()) report(Rule::Modified, difference + " changed, seen at " + when, &payload);
  if (image.wrote_disabled_byte(payload)) report(Rule::DisabledByte, "a disabled byte was written", &payload);
  if (payload.get_gp_option() != tlm::TLM_MIN_PAYLOAD) report(Rule::Option, "option changed", &payload);
}

void Checker::check_references(const Payload& payload, const Flight* flight) {
  if (!payload.has_mm()) {
    report(Rule::MemoryManager, "nb_transport without a memory manager", &payload);
    return;
  }
  const int own = flight != nullptr && flight->referenced ? 1 : 0;
  if (payload.get_ref_count() - own < 1) report(Rule::ReferenceCount, "nobody holds a reference", &payload);
}

// Times.

void Checker::check_time(const Payload& payload, Flight& flight, const sc_time& time, const char* when) {
  if (time < flight.time) {
    report(Rule::TransactionTime,
           "effective time " + time.to_string() + " at " + when + ", before " + flight.time.to_string(), &payload);
  }
  flight.time = std::max(flight.time, time);
}

void Checker::check_socket_time(const Payload& payload, sc_time& last, const sc_time& time) {
  if (options_.ordered_times && time < last) {
    report(Rule::SocketTime, "effective time " + time.to_string() + ", before " + last.to_string(), &payload);
  }
  last = std::max(last, time);
}

// Blocking transport.

void Checker::b_transport(Payload& payload, sc_time& delay) {
  ++blocking_count_;
  most_ahead_ = std::max(most_ahead_, delay);
  if (sc_core::sc_get_current_process_handle().proc_kind() == sc_core::SC_METHOD_PROC_) {
    report(Rule::BlockingContext, "b_transport called by a method process", &payload);
  }
  check_request(payload);
  if (find(payload) != nullptr) report(Rule::MixedTransport, "b_transport during nb_transport", &payload);
  unsigned& calls = blocking_[&payload];
  if (calls++ > 0) report(Rule::Reused, "object already in a b_transport call", &payload);
  if (payload.has_mm() && payload.get_ref_count() < 1) {
    report(Rule::ReferenceCount, "nobody holds a reference", &payload);
  }

  const PayloadImage image(payload);
  const sc_time before = sc_time_stamp() + delay;
  initiator->b_transport(payload, delay);

  const auto entry = blocking_.find(&payload);
  if (--entry->second == 0) blocking_.erase(entry);
  check_unmodified(payload, image, "the return of b_transport");
  check_response(payload);
  if (sc_time_stamp() + delay < before) {
    report(Rule::TransactionTime, "b_transport went back in effective time", &payload);
  }
}

// Non-blocking transport.

void Checker::begin_request(Payload& payload, const sc_time& time) {
  ++nonblocking_count_;
  check_request(payload);
  if (blocking_.count(&payload) != 0) report(Rule::MixedTransport, "nb_transport during b_transport", &payload);
  if (request_.owner != nullptr) {
    report(Rule::RequestExclusion, "BEGIN_REQ before the end of the request before", &payload);
  } else if (time < request_.free_at) {
    report(Rule::RequestExclusion, "BEGIN_REQ before the accept delay is over", &payload);
  }
  check_socket_time(payload, last_forward_, time);
  bool referenced = false;
  if (find(payload) != nullptr) {
    report(Rule::Reused, "BEGIN_REQ of a transaction under way", &payload);
    referenced = forget(payload);
  }
  request_.owner = &payload;
  Flight& flight = flights_[&payload];
  flight.serial = nonblocking_count_;
  flight.phase = tlm::BEGIN_REQ;
  flight.time = time;
  flight.image = PayloadImage(payload);
  if (payload.has_mm()) {
    if (!referenced) payload.acquire();
    flight.referenced = true;
    Lifetime::mark(payload, objects_);
  }
  most_under_way_ = std::max(most_under_way_, flights_.size());
}

void Checker::end_request(const Payload& payload, const sc_time& time) {
  if (request_.owner != &payload) return;
  request_ = {nullptr, time};
}

void Checker::target_phase(Payload& payload, const tlm::tlm_phase& phase, const sc_time& time, const char* when) {
  Flight* flight = find(payload);
  if (flight == nullptr) {
    report(Rule::PhaseSequence, text_of(phase) + " of a transaction that is not under way", &payload);
    return;
  }
  check_unmodified(payload, flight->image, when);
  check_time(payload, *flight, time, when);
  if (phase == tlm::END_REQ) {
    if (flight->phase != tlm::BEGIN_REQ) {
      report(Rule::PhaseSequence, "END_REQ after " + text_of(flight->phase), &payload);
      return;
    }
  } else {
    if (flight->phase != tlm::BEGIN_REQ && flight->phase != tlm::END_REQ) {
      report(Rule::PhaseSequence, "BEGIN_RESP after " + text_of(flight->phase), &payload);
      return;
    }
    if (response_.owner != nullptr) {
      report(Rule::ResponseExclusion, "BEGIN_RESP before the end of the response before", &payload);
    } else if (time < response_.free_at) {
      report(Rule::ResponseExclusion, "BEGIN_RESP before the response accept delay is over", &payload);
    }
    response_.owner = &payload;
    check_response(payload);
    flight->status = payload.get_response_status();
  }
  check_socket_time(payload, last_backward_, time);
  flight->phase = phase;
  end_request(payload, time);  // BEGIN_RESP implies END_REQ
}

void Checker::end_response(Payload& payload, Flight& flight, const sc_time& time, const char* when) {
  check_time(payload, flight, time, when);
  if (payload.get_response_status() != flight.status) {
    report(Rule::ResponseChanged, "response status changed after BEGIN_RESP", &payload);
  }
  if (response_.owner == &payload) response_ = {nullptr, time};
}

void Checker::end_life(Payload& payload) {
  if (forget(payload)) payload.release();
}

bool Checker::forget(const Payload& payload) {
  const auto found = flights_.find(&payload);
  const bool referenced = found->second.referenced;
  flights_.erase(found);
  if (request_.owner == &payload) request_.owner = nullptr;
  if (response_.owner == &payload) response_.owner = nullptr;
  return referenced;
}

tlm::tlm_sync_enum Checker::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  const tlm::tlm_phase called = phase;
  const sc_time annotated = delay;
  const sc_time time = sc_time_stamp() + delay;
  check_references(payload, find(payload));
  if (called == tlm::BEGIN_REQ) {
    begin_request(payload, time);
  } else if (called == tlm::END_RESP) {
    Flight* flight = find(payload);
    if (flight == nullptr || flight->phase != tlm::BEGIN_RESP) {
      report(Rule::PhaseSequence, "END_RESP without BEGIN_RESP", &payload);
    } else {
      check_unmodified(payload, flight->image, "END_RESP");
      end_response(payload, *flight, time, "END_RESP");
      flight->phase = tlm::END_RESP;
    }
  } else if (called == tlm::END_REQ || called == tlm::BEGIN_RESP || called == tlm::UNINITIALIZED_PHASE) {
    report(Rule::PhaseDirection, text_of(called) + " on the forward path", &payload);
  }
  const Flight* flight = find(payload);
  const std::uint64_t serial = flight != nullptr ? flight->serial : 0;

  const Instant instant;
  const tlm::tlm_sync_enum status = initiator->nb_transport_fw(payload, phase, delay);
  if (instant.passed()) report(Rule::NonBlocking, "nb_transport_fw took time", &payload);

  flight = find(payload);  // the target may have sent phases meanwhile, or all of them
  const bool same = flight != nullptr && flight->serial == serial;
  const sc_time returned = sc_time_stamp() + delay;
  if (status == tlm::TLM_ACCEPTED) {
    if (phase != called || delay != annotated) {
      report(Rule::Accepted, "TLM_ACCEPTED with a changed phase or time", &payload);
    }
  } else if (is_base_phase(called) && returned < time) {
    report(Rule::TransactionTime, "nb_transport_fw returned an earlier time", &payload);
  }

  if (called == tlm::BEGIN_REQ) {
    if (status == tlm::TLM_UPDATED) {
      if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP && is_base_phase(phase)) {
        report(Rule::Return, "BEGIN_REQ returned " + text_of(phase), &payload);
      } else if (is_base_phase(phase)) {
        target_phase(payload, phase, returned, "the return of nb_transport_fw");
      }
    } else if (status == tlm::TLM_COMPLETED) {
      if (!same || flight->phase != tlm::BEGIN_REQ) {
        report(Rule::Return, "TLM_COMPLETED after a phase of the target", &payload);
      } else {
        check_unmodified(payload, flight->image, "TLM_COMPLETED");
        check_response(payload);
      }
      if (same) end_life(payload);
    } else if (same) {
      check_unmodified(payload, flight->image, "TLM_ACCEPTED");
    }
  } else if (called == tlm::END_RESP) {
    if (status == tlm::TLM_UPDATED) report(Rule::Return, "END_RESP returned TLM_UPDATED", &payload);
    if (same && flight->phase == tlm::END_RESP) end_life(payload);
  } else if (!is_base_phase(called) && status != tlm::TLM_ACCEPTED && called == tlm::UNINITIALIZED_PHASE) {
    report(Rule::Return, "an uninitialised phase was answered", &payload);
  }
  return status;
}

tlm::tlm_sync_enum Checker::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  const tlm::tlm_phase called = phase;
  const sc_time annotated = delay;
  const sc_time time = sc_time_stamp() + delay;
  check_references(payload, find(payload));
  if (called == tlm::END_REQ || called == tlm::BEGIN_RESP) {
    target_phase(payload, called, time, "nb_transport_bw");
  } else if (called == tlm::BEGIN_REQ || called == tlm::END_RESP || called == tlm::UNINITIALIZED_PHASE) {
    report(Rule::PhaseDirection, text_of(called) + " on the backward path", &payload);
  }
  const Flight* before = find(payload);
  const std::uint64_t serial = before != nullptr ? before->serial : 0;

  const Instant instant;
  const tlm::tlm_sync_enum status = target->nb_transport_bw(payload, phase, delay);
  if (instant.passed()) report(Rule::NonBlocking, "nb_transport_bw took time", &payload);

  if (status == tlm::TLM_ACCEPTED) {
    if (phase != called || delay != annotated) {
      report(Rule::Accepted, "TLM_ACCEPTED with a changed phase or time", &payload);
    }
    return status;
  }
  if (!is_base_phase(called)) return status;
  const sc_time returned = sc_time_stamp() + delay;
  if (called != tlm::BEGIN_RESP || (status == tlm::TLM_UPDATED && phase != tlm::END_RESP)) {
    report(Rule::Return, text_of(called) + " returned " + (status == tlm::TLM_UPDATED ? text_of(phase) : "completed"),
           &payload);
    return status;
  }
  Flight* flight = find(payload);
  if (flight == nullptr || flight->serial != serial || flight->phase != tlm::BEGIN_RESP) {
    if (serial != 0) report(Rule::PhaseSequence, "the response was ended twice", &payload);
    return status;
  }
  // The object lives on, by this checker's reference, but the initiator may have given up its data arrays.
  end_response(payload, *flight, returned, "the return of nb_transport_bw");
  end_life(payload);
  return status;
}

// Direct memory and debug.

bool Checker::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) {
  const bool read = payload.is_read();
  const bool write = payload.is_write();
  const std::uint64_t address = payload.get_address();
  if (!read && !write) report(Rule::DmiRequest, "DMI request that is neither read nor write", &payload);
  if (dmi.get_dmi_ptr() != nullptr || !dmi.is_none_allowed() || dmi.get_start_address() != 0 ||
      dmi.get_end_address() != ~sc_dt::uint64{0}) {
    report(Rule::DmiRequest, "DMI descriptor is not initialised", &payload);
  }
  if (invalidating_ > 0) report(Rule::DmiRequest, "DMI requested out of an invalidation", &payload);

  const Instant instant;
  const bool granted = initiator->get_direct_mem_ptr(payload, dmi);
  if (instant.passed()) report(Rule::NonBlocking, "get_direct_mem_ptr took time", &payload);
  if (payload.is_read() != read || payload.is_write() != write ||
      (payload.get_address() != address && !options_.address_may_change)) {
    report(Rule::Modified, "DMI request changed", &payload);
  }
  if (dmi.get_start_address() > dmi.get_end_address()) report(Rule::DmiGrant, "empty DMI range", &payload);
  if (!granted) return false;
  if (dmi.get_dmi_ptr() == nullptr) report(Rule::DmiGrant, "DMI granted without a pointer", &payload);
  if ((read && !dmi.is_read_allowed()) || (write && !dmi.is_write_allowed()) || dmi.is_none_allowed()) {
    report(Rule::DmiGrant, "DMI granted, but not the access asked for", &payload);
  }
  if (options_.strict_grants && (address < dmi.get_start_address() || address > dmi.get_end_address())) {
    report(Rule::DmiGrant, "DMI range without the address asked for", &payload);
  }
  return true;
}

void Checker::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  if (first > last) report(Rule::DmiInvalidate, "invalidation of an empty range");
  ++invalidating_;
  const Instant instant;
  target->invalidate_direct_mem_ptr(first, last);
  if (instant.passed()) report(Rule::NonBlocking, "invalidate_direct_mem_ptr took time");
  --invalidating_;
}

unsigned int Checker::transport_dbg(Payload& payload) {
  if (payload.get_data_length() > 0 && payload.get_data_ptr() == nullptr) {
    report(Rule::DebugRequest, "debug access without a pointer", &payload);
  }
  const PayloadImage image(payload);
  const Instant instant;
  const unsigned int bytes = initiator->transport_dbg(payload);
  if (instant.passed()) report(Rule::NonBlocking, "transport_dbg took time", &payload);
  if (bytes > payload.get_data_length()) report(Rule::DebugCount, "more bytes than asked for", &payload);
  const std::string difference = image.difference(payload, options_.address_may_change);
  if (!difference.empty()) report(Rule::DebugModified, difference + " changed", &payload);
  return bytes;
}

void Checker::finish() {
  for (const auto& [payload, flight] : flights_) {
    report(Rule::Unfinished, "still under way after " + text_of(flight.phase), payload);
  }
  for (const Payload* payload : *objects_) {
    // A pool that does not reset its objects leaves them marked, at a count of 0.
    if (flights_.count(payload) == 0 && payload->get_ref_count() > 0) {
      report(Rule::Leaked, std::to_string(payload->get_ref_count()) + " references not released", payload);
    }
  }
}

}  // namespace dlac::tb::protocol
