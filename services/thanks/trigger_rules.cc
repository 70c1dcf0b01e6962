#include "services/thanks/trigger_rules.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/ledger/unit.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/field_checks.h"

namespace gratis::thanks {
namespace {

constexpr size_t kMaxTriggerCode = 40;
constexpr size_t kMaxTemplate = 64;
constexpr size_t kMaxSender = 100;
constexpr size_t kMaxGiftItem = 64;
constexpr size_t kMaxReceiptLine = 120;
constexpr size_t kMaxListedLength = 128;  // characters of a store, channel, sku, category or tier
constexpr int64_t kMaxNth = 10'000;
constexpr int64_t kMaxTriggerDays = 3'650;
constexpr int64_t kMaxDelayMinutes = 525'600;
constexpr int64_t kMaxAgeDays = 365;
constexpr int64_t kMaxPoints = 1'000'000;
constexpr int64_t kMaxWorth = 1'000'000'000;
constexpr int64_t kAllBasisPoints = 10'000;
constexpr int64_t kMaxPriority = 1'000;
constexpr int64_t kMaxMost = 1'000;
constexpr int64_t kMaxWithinDays = 365;
constexpr std::string_view kWays[] = {"email", "inbox", "task"};

std::string Field(std::string_view name) { return absl::StrCat("trigger.", base::Abs(name)); }

absl::Status CheckWord(std::string_view field, std::string_view word, size_t most) {
  RETURN_IF_ERROR(CheckLength(field, word, most));
  const bool plain = std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
  if (plain) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, field,
                    absl::StrCat(base::Abs(field), " is made of a-z, 0-9, - and _"));
}

absl::Status CheckList(std::string_view field, const std::vector<std::string>& list, size_t most) {
  if (list.size() > most) {
    return FieldError(Reason::kFieldInvalid, field, absl::StrCat("at most ", most));
  }
  for (const std::string& one : list) {
    if (one.empty()) return FieldError(Reason::kFieldMissing, field, "an empty one is none");
    RETURN_IF_ERROR(CheckLength(field, one, kMaxListedLength));
  }
  return absl::OkStatus();
}

absl::Status CheckWhen(const Trigger& trigger) {
  if (trigger.event < TriggerEvent::kPurchase || trigger.event > TriggerEvent::kSignUp) {
    return FieldError(Reason::kFieldMissing, Field("event"), "when does it act?");
  }
  const bool nth = trigger.event == TriggerEvent::kNthPurchase;
  RETURN_IF_ERROR(CheckRange(Field("nth"), trigger.nth, nth ? 2 : 0, nth ? kMaxNth : 0));
  if (trigger.every && !nth) {
    return FieldError(Reason::kFieldInvalid, Field("every"), "every so many of which purchases?");
  }
  const bool gap = trigger.event == TriggerEvent::kAfterGap;
  RETURN_IF_ERROR(
      CheckRange(Field("gap_days"), trigger.gap_days, gap ? 1 : 0, gap ? kMaxTriggerDays : 0));
  RETURN_IF_ERROR(CheckRange(Field("delay_minutes"), trigger.delay_minutes, 0, kMaxDelayMinutes));
  RETURN_IF_ERROR(CheckRange(Field("rest_days"), trigger.rest_days, 0, kMaxTriggerDays));
  RETURN_IF_ERROR(CheckRange(Field("max_age_days"), trigger.max_age_days, 1, kMaxAgeDays));
  return CheckRange(Field("priority"), trigger.priority, -kMaxPriority, kMaxPriority);
}

absl::Status CheckAudience(const Trigger& trigger) {
  const TriggerAudience& audience = trigger.audience;
  RETURN_IF_ERROR(CheckList(Field("audience.stores"), audience.stores, 100));
  RETURN_IF_ERROR(CheckList(Field("audience.channels"), audience.channels, 20));
  RETURN_IF_ERROR(CheckList(Field("audience.skus"), audience.skus, 200));
  RETURN_IF_ERROR(CheckList(Field("audience.categories"), audience.categories, 100));
  RETURN_IF_ERROR(CheckList(Field("audience.tiers"), audience.tiers, 20));
  if (trigger.event == TriggerEvent::kSignUp && audience != TriggerAudience()) {
    return FieldError(Reason::kFieldInvalid, Field("audience"),
                      "who signs up has bought nothing and is in no tier yet");
  }
  return absl::OkStatus();
}

absl::Status CheckVoucher(const TriggerVoucher& voucher) {
  switch (voucher.kind) {
    case ledger::VoucherKind::kFixed:
      RETURN_IF_ERROR(CheckRange(Field("voucher.fixed.minor_units"), voucher.worth, 1, kMaxWorth));
      break;
    case ledger::VoucherKind::kPercentage:
      RETURN_IF_ERROR(
          CheckRange(Field("voucher.basis_points"), voucher.basis_points, 1, kAllBasisPoints));
      break;
    case ledger::VoucherKind::kItem:
      if (voucher.item.empty()) {
        return FieldError(Reason::kFieldMissing, Field("voucher.item"), "which item?");
      }
      RETURN_IF_ERROR(CheckLength(Field("voucher.item"), voucher.item, kMaxGiftItem));
  }
  return CheckRange(Field("voucher.valid_days"), voucher.valid_days, 0, kMaxTriggerDays);
}

absl::Status CheckGift(const Trigger& trigger) {
  RETURN_IF_ERROR(CheckRange(Field("points"), trigger.points, 0, kMaxPoints));
  if (trigger.voucher) RETURN_IF_ERROR(CheckVoucher(*trigger.voucher));
  if (trigger.points > 0 && trigger.voucher) {
    return FieldError(Reason::kFieldInvalid, Field("points"), "either points or a voucher");
  }
  if (!trigger.budget.IsNil() && trigger.points == 0 && !trigger.voucher) {
    return FieldError(Reason::kFieldInvalid, Field("budget_id"), "it gives nothing to pay for");
  }
  return absl::OkStatus();
}

// Nobody is rewarded for a review. One that was set before this was asked can still be switched
// off; to switch it on again sets a version that is looked at.
absl::Status CheckReview(const Trigger& trigger) {
  const bool gives = trigger.points > 0 || trigger.voucher.has_value();
  if (!trigger.enabled || trigger.question != Question::kReview || !gives) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, Field("question"),
                    "a review is never rewarded: ask for it in a trigger that gives nothing, or "
                    "ask for feedback");
}

