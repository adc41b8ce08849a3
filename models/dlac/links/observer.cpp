// SPDX-License-Identifier: Apache-2.0
#include <dlac/links/beat_protocol.h>
#include <dlac/links/buffer_access.h>
#include <dlac/links/command_probe.h>
#include <dlac/links/link_sink.h>
#include <dlac/links/operation_protocol.h>
#include <dlac/links/transfer_protocol.h>

#include <algorithm>
#include <map>
#include <utility>

namespace dlac {
namespace {

/// What all observers have: their link, the sink, the clock.
class Observer {
 public:
  Observer(LinkInfo link, LinkSink& sink, std::uint32_t clock_period_ps)
      : link_(std::move(link)), sink_(sink), period_(static_cast<double>(clock_period_ps), sc_core::SC_PS) {}

 protected:
  /// The clock edge at or after `time`.
  [[nodiscard]] std::uint64_t cycle_at(const sc_core::sc_time& time) const {
    return (time.value() + period_.value() - 1) / period_.value();
  }
  [[nodiscard]] std::uint64_t now() const { return cycle_at(sc_core::sc_time_stamp()); }
  void tell(LinkRecord record, tlm::tlm_response_status response) {
    record.ok = response > 0;
    record.response = text(response);
    sink_.record(link_, record);
  }
  [[nodiscard]] static std::string_view text(tlm::tlm_response_status response) {
    switch (response) {
      case tlm::TLM_OK_RESPONSE: return "ok";
      case tlm::TLM_INCOMPLETE_RESPONSE: return "incomplete";
      case tlm::TLM_ADDRESS_ERROR_RESPONSE: return "address_error";
      case tlm::TLM_COMMAND_ERROR_RESPONSE: return "command_error";
      case tlm::TLM_BURST_ERROR_RESPONSE: return "burst_error";
      case tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE: return "byte_enable_error";
      case tlm::TLM_GENERIC_ERROR_RESPONSE: break;
    }
    return "error";
  }
  [[nodiscard]] const LinkInfo& link() const { return link_; }

 private:
  const LinkInfo link_;
  LinkSink& sink_;
  const sc_core::sc_time period_;
};

[[nodiscard]] std::uint64_t count(std::uint64_t mask) { return static_cast<std::uint64_t>(__builtin_popcountll(mask)); }

/// A link of sockets whose transactions are b_transport calls.
template <typename Types>
class CallObserver final : public Probe<Types>, private Observer {
 public:
  using Payload = typename Types::tlm_payload_type;
  template <typename... Arguments>
  explicit CallObserver(const char* name, Arguments&&... arguments)
      : Probe<Types>(name), Observer(std::forward<Arguments>(arguments)...) {}

  void b_transport(Payload& payload, sc_core::sc_time& delay) override {
    Probe<Types>::b_transport(payload, delay);
    tell(record_of(payload), payload.response);
  }

 private:
  template <typename Beat>
  static LinkRecord record_of(const BeatRead<Beat>& read) {
    LinkRecord record;
    record.cycle = read.cycle;
    record.requester = "pe";
    record.index = read.pe;
    record.command = read.pointwise ? "operand" : "beat";
    record.beat = read.pointwise ? read.first : read.number;
    return record;
  }
  static LinkRecord record_of(const Update& update) {
    LinkRecord record;
    record.cycle = update.cycle;
    record.requester = "pe";
    record.index = update.pe;
    record.command = update.pointwise == nullptr ? "update" : "pointwise";
    if (update.pointwise == nullptr) record.beat = update.number;
    record.updates = count(update.buffers);
    return record;
  }
  [[nodiscard]] LinkRecord record_of(const Drain& drain) const {
    LinkRecord record;
    record.cycle = drain.cycle;
    record.requester = link().initiator;
    record.command = "drain";
    record.address = drain.bank;
    record.updates = std::uint64_t{drain.channels} * drain.columns;
    return record;
  }
};

/// csr, mem, or a buffer's link: the base protocol, loosely or approximately timed.
class BusObserver final : public Probe<>, private Observer {
 public:
  template <typename... Arguments>
  explicit BusObserver(const char* name, Arguments&&... arguments)
      : Probe<>(name), Observer(std::forward<Arguments>(arguments)...) {}

  void b_transport(Payload& payload, sc_core::sc_time& delay) override {
    const LinkRecord record = record_of(payload, delay);
    Probe<>::b_transport(payload, delay);
    tell(record, payload.get_response_status());
  }
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, Phase& phase, sc_core::sc_time& delay) override {
    if (phase == tlm::BEGIN_REQ) waiting_[&payload] = record_of(payload, delay);
    const tlm::tlm_sync_enum status = Probe<>::nb_transport_fw(payload, phase, delay);
    if (status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP)) answered(payload);
    return status;
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, Phase& phase, sc_core::sc_time& delay) override {
    if (phase == tlm::BEGIN_RESP) answered(payload);
    return Probe<>::nb_transport_bw(payload, phase, delay);
  }

 private:
  void answered(const Payload& payload) {
    const auto at = waiting_.find(&payload);
    if (at == waiting_.end()) return;
    tell(at->second, payload.get_response_status());
    waiting_.erase(at);
  }
  [[nodiscard]] LinkRecord record_of(const Payload& payload, const sc_core::sc_time& delay) const {
    LinkRecord record;
    record.cycle = cycle_at(sc_core::sc_time_stamp() + delay);
    record.command = payload.is_read() ? "read" : payload.is_write() ? "write" : "ignore";
    record.address = payload.get_address();
    record.bytes = payload.get_data_length();
    record.requester = "host";
    if (!link().initiator.empty()) record.requester = link().initiator;
    if (const auto* const access = payload.get_extension<BufferAccess>()) {
      record.cycle = access->cycle;
      record.requester = to_string(access->requester);
      const bool beats = access->requester != BufferRequester::Load && access->requester != BufferRequester::CodeCheck;
      if (beats && access->index != BufferAccess::AllStreams) record.index = access->index;
      if (beats) record.beat = access->beat;
    }
    return record;
  }

