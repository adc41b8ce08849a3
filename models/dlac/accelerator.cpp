// SPDX-License-Identifier: Apache-2.0
#include <dlac/accelerator.h>
#include <dlac/buffers/local_buffer.h>
#include <dlac/control/command_processor.h>
#include <dlac/control/core_context.h>
#include <dlac/control/csr_target.h>
#include <dlac/control/register_file.h>
#include <dlac/dma/load_unit.h>
#include <dlac/dma/memory_port.h>
#include <dlac/dma/store_unit.h>
#include <dlac/grid/clocked/clocked_engine.h>
#include <dlac/grid/compute_unit.h>
#include <dlac/grid/schedule/schedule_engine.h>

#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace dlac {
namespace {

[[nodiscard]] const Config& validated(const Config& config) {
  config.validate();
  // Edges lie at multiples of the period: it must be a number of SystemC's time units.
  const double unit_ps = sc_core::sc_get_time_resolution().to_seconds() * 1e12;
  const double units = std::round(config.clock_period_ps / unit_ps);
  if (units < 1 || std::abs(units * unit_ps - config.clock_period_ps) > 1e-3) {
    throw ConfigError(
        "clock_period_ps", std::to_string(config.clock_period_ps),
        "a multiple of the simulation's time resolution, " + sc_core::sc_get_time_resolution().to_string());
  }
  return config;
}

[[nodiscard]] std::unique_ptr<Engine> make_engine(const Config& config, const BufferView& weights,
                                                  const BufferView& features) {
  if (config.engine == EngineKind::Clocked) {
    return std::make_unique<ClockedEngine>("grid", config, weights, features);
  }
  return std::make_unique<ScheduleEngine>(config, weights, features);
}

}  // namespace

/// The parts of the core, in the order in which they depend on each other.
struct Accelerator::Parts {
  Parts(const Config& config, Accelerator& top)
      : core(config),
        weight_buffer("weight_buffer", core.config.weight_buffer_bytes),
        feature_buffer("feature_buffer", core.config.feature_buffer_bytes),
        engine(make_engine(core.config, weight_buffer.view(), feature_buffer.view())),
        port("port", core.config, top.mem),
        load("load", core, port),
        compute("compute", core, *engine, load, weight_buffer.view()),
        store("store", core, port, *engine),
        processor("processor", core, port, load),
        registers(core.config, {[this] { reset_all(); },
                                [this](std::uint64_t address, std::uint32_t length) { start(address, length); },
                                [this] { clear_counters(); }, [this] { irq_changed.notify(sc_core::SC_ZERO_TIME); },
                                [this] { return counters(); }}),
        csr_target("csr_target", top.csr, registers) {
    load.weight_socket.bind(weight_buffer.socket);
    load.feature_socket.bind(feature_buffer.socket);
    core.fail = [this](ErrorCode code, std::uint64_t fault_address) { fail(code, fault_address); };
  }

  void start(std::uint64_t address, std::uint32_t length) {
    if (stop_pending) {
      start_pending = {address, length};
      return;
    }
    core.tokens.reset();  // a list starts without tokens
    const std::uint64_t now = core.clock.now();
    core.activity.start(now);
    processor.start(address, length, [this] {
      if (stop_pending) return;
      core.activity.stop(core.clock.now());
      registers.list_finished();
    });
  }

  void fail(ErrorCode code, std::uint64_t fault_address) {
    if (core.halted || stop_pending) return;  // the first error counts
    core.halted = true;
    failure = {code, fault_address};
    halt.notify(sc_core::SC_ZERO_TIME);
  }

  /// Stops every unit; registers and counters stay.
  void stop_units() {
    // A thread that is reset runs at once, to its first wait: by then there must be nothing left for it to do.
    core.load.reset();
    core.compute.reset();
    core.store.reset();
    core.tokens.reset();
    port.reset();
    processor.reset();
    load.reset();
    compute.reset();
    store.reset();
    core.activity.stop(core.clock.now());
  }

