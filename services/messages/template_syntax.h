#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace gratis::messages {

// What a part of a template is made of, as far as its checks want to know.
struct PartUse {
  bool consent = false;      // a section in it needs consent
  bool unsubscribe = false;  // it has the address to unsubscribe at, in no section but its own
};

// Checks one part, named `where` in errors ("wordings[0].html"), and notes in `use` what it found.
// Every tag is closed and known, sections end in the order they began, a section's variables stand
// within it. With `html`, tags stand only where a value that is escaped stays a value: in text, or
// in a quoted value of an attribute that is neither a script nor a style; in the value of one that
// is an address, only variables that are addresses or ids; never within script, style, or a
// comment. Sections open and close in the same place of the markup. Errors: TEMPLATE_INVALID
// (metadata `where`: "wordings[0].html line 3 column 14").
absl::Status CheckPart(std::string_view part, bool html, const std::string& where, PartUse& use);

// Whether a part that was checked has the section.
bool HasSection(std::string_view part, std::string_view section);

}  // namespace gratis::messages
