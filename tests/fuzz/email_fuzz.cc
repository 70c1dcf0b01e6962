#include <algorithm>
#include <string>

#include "common/base/text.h"
#include "services/members/email_address.h"
#include "tests/fuzz/fuzz.h"

// An e-mail address as anybody writes and pastes it: what is one leads to one person however it is
// written again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gratis::fuzz::Require;
  using gratis::members::ParseEmail;
  const std::string_view text = gratis::fuzz::TextOf(data, size);
  if (!gratis::base::IsValidUtf8(text)) return 0;  // refused at the door
  const auto email = ParseEmail(text);
  if (!email.ok()) return 0;
  Require(email->text.size() <= 254, "no longer than an address may be");
  Require(std::count(email->text.begin(), email->text.end(), '@') == 1 &&
              std::count(email->key.begin(), email->key.end(), '@') == 1,
          "one @");
  Require(std::none_of(email->text.begin(), email->text.end(),
                       [](unsigned char c) { return c <= ' ' || c == 0x7F; }),
          "no spaces and no control characters");
  const size_t at = email->key.find('@');
  Require(std::none_of(email->key.begin() + static_cast<long>(at), email->key.end(),
                       [](unsigned char c) { return c >= 0x80 || (c >= 'A' && c <= 'Z'); }),
          "the domain is as the DNS has it");
  const auto again = ParseEmail(email->text);
  Require(again.ok() && again->key == email->key, "an address as kept is the same address");
  const auto named = ParseEmail("Somebody <" + email->text + ">");
  Require(named.ok() && named->key == email->key, "a name before it says nothing");
  return 0;
}
