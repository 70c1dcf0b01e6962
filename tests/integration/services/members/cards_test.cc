#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "common/ledger/verify.h"
#include "tests/integration/services/members/cards_house.h"

namespace gratis::members {
namespace {

using ::testing::Contains;
using ::testing::Pair;
using ::testing::SizeIs;

using CardsTest = CardsHouse;

TEST_F(CardsTest, ABoxIsIssuedAndLinkedAtTheTill) {
  const std::string ann = NewMember("Ann");
  const std::vector<std::string> box = Box(3);
  EXPECT_THAT(std::set<std::string>(box.begin(), box.end()), SizeIs(3));
  EXPECT_EQ(Refusal(ByCard(box[0]).status()), Reason::kCardNotLinked);

  const auto linked = Link(ann, box[0]);
  ASSERT_TRUE(linked.ok()) << linked.status();
  const auto found =
      ByCard(absl::StrCat(box[0].substr(0, 1), " ", box[0].substr(1, 6), " ", box[0].substr(7)));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->member_id(), ann);
  EXPECT_EQ(found->greeting_name(), "Ann");

  const std::vector<v1::Card> hers = OfMember(ann);
  ASSERT_THAT(hers, SizeIs(1));
  EXPECT_EQ(hers[0].card_id(), linked->card_id());
  EXPECT_EQ(hers[0].number(), box[0]);
  EXPECT_EQ(hers[0].state(), v1::CARD_STATE_LINKED);
  EXPECT_EQ(hers[0].member_id(), ann);
  EXPECT_EQ(hers[0].batch(), "box-1");
  EXPECT_EQ(Refusal(ByCard(box[1]).status()), Reason::kCardNotLinked);
}

TEST_F(CardsTest, ACardThatSomebodyHasIsTakenAndSaysByWhom) {
  const std::string ann = NewMember("Ann");
  const std::string bob = NewMember("Bob");
  const std::string number = Box(1)[0];
  ASSERT_TRUE(Link(ann, number).ok());
  const absl::Status taken = Link(bob, number).status();
  EXPECT_EQ(Refusal(taken), Reason::kIdentifierTaken);
  EXPECT_EQ(FieldOf(taken), "card");
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("member_id", ann)));
  // To the same member again: nothing to do, and no fact.
  const int64_t facts = Count("ledger.journal");
  EXPECT_TRUE(Link(ann, number).ok());
  EXPECT_EQ(Count("ledger.journal"), facts);
}

TEST_F(CardsTest, ALostCardIsToldAsLostAndItsSuccessorWorks) {
  const std::string ann = NewMember("Ann");
  const std::vector<std::string> box = Box(2);
  ASSERT_TRUE(Link(ann, box[0]).ok());
  const auto lost = Lose(box[0]);
  ASSERT_TRUE(lost.ok()) << lost.status();
  EXPECT_EQ(lost->member_id(), ann);
  EXPECT_EQ(Refusal(ByCard(box[0]).status()), Reason::kCardLost);
  EXPECT_EQ(Refusal(Link(ann, box[0]).status()), Reason::kCardLost);
  EXPECT_TRUE(Lose(box[0]).ok());

  const auto replaced = Replace(box[0], box[1]);
  ASSERT_TRUE(replaced.ok()) << replaced.status();
  EXPECT_EQ(replaced->member_id(), ann);
  EXPECT_EQ(ByCard(box[1])->member_id(), ann);
  EXPECT_EQ(Refusal(ByCard(box[0]).status()), Reason::kCardLost);
  const std::vector<v1::Card> hers = OfMember(ann);
  ASSERT_THAT(hers, SizeIs(2));
  for (const v1::Card& card : hers) {
    const bool old = card.number() == box[0];
    EXPECT_EQ(card.state(), old ? v1::CARD_STATE_LOST : v1::CARD_STATE_LINKED);
    EXPECT_EQ(card.successor_card_id(), old ? replaced->new_card_id() : "");
  }
}

