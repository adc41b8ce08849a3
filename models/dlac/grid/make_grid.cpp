// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/clocked_grid.h>
#include <dlac/grid/schedule_grid.h>

namespace dlac {

std::unique_ptr<Grid> make_grid(const char* name, const Config& config, const sc_core::sc_time& period) {
  if (config.engine == EngineKind::Clocked) return std::make_unique<clocked::ClockedGrid>(name, config, period);
  return std::make_unique<ScheduleGrid>(name, config, period);
}

}  // namespace dlac
