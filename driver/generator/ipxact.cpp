// SPDX-License-Identifier: Apache-2.0
#include "driver/generator/ipxact.h"

#include <cstdio>
#include <functional>
#include <utility>
#include <vector>

#include "driver/generator/text.h"

namespace dlac::generator {
namespace {

using Attributes = std::vector<std::pair<std::string_view, std::string>>;

/// Writes elements of the ipxact namespace, indented. The order of the calls is the order in the file, which the
/// standard's schema fixes; each function below follows the schema's type of the same name.
class Xml {
 public:
  explicit Xml(std::string_view root, const std::function<void(Xml&)>& content) {
    text_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- SPDX-License-Identifier: Apache-2.0 -->\n";
    const std::string space = "http://www.accellera.org/XMLSchema/IPXACT/1685-2014";
    element(root,
            {{"xmlns:ipxact", space},
             {"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"},
             {"xsi:schemaLocation", space + " " + space + "/index.xsd"}},
            [&] { content(*this); });
  }
  void element(std::string_view name, const Attributes& attributes, const std::function<void()>& content) {
    text_ += indent() + "<" + tag(name, attributes) + ">\n";
    ++depth_;
    content();
    --depth_;
    text_ += indent() + "</ipxact:" + std::string(name) + ">\n";
  }
  void element(std::string_view name, const std::function<void()>& content) { element(name, {}, content); }
  void leaf(std::string_view name, std::string_view value, const Attributes& attributes = {}) {
    text_ += indent() + "<" + tag(name, attributes) + ">" + escaped(value) + "</ipxact:" + std::string(name) + ">\n";
  }
  void empty(std::string_view name, const Attributes& attributes) {
    text_ += indent() + "<" + tag(name, attributes) + "/>\n";
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] std::string indent() const { return std::string(2 * depth_, ' '); }
  [[nodiscard]] static std::string tag(std::string_view name, const Attributes& attributes) {
    std::string text = "ipxact:" + std::string(name);
    for (const auto& [key, value] : attributes) text += " " + std::string(key) + "=\"" + escaped(value) + "\"";
    return text;
  }
  [[nodiscard]] static std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
      switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
      }
    }
    return out;
  }

  std::string text_;
  std::size_t depth_ = 0;
};

constexpr std::string_view Vendor = "dlac";
constexpr std::string_view BusLibrary = "tlm2";
constexpr std::string_view BusName = "base_protocol";
constexpr std::string_view AbstractionName = "base_protocol_tlm";
constexpr std::string_view BusVersion = "1.0";
constexpr std::string_view LogicalPort = "SOCKET";
constexpr std::string_view MemoryMapName = "csr_map";
constexpr std::string_view AddressSpaceName = "mem_space";
constexpr std::string_view ViewName = "systemc";
constexpr std::uint32_t WordBits = 32;

/// Numbers are expressions of SystemVerilog in 1685-2014; a C-like 0x would be none.
[[nodiscard]] std::string number(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "'h%X", value);
  return text;
}

[[nodiscard]] std::string device_version() {
  return std::to_string(DeviceVersion >> 16) + "." + std::to_string(DeviceVersion & 0xFFFFU);
}

void versioned_identifier(Xml& xml, std::string_view library, std::string_view name, std::string_view version) {
  xml.leaf("vendor", Vendor);
  xml.leaf("library", library);
  xml.leaf("name", name);
  xml.leaf("version", version);
}

[[nodiscard]] Attributes library_ref(std::string_view name) {
  return {{"vendor", std::string(Vendor)},
          {"library", std::string(BusLibrary)},
          {"name", std::string(name)},
          {"version", std::string(BusVersion)}};
}

// --- bus interfaces and ports ---

enum class Side { Target, Initiator };

[[nodiscard]] std::string_view initiative_of(Side side) { return side == Side::Target ? "provides" : "requires"; }

void protocol(Xml& xml) {
  xml.element("protocol", [&] {
    xml.leaf("protocolType", "tlm");
    xml.element("payload", [&] {
      xml.leaf("name", "TLM2");
      xml.leaf("type", "generic");
    });
  });
}

void bus_interface(Xml& xml, std::string_view port, Side side, std::string_view description) {
  xml.element("busInterface", [&] {
    xml.leaf("name", port);
    xml.leaf("description", description);
    xml.empty("busType", library_ref(BusName));
    xml.element("abstractionTypes", [&] {
      xml.element("abstractionType", [&] {
        xml.empty("abstractionRef", library_ref(AbstractionName));
        xml.element("portMaps", [&] {
          xml.element("portMap", [&] {
            xml.element("logicalPort", [&] { xml.leaf("name", LogicalPort); });
            xml.element("physicalPort", [&] { xml.leaf("name", port); });
          });
        });
      });
    });
    if (side == Side::Target) {
      xml.element("slave", [&] { xml.empty("memoryMapRef", {{"memoryMapRef", std::string(MemoryMapName)}}); });
    } else {
      xml.element("master", [&] {
        xml.empty("addressSpaceRef", {{"addressSpaceRef", std::string(AddressSpaceName)}});
      });
    }
    xml.leaf("connectionRequired", "true");
    xml.leaf("bitsInLau", "8");
    xml.leaf("endianness", "little");
  });
}

