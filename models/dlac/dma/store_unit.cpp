// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/divide_up.h>
#include <dlac/dma/store_unit.h>
#include <dlac/grid/operation_check.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace dlac {

StoreUnit::StoreUnit(const sc_core::sc_module_name& name, const Config& config, const CoreClock& clock,
                     TokenCounters& tokens, CompletionLog& log)
    : CommandUnit(name, clock, tokens, log), config_(config), words_(config.bank_words()) {
  for (auto& staging : staging_) staging.resize(std::size_t{config.bank_words()} * config.word_bytes());
  memory.bind(static_cast<tlm::tlm_bw_transport_if<TransferTypes>&>(*this));
  grid.bind(static_cast<tlm::tlm_bw_transport_if<DrainTypes>&>(*this));
  SC_HAS_PROCESS(StoreUnit);
  SC_THREAD(run);
  thread_ = sc_core::sc_get_current_process_handle();
}

void StoreUnit::reset() {
  next_staging_ = staging_in_use_ = 0;
  writing_.clear();
  CommandUnit::reset();
}

std::vector<std::string> StoreUnit::waits_for_links() const {
  if (writing_.empty()) return {};
  return {memory.name()};
}

void StoreUnit::run() {
  for (;;) {
    while (staging_in_use_ == StagingBuffers) wait(staging_free_);
    execute(next_command());
  }
}

const std::uint8_t* StoreUnit::drain(const Store& store) {
  Drain request;
  request.bank = store.bank;
  request.log2_rows = store.log2_rows;
  request.channels = store.channels;
  request.columns = store.columns;
  request.cycle = clock().now();
  request.words = words_.data();
  sc_core::sc_time delay;
  grid->b_transport(request, delay);
  if (request.response != tlm::TLM_OK_RESPONSE) return nullptr;

  std::uint8_t* const staging = staging_[next_staging_].data();
  const std::size_t count = std::size_t{store.channels} * store.columns;
  if (config_.mode == Mode::Train) {
    std::memcpy(staging, words_.data(), count * sizeof(std::uint32_t));
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      const auto half = static_cast<std::uint16_t>(words_[i]);
      std::memcpy(staging + i * sizeof half, &half, sizeof half);
    }
  }
  ++staging_in_use_;
  next_staging_ = (next_staging_ + 1) % StagingBuffers;
  return staging;
}

void StoreUnit::execute(const QueuedCommand& queued) {
  const auto& store = std::get<Store>(queued.command);
  if (const ErrorCode error = check(store, config_); error != ErrorCode::None) {
    faults->fail(error, queued.address);
    return;
  }
  const std::uint64_t start = clock().now();
  const std::uint8_t* const staging = drain(store);
  if (staging == nullptr) {
    faults->fail(ErrorCode::LinkFault, queued.address);
    return;
  }
  const std::uint64_t live_rows = divide_up(store.channels, config_.output_buffers);
  const std::uint64_t words_per_column = live_rows * config_.output_buffers;
  clock().wait_until(start + divide_up(words_per_column, config_.drain_port_words));

  // The bank is free as soon as it is drained; only what else the command pushes waits for the writes.
  const std::uint32_t bank_free = store.header.push & token_bit(Token::StoreToCompute);
  give(bank_free, queued.address);

  Writing& writing = writing_.emplace_back();
  writing.write = true;
  writing.runs = runs_of(store);
  writing.data = staging;
  writing.queued = queued;
  writing.start = start;
  writing.push = store.header.push & ~bank_free;
  TransferPhase phase = TransferPhase::Request;
  sc_core::sc_time delay;
  (void)memory->nb_transport_fw(writing, phase, delay);
}

tlm::tlm_sync_enum StoreUnit::nb_transport_bw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time&) {
  Writing* const answered = find_transfer(writing_, transfer);
  if (answered == nullptr || phase != TransferPhase::Response) return tlm::TLM_ACCEPTED;
  if (!answered->ok) {
    faults->fail(ErrorCode::StoreFault, answered->fault_address);
    return tlm::TLM_ACCEPTED;
  }
  answered->answered = true;
  while (!writing_.empty() && writing_.front().answered) {
    const QueuedCommand queued = writing_.front().queued;
    const std::uint64_t start = writing_.front().start;
    const std::uint32_t push = writing_.front().push;
    writing_.pop_front();
    --staging_in_use_;
    staging_free_.notify(sc_core::SC_ZERO_TIME);
    complete({queued.command, start, clock().now(), {}}, push, queued.address);
  }
  return tlm::TLM_ACCEPTED;
}

std::vector<MemoryRun> StoreUnit::runs_of(const Store& store) const {
  const std::uint64_t word = config_.word_bytes();
  std::vector<MemoryRun> runs;
  for (std::uint64_t k = 0; k < store.channels; ++k) {
    std::uint64_t column = 0;
    while (column < store.columns) {
      const std::uint64_t q = store.first_pixel + column;
      const std::uint64_t image = q / store.image_pixels;
      const std::uint64_t m = q % store.image_pixels;
      const std::uint64_t count = std::min<std::uint64_t>(store.columns - column, store.image_pixels - m);
      runs.push_back({store.address + image * store.image_stride + k * store.channel_stride + m * word,
                      (k * store.columns + column) * word, static_cast<std::uint32_t>(count * word)});
      column += count;
    }
  }
  return runs;
}

}  // namespace dlac
