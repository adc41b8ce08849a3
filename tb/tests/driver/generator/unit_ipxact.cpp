// SPDX-License-Identifier: Apache-2.0
// The IP-XACT files as a tool reads them: well-formed, in the order of IEEE Std 1685-2014, and the model's registers.
#include <dlac/common/register_map.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "driver/generator/ipxact.h"

namespace generator = dlac::generator;
using dlac::Access;
using dlac::Config;
using dlac::error_codes;
using dlac::ErrorInfo;
using dlac::Mode;
using dlac::RegisterField;
using dlac::RegisterInfo;
using dlac::registers;
using dlac::RegisterSpaceBytes;

namespace {

struct XmlFree {
  void operator()(xmlDoc* doc) const { xmlFreeDoc(doc); }
  void operator()(xmlChar* text) const { xmlFree(text); }
  void operator()(xmlSchemaParserCtxt* context) const { xmlSchemaFreeParserCtxt(context); }
  void operator()(xmlSchema* schema) const { xmlSchemaFree(schema); }
  void operator()(xmlSchemaValidCtxt* context) const { xmlSchemaFreeValidCtxt(context); }
};
using Document = std::unique_ptr<xmlDoc, XmlFree>;

constexpr const char* Namespace = "http://www.accellera.org/XMLSchema/IPXACT/1685-2014";

[[nodiscard]] Document parse(const std::string& text) {
  // Entities and the network stay out of it.
  Document doc(xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr, XML_PARSE_NONET));
  REQUIRE(doc != nullptr);
  return doc;
}

[[nodiscard]] std::string name_of(const xmlNode* node) { return reinterpret_cast<const char*>(node->name); }

/// The elements inside an element; all are of the standard's namespace.
[[nodiscard]] std::vector<xmlNode*> children(const xmlNode* node) {
  std::vector<xmlNode*> elements;
  for (xmlNode* child = node->children; child != nullptr; child = child->next) {
    if (child->type != XML_ELEMENT_NODE) continue;
    REQUIRE(child->ns != nullptr);
    CHECK(std::string(reinterpret_cast<const char*>(child->ns->href)) == Namespace);
    elements.push_back(child);
  }
  return elements;
}
[[nodiscard]] std::vector<xmlNode*> children(const xmlNode* node, const std::string& name) {
  std::vector<xmlNode*> elements = children(node);
  elements.erase(std::remove_if(elements.begin(), elements.end(), [&](xmlNode* e) { return name_of(e) != name; }),
                 elements.end());
  return elements;
}
/// The only element of that name.
[[nodiscard]] xmlNode* child(const xmlNode* node, const std::string& name) {
  const std::vector<xmlNode*> elements = children(node, name);
  CAPTURE(name_of(node), name);
  REQUIRE(elements.size() == 1);
  return elements.front();
}
[[nodiscard]] std::string text(xmlNode* node) {
  const std::unique_ptr<xmlChar, XmlFree> content(xmlNodeGetContent(node));
  return reinterpret_cast<const char*>(content.get());
}
[[nodiscard]] std::string text(const xmlNode* node, const std::string& name) { return text(child(node, name)); }
/// Empty if there is no such element.
[[nodiscard]] std::string optional_text(const xmlNode* node, const std::string& name) {
  return children(node, name).empty() ? "" : text(node, name);
}
[[nodiscard]] std::string attribute(xmlNode* node, const char* name) {
  const std::unique_ptr<xmlChar, XmlFree> value(xmlGetProp(node, reinterpret_cast<const xmlChar*>(name)));
  return value == nullptr ? "" : reinterpret_cast<const char*>(value.get());
}

/// A decimal number, or one of SystemVerilog's: 'h and hexadecimal digits.
[[nodiscard]] std::uint64_t number(const std::string& text) {
  const bool hexadecimal = text.rfind("'h", 0) == 0;
  std::size_t end = 0;
  const std::string digits = hexadecimal ? text.substr(2) : text;
  const std::uint64_t value = std::stoull(digits, &end, hexadecimal ? 16 : 10);
  CHECK(end == digits.size());
  return value;
}

