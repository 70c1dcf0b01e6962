#include "services/members/enrollment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/status/reasons.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {
namespace {

using ::testing::Contains;
using ::testing::Pair;
using ::testing::SizeIs;

class Enrolling : public MembersHouse {
 protected:
  // Posts all at once and waits for all.
  std::vector<ledger::Outcome> PostAll(std::vector<std::unique_ptr<Enrollment>> enrollments) {
    std::vector<std::promise<ledger::Outcome>> promises(enrollments.size());
    for (size_t i = 0; i < enrollments.size(); ++i) {
      poster_.Submit(kind_, std::move(enrollments[i]), [&promises, i](ledger::Outcome outcome) {
        promises[i].set_value(std::move(outcome));
      });
    }
    std::vector<ledger::Outcome> outcomes;
    for (auto& promise : promises) outcomes.push_back(promise.get_future().get());
    return outcomes;
  }

  absl::StatusOr<Member> Identify(std::vector<absl::StatusOr<Identifier>> wanted) {
    std::vector<Identifier> identifiers;
    for (auto& identifier : wanted) identifiers.push_back(*std::move(identifier));
    return members_.Identify(program_, identifiers, Soon());
  }

  static std::string TakenBy(const ledger::Outcome& outcome) {
    EXPECT_EQ(ReasonOf(outcome.answer.status()), Reason::kIdentifierTaken)
        << outcome.answer.status();
    for (const auto& [key, value] : MetadataOf(outcome.answer.status())) {
      if (key == "member_id") return value;
    }
    return "";
  }

