// SPDX-License-Identifier: Apache-2.0
// When commands begin and end, and when bursts go out: every number is worked out by hand from The schedule, Tiles in
// sequence and Memory port.
//
// What all of them have in common. The doorbell rings in cycle 0. A request made in cycle t takes part in arbitration
// from t+1, so the first fetch (two commands, 256 bytes, 16 beats of 16 bytes) is issued at 1 and complete at
// 1 + 16 + latency; with the usual latency of 100 ns, 50 cycles, that is 67. Four fetches (1024 bytes) are under way at
// a time: issued at 1, 17, 33 and 49, complete at 67, 83, 99 and 115. One command is dispatched per cycle: commands 0
// and 1 at 67 and 68, 2 and 3 at 83 and 84, 4 and 5 at 99 and 100, 6 and 7 at 115 and 116. A command begins in the
// cycle of its dispatch unless its unit is busy or a token is missing. The port is free from 65 on.
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <memory>
#include <random>
#include <tuple>

#include "tb/tests/models/sc_core_rig.h"
#include "tb/tests/random_layers.h"

namespace {

namespace tb = dlac::tb;
using core_rig::at;
using core_rig::column_of_beats;
using core_rig::ComputeToLoad;
using core_rig::ComputeToStore;
using core_rig::counter;
using core_rig::LoadToCompute;
using core_rig::MemoryBytes;
using core_rig::on_both_engines;
using core_rig::small_config;
using core_rig::Span;
using core_rig::StoreToCompute;
using core_rig::Testbench;
using dlac::Accelerator;
using dlac::Command;
using dlac::CommandBytes;
using dlac::CommandImage;
using dlac::CommandRecord;
using dlac::Config;
using dlac::Counter;
using dlac::CounterCount;
using dlac::End;
using dlac::ErrorCode;
using dlac::IrqDone;
using dlac::LoadFeatures;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Mode;
using dlac::PointwiseOp;
using dlac::Policy;
using dlac::PtWiseOp;
using dlac::Register;
using dlac::Store;

constexpr std::uint64_t DataAt = 0x10000;
constexpr std::uint64_t OutputsAt = 0x20000;

/// Executes a list and returns when its commands began and were complete, in order of their tags. Tags are given here:
/// the index in the list.
std::vector<Span> spans_of(Testbench& bench, std::vector<Command> list) {
  for (std::size_t i = 0; i < list.size(); ++i) header_of(list[i]).tag = static_cast<std::uint32_t>(i);
  std::vector<Span> spans(list.size());
  bench.accelerator.observe([&spans](const CommandRecord& record) {
    const std::uint32_t tag = header_of(record.command).tag;
    spans[tag] = {tag, record.start, record.end};
  });
  CHECK(bench.run_list(list) == ErrorCode::None);
  bench.accelerator.observe({});
  return spans;
}

/// One core, one list, one memory latency; `look` gets the spans.
struct Timed {
  Timed(const char* name, const Config& config, const sc_core::sc_time& latency, const std::vector<Command>& list)
      : bench(name, config, MemoryBytes, latency, [this, list](Testbench& b) {
          spans = spans_of(b, list);
          counters = b.read_counters();
        }) {}
  [[nodiscard]] std::uint64_t counter(Counter c) const { return counters[static_cast<std::size_t>(c)]; }

  std::vector<Span> spans;
  std::array<std::uint64_t, CounterCount> counters{};
  Testbench bench;
};

const sc_core::sc_time& usual_latency() {
  static const sc_core::sc_time latency(100, sc_core::SC_NS);
  return latency;
}

[[nodiscard]] LoadWeights load(std::uint32_t bytes, std::uint64_t address = DataAt) {
  LoadWeights command;
  command.address = address;
  command.bytes = bytes;
  return command;
}

template <typename T>
[[nodiscard]] T with_tokens(T command, std::uint32_t pop, std::uint32_t push) {
  command.header.pop = pop;
  command.header.push = push;
  return command;
}

/// One output channel in one column to memory: one burst of one beat.
[[nodiscard]] Store store_one(std::uint32_t bank) {
  Store command;
  command.address = OutputsAt;
  command.image_pixels = command.channels = command.columns = 1;
  command.bank = bank;
  return command;
}

/// A burst as it reaches the memory.
struct Burst {
  std::uint64_t cycle;
  char who;  ///< 'F'etch, 'L'oad or 'S'tore, by address
  std::uint64_t address;
  std::uint32_t bytes;
  [[nodiscard]] bool operator==(const Burst& o) const {
    return cycle == o.cycle && who == o.who && address == o.address && bytes == o.bytes;
  }
};
std::ostream& operator<<(std::ostream& os, const Burst& b) {
  return os << b.who << " at cycle " << b.cycle << ", address " << b.address << ", bytes " << b.bytes;
}

/// A core on a memory that grants no DMI and notes every burst.
class Platform final : public sc_core::sc_module {
 public:
  enum class Style { Annotates, Waits };  ///< how the memory lets its latency pass