[[nodiscard]] std::string upper(std::string_view name) {
  std::string out;
  for (const char c : name) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// The order in which the standard's schema has the elements of a type, as far as they occur here.
const std::map<std::string, std::vector<std::string>>& element_orders() {
  static const std::map<std::string, std::vector<std::string>> orders{
      {"component",
       {"vendor", "library", "name", "version", "busInterfaces", "addressSpaces", "memoryMaps", "model", "description",
        "parameters"}},
      {"busDefinition",
       {"vendor", "library", "name", "version", "directConnection", "isAddressable", "maxMasters", "maxSlaves",
        "description"}},
      {"abstractionDefinition", {"vendor", "library", "name", "version", "busType", "ports", "description"}},
      {"busInterface",
       {"name", "description", "busType", "abstractionTypes", "slave", "master", "connectionRequired", "bitsInLau",
        "endianness"}},
      {"abstractionType", {"abstractionRef", "portMaps"}},
      {"portMap", {"logicalPort", "physicalPort"}},
      {"addressSpace", {"name", "description", "range", "width", "addressUnitBits"}},
      {"memoryMap", {"name", "addressBlock", "addressUnitBits"}},
      {"addressBlock", {"name", "baseAddress", "range", "width", "usage", "register"}},
      {"register", {"name", "description", "addressOffset", "size", "volatile", "access", "field"}},
      {"field",
       {"name", "description", "bitOffset", "resets", "bitWidth", "volatile", "access", "enumeratedValues",
        "modifiedWriteValue", "testable"}},
      {"enumeratedValue", {"name", "description", "value"}},
      {"model", {"views", "instantiations", "ports"}},
      {"view", {"name", "envIdentifier", "componentInstantiationRef"}},
      {"componentInstantiation", {"name", "language", "moduleName"}},
      {"port", {"name", "logicalName", "description", "wire", "transactional"}},
      {"wire", {"direction", "wireTypeDefs"}},
      {"wireTypeDef", {"typeName", "viewRef"}},
      {"transTypeDef", {"typeName", "typeDefinition", "viewRef"}},
      {"transactional",
       {"initiative", "qualifier", "kind", "busWidth", "protocol", "transTypeDefs", "connection", "onMaster",
        "onSlave"}},
      {"onMaster", {"presence", "initiative", "protocol"}},
      {"onSlave", {"presence", "initiative", "protocol"}},
      {"protocol", {"protocolType", "payload"}},
      {"payload", {"name", "type"}},
      {"qualifier", {"isAddress", "isData"}},
      {"connection", {"maxConnections", "minConnections"}},
      {"parameter", {"name", "description", "value"}},
  };
  return orders;
}

/// Elements with one kind of content need no order.
void check_order(const xmlNode* node) {
  const std::vector<xmlNode*> elements = children(node);
  const auto order = element_orders().find(name_of(node));
  std::size_t last = 0;
  std::set<std::string> names;
  for (const xmlNode* element : elements) {
    names.insert(name_of(element));
    if (order != element_orders().end()) {
      const auto at = std::find(order->second.begin(), order->second.end(), name_of(element));
      CAPTURE(name_of(node), name_of(element));
      REQUIRE(at != order->second.end());
      const auto place = static_cast<std::size_t>(at - order->second.begin());
      CHECK(place >= last);
      last = place;
    }
    check_order(element);
  }
  CAPTURE(name_of(node));
  CHECK((order != element_orders().end() || names.size() <= 1));
}

/// A register of the memory map as the model has it: a 64-bit counter is two.
struct Word {
  const RegisterInfo* info;
  std::uint32_t offset;
};
[[nodiscard]] std::map<std::string, Word> expected_words() {
  std::map<std::string, Word> words;
  for (const RegisterInfo& info : registers()) {
    const std::string name = upper(info.name);
    if (info.bits == 32) {
      words[name] = {&info, info.offset};
    } else {
      words[name + "_LO"] = {&info, info.offset};
      words[name + "_HI"] = {&info, info.offset + 4};
    }
  }
  return words;
}

void check_field(xmlNode* node, const RegisterInfo& info, const RegisterField& field,
                 const std::map<std::string, std::uint64_t>& parameters) {
  CAPTURE(info.name, field.name);
  CHECK(text(node, "name") == field.name);
  CHECK(number(text(node, "bitOffset")) == field.lsb);
  CHECK(number(text(node, "bitWidth")) == field.width);
  const std::uint64_t mask = (std::uint64_t{1} << field.width) - 1;
  CHECK(number(text(child(child(node, "resets"), "reset"), "value")) == ((info.reset >> field.lsb) & mask));
  if (info.configured != nullptr) {
    CHECK(info.reset == info.configured(Config::defaults(Mode::Train)));
    REQUIRE(parameters.count(std::string(info.name)) == 1);
    CHECK(parameters.at(std::string(info.name)) == info.reset);
  }
  const char* const access = info.access == Access::ReadOnly    ? "read-only"
                             : info.access == Access::WriteOnly ? "write-only"
                                                                : "read-write";
  CHECK(text(node, "access") == access);
  CHECK(optional_text(node, "testable") == (info.access == Access::WriteOnly ? "false" : ""));
  CHECK(optional_text(node, "modifiedWriteValue") == (info.access == Access::WriteOneToClear ? "oneToClear" : ""));
}

/// The enumerated values of a register's only field.
[[nodiscard]] std::map<std::string, std::uint64_t> enumerated(const xmlNode* register_node) {
  std::map<std::string, std::uint64_t> values;
  for (xmlNode* value : children(child(child(register_node, "field"), "enumeratedValues"))) {
    values[text(value, "name")] = number(text(value, "value"));
  }
  return values;
}

}  // namespace

