#include "services/members/consent_rules.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

// Names as the journal has them, by number; they may never change.
constexpr std::array<std::string_view, 6> kPurposes = {
    "", "marketing", "profiling", "third_parties", "surveys", "guardian"};
constexpr std::array<std::string_view, 7> kChannels = {"",     "email", "sms",  "post",
                                                       "push", "phone", "staff"};
constexpr std::array<std::string_view, 10> kSources = {
    "",           "till",  "web_form",         "app",     "double_opt_in",
    "phone_call", "paper", "unsubscribe_link", "message", "import"};

template <class Enum, size_t n>
bool IsOneOf(Enum value, const std::array<std::string_view, n>& /*names*/) {
  const auto number = static_cast<int16_t>(value);
  return number > 0 && static_cast<size_t>(number) < n;
}

template <class Enum, size_t n>
std::string_view NameOf(Enum value, const std::array<std::string_view, n>& names) {
  return names[static_cast<size_t>(value)];
}

bool Before(const ConsentDecision& a, const ConsentDecision& b) {
  return std::tie(a.purpose, a.channel) < std::tie(b.purpose, b.channel);
}

bool SameMatter(const ConsentDecision& a, const ConsentDecision& b) {
  return a.purpose == b.purpose && a.channel == b.channel;
}

// Adds the withdrawal of every channel that the purpose has.
void WithdrawAll(ConsentPurpose purpose, std::vector<ConsentDecision>& decisions) {
  if (!HasChannels(purpose)) {
    decisions.push_back({purpose, ConsentChannel::kNone, ConsentState::kWithdrawn});
    return;
  }
  for (size_t channel = 1; channel < kChannels.size(); ++channel) {
    decisions.push_back({purpose, static_cast<ConsentChannel>(channel), ConsentState::kWithdrawn});
  }
}

absl::Status CheckDecision(const ConsentDecision& decision, const std::string& field) {
  if (!IsOneOf(decision.purpose, kPurposes)) {
    return FieldError(Reason::kFieldInvalid, field + ".purpose",
                      "say what for: marketing, profiling, third parties, surveys or, for a minor, "
                      "their guardian's consent; what is service is never asked");
  }
  if (decision.state != ConsentState::kGranted && decision.state != ConsentState::kWithdrawn) {
    return FieldError(Reason::kFieldInvalid, field + ".state",
                      "say what the member said: granted or withdrawn");
  }
  if (decision.channel == ConsentChannel::kNone) {
    if (!HasChannels(decision.purpose) || decision.state == ConsentState::kWithdrawn) {
      return absl::OkStatus();
    }
    return FieldError(Reason::kFieldMissing, field + ".channel",
                      "say by what way: a yes to one channel is no yes to another");
  }
  if (!IsOneOf(decision.channel, kChannels)) {
    return FieldError(Reason::kFieldInvalid, field + ".channel", "this version knows no such way");
  }
  if (HasChannels(decision.purpose)) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, field + ".channel", "this purpose has no channels");
}

// "marketing/email", "profiling".
std::string MatterText(const ConsentDecision& decision) {
  std::string text(NameOf(decision.purpose, kPurposes));
  if (decision.channel != ConsentChannel::kNone) {
    absl::StrAppend(&text, "/", base::Abs(NameOf(decision.channel, kChannels)));
  }
  return text;
}

std::string Matters(const std::vector<ConsentDecision>& decisions, ConsentState state) {
  std::vector<std::string> matters;
  for (const ConsentDecision& decision : decisions) {
    if (decision.state == state) matters.push_back(base::JsonString(MatterText(decision)));
  }
  return absl::StrJoin(matters, ",");
}

}  // namespace

bool HasChannels(ConsentPurpose purpose) {
  return purpose == ConsentPurpose::kMarketing || purpose == ConsentPurpose::kSurveys;
}

absl::StatusOr<std::vector<ConsentDecision>> CheckedDecisions(
    const std::vector<ConsentDecision>& decisions) {
  if (decisions.empty()) {
    return FieldError(Reason::kFieldMissing, "decisions", "say what the member said");
  }
  if (decisions.size() > kMaxDecisions) {
    return FieldError(Reason::kFieldTooLong, "decisions", "at most 50 in one request");
  }
  std::vector<ConsentDecision> checked;
  for (size_t i = 0; i < decisions.size(); ++i) {
    RETURN_IF_ERROR(CheckDecision(decisions[i], absl::StrCat("decisions[", i, "]")));
    if (decisions[i].channel == ConsentChannel::kNone) {
      if (decisions[i].state == ConsentState::kWithdrawn) {
        WithdrawAll(decisions[i].purpose, checked);
        continue;
      }
    }
    checked.push_back(decisions[i]);
  }
  std::stable_sort(checked.begin(), checked.end(), Before);
  if (std::adjacent_find(checked.begin(), checked.end(), SameMatter) != checked.end()) {
    return FieldError(Reason::kFieldInvalid, "decisions",
                      "a purpose and channel is decided twice, and a member says one thing");
  }
  return checked;
}

absl::Status CheckWordingVersion(std::string_view wording_version,
                                 const std::vector<ConsentDecision>& decisions) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-_./").find(c) != std::string_view::npos;
  };
  const auto granted = [](const ConsentDecision& decision) {
    return decision.state == ConsentState::kGranted;
  };
  if (wording_version.empty()) {
    if (std::none_of(decisions.begin(), decisions.end(), granted)) return absl::OkStatus();
    return Error(Reason::kFieldMissing,
                 "say which words the member was shown: a yes is one to these words");
  }
  if (wording_version.size() > kMaxWordingVersionBytes) {
    return Error(Reason::kFieldTooLong, "a version of a wording has at most 40 characters");
  }
  if (!std::all_of(wording_version.begin(), wording_version.end(), allowed)) {
    return Error(Reason::kFieldInvalid,
                 "a version of a wording is of letters, digits and -_./, such as 2026-05/de");
  }
  return absl::OkStatus();
}

absl::Status CheckConsentSource(ConsentSource source) {
  if (IsOneOf(source, kSources)) return absl::OkStatus();
  if (source == ConsentSource{}) {
    return Error(Reason::kFieldMissing, "say how the member said it, such as at a till");
  }
  return Error(Reason::kFieldInvalid, "this version knows no such source");
}

bool IsGuardians(const std::vector<ConsentDecision>& decisions) {
  return std::any_of(decisions.begin(), decisions.end(), [](const ConsentDecision& decision) {
    return decision.purpose == ConsentPurpose::kGuardian &&
           decision.state == ConsentState::kGranted;
  });
}

std::vector<ConsentDecision> AllWithdrawn() {
  std::vector<ConsentDecision> all;
  for (size_t number = 1; number < kPurposes.size(); ++number) {
    const auto purpose = static_cast<ConsentPurpose>(number);
    if (purpose != ConsentPurpose::kGuardian) WithdrawAll(purpose, all);
  }
  return all;
}

std::string ConsentDetail(const std::vector<ConsentDecision>& decisions, const Consent& how) {
  std::string detail =
      absl::StrCat("{\"source\":", base::JsonString(NameOf(how.source, kSources)),
                   ",\"wording\":", base::JsonString(how.wording_version), ",\"granted\":[",
                   Matters(decisions, ConsentState::kGranted), "],\"withdrawn\":[",
                   Matters(decisions, ConsentState::kWithdrawn), "]");
  if (how.objection) absl::StrAppend(&detail, ",\"objection\":true");
  return detail + "}";
}

}  // namespace gratis::members
