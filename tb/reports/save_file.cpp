// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/save_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <tuple>

#include "tb/reports/text.h"
#include "workloads/output_file.h"

namespace dlac::tb {
namespace {

// Bits of a row's flags, as GTKWave numbers them (`@` lines, hexadecimal).
constexpr std::uint32_t Hexadecimal = 0x2, Decimal = 0x4, Binary = 0x8, RightJustified = 0x20, Blank = 0x200;
constexpr std::uint32_t Collapsed = 0x1000, Translated = 0x2000, AnalogStep = 0x8000, Stretch = 0x20000;
constexpr std::uint32_t Closed = 0x400000, GroupBegin = 0x800000, GroupEnd = 0x1000000;

constexpr int Width = 1600, Height = 1000, NamesWidth = 330;  // of the window, in pixels
constexpr int WaveWidth = Width - NamesWidth - 100;
constexpr int ZoomWidth = 200;   // 2^-zoom units of time take so many pixels
constexpr int RulerSpacing = 8;  // lines at the clock edges, unless they would be closer

/// Names for the values of a signal; ?COLOUR? before a name colours its box.
struct Filter {
  std::string_view name;
  std::string_view content;
};

constexpr Filter Opcodes{"opcode", R"(0 -
1 load weights
2 load features
3 ?DarkGreen?mmOp
4 ?SteelBlue4?ptWiseOp
5 store
)"};
constexpr Filter BlockedOn{"blocked_on", R"(0 -
1 load>compute
2 compute>load
3 load>compute + compute>load
4 compute>store
5 load>compute + compute>store
6 compute>load + compute>store
7 load>compute + compute>load + compute>store
8 store>compute
9 load>compute + store>compute
10 compute>load + store>compute
11 load>compute + compute>load + store>compute
12 compute>store + store>compute
13 load>compute + compute>store + store>compute
14 compute>load + compute>store + store>compute
15 load>compute + compute>load + compute>store + store>compute
)"};
constexpr Filter GridStates{"grid_state", R"(0 ?DarkGreen?compute
1 ?SteelBlue4?point-wise
2 ?firebrick4?wait weights
3 ?DarkOrange4?wait features
4 ?DarkOrchid4?wait drain
5 idle
)"};
constexpr Filter PeStates{"pe_state", R"(0 ?firebrick4?starved row
1 ?DarkOrange4?starved column
2 ?DarkGreen?busy
3 finished
)"};

struct Signal {
  std::string scope;  ///< with the dots in between
  std::string name;
  std::string range;  ///< [31:0], or empty
  bool is_bit;
  bool is_real;

  [[nodiscard]] std::string path() const { return (scope.empty() ? "" : scope + '.') + name + range; }
};

std::vector<Signal> declared_signals(std::istream& vcd) {
  std::vector<Signal> signals;
  std::vector<std::string> scopes;
  std::string line, word, kind, width, symbol, name, range;
  while (std::getline(vcd, line) && line.rfind("$enddefinitions", 0) != 0) {
    std::istringstream words(line);
    if (!(words >> word)) continue;
    if (word == "$scope" && words >> kind >> name) {
      scopes.push_back(scopes.empty() ? name : scopes.back() + '.' + name);
    } else if (word == "$upscope" && !scopes.empty()) {
      scopes.pop_back();
    } else if (word == "$var" && words >> kind >> width >> symbol >> name >> range) {
      signals.push_back(
          {scopes.empty() ? "" : scopes.back(), name, range == "$end" ? "" : range, width == "1", kind == "real"});
    }
  }
  return signals;
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('.') + 1); }  // npos + 1 is 0

/// Whether `name` is `prefix` with a number behind it, the number's length, and the number as text: the order of pe_2,
/// pe_10.
struct Numbered {
  bool is = false;
  std::size_t digits = 0;
  std::string number;

