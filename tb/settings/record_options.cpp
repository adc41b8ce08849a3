// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/record_options.h"

#include <limits>
#include <string_view>

#include "tb/reports/text.h"

namespace dlac::tb {

CycleWindow parse_window(const Given& given, const char* name, const std::string& text, std::uint32_t clock_period_ps) {
  // SystemC's time is a 64-bit number of picoseconds; the end of the last cycle must be one.
  const std::uint64_t latest = std::numeric_limits<std::int64_t>::max() / clock_period_ps - 1;
  const std::size_t colon = text.find(':');
  const std::optional<std::uint64_t> first = parse_whole(std::string_view(text).substr(0, colon));
  const std::optional<std::uint64_t> last =
      colon == std::string::npos ? std::nullopt : parse_whole(std::string_view(text).substr(colon + 1));
  if (!first || !last || *first > *last || *last > latest) {
    given.refuse(name, text, "FIRST:LAST, clock cycles, FIRST <= LAST <= " + std::to_string(latest));
  }
  return {*first, *last};
}

boost::program_options::options_description record_options() {
  auto options = option_group("Links inside the core (`dlac-tb links` lists them)");
  options.add_options()  //
      ("record", text("LINK=FILE.csv"),
       "writes every transaction of a link; LINK may be a shell pattern; may be "
       "repeated")  //
      ("record-window", text("FIRST:LAST"), "clock cycles of the simulation that --record covers (default all)");
  return options;
}

RecordSettings record_settings(const Given& given, std::uint32_t clock_period_ps) {
  RecordSettings settings;
  for (const std::string& value : given.all("record")) {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == value.size()) {
      given.refuse("record", value, "LINK=FILE.csv");
    }
    settings.links.push_back({value.substr(0, equals), value.substr(equals + 1)});
  }
  if (const std::optional<std::string> window = given.one("record-window")) {
    if (settings.links.empty()) given.refuse("record-window", *window, "--record LINK=FILE.csv with it");
    settings.window = parse_window(given, "record-window", *window, clock_period_ps);
  }
  return settings;
}

}  // namespace dlac::tb
