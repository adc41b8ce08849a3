// SPDX-License-Identifier: Apache-2.0
#include <dlac/dma/load_unit.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace dlac {
namespace {

constexpr std::size_t CommandsInFlight = 4;  // [A] loads whose bursts may overlap

}  // namespace

LoadUnit::LoadUnit(const sc_core::sc_module_name& name, const Config& config, const CoreClock& clock,
                   TokenCounters& tokens, CompletionLog& log, GridActivity& activity)
    : CommandUnit(name, clock, tokens, log), config_(config), activity_(activity) {
  memory.bind(static_cast<tlm::tlm_bw_transport_if<TransferTypes>&>(*this));
  SC_HAS_PROCESS(LoadUnit);
  SC_THREAD(run);
  thread_ = sc_core::sc_get_current_process_handle();
}

void LoadUnit::reset() {
  in_flight_.clear();
  CommandUnit::reset();
}

std::vector<std::string> LoadUnit::waits_for_links() const {
  if (in_flight_.empty()) return {};
  return {memory.name()};
}

void LoadUnit::tell_activity() {
  const Command* const awaited = !in_flight_.empty() ? &in_flight_.front().queued.command : head();
  GridState state = GridState::Idle;
  if (awaited != nullptr) {
    state = std::holds_alternative<LoadWeights>(*awaited) ? GridState::WaitWeights : GridState::WaitFeatures;
  }
  activity_.load(state, clock().now());
}

void LoadUnit::run() {
  for (;;) {
    while (in_flight_.size() >= CommandsInFlight) wait(slot_free_);
    start(next_command());
  }
}

void LoadUnit::start(const QueuedCommand& queued) {
  InFlight& load = in_flight_.emplace_back();
  load.queued = queued;
  load.start = clock().now();
  const Command& command = queued.command;
  const ErrorCode error = std::holds_alternative<LoadWeights>(command)
                              ? set_runs(std::get<LoadWeights>(command), load)
                              : set_runs(std::get<LoadFeatures>(command), load);
  if (error != ErrorCode::None) {
    in_flight_.pop_back();
    faults->fail(error, queued.address);
    return;
  }
  TransferPhase phase = TransferPhase::Request;
  sc_core::sc_time delay;
  (void)memory->nb_transport_fw(load, phase, delay);
  tell_activity();
}

tlm::tlm_sync_enum LoadUnit::nb_transport_bw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time&) {
  InFlight* const load = find_transfer(in_flight_, transfer);
  if (load == nullptr) return tlm::TLM_ACCEPTED;
  if (phase == TransferPhase::Data) {
    deliver(*load);
  } else if (phase == TransferPhase::Response && !load->ok) {
    faults->fail(ErrorCode::LoadFault, load->fault_address);
  } else if (phase == TransferPhase::Response) {
    load->answered = true;
    complete_loads();
  }
  return tlm::TLM_ACCEPTED;
}

void LoadUnit::deliver(const InFlight& load) {
  const Transfer::Chunk& chunk = load.chunk;
  if (std::uint8_t* const direct = load.buffer->writable(chunk.local, chunk.bytes)) {
    std::memcpy(direct, chunk.data, chunk.bytes);
  } else if (!load.buffer->write(chunk.local, chunk.data, chunk.bytes, chunk.cycle)) {
    faults->fail(ErrorCode::LinkFault, load.queued.address);
  }
}

void LoadUnit::complete_loads() {
  while (!in_flight_.empty() && in_flight_.front().answered) {
    const QueuedCommand queued = in_flight_.front().queued;
    const std::uint64_t start = in_flight_.front().start;
    in_flight_.pop_front();
    slot_free_.notify(sc_core::SC_ZERO_TIME);
    complete({queued.command, start, clock().now(), {}}, header_of(queued.command).push, queued.address);
    tell_activity();
  }
}

ErrorCode LoadUnit::set_runs(const LoadWeights& load, InFlight& in_flight) {
  if (load.bytes == 0) return ErrorCode::IllegalField;
  if (std::uint64_t{load.destination} + load.bytes > config_.weight_buffer_bytes) return ErrorCode::BufferRange;
  in_flight.buffer = &weight_buffer;
  in_flight.runs.push_back({load.address, load.destination, load.bytes});
  return ErrorCode::None;
}

ErrorCode LoadUnit::set_runs(const LoadFeatures& load, InFlight& in_flight) {
  const std::uint64_t word = config_.word_bytes();
  const std::uint64_t plane = std::uint64_t{load.row_capacity} * load.pitch;
  const std::uint64_t buffer_words = config_.feature_buffer_bytes / word;
  // Each factor is at most the buffer, so that no product overflows.
  if (load.channels == 0 || load.rows == 0 || load.width == 0 || load.height == 0 || load.width > load.pitch ||
      load.rows > load.row_capacity) {
    return ErrorCode::IllegalField;
  }
  if (plane > buffer_words || load.channels > buffer_words || load.base + load.channels * plane > buffer_words) {
    return ErrorCode::BufferRange;
  }
  in_flight.buffer = &feature_buffer;

  const std::uint64_t row_bytes = load.width * word;
  // Rows that follow each other both in memory and in the buffer are one run.
  const bool dense = load.width == load.pitch && load.row_stride == row_bytes;
  for (std::uint64_t c = 0; c < load.channels; ++c) {
    std::uint64_t g = load.first_row;
    const std::uint64_t end = g + load.rows;
    while (g < end) {
      const std::uint64_t image = g / load.height;
      const std::uint64_t y = g % load.height;
      const std::uint64_t slot = g % load.row_capacity;
      std::uint64_t rows = 1;
      if (dense) rows = std::min({end - g, load.height - y, load.row_capacity - slot});
      in_flight.runs.push_back(
          {load.address + image * load.image_stride + c * load.channel_stride + y * load.row_stride,
           (load.base + c * plane + slot * load.pitch) * word, static_cast<std::uint32_t>(rows * row_bytes)});
      g += rows;
    }
  }
  return ErrorCode::None;
}

}  // namespace dlac
