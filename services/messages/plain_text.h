#pragma once

#include <string>
#include <string_view>

namespace gratis::messages {

// What somebody else said, as far as it may stand in a log: printable ASCII, the rest as '?', runs
// of it and of white space as one.
inline std::string PlainText(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    const char shown =
        c > ' ' && c <= '~' ? c : (c == ' ' || c == '\r' || c == '\n' || c == '\t' ? ' ' : '?');
    const bool again = !plain.empty() && plain.back() == shown && (shown == ' ' || shown == '?');
    if (!again) plain.push_back(shown);
  }
  while (!plain.empty() && plain.back() == ' ') plain.pop_back();
  return plain;
}

}  // namespace gratis::messages
