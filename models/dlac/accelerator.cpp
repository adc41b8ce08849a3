// SPDX-License-Identifier: Apache-2.0
#include <dlac/accelerator.h>
#include <dlac/buffers/local_buffer.h>
#include <dlac/control/command_processor.h>
#include <dlac/control/csr_target.h>
#include <dlac/control/list_control.h>
#include <dlac/dma/load_unit.h>
#include <dlac/dma/memory_port.h>
#include <dlac/dma/store_unit.h>
#include <dlac/grid/compute_unit.h>
#include <dlac/grid/grid.h>
#include <dlac/links/links.h>
#include <dlac/units/command_queue.h>

#include <cmath>
#include <cstring>
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

/// The user's buffer, or the core's own.
[[nodiscard]] std::unique_ptr<Buffer> make_buffer(const char* name, const Config& config, std::uint32_t bytes,
                                                  Fittings* fittings) {
  std::unique_ptr<Buffer> buffer = fittings == nullptr ? nullptr : fittings->buffer(name, config);
  if (buffer == nullptr) return std::make_unique<LocalBuffer>(name, bytes);
  if (buffer->bytes() < bytes) {
    throw ConfigError(std::string(name) + "_bytes", std::to_string(bytes),
                      "at most the " + std::to_string(buffer->bytes()) + " of the buffer " + buffer->name() +
                          " that stands in its place");
  }
  if (buffer->delays() && config.engine == EngineKind::Schedule) {
    throw ConfigError("engine", "schedule",
                      "clocked: the buffer " + std::string(name) +
                          " delays its answers, which the schedule engine cannot account for");
  }
  return buffer;
}

}  // namespace

/// The modules of the core, and what they share, in the order in which they depend on each other.
template <unsigned int BusWidth>
struct BasicAccelerator<BusWidth>::Core {
  Core(const std::string& name, const Config& given, Fittings* fittings)
      : config(given),
        links(name, fittings),
        weight_buffer(make_buffer("weight_buffer", config, config.weight_buffer_bytes, fittings)),
        feature_buffer(make_buffer("feature_buffer", config, config.feature_buffer_bytes, fittings)),
        grid(make_grid("grid", config, clock.period())) {}

  /// Binds the modules to each other, and those that serve the core's own ports to them.
  void bind(BasicAccelerator& top) {
    links.export_target("csr", top.csr, registers.csr);
    links.export_initiator("mem", port.memory, top.mem);
    registers.irq.bind(top.irq);
    registers.lists.bind(lists);
    lists.reset.bind(top.reset);
    lists.status.bind(registers);

    processor.faults.bind(lists);
    load.faults.bind(lists);
    compute.faults.bind(lists);
    store.faults.bind(lists);

    links.template bind<TransferTypes>(Protocol::Transfer, processor.memory, port.fetch);
    links.template bind<TransferTypes>(Protocol::Transfer, load.memory, port.load);
    links.template bind<TransferTypes>(Protocol::Transfer, store.memory, port.store);

    links.bind(processor.load_queue, load_queue);
    links.bind(processor.compute_queue, compute_queue);
    links.bind(processor.store_queue, store_queue);
    links.bind(load.commands, load_queue);
    links.bind(compute.commands, compute_queue);
    links.bind(store.commands, store_queue);

    links.bind(Protocol::Buffer, load.weight_buffer.socket, weight_buffer->socket);
    links.bind(Protocol::Buffer, load.feature_buffer.socket, feature_buffer->socket);
    links.bind(Protocol::Buffer, compute.weight_codes.socket, weight_buffer->socket);
    links.template bind<OperationTypes>(Protocol::Operation, compute.grid, grid->operation);
    links.template bind<DrainTypes>(Protocol::Drain, store.grid, grid->drain);
    grid->bind(links, *weight_buffer, *feature_buffer);
    links.composed();
  }

  const Config config;
  const CoreClock clock{config.clock_period_ps};
  TokenCounters tokens{config.token_limit};
  GridActivity activity;
  CompletionLog log;
  Links links;

  std::unique_ptr<Buffer> weight_buffer, feature_buffer;
  CommandQueue load_queue{"load_queue", config.queue_depth};
  CommandQueue compute_queue{"compute_queue", config.queue_depth};
  CommandQueue store_queue{"store_queue", config.queue_depth};
  std::unique_ptr<Grid> grid;
  MemoryPort port{"port", config};
  LoadUnit load{"load", config, clock, tokens, log, activity};
  ComputeUnit compute{"compute", config, clock, tokens, log, activity};
  StoreUnit store{"store", config, clock, tokens, log};
  CommandProcessor processor{"processor",         clock, tokens, log, {load_queue, load}, {compute_queue, compute},
                             {store_queue, store}};
  ListControl lists{"lists",
                    {clock,
                     tokens,
                     log,
                     activity,
                     port,
                     processor,
                     {&links, &load_queue, &compute_queue, &store_queue, &tokens, &port, &processor, &load, &compute,
                      grid.get(), &store},
                     {weight_buffer.get(), feature_buffer.get()}}};
  CsrTarget registers{"registers", config};
};

template <unsigned int BusWidth>
BasicAccelerator<BusWidth>::BasicAccelerator(const sc_core::sc_module_name& name, const Config& config,
                                             Fittings* fittings)
    : sc_module(name), core_(std::make_unique<Core>(this->name(), validated(config), fittings)) {
  core_->bind(*this);
}

template <unsigned int BusWidth>
BasicAccelerator<BusWidth>::~BasicAccelerator() = default;

template <unsigned int BusWidth>
const Config& BasicAccelerator<BusWidth>::config() const {
  return core_->config;
}

template <unsigned int BusWidth>
void BasicAccelerator<BusWidth>::observe(CommandObserver observer) {
  core_->log.observe(std::move(observer));
}

template <unsigned int BusWidth>
std::vector<LinkInfo> BasicAccelerator<BusWidth>::links() const {
  return {core_->links.all().begin(), core_->links.all().end()};
}

template <unsigned int BusWidth>
std::vector<std::string> BasicAccelerator<BusWidth>::waiting_links() const {
  std::vector<std::string> waiting = core_->compute.waits_for_links();
  for (auto&& more :
       {core_->load.waits_for_links(), core_->store.waits_for_links(), core_->processor.waits_for_links()}) {
    waiting.insert(waiting.end(), more.begin(), more.end());
  }
  const std::size_t prefix = std::strlen(name()) + 1;
  for (std::string& link : waiting) link.erase(0, prefix);
  if (core_->port.unanswered()) waiting.emplace_back("mem");
  return waiting;
}

template <unsigned int BusWidth>
void BasicAccelerator<BusWidth>::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + '.';
  core_->load.trace(file);
  core_->compute.trace(file);
  core_->store.trace(file);
  core_->tokens.trace(file, prefix + "tokens.");
  sc_core::sc_trace(file, core_->activity.traced_state(), prefix + "grid_state");
  sc_core::sc_trace(file, irq, prefix + "irq");
  core_->grid->trace(file);
}

template <unsigned int BusWidth>
void BasicAccelerator<BusWidth>::before_end_of_elaboration() {
  if (reset.bind_count() != 0) return;
  reset_tie_ = std::make_unique<sc_core::sc_signal<bool>>("reset_tie");
  reset.bind(*reset_tie_);
}

template class BasicAccelerator<32>;
template class BasicAccelerator<64>;
template class BasicAccelerator<128>;
template class BasicAccelerator<256>;
template class BasicAccelerator<512>;

}  // namespace dlac
