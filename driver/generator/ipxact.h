// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/register_map.h>

#include <string>

// The core as IP-XACT, IEEE Std 1685-2014, for tools that assemble platforms or generate register code.
namespace dlac::generator {

/// The component: bus interfaces, ports, memory map with every register and field, parameters. A 64-bit counter shows
/// as two 32-bit registers, _LO and _HI, because that is how a 32-bit bus reads it. The reset value of a register that
/// tells the core's configuration is a parameter of the component; the parameters' defaults are those of train mode.
[[nodiscard]] std::string ipxact_component();
/// What the component's bus interfaces refer to: the TLM-2.0 base protocol on a pair of sockets. No standard library
/// has it.
[[nodiscard]] std::string ipxact_bus_definition();
[[nodiscard]] std::string ipxact_abstraction_definition();

/// Whether the core itself changes what the register holds.
[[nodiscard]] bool is_volatile(const RegisterInfo& info);

}  // namespace dlac::generator