  Platform(sc_core::sc_module_name name, const Config& config, Style style = Style::Annotates)
      : sc_module(name), accelerator("accelerator", config), storage_(MemoryBytes), style_(style) {
    host.bind(accelerator.csr);
    accelerator.mem.bind(memory);
    accelerator.irq.bind(irq);
    memory.register_b_transport(this, &Platform::b_transport);
    accelerator.observe([this](const CommandRecord& record) {
      spans.push_back({header_of(record.command).tag, record.start, record.end});
    });
  }

  void run(const std::vector<Command>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const CommandImage image = encode(list[i]);
      std::memcpy(&storage_[i * CommandBytes], image.data(), CommandBytes);
    }
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    write(Register::ListLength, static_cast<std::uint32_t>(list.size()));
    write(Register::IrqEnable, IrqDone);
    write(Register::Doorbell, 1);
    sc_core::sc_start();
    REQUIRE(irq.read());
  }

  Accelerator accelerator;
  tlm_utils::simple_initiator_socket<Platform, 32> host{"host"};
  tlm_utils::simple_target_socket<Platform, 32> memory{"memory"};
  sc_core::sc_signal<bool> irq{"irq"};
  std::vector<Burst> bursts;
  std::vector<Span> spans;

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t address = payload.get_address();
    const char who = payload.is_write() ? 'S' : address < DataAt ? 'F' : 'L';
    const auto cycle =
        static_cast<std::uint64_t>((sc_core::sc_time_stamp() + delay) / sc_core::sc_time(2, sc_core::SC_NS));
    bursts.push_back({cycle, who, address, payload.get_data_length()});
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &storage_[address], payload.get_data_length());
    if (payload.is_write()) std::memcpy(&storage_[address], payload.get_data_ptr(), payload.get_data_length());
    if (style_ == Style::Waits) {
      wait(usual_latency());
    } else {
      delay += usual_latency();
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  void write(Register r, std::uint32_t value) {
    tlm::tlm_generic_payload payload;
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    payload.set_address(at(r));
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(sizeof value);
    payload.set_streaming_width(sizeof value);
    sc_core::sc_time delay;
    host->b_transport(payload, delay);
    REQUIRE(payload.is_response_ok());
  }

  std::vector<std::uint8_t> storage_;
  const Style style_;
};

[[nodiscard]] std::vector<Burst> without_fetches(const std::vector<Burst>& bursts) {
  std::vector<Burst> result;
  for (const Burst& b : bursts) {
    if (b.who != 'F') result.push_back(b);
  }
  return result;
}

}  // namespace

TEST_CASE("timing: a list of one end command takes one fetch; latencies are rounded up to whole cycles") {
  // Issued at 1, 128 bytes are 8 beats: 9 + latency cycles.
  const struct {
    double latency_ns;
    std::uint64_t cycles;
  } table[] = {{0, 9}, {0.001, 10}, {2, 10}, {99.5, 59}, {100, 59}, {100.001, 60}, {101, 60}, {1000, 509}};
  std::vector<std::unique_ptr<Timed>> cores;
  for (const auto& row : table) {
    cores.push_back(std::make_unique<Timed>(("core_" + std::to_string(cores.size())).c_str(), small_config(Mode::Train),
                                            sc_core::sc_time(row.latency_ns, sc_core::SC_NS),
                                            std::vector<Command>{End{}}));
  }
  for (std::size_t i = 0; i < cores.size(); ++i) {
    cores[i]->bench.run();
    CAPTURE(table[i].latency_ns);
    CHECK(cores[i]->counter(Counter::Cycles) == table[i].cycles);
    CHECK(cores[i]->counter(Counter::IdleCycles) == table[i].cycles);
    CHECK(cores[i]->spans[0] == Span{0, table[i].cycles, table[i].cycles});
  }
}

TEST_CASE("timing: a doorbell between two clock edges counts from the next edge") {
  std::vector<Span> spans;
  std::uint64_t cycles = 0;
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, usual_latency(), [&](Testbench& b) {
    sc_core::wait(1001, sc_core::SC_PS);  // in the middle of cycle 0; the edge at 2 ns is cycle 1
    spans = spans_of(b, {End{}});
    cycles = counter(b, Counter::Cycles);
  });
  bench.run();
  CHECK(cycles == 59);
  CHECK(spans == std::vector<Span>{{0, 60, 60}});
}

