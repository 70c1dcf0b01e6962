#include "common/ledger/fact.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

const absl::Time kEarliest = absl::FromUnixSeconds(-2'208'988'800);  // 1900-01-01

constexpr FactKind kForMembers[] = {FactKind::kMemberEnrolled,
                                    FactKind::kNameReleased,
                                    FactKind::kMemberStateSet,
                                    FactKind::kMemberUpdated,
                                    FactKind::kConsentRecorded,
                                    FactKind::kPreferencesSet,
                                    FactKind::kCardChanged,
                                    FactKind::kMembersMerged,
                                    FactKind::kMergeUndone,
                                    FactKind::kMergedReversed,
                                    FactKind::kGroupMembershipChanged,
                                    FactKind::kInactivityNoticed,
                                    FactKind::kTierChanged,
                                    FactKind::kPurchase,
                                    FactKind::kPurchaseClaimed,
                                    FactKind::kDelivery,
                                    FactKind::kReturn,
                                    FactKind::kEarn,
                                    FactKind::kSpend,
                                    FactKind::kHoldPlaced,
                                    FactKind::kHoldCaptured,
                                    FactKind::kHoldReleased,
                                    FactKind::kHoldExpired,
                                    FactKind::kEarnReversed,
                                    FactKind::kSpendReversed,
                                    FactKind::kAdjusted,
                                    FactKind::kThankYou,
                                    FactKind::kBirthdayGift,
                                    FactKind::kBirthdayGiftChosen,
                                    FactKind::kSurpriseGift,
                                    FactKind::kTransferredOut,
                                    FactKind::kTransferredIn,
                                    FactKind::kActivated,
                                    FactKind::kExpired,
                                    FactKind::kDebtRepaid,
                                    FactKind::kCoverReturned,
                                    FactKind::kGraceGiven,
                                    FactKind::kVoucherIssued,
                                    FactKind::kVoucherRedeemed,
                                    FactKind::kVoucherReinstated,
                                    FactKind::kVoucherVoided,
                                    FactKind::kForfeited};

}  // namespace

std::vector<int16_t> NumbersOf(absl::Span<const FactKind> kinds) {
  std::vector<int16_t> numbers;
  numbers.reserve(kinds.size());
  for (const FactKind kind : kinds) numbers.push_back(static_cast<int16_t>(kind));
  return numbers;
}

std::vector<FactKind> KindsForMembers(absl::Span<const FactKind> asked) {
  if (asked.empty()) return {std::begin(kForMembers), std::end(kForMembers)};
  std::vector<FactKind> kinds;
  std::copy_if(asked.begin(), asked.end(), std::back_inserter(kinds), [](FactKind kind) {
    return std::find(std::begin(kForMembers), std::end(kForMembers), kind) != std::end(kForMembers);
  });
  return kinds;
}

std::string AboutId(const Fact& fact) {
  constexpr std::string_view kComplaintPrefix = "cmp";
  switch (fact.kind) {
    case FactKind::kMembersMerged:
    case FactKind::kMergeUndone:
      return MemberId{fact.about}.ToString();
    case FactKind::kBudgetSet:
      return BudgetId{fact.about}.ToString();
    case FactKind::kComplaintOpened:
    case FactKind::kComplaintResolved:
      return base::FormatId(kComplaintPrefix, fact.about);
    case FactKind::kAdjusted:
    case FactKind::kAdjustmentRequested:
    case FactKind::kAdjustmentRejected:
      return AdjustmentId{fact.about}.ToString();
    case FactKind::kBirthdayGift:
    case FactKind::kBirthdayGiftChosen:
    case FactKind::kVoucherIssued:
    case FactKind::kVoucherRedeemed:
    case FactKind::kVoucherReinstated:
    case FactKind::kVoucherVoided:
      return VoucherId{fact.about}.ToString();
    default:
      break;
  }
  const bool held = fact.debit == Account::kHeld || fact.credit == Account::kHeld;
  if (!held && IsVoucherUnit(fact.unit)) return VoucherId{fact.about}.ToString();
  if (fact.debit == Account::kAdjusted || fact.credit == Account::kAdjusted) {
    return AdjustmentId{fact.about}.ToString();
  }
  return HoldId{fact.about}.ToString();
}

absl::Status CheckPoints(int64_t points) {
  if (points < 1) {
    return FieldError(Reason::kPointsNotPositive, "points",
                      absl::StrCat("points must be at least 1, not ", points));
  }
  if (points > kMaxPoints) {
    return FieldError(Reason::kPointsOverflow, "points",
                      absl::StrCat("at most ", kMaxPoints, " points in one posting, not ", points));
  }
  return absl::OkStatus();
}

absl::Status CheckEffectiveTime(absl::Time effective_at, absl::Time now, absl::Duration past) {
  if (effective_at > now + kClockTolerance) {
    return Error(Reason::kEffectiveTimeInvalid,
                 absl::StrCat(base::FormatTime(effective_at),
                              " is more than five minutes ahead of now, ", base::FormatTime(now)));
  }
  if (effective_at < kEarliest) {
    return Error(Reason::kEffectiveTimeInvalid, "a fact cannot take effect before the year 1900");
  }
  if (effective_at < now - past) {
    return Error(
        Reason::kEffectiveTimeInvalid,
        absl::StrCat(base::FormatTime(effective_at),
                     " is further back than this key's role "
                     "may state (",
                     absl::FormatDuration(past), "); history is brought in with the role import"));
  }
  return absl::OkStatus();
}

}  // namespace gratis::ledger
