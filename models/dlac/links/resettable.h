// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dlac {

/// A part that a reset of the core, and the end of a list on an error, bring back to the state after elaboration.
class Resettable {
 public:
  Resettable() = default;
  Resettable(const Resettable&) = default;
  Resettable& operator=(const Resettable&) = default;
  virtual ~Resettable() = default;
  virtual void reset() = 0;
};

}  // namespace dlac
