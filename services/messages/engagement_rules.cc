#include "services/messages/engagement_rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gratis::messages {

Ignored WhyIgnored(const ReportedMail& mail, absl::Time now) {
  if (mail.consents.no_profiling || mail.member_state == ledger::MemberState::kErased) {
    return Ignored::kObjection;
  }
  if (IsLeftAlone(mail.member_state)) return Ignored::kMemberState;
  return mail.sent_at + kEngagementKept < now ? Ignored::kTooOld : Ignored::kNothing;
}

std::vector<EngagementKind> ReportedKinds(EngagementKind reported) {
  if (reported != EngagementKind::kClicked) return {reported};
  return {EngagementKind::kOpened, EngagementKind::kClicked};
}

bool EndsProfiling(std::string_view text) {
  const auto detail = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!detail.is_object()) return false;
  const auto withdrawn = detail.find("withdrawn");
  if (withdrawn == detail.end() || !withdrawn->is_array()) return false;
  return std::find(withdrawn->begin(), withdrawn->end(), "profiling") != withdrawn->end();
}

}  // namespace gratis::messages
