// SPDX-License-Identifier: Apache-2.0
// Modules in links that refuse, hold back and delay: a defined error or a core that waits, never an abort.
#include <dlac/links/beat_protocol.h>
#include <dlac/links/command_probe.h>
#include <dlac/links/link_modules.h>
#include <dlac/links/operation_protocol.h>
#include <dlac/links/transfer_protocol.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tb/tests/models/links/sc_link_rig.h"

namespace {

namespace tb = dlac::tb;
using dlac::CommandGetProbe;
using dlac::CommandPutProbe;
using dlac::Config;
using dlac::EngineKind;
using dlac::ErrorCode;
using dlac::Fittings;
using dlac::LinkInfo;
using dlac::LinkModule;
using dlac::LinkModules;
using dlac::Probe;
using dlac::QueuedCommand;
using link_rig::Bench;
using link_rig::config_of;

using Modules = std::vector<std::unique_ptr<LinkModules>>;
using Benches = std::vector<std::unique_ptr<Bench>>;

/// Answers every call with an error.
template <typename Types = tlm::tlm_base_protocol_types>
class Refuse final : public Probe<Types> {
 public:
  using Probe<Types>::Probe;
  using Payload = typename Types::tlm_payload_type;
  void b_transport(Payload& payload, sc_core::sc_time&) override { payload.response = tlm::TLM_GENERIC_ERROR_RESPONSE; }
};
template <>
void Refuse<>::b_transport(Payload& payload, sc_core::sc_time&) {
  payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
}
class RefuseOperation final : public Probe<dlac::OperationTypes> {
 public:
  using Probe::Probe;
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, Phase&, sc_core::sc_time&) override {
    payload.response = tlm::TLM_GENERIC_ERROR_RESPONSE;
    return tlm::TLM_COMPLETED;
  }
};

template <typename Module>
std::unique_ptr<LinkModule> make(const LinkInfo&) {
  return std::make_unique<Module>("module");
}

/// Holds on to the response to a transfer for a while.
class LateTransfer final : public Probe<dlac::TransferTypes> {
 public:
  explicit LateTransfer(const char* name) : Probe(name) {
    SC_HAS_PROCESS(LateTransfer);
    SC_METHOD(answer);
    sensitive << due_;
    dont_initialize();
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& transfer, Phase& phase, sc_core::sc_time& delay) override {
    if (phase != dlac::TransferPhase::Response) return Probe::nb_transport_bw(transfer, phase, delay);
    held.push_back(&transfer);
    due_.notify(sc_core::sc_time(3, sc_core::SC_US));
    return tlm::TLM_ACCEPTED;
  }
  void reset() override {
    dropped += held.size();
    held.clear();
  }

  std::deque<Payload*> held;
  std::size_t dropped = 0;

 private:
  void answer() {
    if (held.empty()) return;
    Payload* const transfer = held.front();
    held.pop_front();
    Phase phase = dlac::TransferPhase::Response;
    sc_core::sc_time delay;
    (void)Probe::nb_transport_bw(*transfer, phase, delay);
    if (!held.empty()) due_.notify(sc_core::sc_time(3, sc_core::SC_US));
  }
  sc_core::sc_event due_{"due"};
};

/// Lets every operation take half a nanosecond longer.
class LateOperation final : public Probe<dlac::OperationTypes> {
 public:
  using Probe::Probe;
  tlm::tlm_sync_enum nb_transport_fw(Payload& operation, Phase& phase, sc_core::sc_time& delay) override {
    const tlm::tlm_sync_enum status = Probe::nb_transport_fw(operation, phase, delay);
    if (status == tlm::TLM_COMPLETED) delay += sc_core::sc_time(0.5, sc_core::SC_NS);
    return status;
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& operation, Phase& phase, sc_core::sc_time& delay) override {
    delay += sc_core::sc_time(0.5, sc_core::SC_NS);
    return Probe::nb_transport_bw(operation, phase, delay);
  }
};

