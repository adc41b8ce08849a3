// SPDX-License-Identifier: Apache-2.0
#include <dlac/dma/blocking_transport.h>
#include <dlac/dma/four_phase_transport.h>
#include <dlac/dma/memory_port.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace dlac {
namespace {

constexpr std::uint64_t BurstBoundary = 4096;  // Memory port: bursts do not cross 4 KiB

[[nodiscard]] std::unique_ptr<MemoryTransport> make_transport(const Config& config, MemoryTransport::Socket& socket,
                                                              MemoryTransport::Listener listener) {
  if (config.mem_style == CodingStyle::ApproximatelyTimed) {
    return std::make_unique<FourPhaseTransport>("transport", socket, std::move(listener));
  }
  return std::make_unique<BlockingTransport>(socket, std::move(listener));
}

}  // namespace

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, const Config& config)
    : sc_module(name),
      clock_(config.clock_period_ps),
      burst_bytes_(config.burst_bytes),
      bytes_per_cycle_(config.memory_bytes_per_cycle),
      use_dmi_(config.dmi != 0 && config.mem_style == CodingStyle::LooselyTimed),
      strict_response_(config.strict_response != 0),
      pool_(std::make_shared<BurstPool>(config.burst_bytes)),
      transport_(make_transport(
          config, memory,
          {[this](BurstPayload& payload, const sc_core::sc_time& response) { responded(payload, response); },
           [this](const sc_core::sc_time& time) {
             timing_.channel_free = clock_.cycle_at(time);
             wake_.notify(clock_.until(timing_.channel_free));
           }})) {
  timing_.complete.assign(config.outstanding, 0);
  for (std::uint32_t r = 0; r < RequesterCount; ++r) {
    requesters_[r]->bind(static_cast<tlm::tlm_fw_transport_if<TransferTypes>&>(job_targets_[r]));
  }
  memory.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
  SC_HAS_PROCESS(MemoryPort);
  SC_METHOD(step);
  sensitive << wake_;
  dont_initialize();
}

MemoryPort::~MemoryPort() { pool_->close(); }

const PortTraffic& MemoryPort::traffic() {
  settle();
  return traffic_;
}

void MemoryPort::clear_traffic() {
  settle();
  traffic_ = {};
}

tlm::tlm_sync_enum MemoryPort::JobTarget::nb_transport_fw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time&) {
  if (phase == TransferPhase::Request) port_.submit(requester_, transfer);
  return tlm::TLM_ACCEPTED;
}

void MemoryPort::submit(std::uint32_t requester, Transfer& transfer) {
  MemoryJob job;
  job.transfer = &transfer;
  job.arrival = clock_.now() + 1;
  jobs_[requester].push_back(std::move(job));
  Cursor& cursor = timing_.cursors[requester];
  if (cursor.current == nullptr) cursor.current = &jobs_[requester].back();
  wake_.notify(clock_.until(clock_.now() + 1));
}

void MemoryPort::tell(std::uint32_t requester, Transfer& transfer, TransferPhase phase) {
  sc_core::sc_time delay;
  (void)(*requesters_[requester])->nb_transport_bw(transfer, phase, delay);
}

void MemoryPort::hand_over(std::uint32_t requester, Transfer& transfer, const Transfer::Chunk& chunk) {
  transfer.chunk = chunk;
  tell(requester, transfer, TransferPhase::Data);
}

void MemoryPort::reset() {
  settle();  // bursts of before the reset have reached memory
  for (BurstPayload* const payload : in_flight_) abandon(*payload);
  in_flight_.clear();
  failing_.clear();
  for (auto& queue : jobs_) queue.clear();
  Timing fresh;
  fresh.complete.assign(timing_.complete.size(), 0);
  fresh.channel_free = timing_.channel_free;  // the request channel is still taken by what it was taken by
  timing_ = std::move(fresh);
  wake_.cancel();
}

void MemoryPort::step() {
  const std::uint64_t now = clock_.now();
  fail_until(now);
  issue_until(now, Through::Anything);
  deliver_until(now);
  run_ahead(now);
  if (const auto wake = next_wake()) wake_.notify(clock_.until(std::max(*wake, now + 1)));
}

