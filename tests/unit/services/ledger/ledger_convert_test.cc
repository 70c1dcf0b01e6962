#include "services/ledger/ledger_convert.h"

#include <gtest/gtest.h>

#include <cctype>
#include <iterator>
#include <string>
#include <utility>

#include "common/house/keyring/role.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/ledger/v1/units.pb.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;

// The numbers are stored, and are the contract's: neither may move without the other.
TEST(Contract, HasTheKernelsNumbers) {
  using ledger::Account;
  using ledger::FactKind;
  const std::pair<FactKind, v1::EntryKind> kKinds[] = {
      {FactKind::kProgramCreated, v1::ENTRY_KIND_PROGRAM_CREATED},
      {FactKind::kKeyCreated, v1::ENTRY_KIND_KEY_CREATED},
      {FactKind::kKeyRevoked, v1::ENTRY_KIND_KEY_REVOKED},
      {FactKind::kClockSet, v1::ENTRY_KIND_CLOCK_SET},
      {FactKind::kMasterKeyRotated, v1::ENTRY_KIND_MASTER_KEY_ROTATED},
      {FactKind::kKeyRotated, v1::ENTRY_KIND_KEY_ROTATED},
      {FactKind::kKeySet, v1::ENTRY_KIND_KEY_SET},
      {FactKind::kMemberEnrolled, v1::ENTRY_KIND_MEMBER_ENROLLED},
      {FactKind::kNameReleased, v1::ENTRY_KIND_NAME_RELEASED},
      {FactKind::kMemberStateSet, v1::ENTRY_KIND_MEMBER_STATE_SET},
      {FactKind::kMemberUpdated, v1::ENTRY_KIND_MEMBER_UPDATED},
      {FactKind::kConsentRecorded, v1::ENTRY_KIND_CONSENT_RECORDED},
      {FactKind::kPreferencesSet, v1::ENTRY_KIND_PREFERENCES_SET},
      {FactKind::kCardChanged, v1::ENTRY_KIND_CARD_CHANGED},
      {FactKind::kProofPolicySet, v1::ENTRY_KIND_PROOF_POLICY_SET},
      {FactKind::kMemberErased, v1::ENTRY_KIND_MEMBER_ERASED},
      {FactKind::kMembersMerged, v1::ENTRY_KIND_MEMBERS_MERGED},
      {FactKind::kMergeUndone, v1::ENTRY_KIND_MERGE_UNDONE},
      {FactKind::kEarn, v1::ENTRY_KIND_EARN},
      {FactKind::kSpend, v1::ENTRY_KIND_SPEND},
      {FactKind::kHoldPlaced, v1::ENTRY_KIND_HOLD_PLACED},
      {FactKind::kHoldCaptured, v1::ENTRY_KIND_HOLD_CAPTURED},
      {FactKind::kHoldReleased, v1::ENTRY_KIND_HOLD_RELEASED},
      {FactKind::kHoldExpired, v1::ENTRY_KIND_HOLD_EXPIRED},
      {FactKind::kEarnReversed, v1::ENTRY_KIND_EARN_REVERSED},
      {FactKind::kSpendReversed, v1::ENTRY_KIND_SPEND_REVERSED},
      {FactKind::kAdjusted, v1::ENTRY_KIND_ADJUSTED},
      {FactKind::kAdjustmentRequested, v1::ENTRY_KIND_ADJUSTMENT_REQUESTED},
      {FactKind::kAdjustmentRejected, v1::ENTRY_KIND_ADJUSTMENT_REJECTED},
      {FactKind::kPurchase, v1::ENTRY_KIND_PURCHASE},
      {FactKind::kThankYou, v1::ENTRY_KIND_THANK_YOU},
      {FactKind::kThanksPolicySet, v1::ENTRY_KIND_THANKS_POLICY_SET},
      {FactKind::kBirthdayGift, v1::ENTRY_KIND_BIRTHDAY_GIFT},
      {FactKind::kBirthdayPolicySet, v1::ENTRY_KIND_BIRTHDAY_POLICY_SET},
      {FactKind::kTransferredOut, v1::ENTRY_KIND_TRANSFERRED_OUT},
      {FactKind::kTransferredIn, v1::ENTRY_KIND_TRANSFERRED_IN},
      {FactKind::kActivated, v1::ENTRY_KIND_ACTIVATED},
      {FactKind::kExpired, v1::ENTRY_KIND_EXPIRED},
      {FactKind::kDebtRepaid, v1::ENTRY_KIND_DEBT_REPAID},
      {FactKind::kCoverReturned, v1::ENTRY_KIND_COVER_RETURNED},
      {FactKind::kGraceGiven, v1::ENTRY_KIND_GRACE_GIVEN},
      {FactKind::kVoucherIssued, v1::ENTRY_KIND_VOUCHER_ISSUED},
      {FactKind::kVoucherRedeemed, v1::ENTRY_KIND_VOUCHER_REDEEMED},
      {FactKind::kVoucherReinstated, v1::ENTRY_KIND_VOUCHER_REINSTATED},
      {FactKind::kVoucherVoided, v1::ENTRY_KIND_VOUCHER_VOIDED},
      {FactKind::kBudgetSet, v1::ENTRY_KIND_BUDGET_SET},
      {FactKind::kUnitSet, v1::ENTRY_KIND_UNIT_SET},
      {FactKind::kRateSet, v1::ENTRY_KIND_RATE_SET},
      {FactKind::kPeriodClosed, v1::ENTRY_KIND_PERIOD_CLOSED},
      {FactKind::kTierPolicySet, v1::ENTRY_KIND_TIER_POLICY_SET},
      {FactKind::kTierChanged, v1::ENTRY_KIND_TIER_CHANGED},
      {FactKind::kMembersPolicySet, v1::ENTRY_KIND_MEMBERS_POLICY_SET},
      {FactKind::kForfeited, v1::ENTRY_KIND_FORFEITED},
      {FactKind::kGroupChanged, v1::ENTRY_KIND_GROUP_CHANGED},
      {FactKind::kGroupMembershipChanged, v1::ENTRY_KIND_GROUP_MEMBERSHIP_CHANGED},
      {FactKind::kGroupsPolicySet, v1::ENTRY_KIND_GROUPS_POLICY_SET},
      {FactKind::kDelivery, v1::ENTRY_KIND_DELIVERY},
      {FactKind::kReturn, v1::ENTRY_KIND_RETURN},
      {FactKind::kPurchaseClaimed, v1::ENTRY_KIND_PURCHASE_CLAIMED},
      {FactKind::kTriggerSet, v1::ENTRY_KIND_TRIGGER_SET},
      {FactKind::kThanksCancelled, v1::ENTRY_KIND_THANKS_CANCELLED},
      {FactKind::kComplaintOpened, v1::ENTRY_KIND_COMPLAINT_OPENED},
      {FactKind::kComplaintResolved, v1::ENTRY_KIND_COMPLAINT_RESOLVED},
      {FactKind::kBirthdayGiftChosen, v1::ENTRY_KIND_BIRTHDAY_GIFT_CHOSEN},
      {FactKind::kSurpriseDrawn, v1::ENTRY_KIND_SURPRISE_DRAWN},
      {FactKind::kSurpriseGift, v1::ENTRY_KIND_SURPRISE_GIFT},
      {FactKind::kInactivityPolicySet, v1::ENTRY_KIND_INACTIVITY_POLICY_SET},
      {FactKind::kTemplateSet, v1::ENTRY_KIND_TEMPLATE_SET},
      {FactKind::kMessagingPolicySet, v1::ENTRY_KIND_MESSAGING_POLICY_SET},
      {FactKind::kSubscriptionSet, v1::ENTRY_KIND_SUBSCRIPTION_SET},
      {FactKind::kSuppressionSet, v1::ENTRY_KIND_SUPPRESSION_SET},
      {FactKind::kTaskDone, v1::ENTRY_KIND_TASK_DONE},
      {FactKind::kInactivityNoticed, v1::ENTRY_KIND_INACTIVITY_NOTICED},
      {FactKind::kMergedReversed, v1::ENTRY_KIND_MERGED_REVERSED},
      {FactKind::kMembersExported, v1::ENTRY_KIND_MEMBERS_EXPORTED},
      {FactKind::kDeliveriesReplayed, v1::ENTRY_KIND_DELIVERIES_REPLAYED},
  };
  for (const auto& [kind, entry] : kKinds) EXPECT_EQ(static_cast<int>(kind), entry);
  EXPECT_EQ(v1::EntryKind_descriptor()->value_count(), 1 + static_cast<int>(std::size(kKinds)));

  const std::pair<Account, v1::Account> kAccounts[] = {
      {Account::kNone, v1::ACCOUNT_UNSPECIFIED},
      {Account::kAvailable, v1::ACCOUNT_AVAILABLE},
      {Account::kPending, v1::ACCOUNT_PENDING},
      {Account::kHeld, v1::ACCOUNT_HELD},
      {Account::kDebt, v1::ACCOUNT_DEBT},
      {Account::kIssued, v1::ACCOUNT_ISSUED},
      {Account::kRedeemed, v1::ACCOUNT_REDEEMED},
      {Account::kExpired, v1::ACCOUNT_EXPIRED},
      {Account::kTransferred, v1::ACCOUNT_TRANSFERRED},
      {Account::kAdjusted, v1::ACCOUNT_ADJUSTED},
      {Account::kVoided, v1::ACCOUNT_VOIDED},
  };
  for (const auto& [account, said] : kAccounts) EXPECT_EQ(static_cast<int>(account), said);
  EXPECT_EQ(v1::Account_descriptor()->value_count(), static_cast<int>(std::size(kAccounts)));

  const std::pair<ledger::Origin, v1::Origin> kOrigins[] = {
      {ledger::Origin::kPurchase, v1::ORIGIN_PURCHASE}, {ledger::Origin::kGiven, v1::ORIGIN_GIVEN}};
  for (const auto& [origin, said] : kOrigins) EXPECT_EQ(static_cast<int>(origin), said);
  const std::pair<ledger::Clawback, v1::Clawback> kClawbacks[] = {
      {ledger::Clawback::kDebt, v1::CLAWBACK_DEBT},
      {ledger::Clawback::kClamp, v1::CLAWBACK_CLAMP},
      {ledger::Clawback::kRefuse, v1::CLAWBACK_REFUSE}};
  for (const auto& [clawback, said] : kClawbacks) EXPECT_EQ(static_cast<int>(clawback), said);
  EXPECT_EQ(v1::Clawback_descriptor()->value_count(), 1 + static_cast<int>(std::size(kClawbacks)));
  const std::pair<ledger::Rounding, v1::Rounding> kRoundings[] = {
      {ledger::Rounding::kDown, v1::ROUNDING_DOWN},
      {ledger::Rounding::kHalfUp, v1::ROUNDING_HALF_UP},
      {ledger::Rounding::kUp, v1::ROUNDING_UP}};
  for (const auto& [rounding, said] : kRoundings) EXPECT_EQ(static_cast<int>(rounding), said);
  EXPECT_EQ(v1::Rounding_descriptor()->value_count(), 1 + static_cast<int>(std::size(kRoundings)));

  const google::protobuf::EnumDescriptor& roles = *gratis::type::v1::Role_descriptor();
  EXPECT_EQ(roles.value_count(), 1 + static_cast<int>(house::Role::kMember));
  for (int i = 1; i < roles.value_count(); ++i) {
    std::string name = roles.value(i)->name();
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(name, "role_" + std::string(house::RoleName(static_cast<house::Role>(i))));
  }
}

