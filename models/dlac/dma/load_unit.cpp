// SPDX-License-Identifier: Apache-2.0
#include <dlac/dma/load_unit.h>

#include <algorithm>
#include <utility>

namespace dlac {
namespace {

constexpr std::size_t CommandsInFlight = 4;  // [A] loads whose bursts may overlap

/// The local buffer's storage through its socket: the DMA's write port.
std::uint8_t* buffer_pointer(tlm_utils::simple_initiator_socket<LoadUnit, 32>& socket, std::uint64_t address,
                             std::uint64_t bytes) {
  tlm::tlm_generic_payload request;
  request.set_command(tlm::TLM_WRITE_COMMAND);
  request.set_address(address);
  tlm::tlm_dmi dmi;
  if (!socket->get_direct_mem_ptr(request, dmi)) return nullptr;
  if (address < dmi.get_start_address() || bytes == 0 || address + bytes - 1 > dmi.get_end_address()) return nullptr;
  return dmi.get_dmi_ptr() + (address - dmi.get_start_address());
}

}  // namespace

LoadUnit::LoadUnit(sc_core::sc_module_name name, CoreContext& core, MemoryPort& port)
    : sc_module(name), core_(core), port_(port) {
  SC_HAS_PROCESS(LoadUnit);
  SC_THREAD(run);
  thread_ = sc_core::sc_get_current_process_handle();
}

void LoadUnit::reset() {
  in_flight_.clear();
  thread_.reset();
}

GridState LoadUnit::awaited() const {
  const Command* awaited = nullptr;
  if (!in_flight_.empty()) {
    awaited = &in_flight_.front().queued.command;
  } else if (!core_.load.queue.empty()) {
    awaited = &core_.load.queue.front().command;
  }
  if (awaited == nullptr) return GridState::Idle;
  return std::holds_alternative<LoadWeights>(*awaited) ? GridState::WaitWeights : GridState::WaitFeatures;
}

void LoadUnit::run() {
  for (;;) {
    while (in_flight_.size() >= CommandsInFlight) wait(slot_free_);
    start(next_command(core_, core_.load));
  }
}

void LoadUnit::start(const QueuedCommand& queued) {
  const Command& command = queued.command;
  Transfer transfer;
  const ErrorCode error = std::holds_alternative<LoadWeights>(command)
                              ? runs_of(std::get<LoadWeights>(command), transfer.runs)
                              : runs_of(std::get<LoadFeatures>(command), transfer.runs);
  if (error != ErrorCode::None) {
    core_.fail(error, queued.address);
    return;
  }
  transfer.done = [this](const TransferResult& result) { complete(result); };
  in_flight_.push_back({queued, core_.clock.now()});
  port_.submit(Requester::Load, std::move(transfer));
  refresh_activity();
}

void LoadUnit::complete(const TransferResult& result) {
  if (!result.ok) {
    core_.fail(ErrorCode::LoadFault, result.fault_address);
    return;
  }
  const InFlight done = std::move(in_flight_.front());
  in_flight_.pop_front();
  slot_free_.notify(sc_core::SC_ZERO_TIME);
  const Command& command = done.queued.command;
  core_.complete(core_.load, {command, done.start, core_.clock.now(), {}}, header_of(command).push,
                 done.queued.address);
  refresh_activity();
}

void LoadUnit::refresh_activity() {
  const std::uint32_t waiting = core_.tokens.missing(core_.compute.blocked_on);
  if ((waiting & token_bit(Token::LoadToCompute)) != 0) core_.activity.change(awaited(), core_.clock.now());
}

ErrorCode LoadUnit::runs_of(const LoadWeights& load, std::vector<MemoryRun>& runs) {
  if (load.bytes == 0) return ErrorCode::IllegalField;
  std::uint8_t* local = buffer_pointer(weight_socket, load.destination, load.bytes);
  if (local == nullptr) return ErrorCode::BufferRange;
  runs.push_back({load.address, local, load.bytes});
  return ErrorCode::None;
}

ErrorCode LoadUnit::runs_of(const LoadFeatures& load, std::vector<MemoryRun>& runs) {
  const std::uint64_t word = core_.config.word_bytes();
  const std::uint64_t plane = std::uint64_t{load.row_capacity} * load.pitch;
  const std::uint64_t buffer_words = core_.config.feature_buffer_bytes / word;
  // Each factor is at most the buffer, so that no product overflows.
  if (load.channels == 0 || load.rows == 0 || load.width == 0 || load.height == 0 || load.width > load.pitch ||
      load.rows > load.row_capacity) {
    return ErrorCode::IllegalField;
  }
  if (plane > buffer_words || load.channels > buffer_words || load.base + load.channels * plane > buffer_words) {
    return ErrorCode::BufferRange;
  }
  std::uint8_t* local = buffer_pointer(feature_socket, load.base * word, load.channels * plane * word);
  if (local == nullptr) return ErrorCode::BufferRange;

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
      runs.push_back({load.address + image * load.image_stride + c * load.channel_stride + y * load.row_stride,
                      local + (c * plane + slot * load.pitch) * word, static_cast<std::uint32_t>(rows * row_bytes)});
      g += rows;
    }
  }
  return ErrorCode::None;
}

}  // namespace dlac
