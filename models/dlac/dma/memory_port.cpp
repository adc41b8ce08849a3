// SPDX-License-Identifier: Apache-2.0
#include <dlac/dma/memory_port.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace dlac {
namespace {

constexpr std::uint64_t BurstBoundary = 4096;  // arch. 2: bursts do not cross 4 KiB

}  // namespace

MemoryPort::MemoryPort(sc_core::sc_module_name name, const Config& config, Socket& socket)
    : sc_module(name),
      clock_(config.clock_period_ps),
      burst_bytes_(config.burst_bytes),
      bytes_per_cycle_(config.memory_bytes_per_cycle),
      use_dmi_(config.dmi != 0),
      socket_(socket) {
  timing_.complete.assign(config.outstanding, 0);
  SC_HAS_PROCESS(MemoryPort);
  SC_THREAD(run);
  thread_ = sc_core::sc_get_current_process_handle();
}

void MemoryPort::submit(Requester requester, Transfer transfer) {
  Job job;
  job.transfer = std::move(transfer);
  job.arrival = clock_.now() + 1;
  const auto r = static_cast<std::size_t>(requester);
  jobs_[r].push_back(std::move(job));
  if (timing_.cursors[r].current == nullptr) timing_.cursors[r].current = &jobs_[r].back();
  wake_.notify(clock_.until(clock_.now() + 1));
}

bool MemoryPort::idle() const {
  return std::all_of(jobs_.begin(), jobs_.end(), [](const auto& queue) { return queue.empty(); });
}

void MemoryPort::reset() {
  for (auto& queue : jobs_) queue.clear();
  const std::size_t outstanding = timing_.complete.size();
  timing_ = Timing{};
  timing_.complete.assign(outstanding, 0);
  traffic_ = {};
  wake_.cancel();
  thread_.reset();
}

void MemoryPort::invalidate_dmi(std::uint64_t first, std::uint64_t last) {
  dmi_regions_.erase(std::remove_if(dmi_regions_.begin(), dmi_regions_.end(),
                                    [=](const DmiRegion& r) { return r.first <= last && first <= r.last; }),
                     dmi_regions_.end());
}

void MemoryPort::run() {
  for (;;) {
    const std::uint64_t now = clock_.now();
    issue_until(now);
    deliver_until(now);
    if (const auto wake = next_wake()) wake_.notify(clock_.until(std::max(*wake, now + 1)));
    wait(wake_);
  }
}

std::optional<MemoryPort::Burst> MemoryPort::next_burst(const Timing& timing) const {
  std::uint64_t earliest = ~std::uint64_t{0};
  for (std::uint32_t r = 0; r < RequesterCount; ++r) {
    if (timing.cursors[r].current != nullptr) earliest = std::min(earliest, timing.cursors[r].current->arrival);
  }
  if (earliest == ~std::uint64_t{0}) return std::nullopt;

  Burst burst;
  burst.issue = std::max({timing.next_free, timing.complete[timing.index], earliest});
  for (std::uint32_t step = 1; step <= RequesterCount; ++step) {
    const std::uint32_t r = (timing.last_requester + step) % RequesterCount;
    const Cursor& cursor = timing.cursors[r];
    if (cursor.current == nullptr || cursor.current->arrival > burst.issue) continue;
    const Job& job = *cursor.current;
    const MemoryRun& run = job.transfer.runs[cursor.run];
    burst.requester = r;
    burst.address = run.address + cursor.offset;
    burst.local = run.local + cursor.offset;
    const std::uint64_t to_boundary = BurstBoundary - burst.address % BurstBoundary;
    burst.bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>({burst_bytes_, to_boundary, run.bytes - cursor.offset}));
    burst.last_of_transfer = cursor.run + 1 == job.transfer.runs.size() && cursor.offset + burst.bytes == run.bytes;
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
  if (burst.last_of_transfer) {
    const auto& queue = jobs_[burst.requester];
    ++cursor.job;
    cursor.current = cursor.job < queue.size() ? &queue[cursor.job] : nullptr;
    cursor.run = 0;
    cursor.offset = 0;
  } else if (cursor.offset == cursor.current->transfer.runs[cursor.run].bytes) {
    ++cursor.run;
    cursor.offset = 0;
  }
}

void MemoryPort::issue_until(std::uint64_t cycle) {
  while (auto burst = next_burst(timing_)) {
    if (burst->issue > cycle) return;
    Job& job = jobs_[burst->requester][timing_.cursors[burst->requester].job];
    const auto latency = perform(*burst, job.transfer.write);
    if (!latency) {
      // An error response ends the transfer: what is left of it is not issued.
      job.result = {false, burst->address};
      burst->last_of_transfer = true;
    }
    const std::uint64_t complete = burst->issue + beats(burst->bytes) + latency.value_or(0);
    job.complete = std::max(job.complete, complete);
    account(timing_, *burst, complete);
    if (burst->last_of_transfer) {
      Cursor& cursor = timing_.cursors[burst->requester];
      job.complete = cursor.last_complete = std::max(job.complete, cursor.last_complete);
    }
  }
}