  std::map<const Payload*, LinkRecord> waiting_;  ///< for their response, approximately timed
};

class TransferObserver final : public Probe<TransferTypes>, private Observer {
 public:
  template <typename... Arguments>
  explicit TransferObserver(const char* name, Arguments&&... arguments)
      : Probe<TransferTypes>(name), Observer(std::forward<Arguments>(arguments)...) {}

  tlm::tlm_sync_enum nb_transport_bw(Transfer& transfer, TransferPhase& phase, sc_core::sc_time& delay) override {
    if (phase == TransferPhase::Response) {
      LinkRecord record;
      record.cycle = now();
      record.requester = link().initiator;
      record.command = transfer.write ? "write" : "read";
      record.address = transfer.runs.empty() ? 0 : transfer.runs.front().address;
      record.bytes = transfer.bytes();
      tell(record, transfer.ok ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE);
    }
    return Probe<TransferTypes>::nb_transport_bw(transfer, phase, delay);
  }
};

class OperationObserver final : public Probe<OperationTypes>, private Observer {
 public:
  template <typename... Arguments>
  explicit OperationObserver(const char* name, Arguments&&... arguments)
      : Probe<OperationTypes>(name), Observer(std::forward<Arguments>(arguments)...) {}

  tlm::tlm_sync_enum nb_transport_fw(Operation& operation, Phase& phase, sc_core::sc_time& delay) override {
    const tlm::tlm_sync_enum status = Probe<OperationTypes>::nb_transport_fw(operation, phase, delay);
    if (status == tlm::TLM_COMPLETED) answered(operation);
    return status;
  }
  tlm::tlm_sync_enum nb_transport_bw(Operation& operation, Phase& phase, sc_core::sc_time& delay) override {
    if (phase == tlm::BEGIN_RESP) answered(operation);
    return Probe<OperationTypes>::nb_transport_bw(operation, phase, delay);
  }

 private:
  void answered(const Operation& operation) {
    LinkRecord record;
    record.cycle = operation.start;
    record.requester = link().initiator;
    const auto* const mm = std::get_if<MmOp>(&operation.command);
    record.command = to_string(mm != nullptr ? Opcode::MmOp : Opcode::PtWiseOp);
    if (mm != nullptr) {
      record.beat = mm->first_beat;
      record.updates = operation.segment.updates.executed;
    }
    tell(record, operation.response);
  }
};

/// A command that went into a queue or came out of it.
[[nodiscard]] LinkRecord record_of(const QueuedCommand& command, std::uint64_t cycle, std::string_view requester) {
  LinkRecord record;
  record.cycle = cycle;
  record.requester = requester;
  record.command = to_string(header_of(command.command).opcode);
  record.address = command.address;
  return record;
}

class PutObserver final : public CommandPutProbe, private Observer {
 public:
  template <typename... Arguments>
  explicit PutObserver(const char* name, Arguments&&... arguments)
      : CommandPutProbe(name), Observer(std::forward<Arguments>(arguments)...) {}

  bool nb_put(const QueuedCommand& command) override {
    const bool taken = CommandPutProbe::nb_put(command);
    if (taken) tell(record_of(command, now(), link().initiator), tlm::TLM_OK_RESPONSE);
    return taken;
  }
};

class GetObserver final : public CommandGetProbe, private Observer {
 public:
  template <typename... Arguments>
  explicit GetObserver(const char* name, Arguments&&... arguments)
      : CommandGetProbe(name), Observer(std::forward<Arguments>(arguments)...) {}

  bool nb_get(QueuedCommand& command) override {
    const bool given = CommandGetProbe::nb_get(command);
    if (given) tell(record_of(command, now(), link().initiator), tlm::TLM_OK_RESPONSE);
    return given;
  }
};

}  // namespace

std::unique_ptr<LinkModule> make_observer(const LinkInfo& link, LinkSink& sink, std::uint32_t clock_period_ps) {
  const std::string name = module_name(link, "_observer");
  const char* const n = name.c_str();
  switch (link.protocol) {
    case Protocol::Bus:
    case Protocol::Buffer: return std::make_unique<BusObserver>(n, link, sink, clock_period_ps);
    case Protocol::Transfer: return std::make_unique<TransferObserver>(n, link, sink, clock_period_ps);
    case Protocol::CommandPut: return std::make_unique<PutObserver>(n, link, sink, clock_period_ps);
    case Protocol::CommandGet: return std::make_unique<GetObserver>(n, link, sink, clock_period_ps);
    case Protocol::Operation: return std::make_unique<OperationObserver>(n, link, sink, clock_period_ps);
    case Protocol::Drain: return std::make_unique<CallObserver<DrainTypes>>(n, link, sink, clock_period_ps);
    case Protocol::RowBeat: return std::make_unique<CallObserver<RowBeatTypes>>(n, link, sink, clock_period_ps);
    case Protocol::ColumnBeat: return std::make_unique<CallObserver<ColumnBeatTypes>>(n, link, sink, clock_period_ps);
    case Protocol::Update: return std::make_unique<CallObserver<UpdateTypes>>(n, link, sink, clock_period_ps);
  }
  return nullptr;
}

}  // namespace dlac