TEST_CASE("timing: the clock period is configuration") {
  // 100 ns are 34 cycles of 3 ns, rounded up: the end is at 1 + 8 + 34.
  Config config = small_config(Mode::Train);
  config.clock_period_ps = 3000;
  Timed core("core", config, usual_latency(), {End{}});
  core.bench.run();
  CHECK(core.counter(Counter::Cycles) == 43);
}

TEST_CASE("timing: a load of one burst takes a cycle to be arbitrated, its beats and the latency") {
  // Begins at 67, issued at 68, four beats of 16 bytes, 50 cycles: complete at 122. The end waits for it.
  Timed core("core", small_config(Mode::Train), usual_latency(), {load(64), End{}});
  core.bench.run();
  CHECK(core.spans == std::vector<Span>{{0, 67, 122}, {1, 122, 122}});
  CHECK(core.counter(Counter::Cycles) == 122);
  CHECK(core.counter(Counter::BytesRead) == 64 + 2 * CommandBytes);
  CHECK(core.counter(Counter::ReadBursts) == 2);
  CHECK(core.counter(Counter::Commands) == 2);
}

TEST_CASE("timing: a last beat that is not full takes a whole cycle") {
  // One byte: 68 + 1 + 50. 17 bytes: 68 + 2 + 50.
  Timed one("one", small_config(Mode::Train), usual_latency(), {load(1), End{}});
  Timed seventeen("seventeen", small_config(Mode::Train), usual_latency(), {load(17), End{}});
  one.bench.run();
  seventeen.bench.run();
  CHECK(one.spans[0] == Span{0, 67, 119});
  CHECK(seventeen.spans[0] == Span{0, 67, 120});
}

TEST_CASE("timing: a burst is issued when the Nth before it is complete") {
  // 1024 bytes are four bursts of 16 beats; each is complete 66 cycles after its issue.
  //   N = 1: issued at 68, 134, 200, 266;                        complete at 332
  //   N = 2: issued at 68, 84, complete(0) = 134, complete(1) = 150; complete at 216
  //   N = 3: issued at 68, 84, 100, complete(0) = 134;            complete at 200
  //   N = 4: issued at 68, 84, 100, 116;                          complete at 182
  const struct {
    std::uint32_t outstanding;
    std::uint64_t end;
  } table[] = {{1, 332}, {2, 216}, {3, 200}, {4, 182}, {8, 182}};
  std::vector<std::unique_ptr<Timed>> cores;
  for (const auto& row : table) {
    Config config = small_config(Mode::Train);
    config.outstanding = row.outstanding;
    cores.push_back(std::make_unique<Timed>(("outstanding_" + std::to_string(row.outstanding)).c_str(), config,
                                            usual_latency(), std::vector<Command>{load(1024), End{}}));
  }
  for (std::size_t i = 0; i < cores.size(); ++i) {
    cores[i]->bench.run();
    CAPTURE(table[i].outstanding);
    CHECK(cores[i]->spans[0] == Span{0, 67, table[i].end});
  }
}

TEST_CASE("timing: port width and burst length are configuration") {
  // 512 bytes in bursts of 64, 8 bytes per cycle. The fetch is four bursts of 8 beats, issued at 1, 9, 17 and 25,
  // complete at 83. The load: eight bursts, the last issued at 84 + 7*8 = 140, complete at 140 + 8 + 50. (N = 8 does
  // not limit: the burst issued at 84 is the fifth, complete(-4) is past.)
  Config config = small_config(Mode::Train);
  config.burst_bytes = 64;
  config.memory_bytes_per_cycle = 8;
  Timed core("core", config, usual_latency(), {load(512), End{}});
  core.bench.run();
  CHECK(core.spans[0] == Span{0, 83, 198});
  CHECK(core.counter(Counter::ReadBursts) == 4 + 8);
}

TEST_CASE("timing: bursts end at 256 bytes and at 4 KiB boundaries") {
  // 600 bytes from 100 bytes before a page: 100 (7 beats), 256 (16), 244 (16).
  Platform platform("platform", small_config(Mode::Train));
  platform.run({load(600, DataAt + 4096 - 100), End{}});
  CHECK(without_fetches(platform.bursts) == std::vector<Burst>{{68, 'L', DataAt + 4096 - 100, 100},
                                                               {75, 'L', DataAt + 4096, 256},
                                                               {91, 'L', DataAt + 4096 + 256, 244}});
  CHECK(platform.spans[0] == Span{0, 67, 91 + 16 + 50});
}

