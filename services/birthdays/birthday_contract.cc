#include "services/birthdays/birthday_contract.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::birthdays {
namespace {

constexpr int32_t kFirstYear = 1900;
constexpr int32_t kLastYear = 9999;

void SetDay(absl::CivilDay day, type::v1::CivilDay& to) {
  to.set_year(static_cast<int32_t>(day.year()));
  to.set_month(day.month());
  to.set_day(day.day());
}

void SetTime(absl::Time time, google::protobuf::Timestamp& to) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  to.set_seconds(seconds);
  to.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

v1::WithheldReason ToContract(Withheld why) {
  switch (why) {
    case Withheld::kPolicyOff:
      return v1::WITHHELD_REASON_POLICY_OFF;
    case Withheld::kNoBirthday:
      return v1::WITHHELD_REASON_NO_BIRTHDAY;
    case Withheld::kJoinedLater:
      return v1::WITHHELD_REASON_JOINED_LATER;
    case Withheld::kRecentGift:
      return v1::WITHHELD_REASON_RECENT_GIFT;
    case Withheld::kTooLate:
      return v1::WITHHELD_REASON_TOO_LATE;
    case Withheld::kMemberState:
      return v1::WITHHELD_REASON_MEMBER_STATE;
    case Withheld::kNoCelebrations:
      return v1::WITHHELD_REASON_NO_CELEBRATIONS;
  }
  return v1::WITHHELD_REASON_UNSPECIFIED;
}

// 0 for a rule that this version does not know; CheckPolicy refuses it.
LeapDayRule ToRule(v1::LeapDayRule rule) {
  switch (rule) {
    case v1::LEAP_DAY_RULE_FEBRUARY_28:
      return LeapDayRule::kFebruary28;
    case v1::LEAP_DAY_RULE_MARCH_1:
      return LeapDayRule::kMarch1;
    default:
      return LeapDayRule{};
  }
}

}  // namespace

absl::StatusOr<Policy> ParsePolicy(const v1::SetBirthdayPolicyRequest& request) {
  if (!request.has_policy()) {
    return FieldError(Reason::kFieldMissing, "policy", "say what the policy shall be");
  }
  const v1::BirthdayPolicy& wish = request.policy();
  if (!wish.has_gift()) {
    return FieldError(Reason::kFieldMissing, "policy.gift", "say what is given");
  }
  const Policy policy{.enabled = wish.enabled(),
                      .points = wish.gift().points(),
                      .local_hour = wish.local_hour(),
                      .lead_days = wish.lead_days(),
                      .late_days = wish.late_days(),
                      .leap_day_rule = ToRule(wish.leap_day_rule())};
  RETURN_IF_ERROR(CheckPolicy(policy));
  return policy;
}

absl::StatusOr<std::optional<absl::CivilDay>> ParseThrough(const v1::RunBirthdaysRequest& request) {
  if (!request.has_through()) return std::optional<absl::CivilDay>();
  const type::v1::CivilDay& day = request.through();
  const absl::StatusOr<absl::CivilDay> through = base::MakeDay(day.year(), day.month(), day.day());
  if (!through.ok()) return InField(through.status(), "through");
  return std::optional(*through);
}

absl::StatusOr<ExplainOrder> ParseExplain(const v1::ExplainBirthdayRequest& request) {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "say whose birthday it is");
  }
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  if (request.year() < kFirstYear || request.year() > kLastYear) {
    return FieldError(Reason::kFieldInvalid, "year",
                      absl::StrCat("the year of the birthday is ", kFirstYear, " to ", kLastYear));
  }
  return ExplainOrder{*member, request.year()};
}

absl::StatusOr<MemberId> ParseMember(const v1::ListGiftsRequest& request) {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "say whose gifts are asked for");
  }
  absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  return member;
}

absl::StatusOr<int32_t> ParseAfter(const std::string& cursor) {
  int32_t year = 0;
  if (cursor.empty() || absl::SimpleAtoi(cursor, &year)) return year;
  return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
}

v1::GivenGift ToContract(const Gift& gift) {
  v1::GivenGift message;
  message.set_year(gift.year);
  message.mutable_gift()->set_points(gift.points);
  SetTime(gift.due_at, *message.mutable_due_at());
  SetTime(gift.given_at, *message.mutable_given_at());
  message.set_transaction_id(gift.transaction.ToString());
  return message;
}

v1::BirthdayPolicy ToContract(const Policy& policy) {
  v1::BirthdayPolicy message;
  message.set_enabled(policy.enabled);
  message.mutable_gift()->set_points(policy.points);
  message.set_local_hour(policy.local_hour);
  message.set_lead_days(policy.lead_days);
  message.set_late_days(policy.late_days);
  message.set_leap_day_rule(static_cast<v1::LeapDayRule>(policy.leap_day_rule));
  message.set_version(policy.version);
  return message;
}

v1::RunBirthdaysResponse ToContract(const RunReport& report) {
  v1::RunBirthdaysResponse message;
  message.set_given(report.given);
  message.set_points(report.points);
  message.set_already_given(report.already_given);
  message.set_withheld(report.withheld);
  SetDay(report.span.first, *message.mutable_from());
  SetDay(report.span.last, *message.mutable_to());
  return message;
}

v1::ExplainBirthdayResponse ToContract(const Explanation& explanation) {
  const Verdict& verdict = explanation.verdict;
  v1::ExplainBirthdayResponse message;
  if (verdict.due_at) {
    SetTime(*verdict.due_at, *message.mutable_due_at());
    message.set_due_local(LocalText(*verdict.due_at, explanation.celebrant.zone));
  }
  switch (verdict.outcome) {
    case Outcome::kGiven:
      message.set_outcome(v1::BIRTHDAY_OUTCOME_GIVEN);
      message.mutable_gift()->set_points(verdict.gift->points);
      message.set_transaction_id(verdict.gift->transaction.ToString());
      break;
    case Outcome::kDue:
      message.set_outcome(v1::BIRTHDAY_OUTCOME_DUE);
      message.mutable_gift()->set_points(explanation.policy.points);
      break;
    case Outcome::kWithheld:
      message.set_outcome(v1::BIRTHDAY_OUTCOME_WITHHELD);
      message.set_why(ToContract(*verdict.why));
      break;
  }
  message.set_sentence(explanation.sentence);
  return message;
}

std::string PolicyAnswer(const Policy& policy) {
  v1::SetBirthdayPolicyResponse answer;
  *answer.mutable_policy() = ToContract(policy);
  return answer.SerializeAsString();
}

}  // namespace gratis::birthdays
