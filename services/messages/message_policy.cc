#include "services/messages/message_policy.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/template_rules.h"

namespace gratis::messages {
namespace {

constexpr size_t kMaxSenders = 50;
constexpr size_t kMaxName = 100;
constexpr size_t kMaxAddress = 254;
constexpr size_t kMaxUrl = 500;

std::string Field(std::string_view name) { return absl::StrCat("policy.", base::Abs(name)); }

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

absl::Status CheckRange(int32_t value, int32_t least, int32_t most, std::string_view name) {
  if (value >= least && value <= most) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, Field(name), absl::StrCat(least, " to ", most));
}

absl::Status CheckName(std::string_view text, const std::string& field) {
  if (base::CodePoints(text) > kMaxName) {
    return FieldError(Reason::kFieldTooLong, field, "at most 100 characters");
  }
  if (HasControls(text)) {
    return FieldError(Reason::kFieldInvalid, field, "a name is one line");
  }
  return absl::OkStatus();
}

// An address as it stands in a header: one @, no spaces, nothing that ends the header.
absl::Status CheckAddress(std::string_view address, const std::string& field) {
  const size_t at = address.find('@');
  const bool one = at != address.npos && at > 0 && at + 1 < address.size() &&
                   address.find('@', at + 1) == address.npos;
  if (!one || address.size() > kMaxAddress || HasControls(address) ||
      address.find_first_of(" <>(),;:\"\\") != address.npos) {
    return FieldError(Reason::kInvalidEmail, field, "write it as anna@shop.example");
  }
  return absl::OkStatus();
}

absl::Status CheckUrl(std::string_view url, std::string_view name) {
  if (url.empty()) return absl::OkStatus();
  if (url.size() > kMaxUrl) {
    return FieldError(Reason::kFieldTooLong, Field(name), "at most 500 characters");
  }
  constexpr std::string_view kScheme = "https://";
  if (!absl::StartsWith(base::Abs(url), base::Abs(kScheme)) || url.size() == kScheme.size() ||
      HasControls(url) || url.find_first_of(" <>\"'#") != url.npos) {
    return FieldError(Reason::kFieldInvalid, Field(name),
                      "an address that begins with https:// and has no # part");
  }
  return absl::OkStatus();
}

absl::Status CheckSenders(const std::vector<Sender>& senders) {
  if (senders.size() > kMaxSenders) {
    return FieldError(Reason::kFieldTooLong, "policy.senders", "at most 50 senders");
  }
  std::set<std::string> codes;
  for (size_t i = 0; i < senders.size(); ++i) {
    const Sender& sender = senders[i];
    const std::string field = Field(absl::StrCat("senders[", i, "]"));
    if (!IsCode(sender.code)) {
      return FieldError(Reason::kFieldInvalid, field + ".code", "1 to 40 of a-z, 0-9, - and _");
    }
    if (!codes.insert(sender.code).second) {
      return FieldError(Reason::kFieldInvalid, field + ".code", "another sender has this code");
    }
    if (sender.name.empty()) {
      return FieldError(Reason::kFieldMissing, field + ".name", "a sender has a name");
    }
    RETURN_IF_ERROR(CheckName(sender.name, field + ".name"));
    RETURN_IF_ERROR(CheckName(sender.title, field + ".title"));
    RETURN_IF_ERROR(CheckAddress(sender.address, field + ".address"));
    if (!sender.reply_to.empty()) {
      RETURN_IF_ERROR(CheckAddress(sender.reply_to, field + ".reply_to"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

const Sender* MessagingPolicy::FindSender(std::string_view code) const {
  for (const Sender& sender : senders) {
    if (sender.code == code) return &sender;
  }
  return senders.empty() ? nullptr : &senders.front();
}

absl::Status CheckPolicy(const MessagingPolicy& policy) {
  RETURN_IF_ERROR(CheckSenders(policy.senders));
  RETURN_IF_ERROR(CheckRange(policy.quiet_from_hour, 0, 23, "quiet_from_hour"));
  RETURN_IF_ERROR(CheckRange(policy.quiet_until_hour, 0, 23, "quiet_until_hour"));
  RETURN_IF_ERROR(CheckRange(policy.cap_messages, 1, 1000, "cap_messages"));
  RETURN_IF_ERROR(CheckRange(policy.cap_days, 1, 90, "cap_days"));
  RETURN_IF_ERROR(CheckRange(policy.max_age_days, 1, 90, "max_age_days"));
  RETURN_IF_ERROR(CheckUrl(policy.unsubscribe_url, "unsubscribe_url"));
  return CheckUrl(policy.feedback_url, "feedback_url");
}

std::string FiguresJson(const MessagingPolicy& policy) {
  return absl::StrCat(
      "{\"policy_version\":", policy.version, ",\"senders\":", policy.senders.size(),
      ",\"quiet_from_hour\":", policy.quiet_from_hour,
      ",\"quiet_until_hour\":", policy.quiet_until_hour, ",\"cap_messages\":", policy.cap_messages,
      ",\"cap_days\":", policy.cap_days, ",\"max_age_days\":", policy.max_age_days,
      ",\"unsubscribes\":", policy.unsubscribe_url.empty() ? "false" : "true",
      ",\"asks_feedback\":", policy.feedback_url.empty() ? "false" : "true", "}");
}

std::string WithParameter(std::string_view url, std::string_view name, std::string_view value) {
  const char separator = url.find('?') == url.npos ? '?' : '&';
  return absl::StrCat(base::Abs(url), std::string(1, separator), base::Abs(name), "=",
                      base::Abs(value));
}

}  // namespace gratis::messages