TEST_CASE("timing: a command list that crosses a 4 KiB boundary is fetched in two bursts") {
  // 128 bytes on either side, 8 beats each: issued at 1 and 9, complete at 67 as if it were one burst.
  std::vector<Span> spans;
  std::uint64_t bursts = 0;
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, usual_latency(), [&](Testbench& b) {
    b.accelerator.observe([&spans](const CommandRecord& record) {
      spans.push_back({header_of(record.command).tag, record.start, record.end});
    });
    CHECK(b.run_list({load(16), End{}}, 4096 - CommandBytes) == ErrorCode::None);
    bursts = counter(b, Counter::ReadBursts);
  });
  bench.run();
  CHECK(spans == std::vector<Span>{{0, 67, 119}, {0, 119, 119}});
  CHECK(bursts == 3);
}

TEST_CASE("timing: rows of a map are one run where they are contiguous in memory and buffer, else one each") {
  // Three rows of five words: 60 bytes are 4 beats. With a gap of a word in memory: three bursts of 20 bytes, 2 beats.
  LoadFeatures dense;
  dense.address = DataAt;
  dense.channels = 1;
  dense.width = dense.pitch = 5;
  dense.row_stride = 20;
  dense.height = dense.rows = dense.row_capacity = 3;
  LoadFeatures gaps = dense;
  gaps.row_stride = 24;
  // Row 2 of the batch is slot 2 of the circular rows, row 3 (row 0 of image 1, at image_stride) is slot 0.
  LoadFeatures wrapped = dense;
  wrapped.image_stride = 1024;
  wrapped.first_row = 2;
  wrapped.rows = 2;
  LoadFeatures wider = dense;  // a gap of a word in the buffer
  wider.pitch = 6;
  Platform platform("platform", small_config(Mode::Train));
  gaps.header.fence = wrapped.header.fence = wider.header.fence = 1;
  platform.run({dense, gaps, wrapped, wider, End{}});
  // dense: begins 67, issued 68, complete 68 + 4 + 50 = 122. gaps: dispatched at 122, issued from 123, complete at
  // 127 + 2 + 50 = 179. wrapped: rows apart in memory: 180 and 182, complete at 234. wider: issued from 235, complete
  // at 239 + 52.
  CHECK(without_fetches(platform.bursts) == std::vector<Burst>{{68, 'L', DataAt, 60},
                                                               {123, 'L', DataAt, 20},
                                                               {125, 'L', DataAt + 24, 20},
                                                               {127, 'L', DataAt + 48, 20},
                                                               {180, 'L', DataAt + 40, 20},
                                                               {182, 'L', DataAt + 1024, 20},
                                                               {235, 'L', DataAt, 20},
                                                               {237, 'L', DataAt + 20, 20},
                                                               {239, 'L', DataAt + 40, 20}});
  CHECK(platform.spans == std::vector<Span>{{0, 67, 122}, {0, 122, 179}, {0, 179, 234}, {0, 234, 291}, {0, 291, 291}});
}

TEST_CASE("timing: commands are prefetched four fetches deep and dispatched one per cycle") {
  // Point-wise operations of one cycle (B = A = 4). Fetch 4 is asked for when command 1 is taken, at 68: issued at 69,
  // complete at 135; fetch 5 at 84: issued at 85, complete at 151.
  Config config = small_config(Mode::Train);
  config.arithmetic_units = 4;
  PtWiseOp op;
  op.channels = op.columns = 1;
  std::vector<Command> list(11, op);
  list.emplace_back(End{});
  std::vector<Span> expected;
  const std::uint64_t starts[] = {67, 68, 83, 84, 99, 100, 115, 116, 135, 136, 151};
  for (const std::uint64_t start : starts) {
    expected.push_back({static_cast<std::uint32_t>(expected.size()), start, start + 1});
  }
  expected.push_back({11, 152, 152});
  on_both_engines(config, [&](Testbench& bench) {
    CHECK(spans_of(bench, list) == expected);
    CHECK(counter(bench, Counter::PointwiseCycles) == 11);
    CHECK(counter(bench, Counter::IdleCycles) == 152 - 11);
  });
}