TEST_CASE("IP-XACT: every register, field, access and reset value is the model's") {
  const Document doc = parse(generator::ipxact_component());
  const xmlNode* component = xmlDocGetRootElement(doc.get());
  CHECK(name_of(component) == "component");
  CHECK(text(component, "version") == "1.0");  // of VERSION: 0x00010000

  std::map<std::string, std::uint64_t> parameters;
  for (xmlNode* parameter : children(child(component, "parameters"))) {
    CHECK(attribute(parameter, "resolve") == "user");
    parameters[attribute(parameter, "parameterId")] = number(text(parameter, "value"));
  }
  const xmlNode* block = child(child(child(component, "memoryMaps"), "memoryMap"), "addressBlock");
  CHECK(number(text(block, "baseAddress")) == 0);
  CHECK(number(text(block, "range")) == RegisterSpaceBytes);
  CHECK(text(block, "width") == "32");

  std::map<std::string, Word> words = expected_words();
  std::map<std::string, const xmlNode*> nodes;
  for (xmlNode* node : children(block, "register")) {
    const std::string name = text(node, "name");
    CAPTURE(name);
    CHECK(nodes.emplace(name, node).second);
    REQUIRE(words.count(name) == 1);
    const RegisterInfo& info = *words.at(name).info;
    CHECK(number(text(node, "addressOffset")) == words.at(name).offset);
    CHECK(text(node, "size") == "32");
    std::vector<RegisterField> fields = info.fields;
    if (fields.empty()) fields = {{"value", 0, 32, ""}};
    const std::vector<xmlNode*> field_nodes = children(node, "field");
    REQUIRE(field_nodes.size() == fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      check_field(field_nodes[i], info, fields[i], parameters);
      CHECK(optional_text(field_nodes[i], "volatile") == optional_text(node, "volatile"));
    }
    // What the core changes of its own accord.
    const bool changes = name == "STATUS" || name == "IRQ_STATUS" || name == "ERROR" || name == "FAULT_ADDR_LO" ||
                         name == "FAULT_ADDR_HI" || info.bits == 64;
    CHECK(optional_text(node, "volatile") == (changes ? "true" : ""));
  }
  CHECK(nodes.size() == words.size());

  std::map<std::string, std::uint64_t> errors;
  for (const ErrorInfo& error : error_codes()) errors[upper(error.name)] = static_cast<std::uint64_t>(error.code);
  CHECK(enumerated(nodes.at("ERROR")) == errors);
  CHECK(enumerated(nodes.at("CORE_MODE")) == std::map<std::string, std::uint64_t>{{"TRAIN", 0}, {"INFER", 1}});
}