void socket_port(Xml& xml, std::string_view name, Side side, std::string_view description) {
  const std::string type = side == Side::Target ? "simple_target_socket" : "simple_initiator_socket";
  xml.element("port", [&] {
    xml.leaf("name", name);
    xml.leaf("description", description);
    xml.element("transactional", [&] {
      xml.leaf("initiative", initiative_of(side));
      xml.leaf("kind", "simple_socket");
      xml.leaf("busWidth", std::to_string(WordBits));
      protocol(xml);
      xml.element("transTypeDefs", [&] {
        xml.element("transTypeDef", [&] {
          xml.leaf("typeName", "tlm_utils::" + type);
          xml.leaf("typeDefinition", "tlm_utils/" + type + ".h");
          xml.leaf("viewRef", ViewName);
        });
      });
      xml.element("connection", [&] {
        xml.leaf("maxConnections", "1");
        xml.leaf("minConnections", "1");
      });
    });
  });
}

void wire_port(Xml& xml, std::string_view name, std::string_view direction, std::string_view description) {
  xml.element("port", [&] {
    xml.leaf("name", name);
    xml.leaf("description", description);
    xml.element("wire", [&] {
      xml.leaf("direction", direction);
      xml.element("wireTypeDefs", [&] {
        xml.element("wireTypeDef", [&] {
          xml.leaf("typeName", "bool");
          xml.leaf("viewRef", ViewName);
        });
      });
    });
  });
}

constexpr std::string_view CsrDescription = "control and status registers, 32-bit words";
constexpr std::string_view MemDescription = "commands, weights, features, results; 64-bit addresses";

void model(Xml& xml) {
  xml.element("model", [&] {
    xml.element("views", [&] {
      xml.element("view", [&] {
        xml.leaf("name", ViewName);
        xml.leaf("envIdentifier", "systemCSource:*Simulation:");
        xml.leaf("componentInstantiationRef", ViewName);
      });
    });
    xml.element("instantiations", [&] {
      xml.element("componentInstantiation", [&] {
        xml.leaf("name", ViewName);
        xml.leaf("language", "SystemC");
        xml.leaf("moduleName", "dlac::Accelerator");
      });
    });
    xml.element("ports", [&] {
      socket_port(xml, "csr", Side::Target, CsrDescription);
      socket_port(xml, "mem", Side::Initiator, MemDescription);
      wire_port(xml, "irq", "out", "high while an enabled interrupt is pending");
      wire_port(xml, "reset", "in", "active high; may stay unbound");
    });
  });
}

// --- registers ---

/// A name and what a field's value may be.
struct Enumerated {
  std::string name;
  std::uint32_t value;
  std::string description;
};

[[nodiscard]] std::vector<Enumerated> values_of(const RegisterInfo& info) {
  std::vector<Enumerated> values;
  if (info.offset == static_cast<std::uint32_t>(Register::Error)) {
    for (const ErrorInfo& error : error_codes()) {
      values.push_back(
          {upper_case(error.name), static_cast<std::uint32_t>(error.code), std::string(error.description)});
    }
  }
  if (info.offset == static_cast<std::uint32_t>(Register::CoreMode)) {
    for (const Mode mode : {Mode::Train, Mode::Infer}) {
      const std::string name(to_string(mode));
      values.push_back({upper_case(name), info.configured(Config::defaults(mode)), "mode " + name});
    }
  }
  return values;
}

[[nodiscard]] std::string_view access_of(Access access) {
  switch (access) {
    case Access::ReadOnly: return "read-only";
    case Access::WriteOnly: return "write-only";
    case Access::ReadWrite:
    case Access::WriteOneToClear: return "read-write";
  }
  return "";
}

void field(Xml& xml, const RegisterInfo& info, const RegisterField& which) {
  xml.element("field", [&] {
    xml.leaf("name", which.name);
    xml.leaf("description", which.description);
    xml.leaf("bitOffset", std::to_string(which.lsb));
    xml.element("resets", [&] {
      xml.element("reset", [&] {
        const std::uint32_t bits = (info.reset & field_mask(which.lsb, which.width)) >> which.lsb;
        // A literal, also where the value is a parameter's default: the free readers of IP-XACT evaluate no
        // expressions.
        xml.leaf("value", number(bits));
      });
    });
    xml.leaf("bitWidth", std::to_string(which.width));
    if (is_volatile(info)) xml.leaf("volatile", "true");
    xml.leaf("access", access_of(info.access));
    const std::vector<Enumerated> values = values_of(info);
    if (!values.empty()) {
      xml.element("enumeratedValues", [&] {
        for (const Enumerated& value : values) {
          xml.element("enumeratedValue", {{"usage", "read"}}, [&] {
            xml.leaf("name", value.name);
            xml.leaf("description", value.description);
            xml.leaf("value", number(value.value));
          });
        }
      });
    }
    if (info.access == Access::WriteOneToClear) xml.leaf("modifiedWriteValue", "oneToClear");
    // A write to a write-only register sets something off; a register test must leave it alone.
    if (info.access == Access::WriteOnly) xml.leaf("testable", "false");
  });
}

