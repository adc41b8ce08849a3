// SPDX-License-Identifier: Apache-2.0
// A memory whose reads take another time than its writes, through DMI and without: every number is worked out by hand
// from Memory port. The doorbell rings in cycle 0; the only fetch, two commands of 16 beats, is issued at 1 and goes by
// a transaction, because only its response tells of DMI.
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <memory>

#include "tb/system/register_access.h"
#include "tb/tests/models/sc_core_rig.h"

namespace {

using core_rig::at;
using core_rig::small_config;
using core_rig::Span;
using dlac::Command;
using dlac::Config;
using dlac::End;
using dlac::Mode;
using dlac::Register;
using sc_core::sc_time;

/// How a memory tells its latencies.
enum class Dmi : std::uint8_t {
  None,      ///< it grants nothing
  Told,      ///< the grant has both
  LeftZero,  ///< the grant has none: what b_transport returned counts
};

/// A core, one list of two commands, and a memory of two latencies.
class Platform final : public sc_core::sc_module {
 public:
  Platform(const sc_core::sc_module_name& name, const Config& config, const sc_time& read, const sc_time& write,
           Dmi dmi, const Command& command)
      : sc_module(name), core_("core", config), read_(read), write_(write), dmi_(dmi), storage_(1 << 16) {
    host_.bind(core_.csr);
    core_.mem.bind(memory_);
    core_.irq.bind(irq_);
    memory_.register_b_transport(this, &Platform::b_transport);
    memory_.register_get_direct_mem_ptr(this, &Platform::get_direct_mem_ptr);
    const std::vector<dlac::CommandImage> list = core_rig::images({command, End{}});
    std::memcpy(storage_.data(), list.data(), list.size() * dlac::CommandBytes);
    core_.observe([this](const dlac::CommandRecord& record) {
      spans.push_back({header_of(record.command).tag, record.start, record.end});
    });
  }
  void ring() {
    set(Register::ListLength, 2);
    set(Register::Doorbell, 1);
  }

  std::vector<Span> spans;
  std::uint64_t transactions = 0;

 private:
  void set(Register which, std::uint32_t value) {
    tlm::tlm_generic_payload payload;
    dlac::tb::set_register_access(payload, tlm::TLM_WRITE_COMMAND, at(which), value);
    sc_time delay;
    host_->b_transport(payload, delay);
    REQUIRE(payload.is_response_ok());
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_time& delay) {
    ++transactions;
    std::uint8_t* const here = &storage_.at(payload.get_address());
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), here, payload.get_data_length());
    if (payload.is_write()) std::memcpy(here, payload.get_data_ptr(), payload.get_data_length());
    delay += payload.is_read() ? read_ : write_;
    payload.set_dmi_allowed(dmi_ != Dmi::None);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.init();
    dmi.set_dmi_ptr(storage_.data());
    dmi.set_end_address(storage_.size() - 1);
    dmi.allow_read_write();
    if (dmi_ == Dmi::Told) {
      dmi.set_read_latency(read_);
      dmi.set_write_latency(write_);
    }
    return true;
  }

  tlm_utils::simple_initiator_socket<Platform, 32> host_{"host"};
  tlm_utils::simple_target_socket<Platform, 32> memory_{"memory"};
  sc_core::sc_signal<bool> irq_{"irq"};
  dlac::Accelerator core_;
  const sc_time read_, write_;
  const Dmi dmi_;
  std::vector<std::uint8_t> storage_;
};

/// 4 x 4 PEs, four output buffers; two bursts outstanding.
Config two_outstanding() {
  Config config = small_config(Mode::Train);
  config.outstanding = 2;
  return config;
}

/// A store of four channels in one column: four bursts of one beat.
dlac::Store four_words() {
  dlac::Store store;
  store.address = 0x8000;
  store.channel_stride = 64;
  store.image_pixels = store.columns = 1;
  store.channels = 4;
  return store;
}
/// Four bursts of 256 bytes, 16 beats.
dlac::LoadWeights kibibyte() {
  dlac::LoadWeights load;
  load.address = 0x4000;
  load.bytes = 1024;
  return load;
}

struct Case {
  double read_ns, write_ns;
  Dmi dmi;
  std::uint64_t start, end;    ///< of the first command
  std::uint64_t transactions;  ///< that the memory sees
};

void check(const Command& command, const std::vector<Case>& cases) {
  std::vector<std::unique_ptr<Platform>> platforms;
  platforms.reserve(cases.size());
  for (const Case& each : cases) {
    platforms.push_back(std::make_unique<Platform>(("platform_" + std::to_string(platforms.size())).c_str(),
                                                   two_outstanding(), sc_time(each.read_ns, sc_core::SC_NS),
                                                   sc_time(each.write_ns, sc_core::SC_NS), each.dmi, command));
  }
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (const auto& platform : platforms) platform->ring();
  sc_core::sc_start();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO("read " << cases[i].read_ns << " ns, write " << cases[i].write_ns << " ns, DMI "
                 << static_cast<int>(cases[i].dmi));
    CHECK(platforms[i]->spans == std::vector<Span>{{0, cases[i].start, cases[i].end}, {0, cases[i].end, cases[i].end}});
    CHECK(platforms[i]->transactions == cases[i].transactions);
  }
}

}  // namespace

TEST_CASE("dmi latency: writes take the write latency, with two in flight") {
  // The store begins at s = 17 + read and is drained at s + 4 (four words of a column); its bursts are issued at
  // a = s + 5, a + 1 and, when the ones before are complete, at a + 1 + write and a + 2 + write. 50 or 15 cycles each.
  check(four_words(), {{100, 30, Dmi::Told, 67, 72 + 3 + 30, 1},
                       {30, 100, Dmi::Told, 32, 37 + 3 + 100, 1},
                       {100, 30, Dmi::None, 67, 72 + 3 + 30, 5},
                       {30, 100, Dmi::None, 32, 37 + 3 + 100, 5}});
}

TEST_CASE("dmi latency: reads take the read latency, with two in flight") {
  // The load begins at s; its bursts are issued at a = s + 1, a + 16, max(a + 32, a + 16 + read) and 16 later, and the
  // last is complete 16 + read after that.
  check(kibibyte(), {{100, 30, Dmi::Told, 67, 68 + 66 + 16 + 66, 1},
                     {30, 100, Dmi::Told, 32, 33 + 32 + 16 + 31, 1},
                     {100, 30, Dmi::None, 67, 68 + 66 + 16 + 66, 5},
                     {30, 100, Dmi::None, 32, 33 + 32 + 16 + 31, 5}});
}

TEST_CASE("dmi latency: where a grant tells none, that of the transaction that led to it counts") {
  check(kibibyte(), {{100, 100, Dmi::LeftZero, 67, 68 + 66 + 16 + 66, 1}});
}
