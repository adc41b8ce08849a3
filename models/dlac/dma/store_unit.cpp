// SPDX-License-Identifier: Apache-2.0
#include <dlac/dma/store_unit.h>
#include <dlac/grid/operation_check.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace dlac {

StoreUnit::StoreUnit(sc_core::sc_module_name name, CoreContext& core, MemoryPort& port, const Engine& engine)
    : sc_module(name), core_(core), port_(port), engine_(engine), words_(core.config.bank_words()) {
  for (auto& staging : staging_) staging.resize(std::size_t{core.config.bank_words()} * core.config.word_bytes());
  SC_HAS_PROCESS(StoreUnit);
  SC_THREAD(run);
  thread_ = sc_core::sc_get_current_process_handle();
}

void StoreUnit::reset() {
  next_staging_ = staging_in_use_ = 0;
  thread_.reset();
}

void StoreUnit::run() {
  for (;;) {
    while (staging_in_use_ == StagingBuffers) wait(staging_free_);
    execute(next_command(core_, core_.store));
  }
}

void StoreUnit::execute(const QueuedCommand& queued) {
  const Command& command = queued.command;
  const Store& store = std::get<Store>(command);
  const Config& config = core_.config;
  if (const ErrorCode error = check(store, config); error != ErrorCode::None) {
    core_.fail(error, queued.address);
    return;
  }
  const std::uint64_t start = core_.clock.now();
  const std::uint64_t live_rows = (store.channels + config.output_buffers - 1) / config.output_buffers;
  const std::uint64_t words_per_column = live_rows * config.output_buffers;

  engine_.drain(store.bank, store.log2_rows, store.channels, store.columns, words_.data());
  std::uint8_t* staging = staging_[next_staging_].data();
  const std::size_t count = std::size_t{store.channels} * store.columns;
  if (config.mode == Mode::Train) {
    std::memcpy(staging, words_.data(), count * sizeof(std::uint32_t));
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      const auto half = static_cast<std::uint16_t>(words_[i]);
      std::memcpy(staging + i * sizeof half, &half, sizeof half);
    }
  }
  ++staging_in_use_;
  next_staging_ = (next_staging_ + 1) % StagingBuffers;
  core_.clock.wait_until(start + (words_per_column + config.drain_port_words - 1) / config.drain_port_words);

  // The bank is free as soon as it is drained; only what else the command pushes waits for the writes.
  const std::uint32_t bank_free = store.header.push & token_bit(Token::StoreToCompute);
  core_.give(bank_free, queued.address);

  Transfer transfer;
  transfer.write = true;
  transfer.runs = runs_of(store, staging);
  transfer.done = [this, command, address = queued.address, start,
                   rest = store.header.push & ~bank_free](const TransferResult& result) {
    if (!result.ok) {
      core_.fail(ErrorCode::StoreFault, result.fault_address);
      return;
    }
    --staging_in_use_;
    staging_free_.notify(sc_core::SC_ZERO_TIME);
    core_.complete(core_.store, {command, start, core_.clock.now(), {}}, rest, address);
  };
  port_.submit(Requester::Store, std::move(transfer));
}

std::vector<MemoryRun> StoreUnit::runs_of(const Store& store, std::uint8_t* staging) const {
  const std::uint64_t word = core_.config.word_bytes();
  std::vector<MemoryRun> runs;
  for (std::uint64_t k = 0; k < store.channels; ++k) {
    std::uint64_t column = 0;
    while (column < store.columns) {
      const std::uint64_t q = store.first_pixel + column;
      const std::uint64_t image = q / store.image_pixels;
      const std::uint64_t m = q % store.image_pixels;
      const std::uint64_t count = std::min<std::uint64_t>(store.columns - column, store.image_pixels - m);
      runs.push_back({store.address + image * store.image_stride + k * store.channel_stride + m * word,
                      staging + (k * store.columns + column) * word, static_cast<std::uint32_t>(count * word)});
      column += count;
    }
  }
  return runs;
}

}  // namespace dlac
