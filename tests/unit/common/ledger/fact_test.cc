#include "common/ledger/fact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gratis::ledger {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(KindsForMembers, LeaveOutWhatStaffSeeToAmongThemselves) {
  const std::vector<FactKind> shown = KindsForMembers({});
  for (const FactKind kind :
       {FactKind::kPurchase, FactKind::kSpend, FactKind::kExpired, FactKind::kConsentRecorded}) {
    EXPECT_THAT(shown, Contains(kind)) << static_cast<int>(kind);
  }
  for (const FactKind kind :
       {FactKind::kComplaintOpened, FactKind::kComplaintResolved, FactKind::kThanksCancelled,
        FactKind::kTaskDone, FactKind::kAdjustmentRequested, FactKind::kAdjustmentRejected,
        FactKind::kGroupChanged, FactKind::kMembersExported, FactKind::kKeyCreated,
        static_cast<FactKind>(999)}) {
    EXPECT_THAT(shown, Not(Contains(kind))) << static_cast<int>(kind);
  }
}

TEST(KindsForMembers, OfThoseAskedForAreNoOthers) {
  const std::vector<FactKind> asked = {FactKind::kEarn, FactKind::kComplaintOpened,
                                       FactKind::kReturn};
  EXPECT_THAT(KindsForMembers(asked), ElementsAre(FactKind::kEarn, FactKind::kReturn));
  EXPECT_THAT(KindsForMembers({FactKind::kTaskDone}), IsEmpty());
}

TEST(AboutId, HasThePrefixOfWhatItIs) {
  const Uuid uuid{{7}};
  const auto about = [&](Fact fact) {
    fact.about = uuid;
    return AboutId(fact);
  };
  EXPECT_EQ(about({.kind = FactKind::kMembersMerged}), MemberId{uuid}.ToString());
  EXPECT_EQ(about({.kind = FactKind::kMergeUndone}), MemberId{uuid}.ToString());
  EXPECT_EQ(about({.kind = FactKind::kBudgetSet}), BudgetId{uuid}.ToString());
  EXPECT_EQ(about({.kind = FactKind::kComplaintOpened}), base::FormatId("cmp", uuid));
  EXPECT_EQ(about({.kind = FactKind::kComplaintResolved}), base::FormatId("cmp", uuid));
  EXPECT_EQ(about({.kind = FactKind::kAdjustmentRequested}), AdjustmentId{uuid}.ToString());
  EXPECT_EQ(about({.kind = FactKind::kBirthdayGift}), VoucherId{uuid}.ToString());
  EXPECT_EQ(about({.kind = FactKind::kVoucherIssued}), VoucherId{uuid}.ToString());
  EXPECT_EQ(about({.kind = FactKind::kTransferredIn, .unit = kVoucherMoneyUnit}),
            VoucherId{uuid}.ToString());
  EXPECT_EQ(about({.kind = FactKind::kSpend, .debit = Account::kHeld}), HoldId{uuid}.ToString());
}

}  // namespace
}  // namespace gratis::ledger
