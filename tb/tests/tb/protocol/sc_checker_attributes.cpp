// SPDX-License-Identifier: Apache-2.0
// The base-protocol checker itself: each rule on attributes and memory management broken once, by a scripted initiator
// or target, is found under its own name and under no other.
#include "tb/tests/tb/protocol/sc_checker_rig.h"

namespace dlac::tb::protocol::checker_rig {

TEST_CASE("protocol checker: attributes that an initiator sets wrongly") {
  all_found({
      {"unknown command", Rule::Command,
       [](Rig& r) { r.b([](Payload& p) { p.set_command(static_cast<tlm::tlm_command>(3)); }); }},
      {"no data pointer", Rule::DataPointer,
       [](Rig& r) {
         r.b([](Payload& p) {
           p.set_read();
           p.set_data_ptr(nullptr);
         });
       }},
      {"no data", Rule::DataLength, [](Rig& r) { r.b([](Payload& p) { p.set_data_length(0); }); }},
      {"byte enables of no length", Rule::ByteEnableLength,
       [](Rig& r) { r.b([&r](Payload& p) { p.set_byte_enable_ptr(r.enables.data()); }); }},
      {"no streaming width", Rule::StreamingWidth, [](Rig& r) { r.b([](Payload& p) { p.set_streaming_width(0); }); }},
      {"DMI hint", Rule::DmiAllowed, [](Rig& r) { r.b([](Payload& p) { p.set_dmi_allowed(true); }); }},
      {"response of before", Rule::ResponseOnEntry,
       [](Rig& r) { r.b([](Payload& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); }); }},
      {"response of before, non-blocking", Rule::ResponseOnEntry,
       [](Rig& r) {
         Payload& p = r.fresh();
         p.set_response_status(tlm::TLM_OK_RESPONSE);
         r.fw(p, tlm::BEGIN_REQ);
         p.release();
       }},
      {"option", Rule::Option, [](Rig& r) { r.b([](Payload& p) { p.set_gp_option(tlm::TLM_FULL_PAYLOAD); }); }},
  });
}

TEST_CASE("protocol checker: attributes that change under way") {
  const auto target_changes = [](const char* what, Rule rule, const std::function<void(Payload&)>& change) {
    return Case{what, rule, [change](Rig& r) {
                  r.target.b = [change](Payload& p, sc_time&) {
                    p.set_response_status(tlm::TLM_OK_RESPONSE);
                    change(p);
                  };
                  r.b([](Payload&) {});
                }};
  };
  const auto initiator_changes = [](const char* what, Rule rule, const std::function<void(Payload&)>& change) {
    return Case{what, rule, [change](Rig& r) {
                  r.accept_all();
                  Payload& p = r.fresh();
                  r.fw(p, tlm::BEGIN_REQ);
                  change(p);
                  r.bw(p, tlm::BEGIN_RESP);
                  p.release();
                }};
  };
  all_found({
      target_changes("command", Rule::Modified, [](Payload& p) { p.set_read(); }),
      target_changes("address", Rule::Modified, [](Payload& p) { p.set_address(0x14); }),
      target_changes("data pointer", Rule::Modified, [](Payload& p) { p.set_data_ptr(p.get_data_ptr() + 1); }),
      target_changes("data length", Rule::Modified, [](Payload& p) { p.set_data_length(3); }),
      target_changes("streaming width", Rule::Modified, [](Payload& p) { p.set_streaming_width(8); }),
      target_changes("byte enable length", Rule::Modified, [](Payload& p) { p.set_byte_enable_length(1); }),
      target_changes("write data", Rule::Modified, [](Payload& p) { *p.get_data_ptr() ^= 1; }),
      target_changes("option", Rule::Option, [](Payload& p) { p.set_gp_option(tlm::TLM_FULL_PAYLOAD_ACCEPTED); }),
      {"byte enables", Rule::Modified,
       [](Rig& r) {
         r.target.b = [](Payload& p, sc_time&) {
           p.set_response_status(tlm::TLM_OK_RESPONSE);
           *p.get_byte_enable_ptr() ^= 0xFF;
         };
         r.b([&r](Payload& p) {
           p.set_byte_enable_ptr(r.enables.data());
           p.set_byte_enable_length(4);
         });
       }},
      {"disabled byte", Rule::DisabledByte,
       [](Rig& r) {
         r.target.b = [](Payload& p, sc_time&) {
           p.set_response_status(tlm::TLM_OK_RESPONSE);
           p.get_data_ptr()[1] = 0x99;
         };
         r.b([&r](Payload& p) {
           p.set_read();
           p.set_byte_enable_ptr(r.enables.data());
           p.set_byte_enable_length(4);
         });
       }},
      initiator_changes("address, by the initiator", Rule::Modified, [](Payload& p) { p.set_address(0x20); }),
      initiator_changes("write data, by the initiator", Rule::Modified, [](Payload& p) { *p.get_data_ptr() ^= 1; }),
      {"response status after BEGIN_RESP", Rule::ResponseChanged,
       [](Rig& r) {
         r.accept_all();
         r.initiator.bw = [](Payload&, Phase&, sc_time&) { return TLM_ACCEPTED; };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         p.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
         r.fw(p, tlm::END_RESP);
         p.release();
       }},
  });
}