std::optional<MemoryPort::Burst> MemoryPort::next_burst(const Timing& timing) const {
  std::uint64_t earliest = Unknown;
  for (std::uint32_t r = 0; r < RequesterCount; ++r) {
    if (timing.cursors[r].current != nullptr) earliest = std::min(earliest, timing.cursors[r].current->arrival);
  }
  if (earliest == Unknown) return std::nullopt;

  Burst burst;
  burst.issue = std::max({timing.next_free, timing.complete[timing.index], timing.channel_free, earliest});
  for (std::uint32_t step = 1; step <= RequesterCount; ++step) {
    const std::uint32_t r = (timing.last_requester + step) % RequesterCount;
    const Cursor& cursor = timing.cursors[r];
    if (cursor.current == nullptr || cursor.current->arrival > burst.issue) continue;
    const MemoryJob& job = *cursor.current;
    const MemoryRun& run = job.transfer->runs[cursor.run];
    burst.requester = r;
    burst.address = run.address + cursor.offset;
    burst.local = run.local + cursor.offset;
    const std::uint64_t to_boundary = BurstBoundary - burst.address % BurstBoundary;
    burst.bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>({burst_bytes_, to_boundary, run.bytes - cursor.offset}));
    burst.number = cursor.burst;
    burst.last_of_transfer = cursor.run + 1 == job.transfer->runs.size() && cursor.offset + burst.bytes == run.bytes;
    break;
  }
  return burst;
}

void MemoryPort::account(Timing& timing, const Burst& burst, std::uint64_t complete) const {
  timing.next_free = burst.issue + beats(burst.bytes);
  timing.complete[timing.index] = complete;
  if (++timing.index == timing.complete.size()) timing.index = 0;
  timing.last_requester = burst.requester;
  Cursor& cursor = timing.cursors[burst.requester];
  cursor.offset += burst.bytes;
  ++cursor.burst;
  if (burst.last_of_transfer) {
    finish_job(cursor, burst.requester);
  } else if (cursor.offset == cursor.current->transfer->runs[cursor.run].bytes) {
    ++cursor.run;
    cursor.offset = 0;
  }
}

void MemoryPort::finish_job(Cursor& cursor, std::uint32_t requester) const {
  const auto& queue = jobs_[requester];
  cursor = {cursor.job + 1};
  if (cursor.job < queue.size()) cursor.current = &queue[cursor.job];
}

void MemoryPort::settle() {
  if (use_dmi_) issue_until(clock_.edge_before(sc_core::sc_time_stamp()), Through::DmiOnly);
}

void MemoryPort::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  // What is due is not moved through the old pointers now, for the memory may have changed behind them already: it goes
  // by transactions, late, with the cycles that it was due in.
  dmi_.invalidate(first, last);
  wake_.notify(clock_.until(clock_.now()));  // what comes now goes another way
}

void MemoryPort::issue_until(std::uint64_t cycle, Through through) {
  while (const auto burst = next_burst(timing_)) {
    if (burst->issue > cycle) return;  // also when it is Unknown
    MemoryJob& job = job_of(*burst, timing_);
    const bool write = job.transfer->write;
    BurstPayload* payload = find_early(job, burst->number);
    const DmiRegion* const region = payload == nullptr ? dmi_.find(burst->address, burst->bytes, write) : nullptr;
    if (region == nullptr && through == Through::DmiOnly) return;
    (write ? traffic_.bytes_written : traffic_.bytes_read) += burst->bytes;
    (write ? traffic_.write_bursts : traffic_.read_bursts) += 1;
    if (region != nullptr) {
      std::uint8_t* const remote = region->pointer + (burst->address - region->first);
      const std::uint64_t latency = write ? region->write_latency : region->read_latency;
      const std::uint64_t complete = burst->issue + beats(burst->bytes) + latency;
      if (write) {
        std::memcpy(remote, job.transfer->data + burst->local, burst->bytes);
      } else {
        hand_over(burst->requester, *job.transfer, {burst->local, remote, burst->bytes, complete});
      }
      job.complete = std::max(job.complete, complete);
      account(timing_, *burst, complete);
      continue;
    }

    const bool sent = payload != nullptr;
    if (sent) {
      job.early.erase(std::find(job.early.begin(), job.early.end(), payload));
    } else {
      payload = &prepare(job, *burst, sc_core::sc_time_stamp());
    }
    payload->issued = true;
    payload->issue = burst->issue;
    payload->slot = timing_.index;
    ++job.unanswered;
    account(timing_, *burst, Unknown);
    if (!sent) {
      if (!transport_->decoupled()) timing_.channel_free = Unknown;  // until the transport says so
      transport_->send(*payload);
    } else if (payload->responded) {
      answer(*payload);
    }
  }
}

