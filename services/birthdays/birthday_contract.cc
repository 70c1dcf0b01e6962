#include "services/birthdays/birthday_contract.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/birthdays/gift_contract.h"

namespace gratis::birthdays {
namespace {

constexpr int32_t kFirstYear = 1900;
constexpr int32_t kLastYear = 9999;

constexpr int32_t kMaxForecastDays = 92;
constexpr size_t kMaxOptionText = 40;

// A number of the policy's that may be left out.
int32_t OrElse(int32_t value, int32_t otherwise) { return value == 0 ? otherwise : value; }

void Fill(const GiftFigures& figures, std::string_view currency_code, v1::GiftFigures& to) {
  to.set_gifts(figures.gifts);
  to.set_points(figures.points);
  rpc::SetMoney({std::string(currency_code), figures.minor_units}, *to.mutable_vouchers());
  to.set_items(figures.items);
  to.set_choices(figures.choices);
}

// What an explanation and a list say alike of a gift that was given.
template <class Message>
void FillGiven(const Gift& gift, std::string_view currency_code, Message& to) {
  *to.mutable_gift() = ToContract(gift.offer, currency_code);
  to.set_transaction_id(gift.transaction.ToString());
  if (!gift.voucher.IsNil()) to.set_voucher_id(gift.voucher.ToString());
  to.set_quiet(gift.quiet);
  if (gift.choose_by) rpc::SetTime(*gift.choose_by, *to.mutable_choose_by());
  if (!gift.chosen) return;
  v1::ChosenGift& chosen = *to.mutable_chosen();
  chosen.set_option(gift.chosen->option);
  rpc::SetTime(gift.chosen->at, *chosen.mutable_chosen_at());
  chosen.set_by_default(gift.chosen->by_default);
  chosen.set_transaction_id(gift.chosen->transaction.ToString());
  if (!gift.chosen->voucher.IsNil()) chosen.set_voucher_id(gift.chosen->voucher.ToString());
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
    case Withheld::kGuardian:
      return v1::WITHHELD_REASON_GUARDIAN;
    case Withheld::kBudget:
      return v1::WITHHELD_REASON_BUDGET;
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

absl::StatusOr<Policy> ParsePolicy(const v1::SetBirthdayPolicyRequest& request,
                                   std::string_view currency_code) {
  if (!request.has_policy()) {
    return FieldError(Reason::kFieldMissing, "policy", "say what the policy shall be");
  }
  const v1::BirthdayPolicy& wish = request.policy();
  if (!wish.has_gift()) {
    return FieldError(Reason::kFieldMissing, "policy.gift", "say what is given");
  }
  Policy policy{.enabled = wish.enabled(),
                .local_hour = wish.local_hour(),
                .lead_days = wish.lead_days(),
                .late_days = wish.late_days(),
                .leap_day_rule = ToRule(wish.leap_day_rule())};
  policy.valid_days = OrElse(wish.valid_days(), policy.valid_days);
  policy.choose_days = OrElse(wish.choose_days(), policy.choose_days);
  policy.adult_age = OrElse(wish.adult_age(), policy.adult_age);
  ASSIGN_OR_RETURN(policy.offer, ParseGift(wish.gift(), currency_code, "policy.gift"));
  for (int i = 0; i < wish.tier_gifts_size(); ++i) {
    const v1::TierGift& of_tier = wish.tier_gifts(i);
    ASSIGN_OR_RETURN(Offer offer, ParseGift(of_tier.gift(), currency_code,
                                            absl::StrCat("policy.tier_gifts[", i, "].gift")));
    policy.tiers.push_back({of_tier.tier(), std::move(offer)});
  }
  RETURN_IF_ERROR(CheckPolicy(policy));
  return policy;
}

absl::StatusOr<std::optional<absl::CivilDay>> ParseThrough(const v1::RunBirthdaysRequest& request) {
  if (!request.has_through()) return std::optional<absl::CivilDay>();
  ASSIGN_OR_RETURN(const absl::CivilDay through, rpc::ParseDay(request.through(), "through"));
  return std::optional(through);
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

absl::StatusOr<BirthdayKey> ParseAfter(const std::string& cursor) {
  BirthdayKey after;
  if (cursor.empty()) return after;
  const std::pair<std::string, std::string> parts = absl::StrSplit(cursor, absl::MaxSplits(':', 1));
  const absl::StatusOr<MemberId> member = MemberId::Parse(parts.second);
  if (absl::SimpleAtoi(parts.first, &after.year) && member.ok()) {
    after.member = *member;
    return after;
  }
  return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
}

std::string CursorOf(const BirthdayKey& last) {
  return absl::StrCat(last.year, ":", last.member.ToString());
}

absl::StatusOr<ChoosingOrder> ParseChoosing(const v1::ChooseGiftRequest& request) {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "say whose gift it is");
  }
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  if (request.year() != 0 && (request.year() < kFirstYear || request.year() > kLastYear)) {
    return FieldError(Reason::kFieldInvalid, "year",
                      absl::StrCat("the year of the birthday is ", kFirstYear, " to ", kLastYear));
  }
  if (request.option().empty()) {
    return FieldError(Reason::kFieldMissing, "option", "say which of the options");
  }
  if (request.option().size() > kMaxOptionText) {
    return FieldError(Reason::kFieldInvalid, "option", "no option is called so");
  }
  return ChoosingOrder{.member = *member, .year = request.year(), .option = request.option()};
}

absl::StatusOr<DaySpan> ParseSpan(const v1::ForecastBirthdaysRequest& request) {
  if (!request.has_from() || !request.has_to()) {
    return FieldError(Reason::kFieldMissing, request.has_from() ? "to" : "from",
                      "say from which day to which");
  }
  ASSIGN_OR_RETURN(const absl::CivilDay from, rpc::ParseDay(request.from(), "from"));
  ASSIGN_OR_RETURN(const absl::CivilDay to, rpc::ParseDay(request.to(), "to"));
  if (to < from || to - from >= kMaxForecastDays) {
    return FieldError(Reason::kFieldInvalid, "to",
                      absl::StrCat("from `from` on, and ", kMaxForecastDays, " days at most"));
  }
  return DaySpan{from, to};
}

v1::GivenGift ToContract(const Gift& gift, std::string_view currency_code) {
  v1::GivenGift message;
  message.set_year(gift.year);
  FillGiven(gift, currency_code, message);
  rpc::SetTime(gift.due_at, *message.mutable_due_at());
  rpc::SetTime(gift.given_at, *message.mutable_given_at());
  return message;
}

v1::BirthdayPolicy ToContract(const Policy& policy, std::string_view currency_code) {
  v1::BirthdayPolicy message;
  message.set_enabled(policy.enabled);
  *message.mutable_gift() = ToContract(policy.offer, currency_code);
  for (const TierOffer& of_tier : policy.tiers) {
    v1::TierGift& gift = *message.add_tier_gifts();
    gift.set_tier(of_tier.tier);
    *gift.mutable_gift() = ToContract(of_tier.offer, currency_code);
  }
  message.set_local_hour(policy.local_hour);
  message.set_lead_days(policy.lead_days);
  message.set_late_days(policy.late_days);
  message.set_leap_day_rule(static_cast<v1::LeapDayRule>(policy.leap_day_rule));
  message.set_valid_days(policy.valid_days);
  message.set_choose_days(policy.choose_days);
  message.set_adult_age(policy.adult_age);
  message.set_version(policy.version);
  return message;
}

v1::RunBirthdaysResponse ToContract(const RunReport& report, std::string_view currency_code) {
  v1::RunBirthdaysResponse message;
  message.set_given(report.given.gifts);
  message.set_points(report.given.points);
  rpc::SetMoney({std::string(currency_code), report.given.minor_units},
                *message.mutable_vouchers());
  message.set_items(report.given.items);
  message.set_choices(report.given.choices);
  message.set_defaults(report.defaults);
  message.set_already_given(report.already_given);
  message.set_withheld(report.withheld);
  rpc::SetDay(report.span.first, *message.mutable_from());
  rpc::SetDay(report.span.last, *message.mutable_to());
  return message;
}

v1::ExplainBirthdayResponse ToContract(const Explanation& explanation,
                                       std::string_view currency_code) {
  const Verdict& verdict = explanation.verdict;
  v1::ExplainBirthdayResponse message;
  if (verdict.due_at) {
    rpc::SetTime(*verdict.due_at, *message.mutable_due_at());
    message.set_due_local(LocalText(*verdict.due_at, explanation.celebrant.zone));
  }
  switch (verdict.outcome) {
    case Outcome::kGiven:
      message.set_outcome(v1::BIRTHDAY_OUTCOME_GIVEN);
      FillGiven(*verdict.gift, currency_code, message);
      break;
    case Outcome::kDue:
      message.set_outcome(v1::BIRTHDAY_OUTCOME_DUE);
      *message.mutable_gift() = ToContract(*verdict.offer, currency_code);
      break;
    case Outcome::kWithheld:
      message.set_outcome(v1::BIRTHDAY_OUTCOME_WITHHELD);
      message.set_why(ToContract(*verdict.why));
      break;
  }
  message.set_sentence(explanation.sentence);
  return message;
}

v1::ForecastBirthdaysResponse ToContract(const Forecast& forecast, std::string_view currency_code) {
  v1::ForecastBirthdaysResponse message;
  for (const Forecast::Day& day : forecast.days) {
    v1::ForecastDay& added = *message.add_days();
    rpc::SetDay(day.day, *added.mutable_day());
    Fill(day.given, currency_code, *added.mutable_given());
    Fill(day.due, currency_code, *added.mutable_due());
    added.set_over_budget(day.over_budget);
  }
  const Forecast::Day total = forecast.Total();
  Fill(total.given, currency_code, *message.mutable_given());
  Fill(total.due, currency_code, *message.mutable_due());
  message.set_over_budget(total.over_budget);
  return message;
}

std::string PolicyAnswer(const Policy& policy, std::string_view currency_code) {
  v1::SetBirthdayPolicyResponse answer;
  *answer.mutable_policy() = ToContract(policy, currency_code);
  return answer.SerializeAsString();
}

}  // namespace gratis::birthdays
