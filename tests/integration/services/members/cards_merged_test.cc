#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/metadata.h"
#include "tests/integration/services/members/cards_house.h"

// Cards of two members who become one. The gate of this house keeps nobody in mind, so what names
// the duplicate finds the survivor under the partition's lock.
namespace gratis::members {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class CardsOfMerged : public CardsHouse {
 protected:
  // Answers with the merge's id.
  std::string Merge(const std::string& duplicate, const std::string& survivor) {
    v1::MergeMembersRequest request;
    request.set_request_id(NextRequestId());
    request.set_duplicate_id(duplicate);
    request.set_survivor_id(survivor);
    const auto merged = Call(&MergingStub::MergeMembers, request);
    EXPECT_TRUE(merged.ok()) << merged.status();
    return merged.ok() ? merged->merge().merge_id() : "";
  }
  void Part(const std::string& merge_id) {
    v1::UndoMergeRequest request;
    request.set_request_id(NextRequestId());
    request.set_merge_id(merge_id);
    const auto undone = Call(&MergingStub::UndoMerge, request);
    EXPECT_TRUE(undone.ok()) << undone.status();
  }

  // In the order of the list, page by page.
  std::vector<std::string> NumbersOf(const std::string& member, int page_size = 1000,
                                     bool as_named = false) {
    CardStub stub(server_->InProcessChannel({}));
    v1::ListCardsRequest request;
    request.set_member_id(member);
    request.set_page_size(page_size);
    std::vector<std::string> numbers;
    do {
      grpc::ClientContext context;
      context.AddMetadata("authorization", rpc::KeyAuthorization("gk_backend"));
      if (as_named) context.AddMetadata(rpc::kAsNamedKey, "true");
      v1::ListCardsResponse page;
      const grpc::Status status = stub.ListCards(&context, request, &page);
      EXPECT_TRUE(status.ok()) << status.error_message();
      EXPECT_LE(page.cards_size(), page_size);
      for (const v1::Card& card : page.cards()) numbers.push_back(card.number());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return numbers;
  }
  // What stays under one id.
  std::vector<std::string> NumbersOfAlone(const std::string& member) {
    return NumbersOf(member, 1000, /*as_named=*/true);
  }

  // A replacement that has looked at the cards and at the members, and is not posted yet.
  std::unique_ptr<CardChange> Prepared(const std::string& old_card_id, const std::string& number) {
    auto change = cards_.Replace(program_, {*CardId::Parse(old_card_id), "card_id"},
                                 {.issuer = "city", .number = number}, {clock_.Now(), Soon()});
    EXPECT_TRUE(change.ok()) << change.status();
    ledger::Envelope& envelope = (*change)->envelope;
    envelope.program = program_;
    envelope.request_id = NextRequestId();
    envelope.fingerprint = std::string(32, 'e');
    envelope.actor = "key_test";
    envelope.now = clock_.Now();
    envelope.deadline = Soon();
    return *std::move(change);
  }
  absl::Status Post(std::unique_ptr<CardChange> change) {
    return poster_.Post(changes_, std::move(change)).answer.status();
  }

  const std::string ann_ = NewMember("Ann");
  const std::string twin_ = NewMember("Twin");

 private:
  CardChanges changes_;
};

TEST_F(CardsOfMerged, ADuplicatesCardLeadsToTheSurvivor) {
  const std::string number = Box(1)[0];
  ASSERT_TRUE(Link(twin_, number).ok());
  ASSERT_TRUE(Link(twin_, "CITY-4711", "city").ok());
  const std::string merge = Merge(twin_, ann_);
  EXPECT_EQ(ByCard(number)->member_id(), ann_);
  EXPECT_EQ(ByCard("CITY-4711", "city")->member_id(), ann_);
  Part(merge);
  EXPECT_EQ(ByCard(number)->member_id(), twin_);
}

TEST_F(CardsOfMerged, AllTheirCardsAreListedUntilTheyArePartedAgain) {
  const std::string third = NewMember("Third");
  const std::string number = Box(1)[0];
  ASSERT_TRUE(Link(ann_, "CITY-1000", "city").ok());
  ASSERT_TRUE(Link(third, "CITY-3000", "city").ok());
  ASSERT_TRUE(Link(twin_, number).ok());
  ASSERT_TRUE(Link(twin_, "CITY-2000", "city").ok());
  Merge(third, twin_);
  const std::string merge = Merge(twin_, ann_);
  const std::vector<std::string> all = NumbersOf(ann_);
  EXPECT_THAT(all, UnorderedElementsAre("CITY1000", "CITY2000", "CITY3000", number));
  for (const int page_size : {1, 3}) EXPECT_EQ(NumbersOf(ann_, page_size), all);
  for (const v1::Card& card : OfMember(ann_)) {
    EXPECT_EQ(card.member_id(), card.number() == "CITY1000"   ? ann_
                                : card.number() == "CITY3000" ? third
                                                              : twin_);
  }
  EXPECT_THAT(NumbersOfAlone(ann_), ElementsAre("CITY1000"));
  EXPECT_THAT(NumbersOfAlone(twin_), UnorderedElementsAre("CITY2000", number));
  EXPECT_THAT(NumbersOfAlone(third), ElementsAre("CITY3000"));
  Part(merge);
  EXPECT_THAT(NumbersOf(ann_), ElementsAre("CITY1000"));
  EXPECT_THAT(NumbersOf(twin_), UnorderedElementsAre("CITY2000", "CITY3000", number));
}

TEST_F(CardsOfMerged, TheirOwnCardIsLinkedAgainWithoutChangingAnything) {
  const std::string bob = NewMember("Bob");
  const std::vector<std::string> box = Box(2);
  const auto first = Link(twin_, box[0]);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Link(twin_, box[1]).ok());
  Merge(twin_, ann_);
  const int64_t facts = Count("ledger.journal");
  for (const std::string& member : {ann_, twin_}) {
    const auto again = Link(member, box[0]);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->card_id(), first->card_id());
  }
  EXPECT_EQ(Count("ledger.journal"), facts);
  EXPECT_THAT(NumbersOfAlone(twin_), UnorderedElementsAre(box[0], box[1]));
  const absl::Status taken = Link(bob, box[0]).status();
  EXPECT_EQ(Refusal(taken), Reason::kIdentifierTaken);
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("member_id", twin_)));
  // It may take another's place as well, as one of the survivor's own may.
  ASSERT_TRUE(Link(ann_, "CITY-1000", "city").ok());
  v1::ReplaceCardRequest replace;
  replace.set_request_id("replace");
  replace.mutable_card()->set_number("CITY-1000");
  replace.mutable_card()->set_issuer("city");
  replace.mutable_new_card()->set_number(box[0]);
  const auto replaced = Call(&CardStub::ReplaceCard, replace, "gk_till1");
  ASSERT_TRUE(replaced.ok()) << replaced.status();
  EXPECT_EQ(replaced->new_card_id(), first->card_id());
  ASSERT_TRUE(Lose(box[1]).ok());
  EXPECT_EQ(Refusal(Link(ann_, box[1]).status()), Reason::kCardLost);
}

