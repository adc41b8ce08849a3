// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

namespace dlac::tb {

/// A VCD file of the simulation, in the form of SystemC's own, whose writes go unchecked: this one writes to a stream
/// that its owner looks at. Traces what the models here show: bool, whole numbers and floating-point numbers; SystemC's
/// data types are refused.
class VcdFile final : public sc_core::sc_trace_file {
 public:
  /// Tells the time in units of `unit_ps`, a power of ten. Traces from its construction to its destruction.
  VcdFile(std::ostream& out, std::uint64_t unit_ps);
  VcdFile(const VcdFile&) = delete;
  VcdFile& operator=(const VcdFile&) = delete;
  /// Writes the present time as the end.
  ~VcdFile() override;

  /// Whether anything was written: a cycle of the simulation has passed since the construction.
  [[nodiscard]] bool begun() const { return begun_; }
  /// The present time in its unit.
  [[nodiscard]] std::uint64_t now() const;

  void trace(const bool& object, const std::string& name) override;
  void trace(const float& object, const std::string& name) override;
  void trace(const double& object, const std::string& name) override;
  void trace(const unsigned char& object, const std::string& name, int width) override;
  void trace(const unsigned short& object, const std::string& name, int width) override;
  void trace(const unsigned int& object, const std::string& name, int width) override;
  void trace(const unsigned long& object, const std::string& name, int width) override;
  void trace(const char& object, const std::string& name, int width) override;
  void trace(const short& object, const std::string& name, int width) override;
  void trace(const int& object, const std::string& name, int width) override;
  void trace(const long& object, const std::string& name, int width) override;
  void trace(const sc_dt::int64& object, const std::string& name, int width) override;
  void trace(const sc_dt::uint64& object, const std::string& name, int width) override;
  void trace(const unsigned int& object, const std::string& name, const char** literals) override;

  void trace(const sc_core::sc_event& object, const std::string& name) override;
  void trace(const sc_core::sc_time& object, const std::string& name) override;
  void trace(const sc_dt::sc_bit& object, const std::string& name) override;
  void trace(const sc_dt::sc_logic& object, const std::string& name) override;
  void trace(const sc_dt::sc_int_base& object, const std::string& name) override;
  void trace(const sc_dt::sc_uint_base& object, const std::string& name) override;
  void trace(const sc_dt::sc_signed& object, const std::string& name) override;
  void trace(const sc_dt::sc_unsigned& object, const std::string& name) override;
  void trace(const sc_dt::sc_fxval& object, const std::string& name) override;
  void trace(const sc_dt::sc_fxval_fast& object, const std::string& name) override;
  void trace(const sc_dt::sc_fxnum& object, const std::string& name) override;
  void trace(const sc_dt::sc_fxnum_fast& object, const std::string& name) override;
  void trace(const sc_dt::sc_bv_base& object, const std::string& name) override;
  void trace(const sc_dt::sc_lv_base& object, const std::string& name) override;

  void write_comment(const std::string& comment) override;
  void set_time_unit(double value, sc_core::sc_time_unit unit) override;  ///< refused: the constructor sets it

 private:
  enum class Kind : std::uint8_t { Bit, Vector, Real };
  /// A traced variable. Its value is kept as the 64 bits that it has.
  struct Variable {
    std::string name;
    std::string id;
    Kind kind;
    std::uint32_t width;
    const void* object;
    std::uint64_t (*read)(const void* object);
    std::uint64_t value;
  };

  template <typename T>
  void add(const T& object, const std::string& name, Kind kind, int width);
  void cycle(bool delta) override;
  void begin();
  void write_declarations();
  void write_value(const Variable& variable);
  void write_time();
  void flush_text();

  std::ostream& out_;
  std::uint64_t unit_ps_;
  std::vector<Variable> variables_;
  bool begun_ = false;
  std::uint64_t written_time_ = 0;  ///< the last one
  std::string text_;                ///< written at the end of a cycle
};

}  // namespace dlac::tb