  void reset_all() {
    halt.cancel();
    core.halted = false;  // before the units' threads begin anew and look at it
    start_pending.reset();
    switch (sc_core::sc_get_status()) {
      case sc_core::SC_RUNNING: stop_units(); break;
      case sc_core::SC_STOPPED:
      case sc_core::SC_END_OF_SIMULATION: break;  // nothing runs any more
      default:  // a host outside the simulation: SystemC cannot reset processes before it goes on
        stop_pending = true;
        resume.notify(sc_core::SC_ZERO_TIME);
        break;
    }
    clear();
    registers.reset();
  }

  /// Counters and buffers as after elaboration.
  void clear() {
    clear_counters();
    core.activity.reset();
    weight_buffer.reset();
    feature_buffer.reset();
  }

  /// Does what a reset outside the running simulation has left to do. In the evaluation phase before, units may have
  /// gone on; what they did to the counters and buffers is undone. Registers are the host's since its reset.
  void finish_reset() {
    stop_pending = false;
    stop_units();
    halt.cancel();
    core.halted = false;
    clear();
    if (start_pending) start(start_pending->first, start_pending->second);
  }

  void clear_counters() {
    core.activity.settle(core.clock.now());
    core.activity.clear();
    core.totals = {};
    core.commands = core.segments = 0;
    port.clear_traffic();
  }

  [[nodiscard]] std::array<std::uint64_t, CounterCount> counters() {
    core.activity.settle(core.clock.now());
    std::array<std::uint64_t, CounterCount> values{};
    const auto set = [&values](Counter counter, std::uint64_t value) {
      values[static_cast<std::size_t>(counter)] = value;
    };
    const GridActivity& grid = core.activity;
    set(Counter::Cycles, grid.total());
    set(Counter::ComputeCycles, grid.cycles(GridState::Compute));
    set(Counter::PointwiseCycles, grid.cycles(GridState::Pointwise));
    set(Counter::WaitWeightsCycles, grid.cycles(GridState::WaitWeights));
    set(Counter::WaitFeaturesCycles, grid.cycles(GridState::WaitFeatures));
    set(Counter::WaitDrainCycles, grid.cycles(GridState::WaitDrain));
    set(Counter::IdleCycles, grid.cycles(GridState::Idle));
    set(Counter::UpdatesExecuted, core.totals.updates.executed);
    set(Counter::UpdatesSkippedWeight, core.totals.updates.skipped_weight);
    set(Counter::UpdatesSkippedFeature, core.totals.updates.skipped_feature);
    set(Counter::UpdatesSkippedBoth, core.totals.updates.skipped_both);
    set(Counter::UpdatesMaskedNonfinite, core.totals.updates.masked_nonfinite);
    set(Counter::PeBusyCycles, core.totals.pe.busy);
    set(Counter::PeStarvedRowCycles, core.totals.pe.starved_row);
    set(Counter::PeStarvedColumnCycles, core.totals.pe.starved_column);
    set(Counter::PeFinishedEarlyCycles, core.totals.pe.finished_early);
    set(Counter::BytesRead, port.traffic().bytes_read);
    set(Counter::BytesWritten, port.traffic().bytes_written);
    set(Counter::ReadBursts, port.traffic().read_bursts);
    set(Counter::WriteBursts, port.traffic().write_bursts);
    set(Counter::Commands, core.commands);
    set(Counter::Segments, core.segments);
    return values;
  }

  CoreContext core;
  LocalBuffer weight_buffer;
  LocalBuffer feature_buffer;
  std::unique_ptr<Engine> engine;
  MemoryPort port;
  LoadUnit load;
  ComputeUnit compute;
  StoreUnit store;
  CommandProcessor processor;
  RegisterFile registers;
  CsrTarget csr_target;
  sc_core::sc_event irq_changed;
  sc_core::sc_event halt;
  sc_core::sc_event resume;
  bool stop_pending = false;
  std::optional<std::pair<std::uint64_t, std::uint32_t>> start_pending;  ///< list address, commands
  std::pair<ErrorCode, std::uint64_t> failure{ErrorCode::None, 0};
  std::unique_ptr<sc_core::sc_signal<bool>> reset_tie;  ///< drives an unbound reset port
};

