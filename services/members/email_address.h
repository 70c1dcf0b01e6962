#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace gratis::members {

struct EmailAddress {
  std::string text;  // as to write to and to show: "Ann@Example.com"
  std::string key;   // the one form that all its spellings share: "ann@example.com"
};

// An address as people write and paste it: "Ann@Example.com", "Ann <ann@example.com>",
// "mailto:ann@example.com", with full-width letters, spaces around it, and a domain in letters of
// any script or as the DNS has it. Errors: INVALID_EMAIL; the message does not repeat the address.
absl::StatusOr<EmailAddress> ParseEmail(std::string_view text);

}  // namespace gratis::members
