// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dlac::tb {

/// To be called behind sc_start(). AddressSanitizer must know the stack that an exception is thrown on, and that leaks
/// are looked for on. SystemC 2.3.4 tells it where the stacks of its threads lie, but not, when it comes back from
/// them, where the main one does. Without AddressSanitizer it does nothing.
void restore_main_stack();

}  // namespace dlac::tb
