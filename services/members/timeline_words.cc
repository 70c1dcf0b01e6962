#include "services/members/timeline_words.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/money.h"
#include "common/ledger/standing.h"
#include "services/members/fact_detail.h"
#include "services/members/segment_text.h"

namespace gratis::members {
namespace {

using ledger::Fact;
using ledger::FactKind;
using nlohmann::json;

int64_t NumberIn(const json& detail, const char* name) {
  const auto found = detail.find(name);
  return found != detail.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

// Whether it went between a member and the group that they are in, and this is the member's.
bool InGroup(const Fact& fact) {
  const std::string group = TextIn(ObjectOf(fact), "group");
  return !group.empty() && group != fact.member.ToString();
}

// A voucher that is used once, where the fact says what it is: "20% off", "CAKE-1"; else "1x".
std::string VoucherUse(const Fact& fact) {
  const json detail = ObjectOf(fact);
  if (const std::string item = TextIn(detail, "item"); !item.empty()) return item;
  const int64_t basis_points = NumberIn(detail, "basis_points");
  if (basis_points == 0) return absl::StrCat(fact.points, "x");
  std::string percent = absl::StrFormat("%d.%02d", basis_points / 100, basis_points % 100);
  while (percent.back() == '0') percent.pop_back();
  if (percent.back() == '.') percent.pop_back();
  return percent + "% off";
}

// What moved: "120 points", "7 stamps", "5.00 CHF" of a voucher.
std::string Amount(const Fact& fact, const std::string& unit, const std::string& currency) {
  if (fact.unit == ledger::kVoucherMoneyUnit) return base::FormatMoney({currency, fact.points});
  if (fact.unit == ledger::kVoucherUseUnit) return VoucherUse(fact);
  if (unit == "points") return absl::StrCat(fact.points, fact.points == 1 ? " point" : " points");
  return absl::StrCat(fact.points, " ", unit);
}

std::string Purchase(const Fact& fact, const std::string& amount) {
  const json detail = ObjectOf(fact);
  std::string text = absl::StrCat(
      "Bought for ",
      base::FormatMoney({TextIn(detail, "currency"), NumberIn(detail, "total_minor")}));
  if (fact.points > 0) absl::StrAppend(&text, ", which earned ", amount);
  return text;
}

std::string Returned(const Fact& fact) {
  const json detail = ObjectOf(fact);
  return absl::StrCat(
      "Brought back what cost ",
      base::FormatMoney({TextIn(detail, "currency"), NumberIn(detail, "returned_minor")}));
}

std::string TierChange(const Fact& fact) {
  const json detail = ObjectOf(fact);
  return absl::StrCat("Came from tier ", TextIn(detail, "from"), " to ", TextIn(detail, "to"));
}

std::string StateSet(const Fact& fact) {
  const auto state = ledger::StateSetBy(fact.detail);
  if (!state) return "Their state was set";
  return absl::StrCat("Their state became ", std::string(ledger::NameOf(*state)));
}

// "Were put into press and student; left founder-circle".
std::string ProfileChanged(const Fact& fact) {
  const absl::StatusOr<std::optional<ChangedSegments>> changed = SegmentsIn(fact);
  if (!changed.ok() || !*changed) return "Their profile was changed";
  const std::vector<std::string>& added = (*changed)->added;
  const std::vector<std::string>& removed = (*changed)->removed;
  std::string text;
  if (!added.empty()) text = absl::StrCat("Were put into ", absl::StrJoin(added, " and "));
  if (!removed.empty()) {
    absl::StrAppend(&text, text.empty() ? "Left " : "; left ", absl::StrJoin(removed, " and "));
  }
  return text;
}

std::string CardSentence(const Fact& fact) {
  const std::string change = TextIn(ObjectOf(fact), "change");
  return change.empty() ? "A card of theirs was changed"
                        : absl::StrCat("A card of theirs was ", change);
}

std::string MembershipChange(const Fact& fact) {
  const std::string change = TextIn(ObjectOf(fact), "change");
  if (change == "invited") return "Were asked into a group";
  return change == "left" ? "Left a group" : "Joined a group";
}

std::string Adjusted(const Fact& fact, const std::string& amount) {
  const bool given = fact.credit == ledger::Account::kAvailable;
  return absl::StrCat(given ? "Were given " : "Lost ", amount, " by hand");
}

// What is said of kinds that move points; empty for others.
std::string OfPoints(const Fact& fact, const std::string& amount) {
  switch (fact.kind) {
    case FactKind::kEarn:
      return "Earned " + amount;
    case FactKind::kSpend:
      return "Spent " + amount;
    case FactKind::kHoldPlaced:
      return "Had " + amount + " held";
    case FactKind::kHoldCaptured:
      return "Spent " + amount + " that were held";
    case FactKind::kHoldReleased:
    case FactKind::kHoldExpired:
      return "Had " + amount + " back that were held";
    case FactKind::kEarnReversed:
      return "Gave back " + amount + " that they had earned";
    case FactKind::kSpendReversed:
      return "Had " + amount + " back that they had spent";
    case FactKind::kAdjusted:
      return Adjusted(fact, amount);
    case FactKind::kThankYou:
      if (const std::string item = TextIn(ObjectOf(fact), "restocked"); !item.empty()) {
        return "Were told that " + item + " is back";
      }
      return fact.points > 0 ? "Were thanked, with " + amount : "Were thanked";
    case FactKind::kSurpriseGift:
      return fact.points > 0 ? "Were given " + amount + " as a surprise" : "Were given a surprise";
    case FactKind::kBirthdayGift:
      // A choice may take a use out of a budget.
      return fact.points > 0 && fact.unit == ledger::kPointsUnit
                 ? "Were given " + amount + " for their birthday"
                 : "Were given a birthday gift";
    case FactKind::kBirthdayGiftChosen:
      return fact.points > 0 ? "Chose " + amount + " for their birthday"
                             : "Chose their birthday gift";
    case FactKind::kTransferredOut:
      return "Gave " + amount + (InGroup(fact) ? " to their group" : " to another member");
    case FactKind::kTransferredIn:
      return "Had " + amount + (InGroup(fact) ? " from their group" : " from another member");
    case FactKind::kActivated:
      return amount + " became available";
    case FactKind::kExpired:
      return amount + " expired";
    case FactKind::kDebtRepaid:
      return "Repaid " + amount + " that they owed";
    case FactKind::kCoverReturned:
      return amount + " went back to where they were taken from";
    case FactKind::kGraceGiven:
      return "Were given more time for " + amount;
    case FactKind::kForfeited:
      return "Lost " + amount + " when they left";
    case FactKind::kVoucherIssued:
      return "Were given a voucher: " + amount;
    case FactKind::kVoucherRedeemed:
      return "Used a voucher: " + amount;
    case FactKind::kVoucherReinstated:
      return "Had a voucher back: " + amount;
    case FactKind::kVoucherVoided:
      return "A voucher was made worthless: " + amount;
    default:
      return "";
  }
}

}  // namespace

std::string TimelineText(const ledger::JournalRow& row, const std::string& unit,
                         const std::string& currency) {
  const Fact& fact = row.fact;
  const std::string amount = Amount(fact, unit, currency);
  switch (fact.kind) {
    case FactKind::kPurchase:
      return Purchase(fact, amount);
    case FactKind::kReturn:
      return Returned(fact);
    case FactKind::kDelivery:
      return "Had what they bought delivered";
    case FactKind::kPurchaseClaimed:
      return "Claimed what they had bought without their card";
    case FactKind::kTierChanged:
      return TierChange(fact);
    case FactKind::kMemberStateSet:
      return StateSet(fact);
    case FactKind::kMembersMerged:
      return "Turned out to be one person with another member";
    case FactKind::kMergeUndone:
      return "Turned out to be somebody else after all";
    case FactKind::kMergedReversed:
      return "Something that they had bought under their other account was taken back";
    case FactKind::kMemberEnrolled:
      return "Became a member";
    case FactKind::kMemberUpdated:
      return ProfileChanged(fact);
    case FactKind::kNameReleased:
      return "Something they were found by was given up";
    case FactKind::kConsentRecorded:
      return "Said what they consent to";
    case FactKind::kPreferencesSet:
      return "Said what they like";
    case FactKind::kCardChanged:
      return CardSentence(fact);
    case FactKind::kGroupMembershipChanged:
      return MembershipChange(fact);
    case FactKind::kComplaintOpened:
      return absl::StrCat("Complained of ", TextIn(ObjectOf(fact), "topic"));
    case FactKind::kComplaintResolved:
      return absl::StrCat("Their complaint was ", TextIn(ObjectOf(fact), "outcome"));
    case FactKind::kThanksCancelled:
      return "A thank-you that was due will not come";
    case FactKind::kGroupChanged:
      return "The group was changed";
    case FactKind::kTaskDone:
      return TextIn(ObjectOf(fact), "outcome") == "done" ? "Staff did for them what was asked for"
                                                         : "Staff could not do what was asked for";
    case FactKind::kMembersExported:
      return "What is known of them was taken out";
    case FactKind::kDeliveriesReplayed:
      return "What could not be delivered to them was sent anew";
    case FactKind::kInactivityNoticed:
      return "Were told that their account ends if they do not come back";
    case FactKind::kAdjustmentRequested:
      return "An adjustment by hand was asked for";
    case FactKind::kAdjustmentRejected:
      return "An adjustment by hand was not done";
    default:
      break;
  }
  const std::string text = OfPoints(fact, amount);
  return text.empty() ? "Something happened" : text;
}

}  // namespace gratis::members
