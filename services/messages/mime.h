#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/messages/letter.h"

// A letter as the mail server takes it: RFC 5322 headers, MIME (RFC 2045 to 2047) body.
namespace gratis::messages {

// Whether an address can stand in a header and in a command of SMTP: printable ASCII without
// spaces, brackets, quotes and commas, one @ with something before and a name with a dot, or
// localhost, behind.
bool IsMailable(std::string_view address);

// "<dlv_….@example.com>": what makes a letter the same one, however often it is sent.
std::string MessageIdHeader(std::string_view delivery_id, std::string_view from_address);

// The whole letter, lines ended by CRLF. Both parts if there is HTML, text first. Headers hold
// nothing that would end a line, whatever the letter's fields hold. The same letter gives the same
// bytes.
std::string MimeText(const Email& email, std::string_view message_id, absl::Time written_at);

}  // namespace gratis::messages