TEST_CASE("timing: fetch, load and store take turns on the port, in this order") {
  // Command 0 stores four channels of one row: drained after four words, at 71, in the arbitration from 72 on.
  // Command 1, at 68, loads six bursts: from 69 on. Fetch 4 is asked for at 68, too, fetches 5, 6 and 7 at 84, 100 and
  // 116. The last burst before 69 was a fetch, so the load is next; after it the store, then the fetch.
  Config config = small_config(Mode::Train);
  config.arithmetic_units = 4;
  Store store = store_one(0);
  store.channels = 4;
  store.channel_stride = 1024;
  PtWiseOp filler;
  filler.channels = filler.columns = 1;
  std::vector<Command> list{store, load(6 * 256)};
  list.resize(15, filler);
  list.emplace_back(End{});
  Platform platform("platform", config);
  platform.run(list);
  CHECK(platform.bursts == std::vector<Burst>{{1, 'F', 0, 256},
                                              {17, 'F', 256, 256},
                                              {33, 'F', 512, 256},
                                              {49, 'F', 768, 256},
                                              {69, 'L', DataAt, 256},
                                              {85, 'S', OutputsAt, 4},
                                              {86, 'F', 1024, 256},
                                              {102, 'L', DataAt + 256, 256},
                                              {118, 'S', OutputsAt + 1024, 4},
                                              {119, 'F', 1280, 256},
                                              {135, 'L', DataAt + 512, 256},
                                              {151, 'S', OutputsAt + 2048, 4},
                                              {152, 'F', 1536, 256},
                                              {168, 'L', DataAt + 768, 256},
                                              {184, 'S', OutputsAt + 3072, 4},
                                              {185, 'F', 1792, 256},
                                              {201, 'L', DataAt + 1024, 256},
                                              {217, 'L', DataAt + 1280, 256}});
}

TEST_CASE("timing: a memory that waits for its latency delays a burst as much as one that annotates it") {
  Platform platform("platform", small_config(Mode::Train), Platform::Style::Waits);
  platform.run({load(64), End{}});
  CHECK(platform.spans == std::vector<Span>{{0, 67, 122}, {0, 122, 122}});
}

TEST_CASE("timing: an mmOp takes the cycles of the recurrence, a following one begins when it ends") {
  // Policy none: each beat of one channel has one update. W(0) = 1, done(t) = t + 2: T beats take T + 1 cycles.
  Config config = small_config(Mode::Train);
  config.policy = Policy::None;
  on_both_engines(config, [](Testbench& bench) {
    CHECK(spans_of(bench, {column_of_beats(20), column_of_beats(1), column_of_beats(3), End{}}) ==
          std::vector<Span>{{0, 67, 88}, {1, 88, 90}, {2, 90, 94}, {3, 94, 94}});
    CHECK(counter(bench, Counter::ComputeCycles) == 21 + 2 + 4);
    CHECK(counter(bench, Counter::Segments) == 3);
    CHECK(counter(bench, Counter::UpdatesExecuted) == 24);
    CHECK(counter(bench, Counter::PeBusyCycles) == 24);
  });
}

TEST_CASE("timing: a drain takes the words of the live rows, its writes follow") {
  // Rows of the tile with channels of the layer, times B = 4, by the drain port's words. A point-wise operation that
  // pops store->compute begins when the bank is drained. The writes, one of 4 bytes per channel and column run, are
  // asked for when it is drained, issued from the next cycle on, one per cycle, and complete after 1 + 50.
  const struct {
    std::uint32_t channels, columns, drain_port_words;
    std::uint64_t drained, end;
  } table[] = {
      {16, 4, 1, 67 + 16, 84 + 15 + 51},  // four rows
      {13, 4, 1, 67 + 16, 84 + 12 + 51},  // the last row has one channel; its four words drain all the same
      {5, 1, 1, 67 + 8, 76 + 4 + 51},     // two rows
      {4, 4, 1, 67 + 4, 72 + 3 + 51},     // all columns drain in parallel
      {13, 4, 3, 67 + 6, 74 + 12 + 51},   // ceil(16 / 3)
      {1, 1, 64, 67 + 1, 69 + 0 + 51},
  };
  std::vector<std::unique_ptr<Timed>> cores;
  for (const auto& row : table) {
    Config config = small_config(Mode::Train);
    config.drain_port_words = row.drain_port_words;
    config.outstanding = 16;
    Store store = with_tokens(store_one(0), 0, StoreToCompute);
    store.channels = row.channels;
    store.channel_stride = 256;
    store.log2_rows = 2;
    store.columns = store.image_pixels = row.columns;
    PtWiseOp next;
    next.channels = next.columns = 1;
    cores.push_back(std::make_unique<Timed>(("core_" + std::to_string(cores.size())).c_str(), config, usual_latency(),
                                            std::vector<Command>{store, with_tokens(next, StoreToCompute, 0), End{}}));
  }
  for (std::size_t i = 0; i < cores.size(); ++i) {
    cores[i]->bench.run();
    CAPTURE(table[i].channels, table[i].columns, table[i].drain_port_words);
    CHECK(cores[i]->spans[0] == Span{0, 67, table[i].end});
    CHECK(cores[i]->spans[1].start == table[i].drained);
    // The grid waits for the drain from the dispatch of the point-wise operation on.
    CHECK(cores[i]->counter(Counter::WaitDrainCycles) == table[i].drained - 68);
    CHECK(cores[i]->counter(Counter::WriteBursts) == table[i].channels);
    CHECK(cores[i]->counter(Counter::BytesWritten) == std::uint64_t{table[i].channels} * table[i].columns * 4);
  }
}

