#include "services/members/brief_complaints.h"

#include <gtest/gtest.h>

namespace gratis::members {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const MemberId kMember{Uuid{{1}}};

ledger::JournalRow Row(ledger::FactKind kind, uint8_t complaint) {
  ledger::JournalRow row{};
  row.fact.kind = kind;
  row.fact.member = kMember;
  row.fact.about = Uuid{{complaint}};
  row.fact.effective_at = kNow;
  row.fact.detail = R"({"topic":"delivery","purchase":"pur_1"})";
  return row;
}

OpenComplaint Open(uint8_t complaint) {
  return {.id = {Uuid{{complaint}}},
          .member = kMember,
          .topic = "delivery",
          .purchase = "pur_1",
          .opened_at = kNow};
}

TEST(ComplaintChangesIn, WhatIsOpenedAndResolvedInOneStretchIsNoChange) {
  using ledger::FactKind;
  const std::vector<ledger::JournalRow> rows = {
      Row(FactKind::kComplaintOpened, 1), Row(FactKind::kComplaintOpened, 2),
      Row(FactKind::kPurchase, 3), Row(FactKind::kComplaintResolved, 1),
      Row(FactKind::kComplaintResolved, 9)};
  const ComplaintChanges changes = ComplaintChangesIn(rows);
  EXPECT_EQ(changes.opened, std::vector{Open(2)});
  ASSERT_EQ(changes.resolved.size(), 1U);
  EXPECT_EQ(changes.resolved[0].id, (ComplaintId{Uuid{{9}}}));
  std::vector<OpenComplaint> open = {Open(8), Open(9)};
  Apply(changes, open);
  EXPECT_EQ(open, (std::vector{Open(8), Open(2)}));
}

TEST(ComplaintChangesIn, ADetailThatSaysNothingIsNoTrouble) {
  ledger::JournalRow row = Row(ledger::FactKind::kComplaintOpened, 1);
  row.fact.detail = "";
  const ComplaintChanges changes = ComplaintChangesIn({row});
  ASSERT_EQ(changes.opened.size(), 1U);
  EXPECT_EQ(changes.opened[0].topic, "");
}

}  // namespace
}  // namespace gratis::members
