// SPDX-License-Identifier: Apache-2.0
#include <dlac/control/csr_target.h>

namespace dlac {
namespace {

[[nodiscard]] bool in_thread() {
  const sc_core::sc_curr_proc_kind kind = sc_core::sc_get_current_process_handle().proc_kind();
  return kind == sc_core::SC_THREAD_PROC_ || kind == sc_core::SC_CTHREAD_PROC_;
}

}  // namespace

CsrTarget::CsrTarget(const sc_core::sc_module_name& name, const Config& config)
    : sc_module(name), keep_delay_(config.csr_keep_delay != 0), registers_(config, lists, irq_changed_) {
  csr.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
  SC_HAS_PROCESS(CsrTarget);
  SC_METHOD(drive_irq);
  sensitive << irq_changed_;
  SC_METHOD(serve);
  sensitive << requests_.get_event();
  dont_initialize();
  SC_METHOD(respond);
  sensitive << respond_;
  dont_initialize();
}

void CsrTarget::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (delay != sc_core::SC_ZERO_TIME && registers_.timed(payload) && in_thread()) {
    sc_core::wait(delay);
    if (!keep_delay_) delay = sc_core::SC_ZERO_TIME;
  }
  registers_.access(payload);
}

tlm::tlm_sync_enum CsrTarget::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                              sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    if (!payload.has_mm()) {  // cannot be kept beyond this call: an early completion is all that is safe
      registers_.access(payload);
      return tlm::TLM_COMPLETED;
    }
    payload.acquire();
    requests_.notify(payload, delay);
  } else if (phase == tlm::END_RESP && &payload == responding_) {
    end_response(delay);
    return tlm::TLM_COMPLETED;
  }
  return tlm::TLM_ACCEPTED;  // phases that the base protocol does not know are ignored
}

unsigned int CsrTarget::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (!payload.is_read()) return 0;
  return registers_.debug_read(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
}

void CsrTarget::drive_irq() { irq.write(registers_.irq()); }

void CsrTarget::serve() {
  while (tlm::tlm_generic_payload* const payload = requests_.get_next_transaction()) {
    registers_.access(*payload);
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    (void)csr->nb_transport_bw(*payload, phase, delay);
    answered_.push_back(payload);
    respond_.notify(sc_core::SC_ZERO_TIME);
  }
}

void CsrTarget::respond() {
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  if (responding_ != nullptr || answered_.empty()) return;
  if (now < free_at_) {
    respond_.notify(free_at_ - now);
    return;
  }
  responding_ = answered_.front();
  answered_.pop_front();
  tlm::tlm_generic_payload* const payload = responding_;
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum status = csr->nb_transport_bw(*payload, phase, delay);
  const bool ended = status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::END_RESP);
  if (ended && responding_ == payload) end_response(delay);
}

void CsrTarget::end_response(const sc_core::sc_time& delay) {
  responding_->release();
  responding_ = nullptr;
  free_at_ = sc_core::sc_time_stamp() + delay;
  respond_.notify(delay);
}

}  // namespace dlac
