#include "services/members/email_address.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "services/members/spelling.h"

namespace gratis::members {
namespace {

constexpr size_t kMaxAddressBytes = 1000;  // with a name before it
constexpr size_t kMaxEmailBytes = 254;     // RFC 5321, 4.5.3.1.3, without the angle brackets
constexpr size_t kMaxLocalPartBytes = 64;  // RFC 5321, 4.5.3.1.1
constexpr size_t kMaxLabelBytes = 63;      // RFC 1035, 2.3.4
constexpr std::string_view kMailScheme = "mailto:";

bool IsNonAscii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// Letters of other scripts (RFC 6531) may stand wherever a letter may.
bool IsLocalPart(std::string_view text) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || IsNonAscii(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMaxLocalPartBytes &&
         std::all_of(text.begin(), text.end(), allowed) && text.front() != '.' &&
         text.back() != '.' && text.find("..") == std::string_view::npos;
}

bool IsLabel(std::string_view text) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || IsNonAscii(c) || c == '-';
  };
  return !text.empty() && text.size() <= kMaxLabelBytes && text.front() != '-' &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), allowed);
}

bool IsMailDomain(std::string_view text) {
  const std::vector<std::string> labels = absl::StrSplit(base::Abs(text), '.');
  const auto is_digit = [](unsigned char c) { return absl::ascii_isdigit(c); };
  return labels.size() >= 2 && std::all_of(labels.begin(), labels.end(), IsLabel) &&
         !std::all_of(labels.back().begin(), labels.back().end(), is_digit);
}

// The address itself, out of what stands around it.
std::string_view Address(std::string_view text) {
  const size_t bracket = text.find('<');
  if (text.ends_with('>') && bracket != std::string_view::npos) {
    text = text.substr(bracket + 1, text.size() - bracket - 2);
  }
  if (absl::StartsWithIgnoreCase(base::Abs(text), base::Abs(kMailScheme))) {
    text.remove_prefix(kMailScheme.size());
  }
  return text;
}

}  // namespace

absl::StatusOr<EmailAddress> ParseEmail(std::string_view text) {
  const absl::Status invalid =
      Error(Reason::kInvalidEmail, "not an e-mail address; write it as in name@example.com");
  if (text.size() > kMaxAddressBytes) return invalid;
  const std::string plain = Plain(text);
  const std::string_view address = Address(plain);
  const size_t at = address.rfind('@');
  if (at == std::string_view::npos || address.size() > kMaxEmailBytes) return invalid;
  const std::string_view local = address.substr(0, at);
  const std::string_view domain = address.substr(at + 1);
  if (!IsLocalPart(local) || !IsMailDomain(domain)) return invalid;
  const std::optional<std::string> ascii = AsciiDomain(domain);
  if (!ascii) return invalid;
  return EmailAddress{.text = std::string(address), .key = CaseFolded(local) + "@" + *ascii};
}

}  // namespace gratis::members