TEST_F(CardsOfMerged, WhatReplacesADuplicatesCardIsTheSurvivors) {
  const std::string third = NewMember("Third");
  ASSERT_TRUE(Link(twin_, "CITY-4711", "city").ok());
  ASSERT_TRUE(Link(third, "CITY-3000", "city").ok());
  Merge(third, twin_);
  const std::string merge = Merge(twin_, ann_);
  for (const auto& [old_number, new_number] : std::vector<std::pair<std::string, std::string>>{
           {"CITY-4711", "CITY-4712"}, {"CITY-3000", "CITY-3001"}}) {
    const auto replaced = Replace(old_number, new_number, "", "city");
    ASSERT_TRUE(replaced.ok()) << replaced.status();
    EXPECT_EQ(replaced->member_id(), ann_);
    EXPECT_EQ(ByCard(new_number, "city")->member_id(), ann_);
    EXPECT_EQ(Refusal(ByCard(old_number, "city").status()), Reason::kCardReplaced);
  }
  EXPECT_THAT(NumbersOf(ann_), SizeIs(4));
  EXPECT_THAT(NumbersOfAlone(ann_), UnorderedElementsAre("CITY4712", "CITY3001"));
  EXPECT_THAT(NumbersOfAlone(twin_), ElementsAre("CITY4711"));
  // What was given to the survivor stays theirs.
  Part(merge);
  EXPECT_THAT(NumbersOf(ann_), UnorderedElementsAre("CITY4712", "CITY3001"));
  EXPECT_THAT(NumbersOf(twin_), UnorderedElementsAre("CITY4711", "CITY3000"));
}