  Numbered(std::string_view name, std::string_view prefix) {
    if (name.substr(0, prefix.size()) != prefix || name.size() == prefix.size()) return;
    number = name.substr(prefix.size());
    digits = number.size();
    is = number.find_first_not_of("0123456789") == std::string::npos;
  }
};

/// Writes the rows of a save file; each signal is shown once.
class Rows {
 public:
  explicit Rows(std::vector<Signal> signals, std::string stem) : signals_(std::move(signals)), stem_(std::move(stem)) {
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      index_.emplace(signals_[i].scope + '.' + signals_[i].name, i);
    }
    std::set<std::string> seen;
    for (const Signal& signal : signals_) {
      const std::string& scope = signal.scope;
      for (std::size_t end = 0; end != std::string::npos;) {
        end = scope.find('.', end == 0 ? 0 : end + 1);
        if (seen.insert(scope.substr(0, end)).second) scopes_.push_back(scope.substr(0, end));
      }
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<const Filter*>& filters() const { return filters_; }
  [[nodiscard]] const std::vector<Signal>& signals() const { return signals_; }
  /// The scopes with signals in them or below.
  [[nodiscard]] const std::vector<std::string>& scopes() const { return scopes_; }

  [[nodiscard]] bool has(const std::string& scope, const std::string& name) const {
    return index_.count(scope + '.' + name) != 0;
  }

  /// The signals in a scope and below it.
  [[nodiscard]] std::vector<const Signal*> below(const std::string& scope) const {
    std::vector<const Signal*> found;
    const std::string prefix = scope + '.';
    for (auto at = index_.lower_bound(prefix); at != index_.end() && at->first.rfind(prefix, 0) == 0; ++at) {
      found.push_back(&signals_[at->second]);
    }
    return found;
  }

  /// The scopes PREFIXn below SCOPE, by ascending n.
  [[nodiscard]] std::vector<std::string> numbered(const std::string& scope, std::string_view prefix) const {
    std::vector<std::tuple<std::size_t, std::string, std::string>> found;
    for (const std::string& each : scopes_) {
      if (each.size() <= scope.size() || each.compare(0, scope.size() + 1, scope + '.') != 0) continue;
      const Numbered numbered(last_part(each), prefix);
      if (numbered.is) found.emplace_back(numbered.digits, numbered.number, each);
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> sorted;
    sorted.reserve(found.size());
    for (auto& each : found) sorted.push_back(std::move(std::get<2>(each)));
    return sorted;
  }

  void begin_group(const std::string& name, bool closed) {
    flags(Blank | GroupBegin | (closed ? Closed : 0));
    text_ += "-" + name + "\n";
    open_.emplace_back(name, closed);
  }

  /// A closed group that still shows this signal, which must exist.
  void begin_group_of(const std::string& name, const std::string& scope, const std::string& signal) {
    show(scope, signal, name, GroupBegin | Closed);
    open_.emplace_back(name, true);
  }

  void end_group() {
    const auto [name, closed] = open_.back();
    open_.pop_back();
    flags(Blank | GroupEnd | (closed ? Closed | Collapsed : 0));
    text_ += "-" + name + "\n";
  }

  /// Nothing if there is no such signal.
  void show(const std::string& scope, const std::string& name, const std::string& alias = {}, std::uint32_t more = 0) {
    const auto found = index_.find(scope + '.' + name);
    if (found == index_.end() || !shown_.insert(found->second).second) return;
    const Signal& signal = signals_[found->second];
    const Filter* filter = filter_of(signal);
    flags(format_of(signal) | RightJustified | (filter == nullptr ? 0 : Translated) | more);
    if (filter != nullptr) text_ += "^" + number_of(*filter) + ' ' + placed(stem_, *filter) + "\n";
    text_ += "+{" + (alias.empty() ? name : alias) + "} " + signal.path() + "\n";
    if (signal.is_real) {  // its height
      flags(Stretch | more);
      text_ += "-\n";
    }
  }

  void show_rest() {
    if (shown_.size() == signals_.size()) return;
    begin_group("other signals", true);
    for (const Signal& signal : signals_) show(signal.scope, signal.name, signal.scope + '.' + signal.name);
    end_group();
  }

  /// GTKWave resolves a file's name relative to that of the save file. Only the folders' being the same counts.
  static std::string placed(const std::string& name) { return "/folder/" + name; }
  static std::string file_of(const std::string& stem, const Filter& filter) {
    return stem + '.' + std::string(filter.name) + ".gtkf";
  }

 private:
  static std::string placed(const std::string& stem, const Filter& filter) { return placed(file_of(stem, filter)); }

  void flags(std::uint32_t bits) {
    std::ostringstream line;
    line << '@' << std::hex << bits << '\n';
    text_ += line.str();
  }

  [[nodiscard]] static std::uint32_t format_of(const Signal& signal) {
    if (signal.is_real) return AnalogStep;
    if (signal.is_bit) return Binary;
    static const std::set<std::string> bits{"live", "value", "address", "data", "pc"};
    return bits.count(signal.name) != 0 ? Hexadecimal : Decimal;
  }

  [[nodiscard]] static const Filter* filter_of(const Signal& signal) {
    if (signal.name == "opcode") return &Opcodes;
    if (signal.name == "blocked_on") return &BlockedOn;
    if (signal.name == "grid_state") return &GridStates;
    return signal.name == "state" && signal.scope.find(".pe_") != std::string::npos ? &PeStates : nullptr;
  }

  /// From 1 on, in the order of first use.
  std::string number_of(const Filter& filter) {
    auto at = std::find(filters_.begin(), filters_.end(), &filter);
    if (at == filters_.end()) at = filters_.insert(at, &filter);
    return std::to_string(at - filters_.begin() + 1);
  }

  std::vector<Signal> signals_;
  std::vector<std::string> scopes_;
  std::map<std::string, std::size_t> index_;
  std::string stem_;
  std::string text_;
  std::set<std::size_t> shown_;
  std::vector<std::pair<std::string, bool>> open_;
  std::vector<const Filter*> filters_;
};

/// What is around cores: a processor, bus ports, interrupt lines, the testbench's layer.
void show_platform(Rows& rows) {
  for (const std::string& scope : rows.scopes()) {
    if (!rows.has(scope, "pc")) continue;
    rows.begin_group("processor " + std::string(last_part(scope)), false);
    for (const char* name : {"pc", "sleeping"}) rows.show(scope, name);
    rows.end_group();
  }
  for (const std::string& scope : rows.scopes()) {
    if (!rows.has(scope, "active") || !rows.has(scope, "address")) continue;
    rows.begin_group("bus port " + std::string(last_part(scope)), false);
    for (const char* name : {"active", "write", "address", "data", "error"}) rows.show(scope, name);
    rows.end_group();
  }
  std::vector<const Signal*> lines;
  for (const Signal& signal : rows.signals()) {
    const bool of_core = rows.has(signal.scope, "grid_state");
    if (signal.is_bit && !of_core && signal.name.find("irq") != std::string::npos) lines.push_back(&signal);
  }
  if (!lines.empty()) {
    rows.begin_group("interrupts", false);
    for (const Signal* line : lines) rows.show(line->scope, line->name);
    rows.end_group();
  }
  for (const std::string& scope : rows.scopes()) rows.show(scope, "layer");
}

void show_streams(Rows& rows, const std::string& core, const std::string& kind) {
  const std::vector<std::string> streams = rows.numbered(core, kind + "_stream_");
  if (streams.empty()) return;
  rows.begin_group(kind + " streams", true);
  for (const std::string& stream : streams) {
    rows.begin_group(std::string(last_part(stream)), false);
    for (const char* name : {"delivered", "fill_level", "stalled"}) rows.show(stream, name);
    rows.end_group();
  }
  rows.end_group();
}

void show_pes(Rows& rows, const std::string& core) {
  const std::vector<std::string> pes = rows.numbered(core, "pe_");
  if (pes.empty()) return;
  constexpr std::array<const char*, 5> Order{"position", "live", "buffer", "value", "real"};
  const auto find = [&](const std::string& pe, std::string_view name) {
    const std::vector<const Signal*> signals = rows.below(pe);
    const auto found =
        std::find_if(signals.begin(), signals.end(), [&](const auto* each) { return each->name == name; });
    return found == signals.end() ? nullptr : *found;
  };
  rows.begin_group("PEs", find(pes.front(), "state") == nullptr);
  for (const std::string& pe : pes) {
    const std::string name(last_part(pe));
    if (const Signal* state = find(pe, "state")) {
      rows.begin_group_of(name, state->scope, "state");
    } else {
      rows.begin_group(name, true);
    }
    for (const char* each : Order) {
      if (const Signal* signal = find(pe, each)) rows.show(signal->scope, each);
    }
    for (const Signal* signal : rows.below(pe)) rows.show(signal->scope, signal->name);
    rows.end_group();
  }
  rows.end_group();
}

void show_core(Rows& rows, const std::string& core) {
  rows.begin_group(std::string(last_part(core)), false);
  for (const char* name : {"grid_state", "irq"}) rows.show(core, name);
  for (const char* unit : {"load", "compute", "store"}) {
    const std::string scope = core + '.' + unit;
    if (!rows.has(scope, "opcode")) continue;
    rows.begin_group(unit, false);
    for (const char* name : {"opcode", "tag", "in_flight", "blocked_on"}) rows.show(scope, name);
    rows.end_group();
  }
  rows.begin_group("tokens", true);
  for (const char* name : {"load_to_compute", "compute_to_load", "compute_to_store", "store_to_compute"}) {
    rows.show(core + ".tokens", name);
  }
  rows.end_group();
  show_streams(rows, core, "row");
  show_streams(rows, core, "column");
  show_pes(rows, core);
  rows.end_group();
}

std::string head_of(const std::string& file, const std::string& stem, const WaveformSpan& span) {
  const auto units = static_cast<double>(std::max<std::uint64_t>(1, span.last - span.first));
  std::ostringstream head;
  head << "[*] Arranges the signals of the waveform of the same name.\n"
       << "[dumpfile] \"" << Rows::placed(file) << "\"\n"
       << "[savefile] \"" << Rows::placed(stem + ".gtkw") << "\"\n"
       << "[timestart] " << span.first << "\n"
       << "[size] " << Width << ' ' << Height << "\n"
       << "[pos] -1 -1\n"
       << "*" << -std::log2(units * ZoomWidth / WaveWidth) << ' ' << span.first << "\n"
       << "[sst_expanded] 0\n"
       << "[signals_width] " << NamesWidth << "\n";
  if (static_cast<double>(span.clock_period) * WaveWidth >= RulerSpacing * units) {
    head << "[ruler] " << span.first << ' ' << span.clock_period << "\n";
  }
  return head.str();
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

std::string without_extension(const std::string& path) {
  constexpr std::size_t ExtensionLength = 4;
  const std::string name = path.substr(folder_of(path).size());
  if (name.size() <= ExtensionLength) return path;
  const std::string extension = name.substr(name.size() - ExtensionLength);
  return extension == ".vcd" || is_fst(name) ? path.substr(0, path.size() - ExtensionLength) : path;
}

}  // namespace

SaveFile::SaveFile(std::istream& vcd, const std::string& path, const WaveformSpan& span) : folder_(folder_of(path)) {
  const std::string stem = without_extension(path).substr(folder_.size());
  Rows rows(declared_signals(vcd), stem);
  show_platform(rows);
  for (const std::string& scope : rows.scopes()) {
    if (rows.has(scope, "grid_state")) show_core(rows, scope);
  }
  rows.show_rest();
  for (const Filter* filter : rows.filters()) {
    files_.emplace_back(Rows::file_of(stem, *filter), std::string(filter->content));
  }
  files_.emplace_back(stem + ".gtkw", head_of(path.substr(folder_.size()), stem, span) + rows.text());
}

void SaveFile::write() const {
  for (const auto& [name, content] : files_) workloads::write_file(folder_ + name, {{content.data(), content.size()}});
}

std::string save_file_of(const std::string& path) { return without_extension(path) + ".gtkw"; }

std::vector<std::string> save_files_of(const std::string& path) {
  std::vector<std::string> names{save_file_of(path)};
  for (const Filter* const filter : {&Opcodes, &BlockedOn, &GridStates, &PeStates}) {
    names.push_back(Rows::file_of(without_extension(path), *filter));
  }
  return names;
}

bool is_fst(const std::string& path) {
  constexpr std::string_view Extension = ".fst";
  return path.size() >= Extension.size() &&
         std::equal(Extension.rbegin(), Extension.rend(), path.rbegin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

}  // namespace dlac::tb