TEST(Entry, SaysABalanceOnlyWherePointsMoved) {
  ledger::JournalRow row{.partition = 3,
                         .seq = 17,
                         .fact = {.kind = ledger::FactKind::kSpend,
                                  .transaction = {{{5}}},
                                  .member = {{{6}}},
                                  .points = 40,
                                  .debit = ledger::Account::kAvailable,
                                  .credit = ledger::Account::kRedeemed,
                                  .effective_at = absl::FromUnixSeconds(1),
                                  .source = "till",
                                  .detail = "{}"},
                         .debit_after = 60,
                         .credit_after = 940,
                         .recorded_at = absl::FromUnixSeconds(2),
                         .actor = "key_1"};
  v1::Entry entry;
  ToProto(row, entry);
  EXPECT_EQ(entry.available_points(), 60);
  EXPECT_EQ(entry.sequence(), 17);
  EXPECT_EQ(entry.member_id(), row.fact.member.ToString());

  row.fact = {.kind = ledger::FactKind::kThanksPolicySet, .transaction = {{{5}}}, .member = {}};
  v1::Entry plain;
  ToProto(row, plain);
  EXPECT_FALSE(plain.has_available_points());
  EXPECT_EQ(plain.member_id(), "");
}

TEST(Unit, GoesThereAndBackAgain) {
  using ledger::ExpiryKind;
  ledger::Unit unit{.number = 7,
                    .version = 3,
                    .code = "stamps",
                    .display_name = "Stamps",
                    .expiry = ExpiryKind::kCalendarDay,
                    .expiry_months = 6,
                    .expiry_month = 12,
                    .expiry_day = 31,
                    .rounding = ledger::Rounding::kHalfUp,
                    .clawback = ledger::Clawback::kRefuse,
                    .transferable = true,
                    .adjust_limit = 500,
                    .max_hold_hours = 24,
                    .return_grace_days = 30};
  for (const ExpiryKind expiry : {ExpiryKind::kNever, ExpiryKind::kRollingMonths,
                                  ExpiryKind::kInactivity, ExpiryKind::kCalendarDay}) {
    unit.expiry = expiry;
    if (expiry == ExpiryKind::kNever) unit.expiry_months = 0;
    if (expiry != ExpiryKind::kCalendarDay) unit.expiry_month = unit.expiry_day = 0;
    v1::Unit said;
    ToProto(unit, said);
    EXPECT_EQ(said.version(), 3);
    ledger::Unit back = UnitOf(said).value();
    back.number = unit.number;
    back.version = unit.version;
    EXPECT_EQ(back, unit) << static_cast<int>(expiry);
    unit.expiry_months = 6;
    unit.expiry_month = 12;
    unit.expiry_day = 31;
  }
}

TEST(Unit, SaysOnlyRulesThatThereAre) {
  v1::Unit unit;
  unit.set_rounding(static_cast<v1::Rounding>(9));
  EXPECT_EQ(FieldOf(UnitOf(unit).status()), "unit.rounding");
  unit.clear_rounding();
  unit.set_clawback(static_cast<v1::Clawback>(9));
  EXPECT_EQ(FieldOf(UnitOf(unit).status()), "unit.clawback");
}

}  // namespace
}  // namespace gratis::ledger_service
