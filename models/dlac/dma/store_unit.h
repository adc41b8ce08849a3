// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/control/core_context.h>
#include <dlac/dma/memory_port.h>
#include <dlac/grid/engine.h>

#include <array>
#include <cstdint>
#include <systemc>
#include <vector>

namespace dlac {

/// Executes the store queue: drains a bank of output buffers into a staging buffer, then writes that to memory.
///   drained = start + ceil(live rows * B / drain port words)     (arch. contract 3; all live columns in parallel)
/// The bank is free (store->compute) once drained; the command is complete when its writes are acknowledged. Two
/// staging buffers [A]: one is written to memory while the next fills.
class StoreUnit : public sc_core::sc_module {
 public:
  StoreUnit(sc_core::sc_module_name name, CoreContext& core, MemoryPort& port, const Engine& engine);

  void reset();

 private:
  static constexpr std::size_t StagingBuffers = 2;

  void run();
  void execute(const QueuedCommand& queued);
  [[nodiscard]] std::vector<MemoryRun> runs_of(const Store& store, std::uint8_t* staging) const;

  CoreContext& core_;
  MemoryPort& port_;
  const Engine& engine_;
  std::vector<std::uint32_t> words_;
  std::array<std::vector<std::uint8_t>, StagingBuffers> staging_;
  std::size_t next_staging_ = 0;
  std::size_t staging_in_use_ = 0;
  sc_core::sc_event staging_free_;
  sc_core::sc_process_handle thread_;
};

}  // namespace dlac
