// SPDX-License-Identifier: Apache-2.0
// The clocked engine's way to its buffers: direct access taken back, transactions, and buffers that delay.
#include "tb/tests/models/grid/clocked/sc_clocked_rig.h"

namespace {

using clocked_model::Rig;
using clocked_model::small_config;
using clocked_model::Thread;
using dlac::BufferAccess;
using dlac::BufferRequester;

sc_core::sc_time cycles(double count) { return count * sc_core::sc_time(2, sc_core::SC_NS); }

}  // namespace

TEST_CASE("clocked buffers: what is read by transactions has the same cycles and bits as what is read directly") {
  Rig direct("direct", small_config(4, 2, 1, 2));
  Rig watched("watched", small_config(4, 2, 1, 2));
  watched.engine.weight_buffer.grants_direct = watched.engine.feature_buffer.grants_direct = false;
  Thread thread("thread", [&] {
    for (Rig* const rig : {&direct, &watched}) {
      const dlac::MmOp op = rig->place(1, {{1, -1, 0, 1}, {0, 1, 1, 1}, {1, 1, -1, 0}}, {{1, 2}, {0, 3}, {4, 0}});
      const dlac::SegmentResult result = rig->engine.multiply(op);
      // Three weights of each beat are not zero; two, one and one columns are live.
      CHECK(result.updates.executed == 3 * 2 + 3 + 3);
      CHECK(rig->outputs(op) == direct.outputs(op));
    }
    const dlac::MmOp op = direct.place(1, {{1, 1, 1, 1}}, {{1, 2}});
    const dlac::MmOp same = watched.place(1, {{1, 1, 1, 1}}, {{1, 2}});
    const dlac::SegmentResult one = direct.engine.multiply(op);
    const dlac::SegmentResult other = watched.engine.multiply(same);
    CHECK(one.cycles == 3);
    CHECK(other.cycles == 3);
    CHECK(one.pe == other.pe);
  });
  sc_core::sc_start();
  CHECK(direct.engine.weight_buffer.transactions == 0);
  CHECK(watched.engine.weight_buffer.transactions == 2 * 3 + 2);
  CHECK(watched.engine.feature_buffer.transactions == 2 * 3 + 2);
}

TEST_CASE("clocked buffers: direct access that was taken back is not used again") {
  Rig rig("engine", small_config(1, 1, 1, 4));
  clocked_model::Bytes weights(rig.weights.size());
  clocked_model::Bytes features(rig.features.size());
  Thread thread("thread", [&] {
    const dlac::MmOp op = rig.place(0, {{1}}, {{3}});
    rig.engine.multiply(op);
    CHECK(rig.outputs(op) == std::vector<double>{3});
    // The same operation on bytes elsewhere: a weight of -1, a feature of 5.
    const clocked_model::Bytes old_weights = rig.weights;
    const clocked_model::Bytes old_features = rig.features;
    (void)rig.place(0, {{-1}}, {{5}});
    weights = rig.weights;
    features = rig.features;
    rig.weights = old_weights;
    rig.features = old_features;
    rig.engine.weight_buffer.move_to(weights);
    rig.engine.feature_buffer.move_to(features);
    rig.engine.multiply(op);
    CHECK(rig.outputs(op) == std::vector<double>{-5});
  });
  sc_core::sc_start();
}

