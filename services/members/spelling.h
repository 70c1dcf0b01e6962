#pragma once

#include <optional>
#include <string>
#include <string_view>

// Texts as people type and paste them, brought to the form that their spellings share. By ICU,
// after Unicode's own rules; input is valid UTF-8.
namespace gratis::members {

// The same text without what only looks different: full-width letters and digits are the plain
// ones, accents are composed (NFKC), every kind of space is a space, of dash a hyphen, of decimal
// digit 0 to 9; what cannot be seen (zero-width characters, marks of direction) is gone, and so are
// spaces at both ends. Control characters stay, to be refused.
std::string Plain(std::string_view text);

// Plain, and one space wherever there were several. Done again it changes nothing.
std::string PlainWords(std::string_view text);

// The same text without the accents that stand above and below Latin, Greek and Cyrillic letters:
// "José" as "Jose". Marks of other scripts stay, since there they make another letter of one.
std::string WithoutAccents(std::string_view text);

// What is equal without regard to case is the same (NFKC_Casefold).
std::string CaseFolded(std::string_view text);

// A domain as the DNS has it (UTS 46), in lower case: "bücher.example" as "xn--bcher-kva.example".
// Nothing if it cannot be one.
std::optional<std::string> AsciiDomain(std::string_view domain);

}  // namespace gratis::members
