#include "services/members/card_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::members {
namespace card_rules_test {
namespace {

using ::testing::Contains;
using ::testing::Pair;

MemberId Member(uint8_t number) {
  MemberId id;
  id.uuid.bytes[15] = number;
  return id;
}

CardRow In(CardState state, const MemberId& member = Member(1)) {
  return {.prefix = 20, .state = state, .member = member};
}

TEST(HolderOf, OnlyALinkedCardLeadsToSomebody) {
  EXPECT_EQ(*HolderOf(In(CardState::kLinked)), Member(1));
  EXPECT_EQ(ReasonOf(HolderOf(In(CardState::kIssued, {})).status()), Reason::kCardNotLinked);
  EXPECT_EQ(ReasonOf(HolderOf(In(CardState::kLost)).status()), Reason::kCardLost);
  EXPECT_EQ(ReasonOf(HolderOf(In(CardState::kReplaced)).status()), Reason::kCardReplaced);
}

TEST(MustLink, ACardIsLinkedOnceAndOnlyToOne) {
  EXPECT_TRUE(*MustLink(In(CardState::kIssued, {}), Member(1), "card"));
  EXPECT_FALSE(*MustLink(In(CardState::kLinked), Member(1), "card"));
  const absl::Status taken = MustLink(In(CardState::kLinked), Member(2), "card").status();
  EXPECT_EQ(ReasonOf(taken), Reason::kIdentifierTaken);
  EXPECT_EQ(FieldOf(taken), "card");
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("member_id", Member(1).ToString())));
}

TEST(MustLink, WhatIsLostOrReplacedComesBackToNobody) {
  for (const MemberId& member : {Member(1), Member(2)}) {
    EXPECT_EQ(ReasonOf(MustLink(In(CardState::kLost), member, "card").status()), Reason::kCardLost);
    EXPECT_EQ(ReasonOf(MustLink(In(CardState::kReplaced), member, "card").status()),
              Reason::kCardReplaced);
  }
}

TEST(MustReport, OnceAlsoForACardOfNobody) {
  EXPECT_TRUE(*MustReport(In(CardState::kLinked)));
  EXPECT_TRUE(*MustReport(In(CardState::kIssued, {})));
  EXPECT_FALSE(*MustReport(In(CardState::kLost)));
  EXPECT_EQ(ReasonOf(MustReport(In(CardState::kReplaced)).status()), Reason::kCardReplaced);
}

TEST(ReplacedFor, WhoHasTheCardOrLostIt) {
  EXPECT_EQ(*ReplacedFor(In(CardState::kLinked)), Member(1));
  EXPECT_EQ(*ReplacedFor(In(CardState::kLost)), Member(1));
  EXPECT_EQ(ReasonOf(ReplacedFor(In(CardState::kIssued, {})).status()), Reason::kCardNotLinked);
  EXPECT_EQ(ReasonOf(ReplacedFor(In(CardState::kLost, {})).status()), Reason::kCardNotLinked);
  EXPECT_EQ(ReasonOf(ReplacedFor(In(CardState::kReplaced)).status()), Reason::kCardReplaced);
}

TEST(IssuingCards, TakesABatchACountAndAPrefix) {
  EXPECT_EQ(CheckBatch("2027-box_7"), absl::OkStatus());
  EXPECT_EQ(ReasonOf(CheckBatch("")), Reason::kFieldMissing);
  EXPECT_EQ(ReasonOf(CheckBatch("Box 7")), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(CheckBatch(std::string(41, 'a'))), Reason::kFieldInvalid);
  EXPECT_EQ(CheckCount(1), absl::OkStatus());
  EXPECT_EQ(CheckCount(1000), absl::OkStatus());
  EXPECT_EQ(ReasonOf(CheckCount(0)), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(CheckCount(1001)), Reason::kFieldInvalid);
  EXPECT_EQ(*CompletePrefix(0), 20);
  EXPECT_EQ(*CompletePrefix(29), 29);
  EXPECT_EQ(ReasonOf(CompletePrefix(19).status()), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(CompletePrefix(30).status()), Reason::kFieldInvalid);
}

}  // namespace
}  // namespace card_rules_test
}  // namespace gratis::members
