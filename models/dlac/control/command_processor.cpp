// SPDX-License-Identifier: Apache-2.0
#include <dlac/control/command_processor.h>

#include <algorithm>
#include <utility>

namespace dlac {
namespace {

constexpr std::uint32_t LoadTokens = token_bit(Token::ComputeToLoad);
constexpr std::uint32_t LoadGives = token_bit(Token::LoadToCompute);
constexpr std::uint32_t ComputeTokens = token_bit(Token::LoadToCompute) | token_bit(Token::StoreToCompute);
constexpr std::uint32_t ComputeGives = token_bit(Token::ComputeToLoad) | token_bit(Token::ComputeToStore);
constexpr std::uint32_t StoreTokens = token_bit(Token::ComputeToStore);
constexpr std::uint32_t StoreGives = token_bit(Token::StoreToCompute);

/// A command may take only tokens that lead to its queue, and give only those that lead away from it.
[[nodiscard]] bool tokens_legal(const Command& command) {
  const CommandHeader& h = header_of(command);
  std::uint32_t pop = 0;
  std::uint32_t push = 0;
  if (std::holds_alternative<LoadWeights>(command) || std::holds_alternative<LoadFeatures>(command)) {
    pop = LoadTokens, push = LoadGives;
  } else if (std::holds_alternative<Store>(command)) {
    pop = StoreTokens, push = StoreGives;
  } else if (!std::holds_alternative<End>(command)) {
    pop = ComputeTokens, push = ComputeGives;
  }
  return (h.pop & ~pop) == 0 && (h.push & ~push) == 0;
}

}  // namespace

CommandProcessor::CommandProcessor(sc_core::sc_module_name name, CoreContext& core, MemoryPort& port, LoadUnit& load)
    : sc_module(name), core_(core), port_(port), load_(load) {
  SC_HAS_PROCESS(CommandProcessor);
  SC_THREAD(run);
  thread_ = sc_core::sc_get_current_process_handle();
}

void CommandProcessor::start(std::uint64_t address, std::uint32_t length, std::function<void()> finished) {
  running_ = true;
  list_ = address;
  length_ = length;
  fetched_ = dispatched_ = 0;
  consumed_ = 0;
  fetches_.clear();
  finished_ = std::move(finished);
  started_.notify(sc_core::SC_ZERO_TIME);
}

void CommandProcessor::reset() {
  running_ = false;
  fetches_.clear();
  finished_ = nullptr;
  thread_.reset();
}

void CommandProcessor::run() {
  for (;;) {
    while (!running_) wait(started_);
    core_.clock.wait_until(core_.clock.now());  // to the next clock edge
    while (running_) {
      if (dispatched_ == length_) {
        fail(ErrorCode::ListWithoutEnd, list_ + std::uint64_t{length_} * CommandBytes);
      }
      const std::uint64_t address = list_ + dispatched_ * CommandBytes;
      const CommandImage image = next_image();
      ++dispatched_;
      const auto command = decode(image);
      if (!command) fail(ErrorCode::IllegalCommand, address);
      dispatch(*command, address);
    }
  }
}

void CommandProcessor::dispatch(const Command& command, std::uint64_t address) {
  const CommandHeader& header = header_of(command);
  if (!tokens_legal(command)) fail(ErrorCode::IllegalField, address);
  if (std::holds_alternative<End>(command) || header.fence != 0) {
    while (!all_idle()) wait_for_progress();
  }
  if (std::holds_alternative<End>(command)) {
    // Fetches of commands behind the end are let in, for they must not disturb the next list.
    while (std::any_of(fetches_.begin(), fetches_.end(), [](const Fetch& f) { return !f.arrived; })) wait(fetch_done_);
    ++core_.commands;
    running_ = false;
    if (core_.observer) core_.observer({command, core_.clock.now(), core_.clock.now(), {}});
    finished_();
    return;
  }
  UnitState* unit = &core_.compute;
  if (std::holds_alternative<LoadWeights>(command) || std::holds_alternative<LoadFeatures>(command)) {
    unit = &core_.load;
  } else if (std::holds_alternative<Store>(command)) {
    unit = &core_.store;
  }
  while (unit->queue.full()) wait_for_progress();
  unit->queue.push({command, address});
  load_.refresh_activity();
  wait(core_.clock.period());
}

CommandImage CommandProcessor::next_image() {
  prefetch();
  while (fetches_.empty() || !fetches_.front().arrived) wait(fetch_done_);
  Fetch& fetch = fetches_.front();
  CommandImage image{};
  for (std::size_t i = 0; i < image.size(); ++i) {
    const std::uint8_t* b = &fetch.bytes[consumed_ + 4 * i];
    image[i] = b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24;
  }
  consumed_ += CommandBytes;
  if (consumed_ == fetch.count) {
    fetches_.pop_front();
    consumed_ = 0;
    prefetch();
  }
  return image;
}

void CommandProcessor::prefetch() {
  const std::uint64_t total = std::uint64_t{length_} * CommandBytes;
  while (fetched_ < total && fetches_.size() < PrefetchBytes / FetchBytes) {
    // A deque keeps its elements in place, so the transfer can write into the fetch.
    Fetch& fetch = fetches_.emplace_back();
    fetch.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(FetchBytes, total - fetched_));
    Transfer transfer;
    transfer.runs.push_back({list_ + fetched_, fetch.bytes.data(), fetch.count});
    transfer.done = [this, &fetch](const TransferResult& result) {
      if (!result.ok) {
        core_.fail(ErrorCode::FetchFault, result.fault_address);
        return;
      }
      fetch.arrived = true;
      fetch_done_.notify(sc_core::SC_ZERO_TIME);
    };
    fetched_ += fetch.count;
    port_.submit(Requester::Fetch, std::move(transfer));
  }
}

bool CommandProcessor::all_idle() const { return core_.load.idle() && core_.compute.idle() && core_.store.idle(); }

bool CommandProcessor::deadlocked() const {
  bool blocked = false;
  for (const UnitState* unit : {&core_.load, &core_.compute, &core_.store}) {
    if (unit->in_flight != 0) return false;
    if (unit->queue.empty()) continue;
    if (unit->blocked_on == 0 || core_.tokens.available(unit->blocked_on)) return false;
    blocked = true;
  }
  return blocked;
}

void CommandProcessor::wait_for_progress() {
  if (deadlocked()) fail(ErrorCode::Deadlock, list_ + (dispatched_ - 1) * CommandBytes);
  wait(core_.progress | core_.load.queue.changed() | core_.compute.queue.changed() | core_.store.queue.changed());
}

void CommandProcessor::fail(ErrorCode code, std::uint64_t address) {
  core_.fail(code, address);
  for (;;) wait(never_);  // until reset
}

}  // namespace dlac