namespace {

/// Three tiles in alternating banks, each stored, behind a load of 4096 bytes: begun at 67, 16 bursts issued from 68,
/// the last at 68 + 15*16 = 308, complete at 374, when every command is in its queue.
std::vector<Command> three_tiles(std::uint32_t beats) {
  std::vector<Command> list{with_tokens(load(4096), 0, LoadToCompute)};
  for (std::uint32_t tile = 0; tile < 3; ++tile) {
    const std::uint32_t pop = tile == 0 ? LoadToCompute : tile == 2 ? StoreToCompute : 0;
    MmOp op = with_tokens(column_of_beats(beats), pop, ComputeToStore);
    op.bank = tile % 2;
    list.emplace_back(op);
    list.emplace_back(with_tokens(store_one(tile % 2), ComputeToStore, StoreToCompute));
  }
  list.emplace_back(End{});
  return list;
}

/// One live row of 64 output buffers: a bank drains in 64 cycles and takes one burst of one beat to write.
Config wide_config() {
  Config config = small_config(Mode::Train);
  config.policy = Policy::None;
  config.output_buffers = config.row_port_words = 64;
  return config;
}

}  // namespace

TEST_CASE("timing: start(i) = max(end(i-1), drained(i-2), operands ready), bound by the drain") {
  // 20 beats of one update: 21 cycles. Tiles 0 and 1 follow each other; tile 2 waits until bank 0 has drained. Drains
  // follow each other: drained(i) = max(end(i), drained(i-1)) + 64. A store is complete 1 + 1 + 50 after it drained.
  //   tile 0: 374 to 395, drained 459, written 511
  //   tile 1: 395 to 416, drained 459 + 64 = 523, written 575
  //   tile 2: 459 to 480, drained 523 + 64 = 587, written 639
  on_both_engines(wide_config(), [](Testbench& bench) {
    CHECK(spans_of(bench, three_tiles(20)) == std::vector<Span>{{0, 67, 374},
                                                                {1, 374, 395},
                                                                {2, 395, 511},
                                                                {3, 395, 416},
                                                                {4, 459, 575},
                                                                {5, 459, 480},
                                                                {6, 523, 639},
                                                                {7, 639, 639}});
    CHECK(counter(bench, Counter::ComputeCycles) == 63);
    CHECK(counter(bench, Counter::WaitWeightsCycles) == 374 - 68);  // the mmOp was dispatched at 68
    CHECK(counter(bench, Counter::WaitDrainCycles) == 459 - 416);
    CHECK(counter(bench, Counter::IdleCycles) == 68 + (639 - 480));
    CHECK(counter(bench, Counter::Cycles) == 639);
  });
}

TEST_CASE("timing: start(i) = max(end(i-1), drained(i-2), operands ready), bound by the grid") {
  // 200 beats: 201 cycles, longer than a drain: tiles follow each other, drains do not.
  on_both_engines(wide_config(), [](Testbench& bench) {
    CHECK(spans_of(bench, three_tiles(200)) == std::vector<Span>{{0, 67, 374},
                                                                 {1, 374, 575},
                                                                 {2, 575, 575 + 64 + 52},
                                                                 {3, 575, 776},
                                                                 {4, 776, 776 + 64 + 52},
                                                                 {5, 776, 977},
                                                                 {6, 977, 977 + 64 + 52},
                                                                 {7, 1093, 1093}});
    CHECK(counter(bench, Counter::WaitDrainCycles) == 0);
  });
}

TEST_CASE("timing: point-wise operations are part of the tile") {
  // B = 64, A = 1: 64 cycles after the 21 of the mmOp, before the drain.
  Config config = wide_config();
  PtWiseOp relu;
  relu.operation = PointwiseOp::Select;
  relu.channels = relu.columns = 1;
  on_both_engines(config, [&](Testbench& bench) {
    CHECK(spans_of(bench, {column_of_beats(20), with_tokens(relu, 0, ComputeToStore),
                           with_tokens(store_one(0), ComputeToStore, 0), End{}}) ==
          std::vector<Span>{{0, 67, 88}, {1, 88, 152}, {2, 152, 268}, {3, 268, 268}});
    CHECK(counter(bench, Counter::PointwiseCycles) == 64);
  });
}