TEST_F(CardsTest, AWornCardIsReplacedAndNobodyIsCalledAThief) {
  const std::string ann = NewMember("Ann");
  const std::string bob = NewMember("Bob");
  const std::vector<std::string> box = Box(4);
  ASSERT_TRUE(Link(ann, box[0]).ok());
  ASSERT_TRUE(Link(bob, box[3]).ok());
  EXPECT_EQ(Refusal(Replace(box[0], box[0]).status()), Reason::kFieldInvalid);
  EXPECT_EQ(Refusal(Replace(box[0], box[3]).status()), Reason::kIdentifierTaken);
  EXPECT_EQ(Refusal(Replace(box[1], box[2]).status()), Reason::kCardNotLinked);

  const auto first = Replace(box[0], box[1], "replace");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Refusal(ByCard(box[0]).status()), Reason::kCardReplaced);
  EXPECT_EQ(ByCard(box[1])->member_id(), ann);
  EXPECT_EQ(Refusal(Lose(box[0]).status()), Reason::kCardReplaced);
  EXPECT_EQ(Refusal(Replace(box[0], box[2]).status()), Reason::kCardReplaced);

  const auto again = Replace(box[0], box[1], "replace");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

TEST_F(CardsTest, WhatIsNotACardsNumberIsRefusedBeforeAnybodyIsLookedFor) {
  const std::string ann = NewMember("Ann");
  const std::string number = Box(1)[0];
  ASSERT_TRUE(Link(ann, number).ok());
  std::string slip = number;
  slip[5] = slip[5] == '9' ? '0' : static_cast<char>(slip[5] + 1);
  const absl::Status refused = ByCard(slip).status();
  EXPECT_EQ(Refusal(refused), Reason::kInvalidCard);
  EXPECT_EQ(FieldOf(refused), "card");
  slip.back() = EanCheckDigit(slip.substr(0, 12));  // well formed, and nobody's
  EXPECT_EQ(Refusal(ByCard(slip).status()), Reason::kCardNotFound);
  EXPECT_EQ(Refusal(Link(ann, slip).status()), Reason::kCardNotFound);
  EXPECT_EQ(Refusal(Lose(slip).status()), Reason::kCardNotFound);
}

TEST_F(CardsTest, AnotherIssuersCardLeadsToTheMemberToo) {
  const std::string ann = NewMember("Ann");
  const std::string bob = NewMember("Bob");
  EXPECT_EQ(Refusal(ByCard("AB 12-345", "oldclub").status()), Reason::kCardNotFound);
  const auto linked = Link(ann, "ab 12345", "oldclub", "link");
  ASSERT_TRUE(linked.ok()) << linked.status();
  EXPECT_EQ(ByCard("AB12-345", "oldclub")->member_id(), ann);
  EXPECT_EQ(Refusal(ByCard("AB12345", "otherclub").status()), Reason::kCardNotFound);
  EXPECT_EQ(Refusal(Link(bob, "AB12345", "oldclub").status()), Reason::kIdentifierTaken);
  EXPECT_EQ(Link(ann, "ab 12345", "oldclub", "link")->card_id(), linked->card_id());
  EXPECT_TRUE(replayed_);

  const std::vector<v1::Card> hers = OfMember(ann);
  ASSERT_THAT(hers, SizeIs(1));
  EXPECT_EQ(hers[0].number(), "AB12345");
  EXPECT_EQ(hers[0].issuer(), "oldclub");
  EXPECT_EQ(Count("gratis_members.card WHERE position('AB12345'::bytea in sealed_number) > 0"), 0);
}

TEST_F(CardsTest, IssuingAgainUnderTheSameRequestMakesNoMoreCards) {
  ASSERT_TRUE(Issue(100, "box-x", "box").ok());
  const std::vector<v1::Card> cards = OfBatch("box-x", 7);
  EXPECT_THAT(cards, SizeIs(100));
  ASSERT_TRUE(Issue(100, "box-x", "box").ok());
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(OfBatch("box-x").front().SerializeAsString(), cards.front().SerializeAsString());
  EXPECT_THAT(OfBatch("box-x"), SizeIs(100));
  ASSERT_TRUE(Issue(1000, "box-x").ok());
  EXPECT_THAT(OfBatch("box-x"), SizeIs(1100));
  EXPECT_THAT(OfBatch("box-y"), SizeIs(0));
  EXPECT_EQ(Refusal(Issue(1001, "box-x").status()), Reason::kFieldInvalid);
}

