// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/grid/clocked/operand_stream.h>
#include <dlac/links/beat_protocol.h>
#include <dlac/links/transport_defaults.h>

#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac::clocked {

/// The wires that flow control needs: how far the streams that serve a PE have come.
class OperandFlowIf : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual const BeatSignal& row_delivered(std::uint32_t pe) const = 0;
  [[nodiscard]] virtual const BeatSignal& column_delivered(std::uint32_t pe) const = 0;
};

/// The wiring between streams and PEs. PEs are numbered r*C + c: in a grid of R rows, PE n is served by row stream n /
/// C and column stream n mod C, C = PEs / R. The shape is chosen per operation.
class OperandNetwork final : public sc_core::sc_module,
                             public OperandFlowIf,
                             private BackwardDefaults<RowBeatTypes>,
                             private BackwardDefaults<ColumnBeatTypes> {
 public:
  sc_core::sc_vector<tlm::tlm_target_socket<32, RowBeatTypes>> row_in{"row_in"};            ///< [PE]
  sc_core::sc_vector<tlm::tlm_target_socket<32, ColumnBeatTypes>> column_in{"column_in"};   ///< [PE]
  sc_core::sc_vector<tlm::tlm_initiator_socket<32, RowBeatTypes>> row_out{"row"};           ///< [row stream]
  sc_core::sc_vector<tlm::tlm_initiator_socket<32, ColumnBeatTypes>> column_out{"column"};  ///< [column stream]

  OperandNetwork(const sc_core::sc_module_name& name, std::uint32_t pes, std::uint32_t rows, std::uint32_t columns);
  OperandNetwork(const OperandNetwork&) = delete;
  OperandNetwork& operator=(const OperandNetwork&) = delete;

  /// The `delivered` signal of the next row stream or column stream, in order.
  void add_row(const BeatSignal& delivered) { row_delivered_.push_back(&delivered); }
  void add_column(const BeatSignal& delivered) { column_delivered_.push_back(&delivered); }
  /// Takes a shape of `columns` columns. Direct access that was granted to a PE ends when its streams change.
  void connect(std::uint32_t columns);

  [[nodiscard]] const BeatSignal& row_delivered(std::uint32_t pe) const override { return *row_delivered_[row_of(pe)]; }
  [[nodiscard]] const BeatSignal& column_delivered(std::uint32_t pe) const override {
    return *column_delivered_[column_of(pe)];
  }

 private:
  /// A PE's way in: passes what it asks for on to the stream that serves it.
  template <typename Types>
  class Input final : public tlm::tlm_fw_transport_if<Types> {
   public:
    using Payload = typename Types::tlm_payload_type;
    using Output = tlm::tlm_initiator_socket<32, Types>;
    void select(Output& output) {
      output_ = &output;
      target_ = nullptr;
    }

    void b_transport(Payload& read, sc_core::sc_time& delay) override {
      if (target_ == nullptr) target_ = output_->operator->();
      target_->b_transport(read, delay);
    }
    tlm::tlm_sync_enum nb_transport_fw(Payload& read, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
      return (*output_)->nb_transport_fw(read, phase, delay);
    }
    bool get_direct_mem_ptr(Payload& read, tlm::tlm_dmi& dmi) override {
      return (*output_)->get_direct_mem_ptr(read, dmi);
    }
    unsigned int transport_dbg(Payload& read) override { return (*output_)->transport_dbg(read); }

   private:
    Output* output_ = nullptr;
    tlm::tlm_blocking_transport_if<Payload>* target_ = nullptr;  ///< behind it; sockets are bound after they are made
  };

  /// A stream, or a module in its link, takes its window back: for whichever PEs have it.
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;

  [[nodiscard]] std::uint32_t row_of(std::uint32_t pe) const { return pe / columns_; }
  [[nodiscard]] std::uint32_t column_of(std::uint32_t pe) const { return pe % columns_; }

  std::uint32_t columns_;
  std::deque<Input<RowBeatTypes>> row_inputs_;
  std::deque<Input<ColumnBeatTypes>> column_inputs_;
  std::vector<const BeatSignal*> row_delivered_, column_delivered_;
};

}  // namespace dlac::clocked