void register_word(Xml& xml, const RegisterInfo& info, const std::string& name, const std::string& description,
                   std::uint32_t offset) {
  xml.element("register", [&] {
    xml.leaf("name", name);
    xml.leaf("description", description);
    xml.leaf("addressOffset", number(offset));
    xml.leaf("size", std::to_string(WordBits));
    if (is_volatile(info)) xml.leaf("volatile", "true");
    xml.leaf("access", access_of(info.access));
    // The standard demands a field.
    if (info.fields.empty()) field(xml, info, {"value", 0, WordBits, description});
    for (const RegisterField& which : info.fields) field(xml, info, which);
  });
}

void memory_maps(Xml& xml) {
  xml.element("memoryMaps", [&] {
    xml.element("memoryMap", [&] {
      xml.leaf("name", MemoryMapName);
      xml.element("addressBlock", [&] {
        xml.leaf("name", "registers");
        xml.leaf("baseAddress", number(0));
        xml.leaf("range", number(RegisterSpaceBytes));
        xml.leaf("width", std::to_string(WordBits));
        xml.leaf("usage", "register");
        for (const RegisterInfo& info : registers()) {
          const std::string description(info.description);
          const std::string name = upper_case(info.name);
          if (info.bits == WordBits) {
            register_word(xml, info, name, description, info.offset);
          } else {
            register_word(xml, info, name + "_LO", description + ", low word", info.offset);
            register_word(xml, info, name + "_HI", description + ", high word", info.offset + WordBits / 8);
          }
        }
      });
      xml.leaf("addressUnitBits", "8");
    });
  });
}

void address_spaces(Xml& xml) {
  xml.element("addressSpaces", [&] {
    xml.element("addressSpace", [&] {
      xml.leaf("name", AddressSpaceName);
      xml.leaf("description", "all that 64-bit addresses reach");
      // 2^64 exceeds the standard's unsigned longint: the most whole words that fit it.
      xml.leaf("range", "'hFFFFFFFFFFFFFFFC");
      xml.leaf("width", std::to_string(WordBits));
      xml.leaf("addressUnitBits", "8");
    });
  });
}

void parameters(Xml& xml) {
  xml.element("parameters", [&] {
    for (const RegisterInfo& info : registers()) {
      if (info.configured == nullptr) continue;
      const std::string name(info.name);
      xml.element("parameter", {{"parameterId", name}, {"resolve", "user"}, {"type", "int"}}, [&] {
        xml.leaf("name", name);
        xml.leaf("description", info.description);
        xml.leaf("value", std::to_string(info.reset));
      });
    }
  });
}

}  // namespace

bool is_volatile(const RegisterInfo& info) {
  const bool fixed = info.configured != nullptr || info.offset == static_cast<std::uint32_t>(Register::Id) ||
                     info.offset == static_cast<std::uint32_t>(Register::Version);
  return info.access == Access::WriteOneToClear || (info.access == Access::ReadOnly && !fixed);
}

std::string ipxact_component() {
  return Xml("component",
             [](Xml& xml) {
               versioned_identifier(xml, "ip", "dlac", device_version());
               xml.element("busInterfaces", [&] {
                 bus_interface(xml, "csr", Side::Target, CsrDescription);
                 bus_interface(xml, "mem", Side::Initiator, MemDescription);
               });
               address_spaces(xml);
               memory_maps(xml);
               model(xml);
               xml.leaf("description", "dLAC, a deep-learning accelerator core that skips zeros");
               parameters(xml);
             })
      .text();
}

std::string ipxact_bus_definition() {
  return Xml("busDefinition",
             [](Xml& xml) {
               versioned_identifier(xml, BusLibrary, BusName, BusVersion);
               xml.leaf("directConnection", "true");
               xml.leaf("isAddressable", "true");
               xml.leaf("maxMasters", "1");
               xml.leaf("maxSlaves", "1");
               xml.leaf("description", "an initiator socket bound to a target socket, TLM-2.0 base protocol");
             })
      .text();
}

std::string ipxact_abstraction_definition() {
  return Xml("abstractionDefinition",
             [](Xml& xml) {
               versioned_identifier(xml, BusLibrary, AbstractionName, BusVersion);
               xml.empty("busType", library_ref(BusName));
               xml.element("ports", [&] {
                 xml.element("port", [&] {
                   xml.leaf("logicalName", LogicalPort);
                   xml.element("transactional", [&] {
                     xml.element("qualifier", [&] {
                       xml.leaf("isAddress", "true");
                       xml.leaf("isData", "true");
                     });
                     for (const Side side : {Side::Initiator, Side::Target}) {
                       xml.element(side == Side::Initiator ? "onMaster" : "onSlave", [&] {
                         xml.leaf("presence", "required");
                         xml.leaf("initiative", initiative_of(side));
                         protocol(xml);
                       });
                     }
                   });
                 });
               });
               xml.leaf("description", "one transactional port that carries generic payloads");
             })
      .text();
}

}  // namespace dlac::generator