TEST_CASE("protocol checker: a response that is left incomplete") {
  const auto incomplete_b = [](Rig& r) {
    r.target.b = [](Payload&, sc_time&) {};
    r.b([](Payload&) {});
  };
  const auto incomplete_early = [](Rig& r) {
    r.target.fw = [](Payload&, Phase&, sc_time&) { return TLM_COMPLETED; };
    Payload& p = r.fresh();
    r.fw(p, tlm::BEGIN_REQ);
    p.release();
  };
  const auto incomplete_begin_resp = [](Rig& r) {
    r.accept_all();
    Payload& p = r.fresh();
    r.fw(p, tlm::BEGIN_REQ);
    Phase phase = tlm::BEGIN_RESP;
    sc_time delay;
    r.target.socket->nb_transport_bw(p, phase, delay);
    p.release();
  };
  all_found({{"b_transport", Rule::ResponseMissing, incomplete_b},
             {"early completion", Rule::ResponseMissing, incomplete_early},
             {"BEGIN_RESP", Rule::ResponseMissing, incomplete_begin_resp}});
}

TEST_CASE("protocol checker: a response that is left incomplete is permitted where the options say so") {
  Checker::Options lenient;
  lenient.strict_response = false;
  none_found({{"b_transport", None,
               [](Rig& r) {
                 r.target.b = [](Payload&, sc_time&) {};
                 r.b([](Payload&) {});
               },
               lenient}});
}

TEST_CASE("protocol checker: memory management") {
  all_found({
      {"no memory manager", Rule::MemoryManager,
       [](Rig& r) {
         Payload p;
         r.fw(r.prepare(p), tlm::BEGIN_REQ);
       }},
      {"no reference at BEGIN_REQ", Rule::ReferenceCount,
       [](Rig& r) { r.fw(r.prepare(r.pool.allocate()), tlm::BEGIN_REQ); }},
      {"no reference at b_transport", Rule::ReferenceCount, [](Rig& r) { r.b(r.prepare(r.pool.allocate())); }},
      {"reference given up under way", Rule::ReferenceCount,
       [](Rig& r) {
         r.accept_all();
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         p.release();
         r.bw(p, tlm::BEGIN_RESP);  // NOLINT(clang-analyzer-unix.Malloc): the checker's reference is left
       }},
      {"sent twice", Rule::Reused,
       [](Rig& r) {
         r.target.fw = [](Payload&, Phase& phase, sc_time&) {
           phase = tlm::END_REQ;
           return TLM_UPDATED;
         };
         Payload& p = r.fresh();
         r.fw(p, tlm::BEGIN_REQ);
         r.fw(p, tlm::BEGIN_REQ);
         r.bw(p, tlm::BEGIN_RESP);
         p.release();
       }},
      {"one object in two b_transports", Rule::Reused,
       [](Rig& r) {
         Payload& p = r.fresh();
         r.target.b = [&r, &p, calls = 0](Payload& q, sc_time& delay) mutable {
           if (calls++ == 0) r.initiator.socket->b_transport(p, delay);
           q.set_response_status(tlm::TLM_OK_RESPONSE);
         };
         r.b(p);
         p.release();
       }},
      {"never released", Rule::Leaked, [](Rig& r) { r.fw(r.fresh(), tlm::BEGIN_REQ); }},
  });
}

}  // namespace dlac::tb::protocol::checker_rig