TEST_F(CardsOfMerged, AReplacementUnderWayAsTheyAreMergedIsMadeAnewForTheSurvivor) {
  const auto linked = Link(twin_, "CITY-4711", "city");
  ASSERT_TRUE(linked.ok()) << linked.status();
  std::unique_ptr<CardChange> before = Prepared(linked->card_id(), "CITY4712");
  Merge(twin_, ann_);
  const absl::Status merged = Post(std::move(before));
  EXPECT_EQ(Refusal(merged), Reason::kMemberMerged);
  EXPECT_THAT(MetadataOf(merged), Contains(Pair("survivor_id", ann_)));
  EXPECT_EQ(Count("gratis_members.card"), 1);
  EXPECT_EQ(Post(Prepared(linked->card_id(), "CITY4712")), absl::OkStatus());
  EXPECT_THAT(NumbersOfAlone(ann_), ElementsAre("CITY4712"));
}

TEST_F(CardsOfMerged, AReplacementUnderWayAsTheyArePartedIsRefused) {
  const auto linked = Link(twin_, "CITY-4711", "city");
  ASSERT_TRUE(linked.ok()) << linked.status();
  const std::string merge = Merge(twin_, ann_);
  std::unique_ptr<CardChange> before = Prepared(linked->card_id(), "CITY4712");
  Part(merge);
  EXPECT_EQ(Refusal(Post(std::move(before))), Reason::kConflict);
  EXPECT_EQ(Count("gratis_members.card"), 1);
  EXPECT_EQ(Replace("CITY-4711", "CITY-4712", "", "city")->member_id(), twin_);
  EXPECT_THAT(NumbersOf(twin_), UnorderedElementsAre("CITY4711", "CITY4712"));
}

TEST_F(CardsOfMerged, AllThatIsReplacedWhileTheyAreMergedIsReadable) {
  constexpr int kCards = 20;
  for (int i = 0; i < kCards; ++i) {
    ASSERT_TRUE(Link(twin_, absl::StrCat("OLD-", 1000 + i), "city").ok());
  }
  std::thread till([this] {
    CardStub stub(server_->InProcessChannel({}));
    for (int i = 0; i < kCards; ++i) {
      v1::ReplaceCardRequest request;
      request.set_request_id(absl::StrCat("replace-", i));
      request.mutable_card()->set_number(absl::StrCat("OLD-", 1000 + i));
      request.mutable_card()->set_issuer("city");
      request.mutable_new_card()->set_number(absl::StrCat("NEW-", 1000 + i));
      request.mutable_new_card()->set_issuer("city");
      grpc::ClientContext context;
      context.AddMetadata("authorization", rpc::KeyAuthorization("gk_till1"));
      v1::ReplaceCardResponse response;
      const grpc::Status status = stub.ReplaceCard(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
    }
  });
  Merge(twin_, ann_);
  till.join();
  EXPECT_THAT(NumbersOf(ann_), SizeIs(2 * kCards));
}

}  // namespace
}  // namespace gratis::members