TEST_CASE("timing: a fifth load waits for one of the four that may overlap") {
  // Loads of one beat, begun when they are dispatched: 67, 68, 83 and 84, issued a cycle later and complete 51 cycles
  // after that. The fifth, dispatched at 99, begins when the first is complete, the sixth, dispatched at 100, with the
  // second.
  const LoadWeights one = load(16);
  Timed core("core", small_config(Mode::Train), usual_latency(), {one, one, one, one, one, one, End{}});
  core.bench.run();
  CHECK(core.spans ==
        std::vector<Span>{
            {0, 67, 119}, {1, 68, 120}, {2, 83, 135}, {3, 84, 136}, {4, 119, 171}, {5, 120, 172}, {6, 172, 172}});
}

TEST_CASE("timing: a third store waits for one of the two staging buffers") {
  // Each drains one word in one cycle and is complete 52 later: 67, drained 68, written 120; the second 68, drained 69,
  // written 121 (its burst is issued at 70 beside the other). The third, dispatched at 83, begins when the first has
  // been written, the fourth with the second: drained 121 and 122, written 173 and 174.
  Config config = small_config(Mode::Train);
  config.output_buffers = 1;
  const Store store = store_one(0);
  Timed core("core", config, usual_latency(), {store, store, store, store, End{}});
  core.bench.run();
  CHECK(core.spans == std::vector<Span>{{0, 67, 120}, {1, 68, 121}, {2, 120, 173}, {3, 121, 174}, {4, 174, 174}});
}

TEST_CASE("timing: double buffering loads the next operands while the grid computes") {
  // Three loads of 2048 bytes, 8 bursts of 16 beats, into alternating halves of the weight buffer. Load 1 follows load
  // 0 on the port; load 2 waits until tile 0 has been computed. 100 beats: 101 cycles.
  //   load 0: begun 67, issued 68 .. 180, complete 246       tile 0: 246 to 347
  //   load 1: begun 68, issued 196 .. 308, complete 374      tile 1: 374 to 475
  //   load 2: begun 347, issued 348 .. 460, complete 526     tile 2: 526 to 627
  Config config = wide_config();
  const auto half = [](std::uint32_t index, std::uint32_t pop) {
    LoadWeights command = with_tokens(load(2048), pop, LoadToCompute);
    command.destination = 2048 * index;
    return command;
  };
  const auto tile = [](std::uint32_t index, std::uint32_t push) {
    MmOp op = with_tokens(column_of_beats(100), LoadToCompute, push);
    op.weights = 2048 * index;
    return op;
  };
  on_both_engines(config, [&](Testbench& bench) {
    CHECK(spans_of(bench, {half(0, 0), half(1, 0), half(0, ComputeToLoad), tile(0, ComputeToLoad),
                           tile(1, ComputeToLoad), tile(0, 0), End{}}) ==
          std::vector<Span>{
              {0, 67, 246}, {1, 68, 374}, {2, 347, 526}, {3, 246, 347}, {4, 374, 475}, {5, 526, 627}, {6, 627, 627}});
    CHECK(counter(bench, Counter::ComputeCycles) == 303);
    // Tile 0 was dispatched at 84.
    CHECK(counter(bench, Counter::WaitWeightsCycles) == (246 - 84) + (374 - 347) + (526 - 475));
    CHECK(counter(bench, Counter::IdleCycles) == 84);
  });
}

TEST_CASE("timing: a grid that waits is charged to the load that comes next") {
  // Weights, then features, 256 bytes each: complete at 68 + 66 = 134 and 84 + 66 = 150. The mmOp needs both tokens,
  // one pop each; the first mmOp begins at 134.
  Config config = small_config(Mode::Train);
  config.policy = Policy::None;
  LoadFeatures features;
  features.address = DataAt;
  features.channels = features.rows = features.height = features.row_capacity = 1;
  features.width = features.pitch = 64;
  on_both_engines(config, [&](Testbench& bench) {
    CHECK(spans_of(bench, {with_tokens(load(256), 0, LoadToCompute), with_tokens(features, 0, LoadToCompute),
                           with_tokens(column_of_beats(1), LoadToCompute, 0),
                           with_tokens(column_of_beats(1), LoadToCompute, 0), End{}}) ==
          std::vector<Span>{{0, 67, 134}, {1, 68, 150}, {2, 134, 136}, {3, 150, 152}, {4, 152, 152}});
    CHECK(counter(bench, Counter::WaitWeightsCycles) == 134 - 83);
    CHECK(counter(bench, Counter::WaitFeaturesCycles) == 150 - 136);
    CHECK(counter(bench, Counter::ComputeCycles) == 4);
    CHECK(counter(bench, Counter::IdleCycles) == 83);
  });
}

