#include "services/members/inactivity_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using ledger::FactKind;
using ledger::MemberState;

constexpr int32_t kFewestMonths = 3;
constexpr int32_t kMostMonths = 120;
constexpr int32_t kFewestNoticeDays = 14;
constexpr int32_t kMostNoticeDays = 60;

// By how much the lengths of months differ, and a day for the zone.
constexpr absl::Duration kSlack = absl::Hours(24 * 4);

absl::Duration NoticeOf(const InactivityPolicy& policy) {
  return absl::Hours(24 * policy.notice_days);
}

absl::Status CheckRange(const char* field, int32_t value, int32_t least, int32_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, field,
                    absl::StrCat("it is ", least, " to ", most, ", not ", value));
}

InactivityKept KeptBy(const IdleMember& member) {
  const bool stands = member.state == MemberState::kActive ||
                      member.state == MemberState::kEarnOnly ||
                      member.state == MemberState::kClosed;
  if (!stands) return InactivityKept::kState;
  if (member.holding) return InactivityKept::kHold;
  return member.open_complaints > 0 ? InactivityKept::kComplaint : InactivityKept::kNothing;
}

}  // namespace

absl::Status CheckInactivityPolicy(const InactivityPolicy& policy) {
  if (policy.months == 0 && policy.erase_without_email) {
    return FieldError(Reason::kFieldInvalid, "policy.erase_without_email",
                      "without months nobody is erased");
  }
  if (policy.months == 0 && policy.notice_days == 0) return absl::OkStatus();
  if (policy.months == 0) {
    return FieldError(Reason::kFieldInvalid, "policy.notice_days",
                      "without months nobody is given notice");
  }
  RETURN_IF_ERROR(CheckRange("policy.months", policy.months, kFewestMonths, kMostMonths));
  return CheckRange("policy.notice_days", policy.notice_days, kFewestNoticeDays, kMostNoticeDays);
}

const std::vector<FactKind>& ActivityKinds() {
  static const auto& kinds = *new std::vector<FactKind>{
      FactKind::kMemberEnrolled,  FactKind::kMemberStateSet,  FactKind::kMemberUpdated,
      FactKind::kConsentRecorded, FactKind::kPreferencesSet,  FactKind::kCardChanged,
      FactKind::kMembersMerged,   FactKind::kMergeUndone,     FactKind::kEarn,
      FactKind::kSpend,           FactKind::kHoldPlaced,      FactKind::kHoldCaptured,
      FactKind::kHoldReleased,    FactKind::kPurchase,        FactKind::kReturn,
      FactKind::kPurchaseClaimed, FactKind::kComplaintOpened, FactKind::kBirthdayGiftChosen,
      FactKind::kTransferredOut,  FactKind::kVoucherRedeemed, FactKind::kGroupMembershipChanged,
  };
  return kinds;
}

absl::Time MonthsLater(absl::Time time, int32_t months, const absl::TimeZone& zone) {
  const absl::CivilSecond civil = absl::ToCivilSecond(time, zone);
  const absl::CivilMonth month = absl::CivilMonth(civil) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const int day = std::min(civil.day(), last.day());
  return absl::FromCivil(absl::CivilSecond(month.year(), month.month(), day, civil.hour(),
                                           civil.minute(), civil.second()),
                         zone);
}

absl::Time ActiveAfter(const InactivityPolicy& policy, const absl::TimeZone& zone, absl::Time now) {
  return MonthsLater(now + NoticeOf(policy), -policy.months, zone) + kSlack;
}

InactivityVerdict Judge(const IdleMember& member, const InactivityPolicy& policy,
                        const absl::TimeZone& zone, absl::Time now) {
  const bool over = member.state == MemberState::kErased || member.state == MemberState::kMerged ||
                    member.state == MemberState::kNone;
  // Of whom nothing is known, nothing follows.
  if (!policy.on() || over || member.since == absl::InfinitePast()) return {};
  const bool noticed = member.notice && member.notice->policy_version == policy.version &&
                       member.notice->seq > member.last_seq &&
                       member.notice->noticed_at > member.others_at;
  if (noticed) {
    const absl::Time erase_at = member.notice->erase_at;
    return {.step = now < erase_at ? InactivityStep::kWait : InactivityStep::kErase,
            .kept = KeptBy(member),
            .erase_at = erase_at};
  }
  const absl::Time ends = MonthsLater(member.since, policy.months, zone);
  if (now < ends - NoticeOf(policy)) return {};
  return {.step = InactivityStep::kNotice,
          .kept = KeptBy(member),
          .erase_at = std::max(ends, now + NoticeOf(policy))};
}

}  // namespace gratis::members
