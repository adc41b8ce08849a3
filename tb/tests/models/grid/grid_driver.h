// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/grid/grid.h>
#include <dlac/links/buffer.h>
#include <dlac/links/buffer_access.h>
#include <dlac/links/links.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

/// A grid between two buffers, driven through its sockets by whoever is in the place of the core's units.
namespace grid_driver {

/// A buffer whose bytes are the test's: granted directly, or answered by transactions.
class TestBuffer : public dlac::Buffer {
 public:
  TestBuffer(const sc_core::sc_module_name& name, std::vector<std::uint8_t>& storage, bool grants = true)
      : Buffer(name), grants_direct(grants), storage_(&storage) {}

  [[nodiscard]] std::uint64_t bytes() const override { return storage_->size(); }
  void reset() override {}
  using Buffer::invalidate;

  bool grants_direct;
  std::uint64_t transactions = 0;
  sc_core::sc_time direct_latency, direct_write_latency;  ///< of what is granted
  /// Of what is answered by a transaction; none if empty.
  std::function<sc_core::sc_time(const dlac::BufferAccess& access)> delay;
  /// Bytes in another place from now on. What was granted is taken back.
  void move_to(std::vector<std::uint8_t>& storage) { move_to(storage, 0, storage.size() - 1); }
  /// The same, but only this range is named.
  void move_to(std::vector<std::uint8_t>& storage, std::uint64_t first, std::uint64_t last) {
    storage_ = &storage;
    invalidate(first, last);
  }

 protected:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& time) override {
    ++transactions;
    const std::uint64_t address = payload.get_address();
    if (address + payload.get_data_length() > storage_->size()) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    std::memcpy(payload.get_data_ptr(), &(*storage_)[address], payload.get_data_length());
    const auto* const access = payload.get_extension<dlac::BufferAccess>();
    if (delay && access != nullptr) time += delay(*access);
    payload.set_dmi_allowed(grants_direct);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) override {
    dmi.init();
    if (!grants_direct) return false;
    dmi.set_dmi_ptr(storage_->data());
    dmi.set_end_address(storage_->size() - 1);
    dmi.set_read_latency(direct_latency);
    dmi.set_write_latency(direct_write_latency);
    dmi.allow_read();
    return true;
  }

 private:
  std::vector<std::uint8_t>* storage_;
};

class GridDriver : public sc_core::sc_module,
                   private dlac::BackwardDefaults<dlac::OperationTypes>,
                   private dlac::BackwardDefaults<dlac::DrainTypes> {
 public:
  tlm::tlm_initiator_socket<32, dlac::OperationTypes> operation{"operation"};
  tlm::tlm_initiator_socket<32, dlac::DrainTypes> drain_socket{"drain"};
  TestBuffer weight_buffer;
  TestBuffer feature_buffer;

  /// `config` and the bytes must outlive it.
  GridDriver(const sc_core::sc_module_name& name, const dlac::Config& config, std::vector<std::uint8_t>& weights,
             std::vector<std::uint8_t>& features, dlac::Fittings* fittings = nullptr)
      : sc_module(name),
        weight_buffer("weight_buffer", weights),
        feature_buffer("feature_buffer", features),
        period_(config.clock_period_ps, sc_core::SC_PS),
        links_(this->name(), fittings),
        grid_(dlac::make_grid("grid", config, period_)) {
    operation.bind(static_cast<tlm::tlm_bw_transport_if<dlac::OperationTypes>&>(*this));
    drain_socket.bind(static_cast<tlm::tlm_bw_transport_if<dlac::DrainTypes>&>(*this));
    operation.bind(grid_->operation);
    drain_socket.bind(grid_->drain);
    grid_->bind(links_, weight_buffer, feature_buffer);
  }

  /// Executes a segment and lets its cycles pass. From an SC_THREAD, which may be reset meanwhile.
  dlac::SegmentResult multiply(const dlac::MmOp& op) {
    operation_ = {op, cycle(), {}, 0, tlm::TLM_INCOMPLETE_RESPONSE};
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    answered_ = false;
    if (operation->nb_transport_fw(operation_, phase, delay) == tlm::TLM_COMPLETED) {
      if (delay != sc_core::SC_ZERO_TIME) wait(delay);
    } else {
      while (!answered_) wait(answer_);
    }
    return operation_.segment;
  }
  std::uint64_t pointwise(const dlac::PtWiseOp& op) {
    dlac::Operation request{op, cycle(), {}, 0, tlm::TLM_INCOMPLETE_RESPONSE};
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    (void)operation->nb_transport_fw(request, phase, delay);
    operation_.response = request.response;
    return request.cycles;
  }
  void drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
             std::uint32_t* out) {
    dlac::Drain request{bank, log2_rows, channels, columns, cycle(), out, tlm::TLM_INCOMPLETE_RESPONSE};
    sc_core::sc_time delay;
    drain_socket->b_transport(request, delay);
  }
  void reset() { grid_->reset(); }
  void trace(sc_core::sc_trace_file* file) const override { grid_->trace(file); }
  [[nodiscard]] tlm::tlm_response_status response() const { return operation_.response; }

 private:
  tlm::tlm_sync_enum nb_transport_bw(dlac::Operation&, tlm::tlm_phase&, sc_core::sc_time&) override {
    answered_ = true;
    answer_.notify(sc_core::SC_ZERO_TIME);
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
  [[nodiscard]] std::uint64_t cycle() const { return sc_core::sc_time_stamp().value() / period_.value(); }

  const sc_core::sc_time period_;
  dlac::Links links_;
  std::unique_ptr<dlac::Grid> grid_;
  dlac::Operation operation_;
  bool answered_ = false;
  sc_core::sc_event answer_;
};

}  // namespace grid_driver
