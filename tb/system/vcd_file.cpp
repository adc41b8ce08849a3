// SPDX-License-Identifier: Apache-2.0
#include "tb/system/vcd_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "tb/reports/report_file.h"

namespace dlac::tb {
namespace {

template <typename T>
std::uint64_t bits_of(const void* object) {
  const T& value = *static_cast<const T*>(object);
  if constexpr (std::is_floating_point_v<T>) {
    const double wide = value;
    std::uint64_t bits = 0;
    std::memcpy(&bits, &wide, sizeof bits);
    return bits;
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

/// Short names of printable characters that no viewer takes for anything else: a, b, ..., z, ba, bb, ...
std::string id_of(std::size_t number) {
  constexpr std::size_t Letters = 26, Length = 5;
  std::string id;
  for (; number > 0 || id.size() < Length; number /= Letters) id += static_cast<char>('a' + number % Letters);
  return {id.rbegin(), id.rend()};
}

std::string timescale(std::uint64_t unit_ps) {
  constexpr std::array<const char*, 5> Units{"ps", "ns", "us", "ms", "s"};
  std::size_t unit = 0;
  while (unit_ps % 1000 == 0 && unit + 1 < Units.size()) {
    unit_ps /= 1000;
    ++unit;
  }
  return std::to_string(unit_ps) + ' ' + Units[unit];
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts(1, "SystemC");
  std::size_t begin = 0;
  for (std::size_t dot = 0; (dot = name.find('.', begin)) != std::string::npos; begin = dot + 1) {
    parts.push_back(name.substr(begin, dot - begin));
  }
  parts.push_back(name.substr(begin));
  return parts;
}

[[noreturn]] void refuse(const std::string& name) {
  throw std::logic_error(name + ": a type that waveforms do not show");
}

}  // namespace

VcdFile::VcdFile(std::ostream& out, std::uint64_t unit_ps) : out_(out), unit_ps_(unit_ps) {
  sc_core::sc_get_curr_simcontext()->add_trace_file(this);
}

VcdFile::~VcdFile() {
  sc_core::sc_get_curr_simcontext()->remove_trace_file(this);
  if (!begun_) return;
  if (now() != written_time_) write_time();
  flush_text();
}

std::uint64_t VcdFile::now() const {
  const sc_core::sc_time unit(static_cast<double>(unit_ps_), sc_core::SC_PS);
  return sc_core::sc_time_stamp().value() / unit.value();
}

template <typename T>
void VcdFile::add(const T& object, const std::string& name, Kind kind, int width) {
  if (begun_) throw std::logic_error(name + ": traced after the beginning of the waveform");
  variables_.push_back(
      {name, id_of(variables_.size()), kind, static_cast<std::uint32_t>(width), &object, bits_of<T>, 0});
}

void VcdFile::trace(const bool& object, const std::string& name) { add(object, name, Kind::Bit, 1); }
void VcdFile::trace(const float& object, const std::string& name) { add(object, name, Kind::Real, 1); }
void VcdFile::trace(const double& object, const std::string& name) { add(object, name, Kind::Real, 1); }
void VcdFile::trace(const unsigned char& object, const std::string& name, int width) {
  add(object, name, Kind::Vector, width);
}
void VcdFile::trace(const unsigned short& object, const std::string& name, int width) {
  add(object, name, Kind::Vector, width);
}
void VcdFile::trace(const unsigned int& object, const std::string& name, int width) {
  add(object, name, Kind::Vector, width);
}
void VcdFile::trace(const unsigned long& object, const std::string& name, int width) {
  add(object, name, Kind::Vector, width);
}
void VcdFile::trace(const char& object, const std::string& name, int width) { add(object, name, Kind::Vector, width); }
void VcdFile::trace(const short& object, const std::string& name, int width) { add(object, name, Kind::Vector, width); }
void VcdFile::trace(const int& object, const std::string& name, int width) { add(object, name, Kind::Vector, width); }
void VcdFile::trace(const long& object, const std::string& name, int width) { add(object, name, Kind::Vector, width); }
void VcdFile::trace(const sc_dt::int64& object, const std::string& name, int width) {
  add(object, name, Kind::Vector, width);
}
void VcdFile::trace(const sc_dt::uint64& object, const std::string& name, int width) {
  add(object, name, Kind::Vector, width);
}
void VcdFile::trace(const unsigned int& object, const std::string& name, const char** /*literals*/) {
  add(object, name, Kind::Vector, std::numeric_limits<unsigned int>::digits);
}

void VcdFile::trace(const sc_core::sc_event& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_core::sc_time& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_bit& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_logic& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_int_base& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_uint_base& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_signed& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_unsigned& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_fxval& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_fxval_fast& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_fxnum& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_fxnum_fast& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_bv_base& /*object*/, const std::string& name) { refuse(name); }
void VcdFile::trace(const sc_dt::sc_lv_base& /*object*/, const std::string& name) { refuse(name); }

void VcdFile::write_comment(const std::string& comment) { text_ += "$comment\n" + comment + "\n$end\n\n"; }
void VcdFile::set_time_unit(double /*value*/, sc_core::sc_time_unit /*unit*/) { refuse("the unit of time"); }

void VcdFile::cycle(bool delta) {
  if (delta) return;
  if (!begun_) {
    begin();
    return;
  }
  bool changed = false;
  for (Variable& variable : variables_) {
    const std::uint64_t value = variable.read(variable.object);
    if (value == variable.value) continue;
    variable.value = value;
    if (!changed) write_time();
    changed = true;
    write_value(variable);
  }
  if (!changed) return;
  text_ += '\n';
  flush_text();
}

void VcdFile::begin() {
  begun_ = true;
  write_declarations();
  write_time();
  text_ += "\n$dumpvars\n";
  for (Variable& variable : variables_) {
    variable.value = variable.read(variable.object);
    write_value(variable);
  }
  text_ += "$end\n\n";
  flush_text();
}

void VcdFile::write_declarations() {
  text_ += "$version\n dlac " + program_version() + "\n$end\n\n$timescale\n     " + timescale(unit_ps_) + "\n$end\n\n";
  std::vector<std::pair<std::vector<std::string>, const Variable*>> all;  // scopes and leaf
  all.reserve(variables_.size());
  for (const Variable& variable : variables_) {
    std::vector<std::string> scopes = parts_of(variable.name);
    scopes.pop_back();
    all.emplace_back(std::move(scopes), &variable);
  }
  // Scope by scope: what lies in one itself, in the order in which it was traced, then the scopes within it.
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> open;
  const auto enter = [&](const std::vector<std::string>& scopes) {
    const auto end = std::mismatch(open.begin(), open.end(), scopes.begin(), scopes.end());
    for (auto left = open.end(); left != end.first; --left) text_ += "$upscope $end\n";
    for (auto entered = end.second; entered != scopes.end(); ++entered)
      text_ += "$scope module " + *entered + " $end\n";
    open = scopes;
  };
  for (const auto& [scopes, variable] : all) {
    enter(scopes);
    const std::string width = std::to_string(variable->width);
    text_ += variable->kind == Kind::Real ? "$var real" : "$var wire";
    text_ += std::string(5 - std::min<std::size_t>(4, width.size()), ' ').append(width).append("  ");
    text_ += variable->id + "  " + variable->name.substr(variable->name.rfind('.') + 1);
    text_ += variable->kind == Kind::Vector ? " [" + std::to_string(variable->width - 1) + ":0]" : "     ";
    text_ += "  $end\n";
  }
  enter({});
  text_ += "$enddefinitions  $end\n\n";
}

void VcdFile::write_value(const Variable& variable) {
  switch (variable.kind) {
    case Kind::Bit: text_ += variable.value != 0 ? '1' : '0'; break;
    case Kind::Vector: {
      constexpr std::uint32_t AllBits = std::numeric_limits<std::uint64_t>::digits;
      std::uint64_t value = variable.value;
      if (variable.width < AllBits) value &= (std::uint64_t{1} << variable.width) - 1;
      std::array<char, AllBits> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 2).ptr;
      text_ += 'b';
      text_.append(digits.data(), end);
      text_ += ' ';
      break;
    }
    case Kind::Real: {
      double value = 0;
      std::memcpy(&value, &variable.value, sizeof value);
      std::array<char, 40> digits;
      const int length = std::snprintf(digits.data(), digits.size(), "r%.16g ", value);
      text_.append(digits.data(), static_cast<std::size_t>(length));
      break;
    }
  }
  text_ += variable.id;
  text_ += '\n';
}

void VcdFile::write_time() {
  written_time_ = now();
  text_ += '#' + std::to_string(written_time_) + '\n';
}

void VcdFile::flush_text() {
  out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.clear();
}

}  // namespace dlac::tb
