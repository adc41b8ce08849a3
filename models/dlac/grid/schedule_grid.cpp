// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/operation_check.h>
#include <dlac/grid/schedule_grid.h>
#include <dlac/links/buffer.h>

#include <algorithm>
#include <string>
#include <variant>

namespace dlac {
namespace {

/// Words of the channels' planes [first, first + count) of a view in the feature buffer.
struct Planes {
  std::uint64_t base, row_capacity, pitch;
  [[nodiscard]] std::uint64_t words() const { return row_capacity * pitch; }
};

}  // namespace

ScheduleGrid::ScheduleGrid(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_time& period)
    : Grid(name), config_(config), period_(period), engine_(config_, {}, {}) {}

void ScheduleGrid::bind(Links& links, Buffer& weights, Buffer& features) {
  links.bind(Protocol::Buffer, weight_buffer.socket, weights.socket);
  links.bind(Protocol::Buffer, feature_buffer.socket, features.socket);
}

void ScheduleGrid::reset() { engine_.reset(); }

bool ScheduleGrid::view(Operand& operand, const std::vector<Range>& ranges, BufferRequester requester,
                        std::uint64_t beat, std::uint64_t cycle, BufferView& view) {
  BufferPort& port = operand.port;
  std::uint64_t end = 0;
  for (const Range& range : ranges) end = std::max(end, range.address + range.bytes);
  // A grant of a buffer's whole storage serves all ranges, if it has a margin behind the last byte.
  sc_core::sc_time delay;
  const std::uint8_t* const direct = port.readable(0, end + BufferSlack);
  if (direct != nullptr) {
    view = {direct, end + BufferSlack};
    delay = port.read_latency();
  } else {
    port.act_as(requester);
    if (operand.copy.size() < end + BufferSlack) operand.copy.resize(end + BufferSlack);
    for (const Range& range : ranges) {
      if (range.bytes == 0) continue;
      if (!port.fetch(range.address, &operand.copy[range.address], range.bytes, beat, cycle, delay)) return false;
    }
    view = {operand.copy.data(), operand.copy.size()};
  }
  if (delay != sc_core::SC_ZERO_TIME) {
    const std::string message = std::string(port.socket.name()) + ": a delay of " + delay.to_string() +
                                ", which the schedule engine cannot account for: the list ends with ERROR 13; use " +
                                "engine clocked, and have the buffer's delays() say so";
    SC_REPORT_WARNING("/dlac/links", message.c_str());
    return false;
  }
  return true;
}

tlm::tlm_sync_enum ScheduleGrid::nb_transport_fw(Operation& operation, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
  operation.response = tlm::TLM_GENERIC_ERROR_RESPONSE;  // unless it is executed
  std::visit([&](const auto& op) { execute(op, operation); }, operation.command);
  delay += sc_core::sc_time::from_value(operation.cycles * period_.value());
  return tlm::TLM_COMPLETED;
}

void ScheduleGrid::execute(const MmOp& op, Operation& operation) {
  const std::uint64_t kernel = std::uint64_t{op.kernel_height} * op.kernel_width;
  const bool pixel_beats = op.order == BeatOrder::PixelBeats;
  const std::uint64_t first_position = pixel_beats ? op.first_column : op.first_beat;
  const std::uint64_t positions = pixel_beats ? op.columns : op.beats;
  const std::uint64_t first_channel = first_position / kernel;
  const std::uint64_t channels = (first_position + positions - 1) / kernel - first_channel + 1;
  const std::uint64_t plane = std::uint64_t{op.row_capacity} * op.pitch * config_.word_bytes();
  const Range weights{op.weights, (weight_bits(op, config_) + 7) / 8};
  const Range features{op.base * std::uint64_t{config_.word_bytes()} + (first_channel - op.first_channel) * plane,
                       channels * plane};

  BufferView weight_view;
  BufferView feature_view;
  if (!view(weights_, {weights}, BufferRequester::RowStream, op.first_beat, operation.start, weight_view) ||
      !view(features_, {features}, BufferRequester::ColumnStream, op.first_beat, operation.start, feature_view)) {
    return;
  }
  engine_.set_views(weight_view, feature_view);
  operation.segment = engine_.multiply(op);
  operation.cycles = operation.segment.cycles;
  operation.response = tlm::TLM_OK_RESPONSE;
}

void ScheduleGrid::execute(const PtWiseOp& op, Operation& operation) {
  const std::uint64_t word = config_.word_bytes();
  std::vector<Range> constants;
  for (const auto& [source, offset] :
       {std::pair{op.source_a, op.constants_a}, {op.source_x, op.constants_x}, {op.source_y, op.constants_y}}) {
    if (source == OperandSource::Constant) constants.push_back({offset, op.channels * word});
  }
  std::vector<Range> streams;
  const auto stream = [&](const Planes& view) {
    streams.push_back({view.base * word, op.channels * view.words() * word});
  };
  if (op.source_a == OperandSource::Stream || op.source_x == OperandSource::Stream) {
    stream({op.base_0, op.row_capacity_0, op.pitch_0});
  }
  if (op.source_y == OperandSource::Stream) stream({op.base_1, op.row_capacity_1, op.pitch_1});

  BufferView weight_view;
  BufferView feature_view;
  if (!view(weights_, constants, BufferRequester::Constants, 0, operation.start, weight_view) ||
      !view(features_, streams, BufferRequester::PointwiseStream, 0, operation.start, feature_view)) {
    return;
  }
  engine_.set_views(weight_view, feature_view);
  operation.cycles = engine_.pointwise(op);
  operation.response = tlm::TLM_OK_RESPONSE;
}

void ScheduleGrid::b_transport(Drain& drain, sc_core::sc_time&) {
  engine_.drain(drain.bank, drain.log2_rows, drain.channels, drain.columns, drain.words);
  drain.response = tlm::TLM_OK_RESPONSE;
}

}  // namespace dlac