/// Makes a good response out of a bad one.
class Forgive final : public Probe<dlac::TransferTypes> {
 public:
  using Probe::Probe;
  tlm::tlm_sync_enum nb_transport_bw(Payload& transfer, Phase& phase, sc_core::sc_time& delay) override {
    if (phase == dlac::TransferPhase::Response && !transfer.ok) {
      ++forgiven;
      transfer.ok = true;
    }
    return Probe::nb_transport_bw(transfer, phase, delay);
  }
  static inline int forgiven = 0;
};

/// Takes no command.
class DeafPut final : public CommandPutProbe {
 public:
  using CommandPutProbe::CommandPutProbe;
  bool nb_put(const QueuedCommand&) override { return false; }
};
/// Gives no command.
class DeafGet final : public CommandGetProbe {
 public:
  using CommandGetProbe::CommandGetProbe;
  bool nb_get(QueuedCommand&) override { return false; }
};
class DeafPeek final : public CommandGetProbe {
 public:
  using CommandGetProbe::CommandGetProbe;
  bool nb_peek(QueuedCommand&) const override { return false; }
};
/// Takes commands and passes each on after a while, or never.
template <bool Ever>
class Hold final : public CommandPutProbe {
 public:
  explicit Hold(const char* name) : CommandPutProbe(name) {
    SC_HAS_PROCESS(Hold);
    SC_METHOD(pass);
    sensitive << due_;
    dont_initialize();
  }
  bool nb_put(const QueuedCommand& command) override {
    held_.push_back(command);
    if (Ever) due_.notify(sc_core::sc_time(5, sc_core::SC_US));
    return true;
  }
  void reset() override { held_.clear(); }

 private:
  void pass() {
    if (held_.empty() || !CommandPutProbe::nb_put(held_.front())) return;
    held_.pop_front();
    if (!held_.empty()) due_.notify(sc_core::sc_time(5, sc_core::SC_US));
  }
  std::deque<QueuedCommand> held_;
  sc_core::sc_event due_{"due"};
};

/// Swallows requests to memory.
class DeafMemory final : public Probe<> {
 public:
  using Probe::Probe;
  tlm::tlm_sync_enum nb_transport_fw(Payload&, Phase&, sc_core::sc_time&) override { return tlm::TLM_ACCEPTED; }
};

/// Adds a delay to what passes.
class Delay final : public Probe<> {
 public:
  using Probe::Probe;
  void b_transport(Payload& payload, sc_core::sc_time& delay) override {
    Probe::b_transport(payload, delay);
    delay += sc_core::sc_time(10, sc_core::SC_NS);
  }
};

/// Lets direct access through until it takes it back.
template <typename Types>
class TakeBack final : public Probe<Types> {
 public:
  using Probe<Types>::Probe;
  using Payload = typename Types::tlm_payload_type;
  void b_transport(Payload& payload, sc_core::sc_time& delay) override {
    ++seen;
    Probe<Types>::b_transport(payload, delay);
  }
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override {
    if (taken_back) return Probe<Types>::get_direct_mem_ptr(payload, dmi);
    return this->initiator->get_direct_mem_ptr(payload, dmi);
  }
  void take_back() {
    taken_back = true;
    this->target->invalidate_direct_mem_ptr(0, ~sc_dt::uint64{0});
  }
  std::size_t seen = 0;
  bool taken_back = false;
};

}  // namespace