TEST_CASE("IP-XACT: every number of the memory map is a literal that readers without expressions understand") {
  const Document doc = parse(generator::ipxact_component());
  const std::set<std::string> numeric{"addressOffset", "size",  "bitOffset", "bitWidth",    "value",          "mask",
                                      "range",         "width", "dim",       "baseAddress", "addressUnitBits"};
  std::size_t numbers = 0;
  const std::function<void(xmlNode*)> visit = [&](xmlNode* node) {
    for (xmlNode* element : children(node)) {
      if (numeric.count(name_of(element)) != 0) {
        const std::string literal = text(element);
        CAPTURE(name_of(element), literal);
        // Decimal, or as SystemVerilog writes hexadecimal numbers.
        CHECK(std::regex_match(literal, std::regex("[0-9]+|'h[0-9A-Fa-f]+")));
        ++numbers;
      }
      visit(element);
    }
  };
  visit(child(xmlDocGetRootElement(doc.get()), "memoryMaps"));
  CHECK(numbers > 200);
}

TEST_CASE("IP-XACT: bus interfaces and ports are those of the module") {
  const Document doc = parse(generator::ipxact_component());
  const xmlNode* component = xmlDocGetRootElement(doc.get());
  const std::vector<xmlNode*> interfaces = children(child(component, "busInterfaces"));
  REQUIRE(interfaces.size() == 2);
  CHECK(text(interfaces[0], "name") == "csr");
  CHECK(attribute(child(child(interfaces[0], "slave"), "memoryMapRef"), "memoryMapRef") ==
        text(child(child(component, "memoryMaps"), "memoryMap"), "name"));
  CHECK(text(interfaces[1], "name") == "mem");
  CHECK(attribute(child(child(interfaces[1], "master"), "addressSpaceRef"), "addressSpaceRef") ==
        text(child(child(component, "addressSpaces"), "addressSpace"), "name"));

  // They refer to the two definitions that come along.
  const Document bus = parse(generator::ipxact_bus_definition());
  const Document abstraction = parse(generator::ipxact_abstraction_definition());
  const auto refers_to = [](xmlNode* reference, const Document& definition) {
    for (const char* part : {"vendor", "library", "name", "version"}) {
      CHECK(attribute(reference, part) == text(xmlDocGetRootElement(definition.get()), part));
    }
  };
  refers_to(child(xmlDocGetRootElement(abstraction.get()), "busType"), bus);
  std::set<std::string> ports;
  for (const xmlNode* port : children(child(child(component, "model"), "ports"))) ports.insert(text(port, "name"));
  CHECK(ports == std::set<std::string>{"csr", "mem", "irq", "reset"});
  const std::string logical =
      text(child(child(xmlDocGetRootElement(abstraction.get()), "ports"), "port"), "logicalName");
  for (const xmlNode* interface : interfaces) {
    refers_to(child(interface, "busType"), bus);
    const xmlNode* type = child(child(interface, "abstractionTypes"), "abstractionType");
    refers_to(child(type, "abstractionRef"), abstraction);
    const xmlNode* map = child(child(type, "portMaps"), "portMap");
    CHECK(text(child(map, "logicalPort"), "name") == logical);
    CHECK(text(child(map, "physicalPort"), "name") == text(interface, "name"));
  }
}

TEST_CASE("IP-XACT: elements stand in the order of the standard") {
  for (const std::string& file : {generator::ipxact_component(), generator::ipxact_bus_definition(),
                                  generator::ipxact_abstraction_definition()}) {
    const Document doc = parse(file);
    check_order(xmlDocGetRootElement(doc.get()));
  }
}

TEST_CASE("IP-XACT: valid by the standard's schema") {
  const char* const path = std::getenv("DLAC_IPXACT_XSD");
  if (path == nullptr) {
    std::cout << "SKIPPED: set DLAC_IPXACT_XSD to the index.xsd of IEEE 1685-2014\n";
    return;
  }
  const std::unique_ptr<xmlSchemaParserCtxt, XmlFree> parser(xmlSchemaNewParserCtxt(path));
  REQUIRE(parser != nullptr);
  const std::unique_ptr<xmlSchema, XmlFree> schema(xmlSchemaParse(parser.get()));
  REQUIRE(schema != nullptr);
  for (const std::string& file : {generator::ipxact_component(), generator::ipxact_bus_definition(),
                                  generator::ipxact_abstraction_definition()}) {
    const Document doc = parse(file);
    CAPTURE(name_of(xmlDocGetRootElement(doc.get())));
    const std::unique_ptr<xmlSchemaValidCtxt, XmlFree> validator(xmlSchemaNewValidCtxt(schema.get()));
    CHECK(xmlSchemaValidateDoc(validator.get(), doc.get()) == 0);  // libxml2 writes what is wrong to stderr
  }
}