// As MessageChannel of messages' contract has them, in small letters. A trigger that was set before
// this was asked can still be switched off.
absl::Status CheckWays(const Trigger& trigger) {
  RETURN_IF_ERROR(CheckList(Field("channels"), trigger.channels, 5));
  for (const std::string& channel : trigger.channels) {
    RETURN_IF_ERROR(CheckWord(Field("channels"), channel, kMaxTriggerCode));
    const bool known = std::find(std::begin(kWays), std::end(kWays), channel) != std::end(kWays);
    if (trigger.enabled && !known) {
      return FieldError(Reason::kFieldInvalid, Field("channels"),
                        absl::StrCat("there is no way \"", channel, "\": email, inbox or task"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckWords(const Trigger& trigger) {
  RETURN_IF_ERROR(CheckWord(Field("template"), trigger.template_code, kMaxTemplate));
  RETURN_IF_ERROR(CheckWord(Field("sender.code"), trigger.sender_code, kMaxTriggerCode));
  RETURN_IF_ERROR(CheckLength(Field("sender.name"), trigger.sender_name, kMaxSender));
  RETURN_IF_ERROR(CheckWays(trigger));
  RETURN_IF_ERROR(CheckWord(Field("task"), trigger.task, kMaxTriggerCode));
  RETURN_IF_ERROR(CheckLength(Field("receipt_line"), trigger.receipt_line, kMaxReceiptLine));
  if (trigger.question < Question::kNone || trigger.question > Question::kReview) {
    return FieldError(Reason::kFieldInvalid, Field("question"), "no such question");
  }
  const bool says = !trigger.template_code.empty();
  if (says && (trigger.sender_code.empty() || trigger.sender_name.empty())) {
    return FieldError(Reason::kFieldMissing, Field("sender"),
                      "a thank-you comes from a person with a name");
  }
  if (!says && (trigger.question != Question::kNone || trigger.brand_story)) {
    return FieldError(Reason::kFieldMissing, Field("template"), "in which words?");
  }
  if (!trigger.receipt_line.empty() &&
      (trigger.delay_minutes > 0 || trigger.event == TriggerEvent::kSignUp ||
       trigger.event == TriggerEvent::kDelivery)) {
    return FieldError(Reason::kFieldInvalid, Field("receipt_line"),
                      "a receipt is printed at once, with a purchase");
  }
  if (!trigger.counts() && trigger.receipt_line.empty()) {
    return FieldError(Reason::kFieldMissing, "trigger", "it says nothing and gives nothing");
  }
  return absl::OkStatus();
}

bool IsIn(const std::vector<std::string>& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

bool Named(const TriggerAudience& audience, const Line& line) {
  return (audience.skus.empty() || IsIn(audience.skus, line.sku)) &&
         (audience.categories.empty() || IsIn(audience.categories, line.category));
}

TriggerWhy MatchGoods(const TriggerAudience& audience, const std::vector<Line>& lines) {
  const bool by_goods = !audience.skus.empty() || !audience.categories.empty();
  bool found = !by_goods;
  bool lacked = false;
  for (const Line& line : lines) {
    if (!Named(audience, line)) continue;
    found = true;
    lacked |= line.unfulfilled > 0;
  }
  if (!found) return TriggerWhy::kOtherGoods;
  return audience.lacking && !lacked ? TriggerWhy::kNothingLacking : TriggerWhy::kNone;
}

TriggerWhy MatchPosition(const Trigger& trigger, const TriggerOccasion& occasion) {
  switch (trigger.event) {
    case TriggerEvent::kFirstPurchase:
      if (occasion.position != 1 || !occasion.new_position) return TriggerWhy::kOtherPosition;
      break;
    case TriggerEvent::kNthPurchase: {
      const bool reached =
          trigger.every ? occasion.position % trigger.nth == 0 : occasion.position == trigger.nth;
      if (!reached || occasion.position == 0 || !occasion.new_position) {
        return TriggerWhy::kOtherPosition;
      }
      break;
    }
    case TriggerEvent::kAfterGap:
      if (!occasion.gap || *occasion.gap < absl::Hours(24) * trigger.gap_days) {
        return TriggerWhy::kNoGap;
      }
      break;
    default:
      break;
  }
  return TriggerWhy::kNone;
}

// Why the trigger is not meant; kNone if it is.
TriggerWhy Match(const Trigger& trigger, const TriggerOccasion& occasion, const std::string& tier) {
  const TriggerAudience& audience = trigger.audience;
  if (occasion.purchase != nullptr) {
    const Purchase& purchase = *occasion.purchase;
    const TriggerWhy position = MatchPosition(trigger, occasion);
    if (position != TriggerWhy::kNone) return position;
    if (!audience.stores.empty() && !IsIn(audience.stores, purchase.order.store) &&
        !(purchase.order.store.empty() && IsIn(audience.stores, purchase.order.source))) {
      return TriggerWhy::kOtherStore;
    }
    if (!audience.channels.empty() && !IsIn(audience.channels, purchase.channel)) {
      return TriggerWhy::kOtherChannel;
    }
    const TriggerWhy goods = MatchGoods(audience, purchase.lines);
    if (goods != TriggerWhy::kNone) return goods;
  }
  if (!audience.tiers.empty() && !IsIn(audience.tiers, tier)) return TriggerWhy::kOtherTier;
  return TriggerWhy::kNone;
}

// Whether they had it, besides what is about `subject`. What is only due may still be called off or
// withheld: of several that are due the first to act is the one.
TriggerWhy HadBefore(const Trigger& trigger, const Uuid& subject, const MemberFacts& facts,
                     absl::Time now) {
  for (const PastThanks& past : facts.past) {
    if (past.trigger != trigger.code || past.subject == subject) continue;
    if (past.outcome != TriggerOutcome::kGiven) continue;
    if (trigger.once_per_member) return TriggerWhy::kHadIt;
    if (trigger.rest_days > 0 && now - past.at < absl::Hours(24) * trigger.rest_days) {
      return TriggerWhy::kHadItLately;
    }
  }
  return TriggerWhy::kNone;
}

bool LimitReached(const TriggerLimits& limits, const MemberFacts& facts, absl::Time now) {
  if (limits.most == 0) return false;
  const absl::Time since = now - absl::Hours(24) * limits.within_days;
  const auto counted = std::count_if(facts.past.begin(), facts.past.end(), [&](const auto& past) {
    return past.counts && past.outcome == TriggerOutcome::kGiven && past.at > since;
  });
  return counted >= limits.most;
}

}  // namespace

absl::Status CheckCode(std::string_view field, std::string_view code) {
  if (code.empty()) {
    return FieldError(Reason::kFieldMissing, field, absl::StrCat(base::Abs(field), " is empty"));
  }
  return CheckWord(field, code, kMaxTriggerCode);
}

int16_t Trigger::unit() const {
  return voucher ? ledger::UnitOfVoucher(voucher->kind) : ledger::kPointsUnit;
}

absl::Status CheckTrigger(const Trigger& trigger) {
  RETURN_IF_ERROR(CheckCode(Field("code"), trigger.code));
  RETURN_IF_ERROR(CheckWhen(trigger));
  RETURN_IF_ERROR(CheckAudience(trigger));
  RETURN_IF_ERROR(CheckGift(trigger));
  RETURN_IF_ERROR(CheckReview(trigger));
  return CheckWords(trigger);
}

absl::Status CheckLimits(const TriggerLimits& limits) {
  RETURN_IF_ERROR(CheckRange("limits.most", limits.most, 0, kMaxMost));
  if (limits.most > 0 && limits.within_days == 0) {
    return FieldError(Reason::kFieldMissing, "limits.within_days", "within how many days?");
  }
  return CheckRange("limits.within_days", limits.within_days, 0,
                    limits.most == 0 ? 0 : kMaxWithinDays);
}

Purpose PurposeOf(const Trigger& trigger) {
  if (trigger.template_code.empty()) return Purpose::kNone;
  if (trigger.points > 0 || trigger.voucher || trigger.brand_story) return Purpose::kMarketing;
  if (trigger.question == Question::kReview) return Purpose::kReview;
  if (trigger.question == Question::kFeedback) return Purpose::kSurvey;
  return Purpose::kService;
}

bool PicksByProfile(const Trigger& trigger) {
  const TriggerAudience& audience = trigger.audience;
  return trigger.event == TriggerEvent::kNthPurchase || trigger.event == TriggerEvent::kAfterGap ||
         !audience.skus.empty() || !audience.categories.empty() || !audience.tiers.empty();
}

std::string_view NameOf(TriggerWhy why) {
  constexpr std::string_view kNames[] = {"",
                                         "other_position",
                                         "no_gap",
                                         "other_store",
                                         "other_channel",
                                         "other_goods",
                                         "other_tier",
                                         "nothing_lacking",
                                         "member_state",
                                         "had_it",
                                         "had_it_lately",
                                         "too_late",
                                         "limit",
                                         "budget_used_up",
                                         "complaint_open",
                                         "returned",
                                         "switched_off"};
  return kNames[static_cast<size_t>(why)];
}

bool Concerns(const Trigger& trigger, Moment moment) {
  switch (trigger.event) {
    case TriggerEvent::kDelivery:
      return moment == Moment::kDelivery;
    case TriggerEvent::kSignUp:
      return moment == Moment::kSignUp;
    default:
      return moment == Moment::kPurchase;
  }
}

TriggerVerdict JudgeDue(const Trigger& trigger, const Uuid& subject, absl::Time due_at,
                        const MemberFacts& facts, const TriggerLimits& limits, absl::Time now) {
  TriggerVerdict verdict{.outcome = TriggerOutcome::kWithheld, .why = {}, .due_at = due_at};
  if (!ledger::Allows(facts.state, ledger::Deed::kReceive)) {
    verdict.why = TriggerWhy::kMemberState;
    return verdict;
  }
  verdict.why = HadBefore(trigger, subject, facts, std::max(due_at, now));
  if (verdict.why != TriggerWhy::kNone) return verdict;
  if (now - due_at > trigger.max_age()) {
    verdict.why = facts.complaint_open ? TriggerWhy::kComplaintOpen : TriggerWhy::kTooLate;
    return verdict;
  }
  if (due_at > now) {
    verdict.outcome = TriggerOutcome::kDue;
    return verdict;
  }
  if (facts.complaint_open) {
    return {TriggerOutcome::kHeldBack, TriggerWhy::kComplaintOpen, due_at};
  }
  if (trigger.counts() && LimitReached(limits, facts, now)) {
    verdict.why = TriggerWhy::kLimit;
    return verdict;
  }
  verdict.outcome = TriggerOutcome::kGiven;
  return verdict;
}

TriggerVerdict Judge(const Trigger& trigger, const TriggerOccasion& occasion,
                     const MemberFacts& facts, const TriggerLimits& limits, absl::Time now) {
  const TriggerWhy not_meant = Match(trigger, occasion, facts.tier);
  if (not_meant != TriggerWhy::kNone) {
    return {TriggerOutcome::kNotMeant, not_meant, absl::InfinitePast()};
  }
  const absl::Time due_at = occasion.at + trigger.delay();
  if (occasion.purchase != nullptr && occasion.purchase->returned.whole) {
    return {TriggerOutcome::kCancelled, TriggerWhy::kReturned, due_at};
  }
  return JudgeDue(trigger, occasion.purchase == nullptr ? Uuid{} : occasion.purchase->id.uuid,
                  due_at, facts, limits, now);
}

}  // namespace gratis::thanks