TEST_CASE("timing: a grid that waits is charged to another load as soon as the one before it is complete") {
  // As above, but the mmOp waits for the features alone, which the weights are ahead of: 134 and 150.
  Config config = small_config(Mode::Train);
  config.policy = Policy::None;
  LoadFeatures features;
  features.address = DataAt;
  features.channels = features.rows = features.height = features.row_capacity = 1;
  features.width = features.pitch = 64;
  on_both_engines(config, [&](Testbench& bench) {
    CHECK(spans_of(bench, {load(256), with_tokens(features, 0, LoadToCompute),
                           with_tokens(column_of_beats(1), LoadToCompute, 0), End{}}) ==
          std::vector<Span>{{0, 67, 134}, {1, 68, 150}, {2, 150, 152}, {3, 152, 152}});
    CHECK(counter(bench, Counter::WaitWeightsCycles) == 134 - 83);
    CHECK(counter(bench, Counter::WaitFeaturesCycles) == 150 - 134);
    CHECK(counter(bench, Counter::ComputeCycles) == 2);
    CHECK(counter(bench, Counter::IdleCycles) == 83);
  });
}

TEST_CASE("timing: a full queue holds back the dispatcher and all commands behind") {
  // One place per queue. mmOp 0 (100 beats, 101 cycles) begins at 67, mmOp 1 takes the place at 68, mmOp 2 gets it when
  // mmOp 1 begins, at 168; the load behind it is dispatched a cycle later.
  Config config = wide_config();
  config.queue_depth = 1;
  const MmOp op = column_of_beats(100);
  on_both_engines(config, [&](Testbench& bench) {
    CHECK(spans_of(bench, {op, op, op, load(16), End{}}) ==
          std::vector<Span>{{0, 67, 168}, {1, 168, 269}, {2, 269, 370}, {3, 169, 221}, {4, 370, 370}});
  });
}

TEST_CASE("timing: a fence waits for the acknowledgement of earlier writes") {
  // The store is drained at 71 and complete at 72 + 1 + 50 = 123. Without the fence the point-wise operation begins at
  // 68, with it at 123.
  PtWiseOp op;
  op.channels = op.columns = 1;
  PtWiseOp fenced = op;
  fenced.header.fence = 1;
  Timed free("free", small_config(Mode::Train), usual_latency(), {store_one(0), op, End{}});
  Timed held("held", small_config(Mode::Train), usual_latency(), {store_one(0), fenced, End{}});
  free.bench.run();
  held.bench.run();
  CHECK(free.spans == std::vector<Span>{{0, 67, 123}, {1, 68, 72}, {2, 123, 123}});
  CHECK(held.spans == std::vector<Span>{{0, 67, 123}, {1, 123, 127}, {2, 127, 127}});
}

TEST_CASE("timing: direct memory access changes no cycle") {
  std::mt19937 random(31);
  std::vector<tb::RandomLayer> layers;
  layers.reserve(12);
  for (int i = 0; i < 12; ++i) layers.push_back(tb::random_layer(random, Mode::Train, 20000));
  struct Trace {
    std::vector<Span> spans;
    std::vector<std::array<std::uint64_t, CounterCount>> counters;
  };
  const auto program = [&layers](Trace& trace) {
    return [&layers, &trace](Testbench& bench) {
      bench.accelerator.observe([&trace](const CommandRecord& record) {
        trace.spans.push_back({header_of(record.command).tag, record.start, record.end});
      });
      for (const tb::RandomLayer& layer : layers) {
        trace.counters.push_back(bench.execute(layer.layer, layer.tensors, {}).counters);
      }
    };
  };
  // A latency that is not a multiple of the clock, few outstanding bursts, a short queue: the port is the bottleneck.
  Config config = small_config(Mode::Train);
  config.weight_buffer_bytes = 1024;
  config.outstanding = 3;
  config.queue_depth = 2;
  Trace with;
  Trace without;
  const sc_core::sc_time latency(33.3, sc_core::SC_NS);
  Testbench direct("direct", config, 16 << 20, latency, program(with));
  config.dmi = 0;
  Testbench transported("transported", config, 16 << 20, latency, program(without));
  direct.run();
  transported.run();
  REQUIRE(with.spans.size() == without.spans.size());
  // In which order commands of different queues that are complete in the same cycle are reported is left open.
  const auto order = [](const Span& a, const Span& b) {
    return std::tie(a.end, a.start, a.tag) < std::tie(b.end, b.start, b.tag);
  };
  std::sort(with.spans.begin(), with.spans.end(), order);
  std::sort(without.spans.begin(), without.spans.end(), order);
  std::size_t differing = 0;
  for (std::size_t i = 0; i < with.spans.size(); ++i) differing += with.spans[i] == without.spans[i] ? 0 : 1;
  CHECK(differing == 0);
  CHECK(with.counters == without.counters);
}
