// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/simd.h>

#include <dlac/common/simd_config.h>

#include <hwy/highway.h>

namespace dlac::schedule {

std::vector<std::int64_t> simd_targets() { return hwy::SupportedAndGeneratedTargets(); }

std::string simd_target_name(std::int64_t target) { return hwy::TargetName(target); }

void force_simd_target(std::int64_t target) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace dlac::schedule