TEST_CASE("link faults: an error response ends the list with a link fault, wherever it comes from") {
  struct Case {
    EngineKind engine;
    const char* link;
    std::unique_ptr<LinkModule> (*make)(const LinkInfo&);
  };
  const std::vector<Case> cases{
      {EngineKind::Schedule, "load.weight_buffer", make<Refuse<>>},
      {EngineKind::Schedule, "load.feature_buffer", make<Refuse<>>},
      {EngineKind::Schedule, "grid.weight_buffer", make<Refuse<>>},
      {EngineKind::Schedule, "grid.feature_buffer", make<Refuse<>>},
      {EngineKind::Schedule, "compute.grid", make<RefuseOperation>},
      {EngineKind::Schedule, "store.grid", make<Refuse<dlac::DrainTypes>>},
      {EngineKind::Clocked, "compute.weight_codes", make<Refuse<>>},
      {EngineKind::Clocked, "compute.grid", make<RefuseOperation>},
      {EngineKind::Clocked, "store.grid", make<Refuse<dlac::DrainTypes>>},
      {EngineKind::Clocked, "grid.row_stream_1.buffer", make<Refuse<>>},
      {EngineKind::Clocked, "grid.column_stream_3.buffer", make<Refuse<>>},
      {EngineKind::Clocked, "grid.operand_network.row_2", make<Refuse<dlac::RowBeatTypes>>},
      {EngineKind::Clocked, "grid.operand_network.column_1", make<Refuse<dlac::ColumnBeatTypes>>},
      {EngineKind::Clocked, "grid.pe_7.zero_skip.row", make<Refuse<dlac::RowBeatTypes>>},
      {EngineKind::Clocked, "grid.pe_7.zero_skip.column", make<Refuse<dlac::ColumnBeatTypes>>},
      {EngineKind::Clocked, "grid.pe_5.zero_skip.update", make<Refuse<dlac::UpdateTypes>>},
      {EngineKind::Clocked, "grid.drain_pe_2", make<Refuse<dlac::DrainTypes>>}};
  Modules modules;
  Benches benches;
  for (const Case& each : cases) {
    modules.push_back(std::make_unique<LinkModules>());
    modules.back()->insert(each.link, each.make);
    benches.push_back(std::make_unique<Bench>(("bench_" + std::to_string(benches.size())).c_str(),
                                              config_of(each.engine), modules.back().get()));
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    benches[i]->testbench.run();
    INFO(cases[i].link);
    CHECK(benches[i]->outcome.error == ErrorCode::LinkFault);
  }
}

TEST_CASE("link faults: one that takes or gives no command leaves the core busy, and is named") {
  struct Case {
    const char* link;
    std::unique_ptr<LinkModule> (*make)(const LinkInfo&);
    std::vector<std::string> named;
  };
  const std::vector<Case> cases{
      {"processor.compute_queue", make<DeafPut>, {"processor.compute_queue"}},
      {"load.commands", make<DeafPeek>, {"load.commands"}},
      {"compute.commands", make<DeafGet>, {"compute.commands"}},
      {"store.commands", make<DeafPeek>, {"store.commands"}},
      {"processor.store_queue", make<Hold<false>>, {"processor.store_queue", "store.commands"}},
      {"mem", make<DeafMemory>, {"processor.memory", "mem"}},
  };
  Modules modules;
  Benches benches;
  for (const Case& each : cases) {
    Config config = config_of(EngineKind::Schedule);
    config.mem_style = dlac::CodingStyle::ApproximatelyTimed;
    modules.push_back(std::make_unique<LinkModules>());
    modules.back()->insert(each.link, each.make);
    benches.push_back(
        std::make_unique<Bench>(("bench_" + std::to_string(benches.size())).c_str(), config, modules.back().get()));
  }
  // One simulation: all of them stand still by the end of the first one's run.
  CHECK_THROWS_WITH(benches[0]->testbench.run(), Catch::Contains("waits on the link processor.compute_queue"));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(cases[i].link);
    CHECK(benches[i]->testbench.accelerator.waiting_links() == cases[i].named);
  }
}

TEST_CASE("link faults: a module may hold on to commands: no deadlock, and the list does not end before them") {
  Modules modules;
  Benches benches;
  benches.push_back(std::make_unique<Bench>("plain", config_of(EngineKind::Schedule), nullptr));
  for (const char* link : {"processor.load_queue", "processor.compute_queue", "processor.store_queue"}) {
    modules.push_back(std::make_unique<LinkModules>());
    modules.back()->insert(link, make<Hold<true>>);
    benches.push_back(std::make_unique<Bench>(("bench_" + std::to_string(benches.size())).c_str(),
                                              config_of(EngineKind::Schedule), modules.back().get()));
  }
  for (const auto& bench : benches) bench->testbench.run();
  for (const auto& bench : benches) {
    CHECK(bench->outcome.error == ErrorCode::None);
    CHECK(bench->outcome.outputs == benches[0]->outcome.outputs);
  }
}