TEST_F(CardsTest, NoNumberIsInTheDatabase) {
  const std::string ann = NewMember("Ann");
  const std::string number = Box(1)[0];
  ASSERT_TRUE(Link(ann, number).ok());
  for (const std::string& table :
       {std::string("gratis_members.card"), std::string("ledger.journal"),
        std::string("ledger.request"), std::string("ledger.directory")}) {
    EXPECT_EQ(Count(table + " AS t WHERE t::text LIKE '%" + number.substr(2, 10) + "%'"), 0)
        << table;
  }
}

TEST_F(CardsTest, OfTwoTillsThatLinkOneCardOneDoes) {
  const std::string ann = NewMember("Ann");
  const std::string bob = NewMember("Bob");
  const std::vector<std::string> box = Box(20);
  std::atomic<int> linked = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> tills;
  for (const std::string& member : {ann, bob}) {
    tills.emplace_back([&, member] {
      for (const std::string& number : box) {
        v1::LinkCardRequest request;
        request.set_request_id(absl::StrCat(member, "/", number));
        request.set_member_id(member);
        request.mutable_card()->set_number(number);
        CardStub stub(server_->InProcessChannel({}));
        grpc::ClientContext context;
        context.AddMetadata("authorization", rpc::KeyAuthorization("gk_till1"));
        v1::LinkCardResponse response;
        const grpc::Status status = stub.LinkCard(&context, request, &response);
        if (status.ok()) {
          ++linked;
        } else if (ReasonOf(rpc::FromGrpc(status)) == Reason::kIdentifierTaken) {
          ++taken;
        }
      }
    });
  }
  for (std::thread& till : tills) till.join();
  EXPECT_EQ(linked, 20);
  EXPECT_EQ(taken, 20);
  EXPECT_EQ(OfMember(ann).size() + OfMember(bob).size(), 20U);
}

TEST_F(CardsTest, TheBooksVerifyWithCardsInThem) {
  const std::string ann = NewMember("Ann");
  const std::vector<std::string> box = Box(3);
  ASSERT_TRUE(Link(ann, box[0]).ok());
  ASSERT_TRUE(Replace(box[0], box[1]).ok());
  ASSERT_TRUE(Lose(box[2]).ok());
  pg::PoolOptions owner = PoolOptions(database_.conninfo());
  owner.role.clear();
  pg::Pool pool(owner);
  for (int32_t partition = program_.first_partition; partition <= program_.last_partition();
       ++partition) {
    const auto verified = ledger::VerifyPartition(
        pool, program_, partition, {.chain_key = std::string(32, 'c'), .deadline = Soon()});
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_THAT(verified->damages, SizeIs(0));
  }
}

TEST_F(CardsTest, AValidationChangesNothing) {
  const std::string ann = NewMember("Ann");
  const std::string number = Box(1)[0];
  v1::LinkCardRequest request;
  request.set_request_id("link");
  request.set_member_id(ann);
  request.mutable_card()->set_number(number);
  request.set_validate_only(true);
  const auto validated = Call(&CardStub::LinkCard, request, "gk_till1");
  ASSERT_TRUE(validated.ok()) << validated.status();
  EXPECT_EQ(validated->card_id(), "");
  EXPECT_EQ(Refusal(ByCard(number).status()), Reason::kCardNotLinked);
  EXPECT_TRUE(Link(ann, number, "", "link").ok());
}

TEST_F(CardsTest, WhatIsMissingIsNamed) {
  const std::string number = Box(1)[0];
  EXPECT_EQ(Refusal(Link(MemberId{ids_.Next(clock_.Now())}.ToString(), number).status()),
            Reason::kMemberNotFound);
  EXPECT_EQ(Refusal(Link("mem_1", number).status()), Reason::kInvalidId);
  EXPECT_EQ(Refusal(Call(&CardStub::ListCards, v1::ListCardsRequest()).status()),
            Reason::kFieldMissing);
  v1::ReportCardLostRequest lost;
  lost.set_request_id("lost");
  EXPECT_EQ(Refusal(Call(&CardStub::ReportCardLost, lost).status()), Reason::kFieldMissing);
  lost.set_card_id(CardId{ids_.Next(clock_.Now())}.ToString());
  EXPECT_EQ(Refusal(Call(&CardStub::ReportCardLost, lost).status()), Reason::kCardNotFound);
  EXPECT_EQ(Refusal(Call(&CardStub::ListCards, v1::ListCardsRequest(), "gk_till1").status()),
            Reason::kRoleNotAllowed);
}

}  // namespace
}  // namespace gratis::members
