#include "services/ledger/ledger_convert.h"

#include <gtest/gtest.h>

#include <cctype>
#include <iterator>
#include <string>
#include <utility>

#include "common/house/keyring/role.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"

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
      {FactKind::kMemberEnrolled, v1::ENTRY_KIND_MEMBER_ENROLLED},
      {FactKind::kEarn, v1::ENTRY_KIND_EARN},
      {FactKind::kSpend, v1::ENTRY_KIND_SPEND},
      {FactKind::kPurchase, v1::ENTRY_KIND_PURCHASE},
      {FactKind::kThankYou, v1::ENTRY_KIND_THANK_YOU},
      {FactKind::kThanksPolicySet, v1::ENTRY_KIND_THANKS_POLICY_SET},
      {FactKind::kBirthdayGift, v1::ENTRY_KIND_BIRTHDAY_GIFT},
      {FactKind::kBirthdayPolicySet, v1::ENTRY_KIND_BIRTHDAY_POLICY_SET},
  };
  for (const auto& [kind, entry] : kKinds) EXPECT_EQ(static_cast<int>(kind), entry);
  EXPECT_EQ(v1::EntryKind_descriptor()->value_count(), 1 + static_cast<int>(std::size(kKinds)));

  const std::pair<Account, v1::Account> kAccounts[] = {
      {Account::kNone, v1::ACCOUNT_UNSPECIFIED},
      {Account::kAvailable, v1::ACCOUNT_AVAILABLE},
      {Account::kIssued, v1::ACCOUNT_ISSUED},
      {Account::kRedeemed, v1::ACCOUNT_REDEEMED},
  };
  for (const auto& [account, said] : kAccounts) EXPECT_EQ(static_cast<int>(account), said);
  EXPECT_EQ(v1::Account_descriptor()->value_count(), static_cast<int>(std::size(kAccounts)));

  const google::protobuf::EnumDescriptor& roles = *gratis::type::v1::Role_descriptor();
  EXPECT_EQ(roles.value_count(), 1 + static_cast<int>(house::Role::kService));
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

}  // namespace
}  // namespace gratis::ledger_service
