#include "services/members/timeline_words.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gratis::members {
namespace {

using ledger::FactKind;

std::string Text(FactKind kind, int64_t points, std::string detail = "",
                 int16_t unit = ledger::kPointsUnit, const std::string& code = "points") {
  ledger::JournalRow row{.partition = 1, .seq = 1, .fact = {.kind = kind}};
  row.fact.points = points;
  row.fact.unit = unit;
  row.fact.detail = std::move(detail);
  row.fact.credit = ledger::Account::kAvailable;
  return TimelineText(row, code, "CHF");
}

TEST(TimelineWords, SayWhatHappened) {
  EXPECT_EQ(Text(FactKind::kInactivityNoticed, 0, "{\"policy_version\":1}"),
            "Were told that their account ends if they do not come back");
  EXPECT_EQ(Text(FactKind::kPurchase, 12, "{\"currency\":\"USD\",\"total_minor\":1250}"),
            "Bought for 12.50 USD, which earned 12 points");
  EXPECT_EQ(Text(FactKind::kPurchase, 0, "{\"currency\":\"JPY\",\"total_minor\":500}"),
            "Bought for 500 JPY");
  EXPECT_EQ(Text(FactKind::kTierChanged, 0, "{\"from\":\"base\",\"to\":\"silver\"}"),
            "Came from tier base to silver");
  EXPECT_EQ(Text(FactKind::kMemberStateSet, 0, "{\"state\":\"suspended\",\"was\":\"active\"}"),
            "Their state became suspended");
  EXPECT_EQ(Text(FactKind::kMemberUpdated, 0, R"({"changed":["email"]})"),
            "Their profile was changed");
  EXPECT_EQ(Text(FactKind::kMemberUpdated, 0,
                 R"({"changed":["segments"],"added":["press"],"removed":[],"segments":[]})"),
            "Were put into press");
  EXPECT_EQ(Text(FactKind::kMemberUpdated, 0,
                 R"({"changed":["segments"],"added":["press","vip"],"removed":["student"],)"
                 R"("segments":[]})"),
            "Were put into press and vip; left student");
  EXPECT_EQ(Text(FactKind::kMemberUpdated, 0,
                 R"({"changed":["segments"],"added":[],"removed":["press"],"segments":[]})"),
            "Left press");
  EXPECT_EQ(Text(FactKind::kCardChanged, 0, "{\"change\":\"lost\"}"), "A card of theirs was lost");
  EXPECT_EQ(Text(FactKind::kGroupMembershipChanged, 0, "{\"change\":\"left\"}"), "Left a group");
  EXPECT_EQ(Text(FactKind::kThankYou, 0, "{\"restocked\":\"Duvet Moons\"}"),
            "Were told that Duvet Moons is back");
  EXPECT_EQ(Text(FactKind::kEarn, 1), "Earned 1 point");
  EXPECT_EQ(Text(FactKind::kSpend, 7, "", 2, "stamps"), "Spent 7 stamps");
  EXPECT_EQ(Text(FactKind::kVoucherIssued, 500, "", ledger::kVoucherMoneyUnit, "voucher-money"),
            "Were given a voucher: 5.00 CHF");
  EXPECT_EQ(Text(FactKind::kVoucherIssued, 1, R"({"kind":2,"basis_points":2000,"item":""})",
                 ledger::kVoucherUseUnit, "voucher-uses"),
            "Were given a voucher: 20% off");
  EXPECT_EQ(Text(FactKind::kVoucherIssued, 1, R"({"kind":3,"basis_points":0,"item":"CAKE-1"})",
                 ledger::kVoucherUseUnit, "voucher-uses"),
            "Were given a voucher: CAKE-1");
  EXPECT_EQ(Text(FactKind::kTransferredOut, 5, R"({"group":"mem_g","contributor":"mem_m"})"),
            "Gave 5 points to their group");
  EXPECT_EQ(Text(FactKind::kTransferredOut, 5), "Gave 5 points to another member");
  EXPECT_EQ(Text(FactKind::kAdjusted, 3), "Were given 3 points by hand");
}

TEST(TimelineWords, AreThereForWhateverIsKnownAndWhateverIsNot) {
  for (const FactKind kind :
       {FactKind::kMemberEnrolled,      FactKind::kNameReleased,      FactKind::kMemberUpdated,
        FactKind::kConsentRecorded,     FactKind::kPreferencesSet,    FactKind::kHoldPlaced,
        FactKind::kHoldCaptured,        FactKind::kHoldReleased,      FactKind::kHoldExpired,
        FactKind::kEarnReversed,        FactKind::kSpendReversed,     FactKind::kThankYou,
        FactKind::kBirthdayGift,        FactKind::kTransferredOut,    FactKind::kTransferredIn,
        FactKind::kActivated,           FactKind::kExpired,           FactKind::kDebtRepaid,
        FactKind::kCoverReturned,       FactKind::kGraceGiven,        FactKind::kVoucherRedeemed,
        FactKind::kVoucherVoided,       FactKind::kVoucherReinstated, FactKind::kForfeited,
        FactKind::kAdjustmentRequested, FactKind::kMergedReversed,    FactKind::kMembersExported}) {
    EXPECT_NE(Text(kind, 5), "Something happened") << static_cast<int>(kind);
  }
  EXPECT_EQ(Text(static_cast<FactKind>(999), 0), "Something happened");
}

TEST(TimelineWords, AreThereForAllThatMembersAreShown) {
  for (const FactKind kind : ledger::KindsForMembers({})) {
    EXPECT_NE(Text(kind, 5), "Something happened") << static_cast<int>(kind);
  }
}

}  // namespace
}  // namespace gratis::members