void MemoryPort::deliver_until(std::uint64_t cycle) {
  for (std::uint32_t r = 0; r < RequesterCount; ++r) {
    while (timing_.cursors[r].job > 0 && jobs_[r].front().unanswered == 0 && jobs_[r].front().complete <= cycle) {
      Transfer& transfer = *jobs_[r].front().transfer;
      jobs_[r].pop_front();
      --timing_.cursors[r].job;
      const bool ok = transfer.ok;  // the requester may drop the transfer
      tell(r, transfer, TransferPhase::Response);
      if (!ok) return;  // the core stops; nothing behind it is delivered
    }
  }
}

void MemoryPort::run_ahead(std::uint64_t now) {
  const sc_core::sc_time& quantum = tlm::tlm_global_quantum::instance().get();
  if (quantum == sc_core::SC_ZERO_TIME || !transport_->decoupled()) return;
  const std::uint64_t limit = now + clock_.cycles_in(quantum);
  Timing ahead = timing_;
  while (const auto burst = next_burst(ahead)) {
    if (burst->issue >= limit) return;
    MemoryJob& job = job_of(*burst, ahead);
    const auto latency = known_latency(job, *burst);
    if (!latency && find_early(job, burst->number) == nullptr) {
      BurstPayload& payload = prepare(job, *burst, std::max(clock_.time_of(burst->issue), sc_core::sc_time_stamp()));
      job.early.push_back(&payload);
      transport_->send(payload);
    }
    account(ahead, *burst, latency ? burst->issue + beats(burst->bytes) + *latency : Unknown);
  }
}

std::optional<std::uint64_t> MemoryPort::next_wake() const {
  std::optional<std::uint64_t> wake;
  const auto consider = [&wake](std::uint64_t cycle) { wake = wake ? std::min(*wake, cycle) : cycle; };
  for (std::uint32_t r = 0; r < RequesterCount; ++r) {
    if (timing_.cursors[r].job > 0 && jobs_[r].front().unanswered == 0) consider(jobs_[r].front().complete);
  }
  for (const BurstPayload* const payload : failing_) consider(response_cycle(*payload));
  // Look ahead, as long as the latencies are known without asking the memory, to the first fully issued transfer. What
  // is Unknown wakes the port itself when it comes.
  Timing ahead = timing_;
  while (const auto burst = next_burst(ahead)) {
    if (burst->issue == Unknown) break;
    const auto latency = known_latency(jobs_[burst->requester][ahead.cursors[burst->requester].job], *burst);
    if (burst->last_of_transfer || !latency || (wake && burst->issue >= *wake)) {
      consider(burst->issue);
      break;
    }
    account(ahead, *burst, burst->issue + beats(burst->bytes) + *latency);
  }
  return wake;
}

std::optional<std::uint64_t> MemoryPort::known_latency(const MemoryJob& job, const Burst& burst) const {
  if (const BurstPayload* const early = find_early(job, burst.number)) {
    if (early->responded && early->ok) return early->latency;
    return std::nullopt;
  }
  const bool write = job.transfer->write;
  const DmiRegion* const region = dmi_.find(burst.address, burst.bytes, write);
  if (region == nullptr) return std::nullopt;
  return write ? region->write_latency : region->read_latency;
}

BurstPayload* MemoryPort::find_early(const MemoryJob& job, std::size_t number) {
  const auto at = std::find_if(job.early.begin(), job.early.end(),
                               [number](const BurstPayload* payload) { return payload->number == number; });
  return at == job.early.end() ? nullptr : *at;
}

BurstPayload& MemoryPort::prepare(MemoryJob& job, const Burst& burst, const sc_core::sc_time& start) {
  BurstPayload& payload = pool_->take(job.transfer->write, burst.address, burst.bytes);
  payload.job = &job;
  payload.number = burst.number;
  payload.requester = burst.requester;
  payload.local = burst.local;
  payload.start = start;
  if (job.transfer->write) std::memcpy(payload.data.data(), job.transfer->data + burst.local, burst.bytes);
  in_flight_.push_back(&payload);
  return payload;
}