  const absl::Time first_day_ = absl::FromUnixSeconds(1'700'000'000);
  const Profile ann_{.external_ids = {{"webshop", "A-17"}, {"crm", "9"}},
                     .email = "Ann@Example.com",
                     .phone = "+41 44 668 18 00",
                     .greeting_name = "Ännchen",
                     .birthday = Birthday{{2, 29}, 1980},
                     .time_zone = "Europe/Zurich",
                     .language = "de-CH"};
};

TEST_F(Enrolling, AMemberIsKnownByIdAndByEveryIdentifier) {
  const absl::Time before = clock_.Now();
  const MemberId id = IdIn(Enroll("r1", ann_));
  const auto member = members_.Get(program_, id, Soon());
  ASSERT_TRUE(member.ok()) << member.status();
  Profile expected = ann_;
  expected.phone = "+41446681800";
  EXPECT_EQ(member->profile, expected);
  EXPECT_GE(member->enrolled_at, before);
  EXPECT_LE(member->enrolled_at, clock_.Now());

  EXPECT_EQ(Identify({ExternalIdIdentifier({"crm", "9"})})->id, id);
  EXPECT_EQ(Identify({EmailIdentifier("ANN@EXAMPLE.COM")})->id, id);
  EXPECT_EQ(Identify({PhoneIdentifier("+41 (0)44 668 18 00")})->id, id);
  EXPECT_EQ(Identify({EmailIdentifier("ann@example.com"), PhoneIdentifier("+41446681800"),
                      ExternalIdIdentifier({"webshop", "A-17"})})
                ->profile.greeting_name,
            "Ännchen");
  EXPECT_EQ(Count("ledger.journal WHERE kind = 10 AND points = 0"), 1);
  EXPECT_EQ(Count("ledger.holder"), 1);
}

TEST_F(Enrolling, IdentifiersOfTwoMembersAreAmbiguousAndUnknownOnesFindNobody) {
  Enroll("r1", ann_);
  Enroll("r2", {.email = "bob@example.com"});
  EXPECT_EQ(
      ReasonOf(
          Identify({EmailIdentifier("bob@example.com"), PhoneIdentifier("+41446681800")}).status()),
      Reason::kMemberAmbiguous);
  EXPECT_EQ(ReasonOf(Identify({EmailIdentifier("eve@example.com")}).status()),
            Reason::kMemberNotFound);
  EXPECT_EQ(
      ReasonOf(
          Identify({EmailIdentifier("bob@example.com"), PhoneIdentifier("+41446681801")}).status()),
      Reason::kMemberNotFound);
  EXPECT_EQ(ReasonOf(members_.Get(program_, {ids_.Next(clock_.Now())}, Soon()).status()),
            Reason::kMemberNotFound);
}

TEST_F(Enrolling, ARetryGetsTheFirstAnswerByteForByte) {
  const ledger::Outcome first = Enroll("r1", ann_);
  const ledger::Outcome again = Enroll("r1", ann_);
  EXPECT_FALSE(first.replayed);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(*first.answer, *again.answer);
  EXPECT_EQ(Count("gratis_members.member"), 1);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 10"), 1);
}

TEST_F(Enrolling, ARetryMonthsLaterGetsTheFirstAnswerToo) {
  auto stated = [&] {
    auto enrollment =
        *members_.Prepare(program_, {.email = "ann@example.com"}, first_day_, false, first_day_);
    enrollment->envelope = Attempt("r1", {.email = "ann@example.com"})->envelope;
    enrollment->envelope.member = enrollment->row().id;
    return enrollment;
  };
  auto first = stated();
  first->envelope.now = first_day_;
  const ledger::Outcome then = Post(std::move(first));
  const ledger::Outcome later = Post(stated());
  ASSERT_TRUE(later.answer.ok()) << later.answer.status();
  EXPECT_EQ(*then.answer, *later.answer);
}

TEST_F(Enrolling, ARequestIdUsedForSomeoneElseIsRefused) {
  Enroll("r1", ann_);
  const ledger::Outcome reused = Enroll("r1", {.email = "bob@example.com"});
  EXPECT_EQ(ReasonOf(reused.answer.status()), Reason::kRequestIdReused);
  EXPECT_EQ(Count("gratis_members.member"), 1);
}

TEST_F(Enrolling, ATakenIdentifierChangesNothingAndItsRequestIdStaysFree) {
  const MemberId ann = IdIn(Enroll("r1", ann_));
  const ledger::Outcome taken =
      Enroll("r2", {.external_ids = {{"webshop", "B-1"}}, .email = "ANN@example.com"});
  EXPECT_EQ(TakenBy(taken), ann.ToString());
  EXPECT_EQ(FieldOf(taken.answer.status()), "profile.email");
  EXPECT_EQ(Count("gratis_members.member"), 1);
  EXPECT_EQ(Count("ledger.holder"), 1);
  EXPECT_EQ(ReasonOf(Identify({ExternalIdIdentifier({"webshop", "B-1"})}).status()),
            Reason::kMemberNotFound);

  const MemberId other = IdIn(Enroll("r2", {.external_ids = {{"webshop", "B-1"}}}));
  EXPECT_EQ(Identify({ExternalIdIdentifier({"webshop", "B-1"})})->id, other);
}

TEST_F(Enrolling, OnlyValidatedLeavesNothing) {
  auto attempt = Attempt("r1", ann_);
  attempt->envelope.validate_only = true;
  const ledger::Outcome outcome = Post(std::move(attempt));
  v1::EnrollMemberResponse response;
  ASSERT_TRUE(outcome.answer.ok() && response.ParseFromString(*outcome.answer));
  EXPECT_EQ(response.member_id(), "");
  for (const char* table : {"gratis_members.member", "ledger.holder", "ledger.journal",
                            "ledger.directory", "ledger.request"}) {
    EXPECT_EQ(Count(table), 0) << table;
  }
  EXPECT_TRUE(Enroll("r1", ann_).answer.ok());
}

TEST_F(Enrolling, ProgramsDoNotKnowEachOthersMembers) {
  const ledger::Program other = NewProgram("other");
  const MemberId here = IdIn(Enroll("r1", ann_));
  const MemberId there = IdIn(Post(Attempt("r1", ann_, other)));
  EXPECT_NE(here, there);
  EXPECT_EQ(ReasonOf(members_.Get(other, here, Soon()).status()), Reason::kMemberNotFound);
  EXPECT_EQ(members_.Identify(other, {{*EmailIdentifier("ann@example.com")}}, Soon())->id, there);
}

// Each till makes an id of its own, so they post in partitions of their own, side by side.
TEST_F(Enrolling, OfTillsThatEnrollTheSamePhoneAtOnceExactlyOneWins) {
  constexpr int kRounds = 25;
  constexpr int kTills = 6;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<Enrollment>> tills;
    for (int till = 0; till < kTills; ++till) {
      tills.push_back(Attempt(absl::StrCat("till-", round, "-", till),
                              {.external_ids = {{"till", absl::StrCat(round, "-", till)}},
                               .phone = absl::StrCat("+4144668", 1000 + round)}));
    }
    const std::vector<ledger::Outcome> outcomes = PostAll(std::move(tills));
    std::string winner;
    for (const ledger::Outcome& outcome : outcomes) {
      if (!outcome.answer.ok()) continue;
      EXPECT_EQ(winner, "") << "two winners";
      winner = IdIn(outcome).ToString();
    }
    for (const ledger::Outcome& outcome : outcomes) {
      if (outcome.answer.ok()) continue;
      EXPECT_EQ(TakenBy(outcome), winner);
    }
  }
  EXPECT_EQ(Count("gratis_members.member"), kRounds);
  EXPECT_EQ(Count("ledger.holder"), kRounds);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 10"), kRounds);
  EXPECT_EQ(Count("ledger.directory WHERE kind = 4"), kRounds);
  EXPECT_EQ(Count("ledger.directory WHERE kind = 2"), kRounds) << "losers keep no other name";
}

TEST_F(Enrolling, TheSameRequestSentManyTimesAtOnceEnrollsOnce) {
  constexpr int kRounds = 15;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<Enrollment>> attempts;
    for (int i = 0; i < 6; ++i) {
      attempts.push_back(
          Attempt(absl::StrCat("r", round), {.email = absl::StrCat("ann", round, "@example.com")}));
    }
    std::set<std::string> answers;
    int first_answers = 0;
    for (const ledger::Outcome& outcome : PostAll(std::move(attempts))) {
      ASSERT_TRUE(outcome.answer.ok()) << outcome.answer.status();
      answers.insert(*outcome.answer);
      first_answers += !outcome.replayed;
    }
    EXPECT_THAT(answers, SizeIs(1));
    EXPECT_EQ(first_answers, 1);
  }
  EXPECT_EQ(Count("gratis_members.member"), kRounds);
}

