// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/operand_network.h>

namespace dlac::clocked {

OperandNetwork::OperandNetwork(const sc_core::sc_module_name& name, std::uint32_t pes, std::uint32_t rows,
                               std::uint32_t columns)
    : sc_module(name), columns_(columns) {
  row_in.init(pes);
  column_in.init(pes);
  row_out.init(rows);
  column_out.init(columns);
  for (std::uint32_t n = 0; n < pes; ++n) {
    row_in[n].bind(static_cast<tlm::tlm_fw_transport_if<RowBeatTypes>&>(row_inputs_.emplace_back()));
    column_in[n].bind(static_cast<tlm::tlm_fw_transport_if<ColumnBeatTypes>&>(column_inputs_.emplace_back()));
    row_inputs_[n].select(row_out[row_of(n)]);
    column_inputs_[n].select(column_out[column_of(n)]);
  }
  for (auto& socket : row_out) socket.bind(static_cast<tlm::tlm_bw_transport_if<RowBeatTypes>&>(*this));
  for (auto& socket : column_out) socket.bind(static_cast<tlm::tlm_bw_transport_if<ColumnBeatTypes>&>(*this));
}

void OperandNetwork::connect(std::uint32_t columns) {
  if (columns == columns_) return;
  columns_ = columns;
  for (std::uint32_t n = 0; n < row_inputs_.size(); ++n) {
    row_inputs_[n].select(row_out[row_of(n)]);
    column_inputs_[n].select(column_out[column_of(n)]);
  }
  OperandNetwork::invalidate_direct_mem_ptr(0, ~sc_dt::uint64{0});
}

void OperandNetwork::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  for (auto& socket : row_in) socket->invalidate_direct_mem_ptr(first, last);
  for (auto& socket : column_in) socket->invalidate_direct_mem_ptr(first, last);
}

}  // namespace dlac::clocked