TEST_CASE("clocked buffers: whoever takes back a byte of what was granted takes back all of it, and nobody else") {
  Rig rig("engine", small_config(1, 1, 1, 4));
  clocked_model::Bytes elsewhere(rig.features.size());
  clocked_model::set_word(elsewhere, 0, dlac::Mode::Train, clocked_model::word_of(dlac::Mode::Train, 5));
  const std::uint64_t bytes = elsewhere.size();
  const struct {
    std::uint64_t first, last;
    bool overlaps;
  } ranges[] = {{0, 0, true},
                {bytes - 1, bytes - 1, true},
                {bytes / 2, bytes / 2, true},
                {bytes - 1, ~std::uint64_t{0}, true},
                {bytes, ~std::uint64_t{0}, false}};
  Thread thread("thread", [&] {
    const dlac::MmOp op = rig.place(0, {{1}}, {{3}});
    for (const auto& range : ranges) {
      INFO("from " << range.first << " to " << range.last);
      rig.engine.feature_buffer.move_to(rig.features);
      rig.engine.multiply(op);
      CHECK(rig.outputs(op) == std::vector<double>{3});
      rig.engine.feature_buffer.move_to(elsewhere, range.first, range.last);
      rig.engine.multiply(op);
      CHECK(rig.outputs(op) == std::vector<double>{range.overlaps ? 5.0 : 3.0});
    }
  });
  sc_core::sc_start();
}

TEST_CASE("clocked buffers: a beat that the buffer delays arrives so many cycles later, and the next ones behind it") {
  // One PE, a dense column of four beats, D = 8. Without delays X = 1, 2, 3, 4 and done = 2, 3, 4, 5.
  Rig rig("engine", small_config(1, 1, 1, 8));
  rig.engine.weight_buffer.grants_direct = rig.engine.feature_buffer.grants_direct = false;
  std::uint64_t late_beat = 4;
  double late_column = 0;
  double late_row = 0;
  std::vector<std::uint64_t> asked_for;
  rig.engine.feature_buffer.delay = [&](const BufferAccess& access) {
    CHECK(access.requester == BufferRequester::ColumnStream);
    CHECK(access.index == 0);
    asked_for.push_back(access.cycle);
    return access.beat == late_beat ? cycles(late_column) : sc_core::SC_ZERO_TIME;
  };
  rig.engine.weight_buffer.delay = [&](const BufferAccess& access) {
    CHECK(access.requester == BufferRequester::RowStream);
    return access.beat == late_beat ? cycles(late_row) : sc_core::SC_ZERO_TIME;
  };
  Thread thread("thread", [&] {
    const dlac::MmOp op = rig.place(0, {{1}, {1}, {1}, {1}}, {{1}, {1}, {1}, {1}});
    CHECK(rig.engine.multiply(op).cycles == 5);
    late_beat = 1;
    late_column = 2;
    asked_for.clear();
    const std::uint64_t start = sc_core::sc_time_stamp() / cycles(1);
    // X(1) = X(0) + 1 + 2 = 4: done = 2, 5, 6, 7.
    dlac::SegmentResult result = rig.engine.multiply(op);
    CHECK(result.cycles == 7);
    CHECK(result.pe == dlac::PeCycles{4, 1, 2, 0});
    CHECK(asked_for == std::vector<std::uint64_t>{start + 1, start + 2, start + 5, start + 6});
    late_row = 3;
    // W(1) = 1 + 1 + 3 = 5, behind X(1) = 4: done = 2, 6, 7, 8.
    result = rig.engine.multiply(op);
    CHECK(result.cycles == 8);
    CHECK(result.pe == dlac::PeCycles{4, 4, 0, 0});
    late_column = 0.5;  // a part of a cycle counts as one
    late_row = 0;
    CHECK(rig.engine.multiply(op).cycles == 6);
    CHECK(rig.outputs(op) == std::vector<double>{4});
  });
  sc_core::sc_start();
}

TEST_CASE("clocked buffers: the latency of a direct grant counts for every beat") {
  Rig rig("engine", small_config(1, 1, 1, 8));
  rig.engine.feature_buffer.direct_latency = cycles(1);
  rig.engine.feature_buffer.direct_write_latency = cycles(3);  // of no account to a reader
  Thread thread("thread", [&] {
    // X = 2, 4, 6: done = 3, 5, 7.
    CHECK(rig.engine.multiply(rig.place(0, {{1}, {1}, {1}}, {{1}, {1}, {1}})).cycles == 7);
  });
  sc_core::sc_start();
}