TEST_F(Enrolling, InAMixedBatchEachSucceedsOrFailsByItself) {
  const MemberId ann = IdIn(Enroll("ann", ann_));
  std::vector<std::unique_ptr<Enrollment>> batch;
  for (int i = 0; i < 100; ++i) {
    const std::string id = absl::StrCat(i);
    batch.push_back(Attempt("new-" + id, {.external_ids = {{"crm", "new-" + id}}}));
    batch.push_back(Attempt("taken-" + id, {.email = "ann@example.com"}));
    batch.push_back(Attempt("ann", ann_));
    batch.push_back(Attempt("ann", {.external_ids = {{"crm", "reused-" + id}}}));
  }
  const std::vector<ledger::Outcome> outcomes = PostAll(std::move(batch));
  for (size_t i = 0; i < outcomes.size(); i += 4) {
    EXPECT_TRUE(outcomes[i].answer.ok()) << outcomes[i].answer.status();
    EXPECT_EQ(TakenBy(outcomes[i + 1]), ann.ToString());
    EXPECT_TRUE(outcomes[i + 2].replayed);
    EXPECT_EQ(IdIn(outcomes[i + 2]), ann);
    EXPECT_EQ(ReasonOf(outcomes[i + 3].answer.status()), Reason::kRequestIdReused);
  }
  EXPECT_EQ(Count("gratis_members.member"), 101);
}