namespace {

/// Runs the layer three times: with late responses; after a reset while one is held; after an error.
struct LateBench {
  LateBench(const char* name, const char* link)
      : testbench(
            name, config_of(EngineKind::Schedule), core_rig::MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
            [this](tb::Testbench& self) { program(self); }, fittings(link)) {}

  Fittings* fittings(const char* link) {
    modules.insert(link, [this](const LinkInfo&) {
      auto module = std::make_unique<LateTransfer>("late");
      late = module.get();
      return module;
    });
    return &modules;
  }
  void take_outputs(std::size_t run) {
    std::uint8_t* const first = testbench.memory.data() + link_rig::OutputsAt;
    const std::size_t bytes = link_rig::Channels * link_rig::Columns * 4;
    outputs.at(run).assign(first, first + bytes);
    std::fill_n(first, bytes, std::uint8_t{0xEE});
  }
  void program(tb::Testbench& self) {
    link_rig::fill(self, dlac::Mode::Train);
    const auto list = link_rig::layer(dlac::Mode::Train);
    errors[0] = self.run_list(list);
    take_outputs(0);
    core_rig::ring(self, core_rig::images(list), 0, static_cast<std::uint32_t>(list.size()));
    while (late->held.empty()) sc_core::wait(sc_core::sc_time(20, sc_core::SC_NS));
    self.write_register(core_rig::at(dlac::Register::Ctrl), dlac::CtrlReset);
    held_after_reset = late->held.size();
    dropped = late->dropped;
    errors[1] = self.run_list(list);
    take_outputs(1);
    auto failing = list;
    std::get<dlac::LoadFeatures>(failing[1]).address = ~std::uint64_t{0} << 40;  // where no memory is
    errors[2] = self.run_list(failing);
    self.write_register(core_rig::at(dlac::Register::Ctrl), dlac::CtrlReset);
    errors[3] = self.run_list(list);
    take_outputs(2);
  }

  LinkModules modules;
  LateTransfer* late = nullptr;
  std::array<std::vector<std::uint8_t>, 3> outputs;
  std::array<ErrorCode, 4> errors{};
  std::size_t held_after_reset = 0, dropped = 0;
  tb::Testbench testbench;
};

}  // namespace

TEST_CASE("link faults: a transfer's response that comes late costs time, and after a reset nothing") {
  std::vector<std::unique_ptr<LateBench>> benches;
  for (const auto& [name, link] :
       {std::pair{"load", "load.memory"}, {"store", "store.memory"}, {"processor", "processor.memory"}}) {
    benches.push_back(std::make_unique<LateBench>(name, link));
  }
  for (const auto& bench : benches) bench->testbench.run();
  for (const auto& bench : benches) {
    INFO(bench->testbench.name());
    CHECK(bench->errors ==
          std::array<ErrorCode, 4>{ErrorCode::None, ErrorCode::None, ErrorCode::LoadFault, ErrorCode::None});
    CHECK(bench->held_after_reset == 0);
    CHECK(bench->dropped != 0);
    CHECK(bench->outputs[1] == bench->outputs[0]);
    CHECK(bench->outputs[2] == bench->outputs[0]);
    CHECK(bench->outputs[0] == benches[0]->outputs[0]);
  }
}

TEST_CASE("link faults: a delay that the schedule engine cannot account for ends the list, with a warning") {
  Modules modules;
  Benches benches;
  for (const char* link : {"grid.weight_buffer", "grid.feature_buffer"}) {
    modules.push_back(std::make_unique<LinkModules>());
    modules.back()->insert(link, make<Delay>);
    benches.push_back(std::make_unique<Bench>(std::string(link).substr(5).c_str(), config_of(EngineKind::Schedule),
                                              modules.back().get()));
  }
  const int before = sc_core::sc_report_handler::get_count(sc_core::SC_WARNING);
  const sc_core::sc_actions actions = sc_core::sc_report_handler::set_actions("/dlac/links", sc_core::SC_DO_NOTHING);
  for (const auto& bench : benches) bench->testbench.run();
  sc_core::sc_report_handler::set_actions("/dlac/links", actions);
  for (const auto& bench : benches) CHECK(bench->outcome.error == ErrorCode::LinkFault);
  CHECK(sc_core::sc_report_handler::get_count(sc_core::SC_WARNING) == before + 2);
}