Accelerator::Accelerator(sc_core::sc_module_name name, const Config& config)
    : sc_module(name), parts_(std::make_unique<Parts>(validated(config), *this)) {
  csr.register_b_transport(this, &Accelerator::b_transport);
  csr.register_nb_transport_fw(this, &Accelerator::nb_transport_fw);
  csr.register_transport_dbg(this, &Accelerator::transport_dbg);
  mem.register_nb_transport_bw(this, &Accelerator::nb_transport_bw);
  mem.register_invalidate_direct_mem_ptr(this, &Accelerator::invalidate_direct_mem_ptr);
  SC_HAS_PROCESS(Accelerator);
  SC_METHOD(drive_irq);
  sensitive << parts_->irq_changed;
  SC_METHOD(on_halt);
  sensitive << parts_->halt;
  dont_initialize();
  SC_METHOD(on_resume);
  sensitive << parts_->resume;
  dont_initialize();
  SC_METHOD(on_reset);
  sensitive << reset;  // runs at the start, too: reset may be high from the beginning
}

Accelerator::~Accelerator() = default;

const Config& Accelerator::config() const { return parts_->core.config; }

void Accelerator::observe(CommandObserver observer) { parts_->core.observer = std::move(observer); }

void Accelerator::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + ".";
  const Parts& parts = *parts_;
  const auto unit = [&](const char* unit_name, const UnitState& state) {
    const std::string p = prefix + unit_name + ".";
    sc_core::sc_trace(file, state.opcode, p + "opcode");
    sc_core::sc_trace(file, state.tag, p + "tag");
    sc_core::sc_trace(file, state.in_flight, p + "in_flight");
    sc_core::sc_trace(file, state.blocked_on, p + "blocked_on");
  };
  unit("load", parts.core.load);
  unit("compute", parts.core.compute);
  unit("store", parts.core.store);
  static constexpr std::array<const char*, TokenCount> TokenNames{"load_to_compute", "compute_to_load",
                                                                  "compute_to_store", "store_to_compute"};
  for (std::size_t i = 0; i < TokenCount; ++i) {
    sc_core::sc_trace(file, parts.core.tokens.counts()[i], prefix + "tokens." + TokenNames[i]);
  }
  sc_core::sc_trace(file, parts.core.activity.traced_state(), prefix + "grid_state");
  sc_core::sc_trace(file, irq, prefix + "irq");
  parts.engine->trace(file);
}

void Accelerator::before_end_of_elaboration() {
  if (reset.bind_count() == 0) {
    parts_->reset_tie = std::make_unique<sc_core::sc_signal<bool>>("reset_tie");
    reset.bind(*parts_->reset_tie);
  }
}

void Accelerator::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  parts_->csr_target.b_transport(payload, delay);
}

tlm::tlm_sync_enum Accelerator::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                sc_core::sc_time& delay) {
  return parts_->csr_target.nb_transport_fw(payload, phase, delay);
}

tlm::tlm_sync_enum Accelerator::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                sc_core::sc_time& delay) {
  return parts_->port.nb_transport_bw(payload, phase, delay);
}

unsigned int Accelerator::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (!payload.is_read()) return 0;
  return parts_->registers.debug_read(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
}

void Accelerator::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  parts_->port.invalidate_dmi(first, last);
}

void Accelerator::drive_irq() { irq.write(parts_->registers.irq()); }

void Accelerator::on_halt() {
  if (!parts_->core.halted) return;  // a reset in the same delta cycle came first
  parts_->stop_units();
  parts_->registers.list_failed(parts_->failure.first, parts_->failure.second);
}

void Accelerator::on_resume() { parts_->finish_reset(); }

void Accelerator::on_reset() {
  parts_->registers.hold(reset.read());
  if (reset.read()) parts_->reset_all();
}

}  // namespace dlac