TEST_F(Enrolling, AnExternalIdIsOneHoweverItIsWrittenButForItsCase) {
  const MemberId ann = IdIn(Enroll("ann", {.external_ids = {{"crm", " ＡＢ  1"}}}));
  for (const char* text : {"AB 1", " AB 1 ", "ＡＢ\u3000１", "AB   1"}) {
    EXPECT_EQ(Identify({ExternalIdIdentifier({"crm", text})})->id, ann) << text;
    EXPECT_EQ(TakenBy(Enroll(absl::StrCat("again ", text), {.external_ids = {{"crm", text}}})),
              ann.ToString())
        << text;
  }
  EXPECT_THAT(members_.Get(program_, ann, Soon())->profile.external_ids,
              ::testing::ElementsAre(ExternalId{"crm", "AB 1"}));
  EXPECT_EQ(ReasonOf(Identify({ExternalIdIdentifier({"crm", "ab 1"})}).status()),
            Reason::kMemberNotFound);
  EXPECT_NE(IdIn(Enroll("other", {.external_ids = {{"crm", "ab 1"}}})), ann);
}

TEST_F(Enrolling, AnExternalIdFromBeforeItsSpellingsWereOneIsFoundAndTakenAsItWasWritten) {
  const std::string written = "ＡＢ\u3000１";
  auto before = *members_.Prepare(program_, {.external_ids = {{"crm", written}}}, std::nullopt,
                                  /*may_state_past=*/false, clock_.Now());
  before->envelope = Attempt("before", {.external_ids = {{"crm", written}}})->envelope;
  before->envelope.member = before->row().id;
  const MemberId old = IdIn(Post(std::move(before)));
  EXPECT_EQ(Identify({ExternalIdIdentifier({"crm", written})})->id, old);
  EXPECT_EQ(TakenBy(Enroll("again", {.external_ids = {{"crm", written}}})), old.ToString());
  EXPECT_EQ(ReasonOf(Identify({ExternalIdIdentifier({"crm", "AB 1"})}).status()),
            Reason::kMemberNotFound);
  // Where somebody else has the plain one by now, the spelling is of both: nobody is guessed.
  const MemberId plain = IdIn(Enroll("plain", {.external_ids = {{"crm", "AB 1"}}}));
  EXPECT_EQ(Identify({ExternalIdIdentifier({"crm", "AB 1"})})->id, plain);
  EXPECT_EQ(ReasonOf(Identify({ExternalIdIdentifier({"crm", written})}).status()),
            Reason::kMemberAmbiguous);
}

TEST_F(Enrolling, AThousandAtOnceAreAllThere) {
  constexpr int kPeople = 1000;
  std::vector<std::unique_ptr<Enrollment>> people;
  for (int i = 0; i < kPeople; ++i) {
    people.push_back(Attempt(absl::StrCat("r", i),
                             {.external_ids = {{"cdnow", absl::StrCat(i)}},
                              .birthday = Birthday{{1 + i % 12, 1 + i % 28}, std::nullopt}}));
  }
  const absl::Time begin = clock_.Now();
  std::set<std::string> ids;
  for (const ledger::Outcome& outcome : PostAll(std::move(people))) {
    ids.insert(IdIn(outcome).ToString());
  }
  RecordProperty("elapsed_ms", absl::ToInt64Milliseconds(clock_.Now() - begin));
  EXPECT_THAT(ids, SizeIs(kPeople));
  EXPECT_EQ(Count("gratis_members.member"), kPeople);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 10"), kPeople);
  for (const int i : {0, 499, 999}) {
    EXPECT_TRUE(Identify({ExternalIdIdentifier({"cdnow", absl::StrCat(i)})}).ok());
  }
}

}  // namespace
}  // namespace gratis::members
