// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/control/core_context.h>
#include <dlac/dma/load_unit.h>
#include <dlac/dma/memory_port.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <systemc>

namespace dlac {

/// Fetches a command list from memory, decodes it and hands each command to its queue, one per cycle, in order.
class CommandProcessor : public sc_core::sc_module {
 public:
  CommandProcessor(sc_core::sc_module_name name, CoreContext& core, MemoryPort& port, LoadUnit& load);

  /// Starts the list of `length` commands at `address`; `finished` is called when its end command is reached and
  /// everything before it is complete.
  void start(std::uint64_t address, std::uint32_t length, std::function<void()> finished);
  void reset();

 private:
  static constexpr std::size_t PrefetchBytes = 1024;  // [A] commands fetched ahead
  static constexpr std::uint32_t FetchBytes = 256;    // [A] two commands per fetch

  struct Fetch {
    std::array<std::uint8_t, FetchBytes> bytes{};
    std::uint32_t count = 0;
    bool arrived = false;
  };

  void run();
  void prefetch();
  [[nodiscard]] CommandImage next_image();
  void dispatch(const Command& command, std::uint64_t address);
  [[nodiscard]] bool all_idle() const;
  [[nodiscard]] bool deadlocked() const;
  /// Waits until something happens that may let the dispatcher go on, or finds a deadlock.
  void wait_for_progress();
  void fail(ErrorCode code, std::uint64_t address);

  CoreContext& core_;
  MemoryPort& port_;
  LoadUnit& load_;

  bool running_ = false;
  std::uint64_t list_ = 0;
  std::uint32_t length_ = 0;
  std::uint64_t fetched_ = 0;     ///< bytes of the list asked for
  std::uint64_t dispatched_ = 0;  ///< commands dispatched
  std::function<void()> finished_;
  std::deque<Fetch> fetches_;
  std::uint32_t consumed_ = 0;  ///< bytes used of the oldest fetch
  sc_core::sc_event started_;
  sc_core::sc_event fetch_done_;
  sc_core::sc_event never_;
  sc_core::sc_process_handle thread_;
};

}  // namespace dlac
