// SPDX-License-Identifier: Apache-2.0
#include <dlac/control/command_processor.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
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

CommandProcessor::CommandProcessor(const sc_core::sc_module_name& name, const CoreClock& clock,
                                   const TokenCounters& tokens, CompletionLog& log, Lane load, Lane compute, Lane store)
    : sc_module(name), clock_(clock), tokens_(tokens), log_(log), load_(load), compute_(compute), store_(store) {
  memory.bind(static_cast<tlm::tlm_bw_transport_if<TransferTypes>&>(*this));
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
  refused_by_ = nullptr;
  load_.dispatched = compute_.dispatched = store_.dispatched = 0;
  thread_.reset();
}

std::vector<std::string> CommandProcessor::waits_for_links() const {
  std::vector<std::string> waiting;
  if (refused_by_ != nullptr) waiting.emplace_back(refused_by_->name());
  const std::array<std::pair<const Lane*, const sc_core::sc_object*>, 3> lanes{
      {{&load_, &load_queue}, {&compute_, &compute_queue}, {&store_, &store_queue}}};
  for (const auto& [lane, put] : lanes) {
    const UnitStatus& unit = lane->unit.status();
    if (lane->incomplete() > lane->queue.size() + unit.in_flight) {  // some are neither in the queue nor in the unit
      waiting.emplace_back(put->name());
      waiting.emplace_back(lane->unit.commands.name());
    } else if (!lane->queue.empty() && unit.in_flight == 0 && unit.blocked_on == 0) {
      waiting.emplace_back(lane->unit.commands.name());
    }
  }
  if (std::any_of(fetches_.begin(), fetches_.end(), [](const Fetch& fetch) { return !fetch.arrived; })) {
    waiting.emplace_back(memory.name());
  }
  return waiting;
}

void CommandProcessor::run() {
  for (;;) {
    while (!running_) wait(started_);
    clock_.wait_until(clock_.now());  // to the next clock edge
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
    running_ = false;
    log_.complete({command, clock_.now(), clock_.now(), {}});
    finished_();
    return;
  }
  const QueuedCommand queued{command, address};
  if (std::holds_alternative<LoadWeights>(command) || std::holds_alternative<LoadFeatures>(command)) {
    put(load_queue, load_, queued);
  } else if (std::holds_alternative<Store>(command)) {
    put(store_queue, store_, queued);
  } else {
    put(compute_queue, compute_, queued);
  }
  wait(clock_.period());
}

void CommandProcessor::put(sc_core::sc_port<CommandPutIf>& port, Lane& lane, const QueuedCommand& command) {
  while (!port->nb_put(command)) {
    if (lane.queue.full()) {
      wait_for_progress();
    } else {  // a module in the link refuses: that is no deadlock, it may change its mind
      refused_by_ = &port;
      wait(port->ok_to_put());
      refused_by_ = nullptr;
    }
  }
  ++lane.dispatched;
}

CommandImage CommandProcessor::next_image() {
  prefetch();
  while (fetches_.empty() || !fetches_.front().arrived) wait(fetch_done_);
  Fetch& fetch = fetches_.front();
  CommandImage image{};
  for (std::size_t i = 0; i < image.size(); ++i) {
    const std::uint8_t* b = &fetch.buffer[consumed_ + 4 * i];
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
    Fetch& fetch = fetches_.emplace_back();  // a deque keeps its elements in place
    fetch.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(FetchBytes, total - fetched_));
    fetch.runs.push_back({list_ + fetched_, 0, fetch.count});
    fetched_ += fetch.count;
    TransferPhase phase = TransferPhase::Request;
    sc_core::sc_time delay;
    (void)memory->nb_transport_fw(fetch, phase, delay);
  }
}

tlm::tlm_sync_enum CommandProcessor::nb_transport_bw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time&) {
  Fetch* const fetch = find_transfer(fetches_, transfer);
  if (fetch == nullptr) return tlm::TLM_ACCEPTED;
  if (phase == TransferPhase::Data) {
    std::memcpy(fetch->buffer.data() + fetch->chunk.local, fetch->chunk.data, fetch->chunk.bytes);
  } else if (phase == TransferPhase::Response) {
    if (fetch->ok) {
      fetch->arrived = true;
      fetch_done_.notify(sc_core::SC_ZERO_TIME);
    } else {
      faults->fail(ErrorCode::FetchFault, fetch->fault_address);
    }
  }
  return tlm::TLM_ACCEPTED;
}

bool CommandProcessor::all_idle() const {
  return load_.incomplete() == 0 && compute_.incomplete() == 0 && store_.incomplete() == 0;
}

bool CommandProcessor::deadlocked() const {
  bool blocked = false;
  for (const Lane* const lane : {&load_, &compute_, &store_}) {
    const UnitStatus& unit = lane->unit.status();
    if (unit.in_flight != 0) return false;
    if (lane->incomplete() == 0) continue;
    if (unit.blocked_on == 0 || tokens_.available(unit.blocked_on)) return false;
    blocked = true;
  }
  return blocked;
}

void CommandProcessor::wait_for_progress() {
  if (deadlocked()) fail(ErrorCode::Deadlock, list_ + (dispatched_ - 1) * CommandBytes);
  wait(load_.unit.progress() | compute_.unit.progress() | store_.unit.progress() | load_.queue.ok_to_put(nullptr) |
       compute_.queue.ok_to_put(nullptr) | store_.queue.ok_to_put(nullptr));
}

void CommandProcessor::fail(ErrorCode code, std::uint64_t address) {
  faults->fail(code, address);
  for (;;) wait(never_);  // until reset
}

}  // namespace dlac