void MemoryPort::deliver_until(std::uint64_t cycle) {
  for (std::uint32_t r = 0; r < RequesterCount; ++r) {
    while (timing_.cursors[r].job > 0 && jobs_[r].front().complete <= cycle) {
      const Job job = std::move(jobs_[r].front());
      jobs_[r].pop_front();
      --timing_.cursors[r].job;
      job.transfer.done(job.result);
    }
  }
}

std::optional<std::uint64_t> MemoryPort::next_wake() const {
  std::optional<std::uint64_t> wake;
  const auto consider = [&wake](std::uint64_t cycle) { wake = wake ? std::min(*wake, cycle) : cycle; };
  for (std::uint32_t r = 0; r < RequesterCount; ++r) {
    if (timing_.cursors[r].job > 0) consider(jobs_[r].front().complete);
  }
  // Look ahead, as long as the latencies are known without asking the memory, to the first fully issued transfer.
  Timing ahead = timing_;
  while (const auto burst = next_burst(ahead)) {
    const Job& job = *ahead.cursors[burst->requester].current;
    const DmiRegion* region = dmi_region(*burst, job.transfer.write);
    if (burst->last_of_transfer || region == nullptr || (wake && burst->issue >= *wake)) {
      consider(burst->issue);
      break;
    }
    const std::uint64_t latency = job.transfer.write ? region->write_latency : region->read_latency;
    account(ahead, *burst, burst->issue + beats(burst->bytes) + latency);
  }
  return wake;
}

const MemoryPort::DmiRegion* MemoryPort::dmi_region(const Burst& burst, bool write) const {
  for (const DmiRegion& region : dmi_regions_) {
    if (burst.address >= region.first && burst.address + (burst.bytes - 1) <= region.last &&
        (write ? region.write : region.read)) {
      return &region;
    }
  }
  return nullptr;
}

std::optional<std::uint64_t> MemoryPort::perform(const Burst& burst, bool write) {
  (write ? traffic_.bytes_written : traffic_.bytes_read) += burst.bytes;
  (write ? traffic_.write_bursts : traffic_.read_bursts) += 1;

  if (const DmiRegion* region = dmi_region(burst, write)) {
    std::uint8_t* remote = region->pointer + (burst.address - region->first);
    std::memcpy(write ? remote : burst.local, write ? burst.local : remote, burst.bytes);
    return write ? region->write_latency : region->read_latency;
  }

  payload_.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload_.set_address(burst.address);
  payload_.set_data_ptr(burst.local);
  payload_.set_data_length(burst.bytes);
  payload_.set_streaming_width(burst.bytes);
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  socket_->b_transport(payload_, delay);
  if (!payload_.is_response_ok()) return std::nullopt;
  const std::uint64_t latency = clock_.cycles_in(sc_core::sc_time_stamp() - start + delay);
  if (use_dmi_ && payload_.is_dmi_allowed()) request_dmi(burst.address, write, latency);
  return latency;
}

void MemoryPort::request_dmi(std::uint64_t address, bool write, std::uint64_t latency) {
  tlm::tlm_generic_payload request;
  request.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  request.set_address(address);
  tlm::tlm_dmi dmi;
  if (!socket_->get_direct_mem_ptr(request, dmi)) return;
  // A grant that does not cover what was asked for is of no use; without this they would pile up.
  if (address < dmi.get_start_address() || address > dmi.get_end_address() || dmi.get_dmi_ptr() == nullptr) return;
  DmiRegion region;
  region.first = dmi.get_start_address();
  region.last = dmi.get_end_address();
  region.pointer = dmi.get_dmi_ptr();
  region.read = dmi.is_read_allowed();
  region.write = dmi.is_write_allowed();
  // Many memories leave the DMI latencies at zero; what b_transport returned is then the better statement.
  const auto cycles = [&](const sc_core::sc_time& t) {
    return t == sc_core::SC_ZERO_TIME ? latency : clock_.cycles_in(t);
  };
  region.read_latency = cycles(dmi.get_read_latency());
  region.write_latency = cycles(dmi.get_write_latency());
  // The newer grant replaces those that it overlaps and that allow no more than it does.
  const auto replaced = [&region](const DmiRegion& old) {
    return old.first <= region.last && region.first <= old.last && (!old.read || region.read) &&
           (!old.write || region.write);
  };
  dmi_regions_.erase(std::remove_if(dmi_regions_.begin(), dmi_regions_.end(), replaced), dmi_regions_.end());
  dmi_regions_.push_back(region);
}

}  // namespace dlac