void MemoryPort::responded(BurstPayload& payload, const sc_core::sc_time& response) {
  payload.responded = true;
  if (payload.job == nullptr) {
    pool_->give_back(payload);
    return;
  }
  payload.ok = response_ok(payload);
  payload.latency = response > payload.start ? clock_.cycles_in(response - payload.start) : 0;
  if (payload.ok && use_dmi_ && payload.is_dmi_allowed()) request_dmi(payload);
  if (payload.issued) answer(payload);
  wake_.notify(clock_.until(clock_.now()));  // the port works on clock edges
}

bool MemoryPort::response_ok(const BurstPayload& payload) {
  if (payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE || strict_response_)
    return payload.is_response_ok();
  if (!warned_) {
    warned_ = true;
    const std::string text = std::string(name()) + ": memory leaves the response status incomplete; taken as good";
    SC_REPORT_WARNING("dlac/incomplete_response", text.c_str());
  }
  return true;
}

void MemoryPort::answer(BurstPayload& payload) {
  // What a memory says ahead of time, with a delay, must not stop the transfer before that time.
  if (!payload.ok && response_cycle(payload) > clock_.now()) {
    failing_.push_back(&payload);
  } else {
    complete(payload);
  }
}

void MemoryPort::fail_until(std::uint64_t cycle) {
  for (;;) {
    const auto due = std::find_if(failing_.begin(), failing_.end(),
                                  [cycle](const BurstPayload* payload) { return response_cycle(*payload) <= cycle; });
    if (due == failing_.end()) return;
    BurstPayload& payload = **due;
    failing_.erase(due);
    complete(payload);
  }
}

void MemoryPort::abandon(BurstPayload& payload) {
  payload.job = nullptr;
  if (payload.responded) pool_->give_back(payload);  // else when the response comes
}

void MemoryPort::complete(BurstPayload& payload) {
  MemoryJob& job = *payload.job;
  const std::uint64_t cycle = payload.issue + beats(payload.get_data_length()) + payload.latency;
  --job.unanswered;
  job.complete = std::max(job.complete, cycle);
  timing_.complete[payload.slot] = cycle;
  if (!payload.ok) {
    fail(job, payload);
  } else if (!job.transfer->write) {
    hand_over(payload.requester, *job.transfer,
              {payload.local, payload.data.data(), static_cast<std::uint32_t>(payload.get_data_length()), cycle});
  }
  in_flight_.erase(std::find(in_flight_.begin(), in_flight_.end(), &payload));
  pool_->give_back(payload);
}

void MemoryPort::fail(MemoryJob& job, const BurstPayload& failed) {
  job.transfer->ok = false;
  job.transfer->fault_address = failed.address;
  // An error response ends the transfer: what is left of it is not issued, what is behind it is not waited for.
  for (std::uint32_t r = 0; r < RequesterCount; ++r) {
    if (timing_.cursors[r].current == &job) finish_job(timing_.cursors[r], r);
  }
  const auto behind = [&](BurstPayload* payload) {
    if (payload->job != &job || payload->number <= failed.number) return false;
    if (payload->issued) {
      --job.unanswered;
      timing_.complete[payload->slot] = failed.issue;  // the slot is given back
    }
    failing_.erase(std::remove(failing_.begin(), failing_.end(), payload), failing_.end());
    abandon(*payload);
    return true;
  };
  in_flight_.erase(std::remove_if(in_flight_.begin(), in_flight_.end(), behind), in_flight_.end());
  job.early.clear();
}

void MemoryPort::request_dmi(const BurstPayload& payload) {
  const std::uint64_t address = payload.address;
  tlm::tlm_generic_payload request;
  request.set_command(payload.get_command());
  request.set_address(address);
  tlm::tlm_dmi dmi;
  if (!memory->get_direct_mem_ptr(request, dmi)) return;
  // A grant that does not cover what was asked for is of no use; without this they would pile up.
  if (address < dmi.get_start_address() || address > dmi.get_end_address() || dmi.get_dmi_ptr() == nullptr) return;
  // Many memories leave the DMI latencies at zero; what b_transport returned is then the better statement.
  const auto cycles = [&](const sc_core::sc_time& t) {
    return t == sc_core::SC_ZERO_TIME ? payload.latency : clock_.cycles_in(t);
  };
  dmi_.add({dmi.get_start_address(), dmi.get_end_address(), dmi.get_dmi_ptr(), dmi.is_read_allowed(),
            dmi.is_write_allowed(), cycles(dmi.get_read_latency()), cycles(dmi.get_write_latency())});
}

}  // namespace dlac