TEST_CASE("link faults: a window that is taken back is not looked into again, wherever in the link") {
  TakeBack<dlac::RowBeatTypes>* row = nullptr;
  TakeBack<dlac::ColumnBeatTypes>* column = nullptr;
  LinkModules modules;
  modules.insert("grid.operand_network.row_1", [&row](const LinkInfo&) {
    auto module = std::make_unique<TakeBack<dlac::RowBeatTypes>>("row");
    row = module.get();
    return module;
  });
  modules.insert("grid.operand_network.column_2", [&column](const LinkInfo&) {
    auto module = std::make_unique<TakeBack<dlac::ColumnBeatTypes>>("column");
    column = module.get();
    return module;
  });
  tb::Testbench bench(
      "bench", config_of(EngineKind::Clocked), core_rig::MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
      [&](tb::Testbench& self) {
        link_rig::fill(self, dlac::Mode::Train);
        const auto list = link_rig::layer(dlac::Mode::Train);
        CHECK(self.run_list(list) == ErrorCode::None);
        CHECK(row->seen == 0);
        CHECK(column->seen == 0);
        row->take_back();
        CHECK(self.run_list(list) == ErrorCode::None);
        CHECK(row->seen == link_rig::Beats * 4);  // row 1 serves four PEs
        CHECK(column->seen == 0);
        column->take_back();
        CHECK(self.run_list(list) == ErrorCode::None);
        CHECK(column->seen == link_rig::Beats * 4);
      },
      &modules);
  bench.run();
}

TEST_CASE("link faults: an operation that is answered between two clock edges ends with the next one") {
  // A hundred dense beats take 101 cycles, and with the answer's delay 102; the first operation begins at 67.
  struct Late {
    Late(const char* name, EngineKind engine) {
      Config config = config_of(engine);
      config.policy = dlac::Policy::None;
      modules.insert("compute.grid", make<LateOperation>);
      bench = std::make_unique<tb::Testbench>(
          name, config, core_rig::MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
          [this](tb::Testbench& self) {
            self.accelerator.observe([this](const dlac::CommandRecord& record) {
              spans.push_back({header_of(record.command).tag, record.start, record.end});
            });
            const dlac::MmOp op = core_rig::column_of_beats(100);
            CHECK(self.run_list({op, op, op, dlac::End{}}) == ErrorCode::None);
          },
          &modules);
    }
    LinkModules modules;
    std::vector<core_rig::Span> spans;
    std::unique_ptr<tb::Testbench> bench;
  };
  Late schedule("schedule", EngineKind::Schedule);
  Late clocked("clocked", EngineKind::Clocked);
  schedule.bench->run();
  clocked.bench->run();
  const std::vector<core_rig::Span> expected{{0, 67, 169}, {0, 169, 271}, {0, 271, 373}, {0, 373, 373}};
  CHECK(schedule.spans == expected);
  CHECK(clocked.spans == expected);
}

TEST_CASE("link faults: of a load that memory refuses, the bursts behind the refused one leave the port free") {
  // Four bursts in flight, the whole port, when the first one is refused. A module in the link makes a good load of it,
  // so that the list goes on: three more loads and the end need the port.
  LinkModules modules;
  modules.insert("load.memory", make<Forgive>);
  Config config = config_of(EngineKind::Schedule);
  config.mem_style = dlac::CodingStyle::ApproximatelyTimed;
  config.outstanding = 4;
  dlac::LoadWeights refused;
  refused.address = core_rig::MemoryBytes;  // there is nothing
  refused.bytes = 1024;
  dlac::LoadWeights good;
  good.bytes = 1024;
  bool ended = false;
  tb::Testbench bench(
      "bench", config, core_rig::MemoryBytes, sc_core::sc_time(1, sc_core::SC_US),
      [&](tb::Testbench& self) {
        CHECK(self.run_list({refused, good, good, good, dlac::End{}}) == ErrorCode::None);
        ended = true;
      },
      &modules);
  bench.run();
  CHECK(ended);
  CHECK(Forgive::forgiven == 1);
}
