#pragma once

#include <cstdint>
#include <string_view>

namespace gratis::messages {

// The code that a line of a mail server's reply begins with (RFC 5321, 4.2): 100 to 599; 0 for a
// line that begins with none, which is no reply.
inline int32_t SmtpCodeOf(std::string_view line) {
  int32_t code = 0;
  for (size_t i = 0; i < 3; ++i) {
    if (i >= line.size() || line[i] < '0' || line[i] > '9') return 0;
    code = 10 * code + (line[i] - '0');
  }
  return code >= 100 && code < 600 ? code : 0;
}

// Whether a line ends its reply: of those of several lines each but the last has a dash behind its
// code ("250-").
inline bool EndsSmtpReply(std::string_view line) {
  return SmtpCodeOf(line) != 0 && (line.size() == 3 || line[3] != '-');
}

}  // namespace gratis::messages
