#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/policy.pb.h"
#include "gratis/members/v1/standing.pb.h"
#include "services/members/merging.h"
#include "services/members/standing_changes.h"
#include "tests/integration/services/members/members_house.h"

// What becomes of members after they were enrolled: changes, states, leaving, coming back.
namespace gratis::members {
namespace {

using ledger::MemberState;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Gives a member points.
class Gift final : public ledger::Mutation {
 public:
  explicit Gift(const TransactionId& transaction) : transaction_(transaction) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::Earn(books, {.posting = {.kind = ledger::FactKind::kEarn,
                                                     .transaction = transaction_,
                                                     .member = envelope.member,
                                                     .effective_at = envelope.now},
                                         .points = 70}));
    return std::string("given");
  }

 private:
  const TransactionId transaction_;
};

class Changes : public MembersHouse {
 protected:
  ledger::Outcome Do(ledger::MutationKind& kind, const MemberId& member,
                     std::unique_ptr<ledger::Mutation> mutation, bool validate_only = false) {
    ledger::Envelope& envelope = mutation->envelope;
    envelope.program = program_;
    envelope.member = member;
    envelope.request_id = absl::StrCat("change ", ++requests_);
    envelope.fingerprint = envelope.request_id;
    envelope.actor = "key_test";
    envelope.now = clock_.Now();
    envelope.deadline = Soon();
    envelope.validate_only = validate_only;
    return poster_.Post(kind, std::move(mutation));
  }
  ledger::Outcome Try(const MemberId& member, ProfileChange change, bool validate_only = false) {
    absl::StatusOr<ProfileChange> checked = CheckedChange(std::move(change), "");
    EXPECT_TRUE(checked.ok()) << checked.status();
    return Do(updates_, member,
              members_.PrepareUpdate(program_, member, *std::move(checked), clock_.Now()),
              validate_only);
  }
  std::vector<std::string> Update(const MemberId& member, ProfileChange change) {
    const ledger::Outcome outcome = Try(member, std::move(change));
    v1::UpdateMemberResponse response;
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    if (outcome.answer.ok()) {
      EXPECT_TRUE(response.ParseFromString(*outcome.answer));
    }
    return {response.changed_fields().begin(), response.changed_fields().end()};
  }
  absl::Status SetState(const MemberId& member, MemberState state) {
    return Do(plain_, member,
              std::make_unique<StateChange>(member, state, "case 7", NewTransaction(member)))
        .answer.status();
  }
  absl::StatusOr<v1::CloseMemberResponse> Close(const MemberId& member, const std::string& why,
                                                bool validate_only = false) {
    const ledger::Outcome outcome =
        Do(closings_, member, std::make_unique<Closing>(member, why, NewTransaction(member)),
           validate_only);
    RETURN_IF_ERROR(outcome.answer.status());
    v1::CloseMemberResponse response;
    EXPECT_TRUE(response.ParseFromString(*outcome.answer));
    return response;
  }
  absl::Status Reopen(const MemberId& member) {
    return Do(plain_, member, std::make_unique<Reopening>(member, NewTransaction(member)))
        .answer.status();
  }
  TransactionId NewTransaction(const MemberId& member) {
    return members_.NewTransaction(program_, member, clock_.Now());
  }
  Member Get(const MemberId& member) { return *members_.Get(program_, member, Soon()); }
  absl::StatusOr<Member> FindByPhone(const std::string& phone) {
    return members_.Identify(program_, {{*PhoneIdentifier(phone)}}, Soon());
  }
  std::vector<std::string> Journal(const MemberId& member, ledger::FactKind kind) {
    std::vector<std::string> details;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const auto rows, ledger::ReadEntries(tx, program_, member,
                                                                        {.kinds = {kind}}, 100));
                  details.clear();
                  for (const auto& row : rows) details.push_back(row.fact.detail);
                  return absl::OkStatus();
                }).ok());
    return details;
  }

  ProfileUpdates updates_{vault_};
  Merges merges_{vault_};
  Closings closings_{vault_};
  PolicySettings policies_;
  ledger::MutationKind plain_;

 private:
  std::atomic<int> requests_{0};
};

TEST_F(Changes, WhoWasEnrolledWithNothingButAPhoneIsCompletedLater) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  EXPECT_THAT(
      Update(ann, {.parts = {Part::kEmail, Part::kGreetingName, Part::kHomeStore,
                             Part::kAcquisitionSource},
                   .wanted = {.email = "Ann@example.com",
                              .greeting_name = "Ann",
                              .acquisition_source = "friend",
                              .home_store = "main-street"},
                   .added = {{"crm", "1"}}}),
      ElementsAre("external_ids", "email", "greeting_name", "acquisition_source", "home_store"));
  const Member found = *members_.Identify(
      program_, {{*EmailIdentifier("ann@EXAMPLE.com"), *ExternalIdIdentifier({"crm", "1"})}},
      Soon());
  EXPECT_EQ(found.id, ann);
  EXPECT_EQ(found.profile.phone, "+41446681800");
  EXPECT_EQ(found.profile.home_store, "main-street");
  EXPECT_EQ(found.state, MemberState::kActive);
}

TEST_F(Changes, APhoneThatWasGivenUpIsSomebodyElses) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  EXPECT_THAT(Update(ann, {.parts = {Part::kPhone}, .wanted = {.phone = "+41446681801"}}),
              ElementsAre("phone"));
  EXPECT_EQ(ReasonOf(FindByPhone("+41446681800").status()), Reason::kMemberNotFound);
  const MemberId bob = IdIn(Enroll("r2", {.phone = "+41446681800"}));
  EXPECT_EQ(FindByPhone("+41446681800")->id, bob);
  EXPECT_EQ(FindByPhone("+41446681801")->id, ann);
}

TEST_F(Changes, NothingIsTakenFromSomebodyElseAndNothingIsHalfDone) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  const MemberId bob = IdIn(Enroll("r2", {.external_ids = {{"crm", "2"}}}));
  const absl::Status taken = Try(bob, {.parts = {Part::kGreetingName, Part::kPhone},
                                       .wanted = {.phone = "+41446681800", .greeting_name = "Bob"},
                                       .added = {{"crm", "3"}},
                                       .removed = {{"crm", "2"}}})
                                 .answer.status();
  EXPECT_EQ(ReasonOf(taken), Reason::kIdentifierTaken);
  EXPECT_EQ(FieldOf(taken), "profile.phone");
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("member_id", ann.ToString())));
  EXPECT_EQ(Get(bob).profile, (Profile{.external_ids = {{"crm", "2"}}}));
  EXPECT_EQ(members_.Identify(program_, {{*ExternalIdIdentifier({"crm", "2"})}}, Soon())->id, bob);
  EXPECT_EQ(FieldOf(Try(ann, {.parts = {}, .wanted = {}, .added = {{"x", "1"}, {"crm", "2"}}})
                        .answer.status()),
            "add_external_ids[1]");
}

// Whether it is added once more or set.
TEST_F(Changes, AnExternalIdOfOldIsTheirsAndIsWrittenAnewWhenItIsSaidAgain) {
  const std::string written = "ＡＢ\u3000１", set = "ＡＣ\u3000１";
  const auto as_of_old = [&](const std::string& text) {
    auto before = *members_.Prepare(program_, {.external_ids = {{"crm", text}}}, std::nullopt,
                                    /*may_state_past=*/false, clock_.Now());
    before->envelope = Attempt("before " + text, {.external_ids = {{"crm", text}}})->envelope;
    before->envelope.member = before->row().id;
    return IdIn(Post(std::move(before)));
  };
  const auto found_by = [&](const std::string& text) {
    const auto found =
        members_.Identify(program_, {{*ExternalIdIdentifier({"crm", text})}}, Soon());
    return found.ok() ? found->id : MemberId{};
  };
  const MemberId ann = as_of_old(written), eve = as_of_old(set);
  EXPECT_EQ(found_by("AB 1"), MemberId{});
  const MemberId bob = IdIn(Enroll("bob", {.phone = "+41446681800"}));
  const ProfileChange add{.parts = {}, .wanted = {}, .added = {{"crm", written}}};
  const absl::Status taken = Try(bob, add).answer.status();
  EXPECT_EQ(ReasonOf(taken), Reason::kIdentifierTaken);
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("member_id", ann.ToString())));
  EXPECT_THAT(Update(ann, add), ElementsAre("external_ids"));
  EXPECT_THAT(Update(ann, add), IsEmpty()) << "it is theirs already";
  EXPECT_THAT(Get(ann).profile.external_ids, ElementsAre(ExternalId{"crm", "AB 1"}));
  EXPECT_THAT(
      Update(eve, {.parts = {Part::kExternalIds}, .wanted = {.external_ids = {{"crm", set}}}}),
      ElementsAre("external_ids"));
  EXPECT_THAT(Get(eve).profile.external_ids, ElementsAre(ExternalId{"crm", "AC 1"}));
  for (const std::string& text : {written, std::string("AB 1")}) EXPECT_EQ(found_by(text), ann);
  for (const std::string& text : {set, std::string("AC 1")}) EXPECT_EQ(found_by(text), eve);
  EXPECT_EQ(ReasonOf(Try(bob, add).answer.status()), Reason::kIdentifierTaken);
}

TEST_F(Changes, WhoseAddressIsRemovedIsNotReachedAtADuplicatesEither) {
  using Reached = std::pair<std::string, std::string>;
  const auto merge = [&](const MemberId& duplicate, const MemberId& survivor) {
    const ledger::Outcome merged =
        Do(merges_, duplicate,
           std::make_unique<Merge>(ledger::MergePair{.duplicate = duplicate,
                                                     .survivor = survivor,
                                                     .leaving = NewTransaction(duplicate),
                                                     .arriving = NewTransaction(survivor),
                                                     .effective_at = clock_.Now(),
                                                     .source = "test"}));
    EXPECT_TRUE(merged.answer.ok()) << merged.answer.status();
  };
  const auto reached = [&](const MemberId& member) {
    const auto found = members_.GetReachable(program_, member, Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? Reached(found->email, found->phone) : Reached();
  };
  const auto without = [](Part part) { return ProfileChange{.parts = {part}, .wanted = {}}; };
  const MemberId card =
      IdIn(Enroll("card", {.external_ids = {{"crm", "1"}}, .email = "card@example.com"}));
  const MemberId shop =
      IdIn(Enroll("shop", {.email = "shop@example.com", .phone = "+41446681800"}));
  merge(shop, card);
  EXPECT_EQ(reached(card), Reached("card@example.com", "+41446681800"));
  EXPECT_THAT(Update(card, without(Part::kEmail)), ElementsAre("email"));
  EXPECT_EQ(reached(card), Reached("", "+41446681800"));
  // Not their own, and removed all the same.
  EXPECT_THAT(Update(card, without(Part::kPhone)), ElementsAre("phone"));
  EXPECT_EQ(reached(card), Reached("", ""));
  EXPECT_THAT(Update(card, without(Part::kPhone)), IsEmpty());
  // Whoever they become part of is not reached there, either.
  const MemberId app = IdIn(Enroll("app", {.external_ids = {{"app", "1"}}}));
  merge(card, app);
  EXPECT_EQ(reached(app), Reached("", ""));
  Update(app, {.parts = {Part::kEmail}, .wanted = {.email = "new@example.com"}});
  EXPECT_EQ(reached(app), Reached("new@example.com", ""));
  EXPECT_FALSE(Get(app).profile.email_removed);
}

TEST_F(Changes, IdentifiersOfSeveralAreRefusedWithAllOfThem) {
  const MemberId ann = IdIn(Enroll("r1", {.email = "a@example.com"}));
  const MemberId bob = IdIn(Enroll("r2", {.phone = "+41446681800"}));
  const MemberId carl = IdIn(Enroll("r3", {.external_ids = {{"crm", "3"}}}));
  const absl::Status taken =
      Try(carl, {.parts = {Part::kEmail, Part::kPhone},
                 .wanted = {.email = "a@example.com", .phone = "+41446681800"}})
          .answer.status();
  EXPECT_EQ(ReasonOf(taken), Reason::kIdentifierTaken);
  EXPECT_EQ(FieldOf(taken), "profile.email");
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("member_id", ann.ToString())));
  EXPECT_THAT(MetadataOf(taken), Contains(Pair("fields", "profile.email,profile.phone")));
  EXPECT_THAT(MetadataOf(taken),
              Contains(Pair("member_ids", absl::StrCat(std::min(ann, bob).ToString(), ",",
                                                       std::max(ann, bob).ToString()))));
  EXPECT_EQ(Get(carl).profile, (Profile{.external_ids = {{"crm", "3"}}}));
}

TEST_F(Changes, TheJournalSaysWhichPartsChangedAndNotWhatTheySay) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  Update(ann, {.parts = {Part::kEmail, Part::kLanguage},
               .wanted = {.email = "ann@example.com", .language = "de"}});
  EXPECT_THAT(Journal(ann, ledger::FactKind::kMemberUpdated),
              ElementsAre("{\"changed\":[\"email\",\"language\"]}"));
  EXPECT_THAT(Update(ann, {.parts = {Part::kEmail}, .wanted = {.email = "ann@example.com"}}),
              IsEmpty());
  EXPECT_THAT(Journal(ann, ledger::FactKind::kMemberUpdated), testing::SizeIs(1));
}

TEST_F(Changes, NobodyIsLeftWithoutAnIdentifier) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  EXPECT_EQ(ReasonOf(Try(ann, {.parts = {Part::kPhone}, .wanted = {}}).answer.status()),
            Reason::kFieldMissing);
  EXPECT_EQ(FindByPhone("+41446681800")->id, ann);
}

TEST_F(Changes, ACorrectedBirthdayIsKeptOnItsNewDayAndKnownToBeCorrected) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  const auto days = [&](const MonthDay& day) {
    return members_.ListBirthdays(program_, {{day}}, std::nullopt, 10, Soon())->members;
  };
  Update(ann, {.parts = {Part::kBirthday}, .wanted = {.birthday = Birthday{{2, 28}, {}}}});
  EXPECT_THAT(days({2, 28}), testing::SizeIs(1));
  EXPECT_FALSE(Get(ann).birthday_changed_at.has_value());
  const absl::Time before = clock_.Now();
  Update(ann, {.parts = {Part::kBirthday}, .wanted = {.birthday = Birthday{{2, 29}, {}}}});
  EXPECT_THAT(days({2, 28}), IsEmpty());
  ASSERT_THAT(days({2, 29}), testing::SizeIs(1));
  ASSERT_TRUE(days({2, 29})[0].birthday_changed_at.has_value());
  const absl::Time first = *Get(ann).birthday_changed_at;
  EXPECT_GE(first, before - absl::Seconds(1));
  // Only the first correction is one that nothing may be held back for.
  Update(ann, {.parts = {Part::kBirthday}, .wanted = {.birthday = Birthday{{3, 1}, {}}}});
  EXPECT_THAT(days({3, 1}), testing::SizeIs(1));
  EXPECT_EQ(*Get(ann).birthday_changed_at, first);
  Update(ann, {.parts = {Part::kBirthday}, .wanted = {}});
  EXPECT_THAT(days({3, 1}), IsEmpty());
  // Newest first: of what was said, corrected twice and taken back, the first correction says so.
  EXPECT_THAT(Journal(ann, ledger::FactKind::kMemberUpdated),
              ElementsAre("{\"changed\":[\"birthday\"]}", "{\"changed\":[\"birthday\"]}",
                          "{\"changed\":[\"birthday\"],\"birthday_corrected\":true}",
                          "{\"changed\":[\"birthday\"]}"));
}

TEST_F(Changes, WhoeverChangesAnotherPartAtTheSameTimeLosesNothing) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      Update(ann, {.parts = {}, .wanted = {}, .added = {{"crm", std::to_string(i)}}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Get(ann).profile.external_ids, testing::SizeIs(8));
}

TEST_F(Changes, OneThatIsOnlyTriedLeavesEverythingAsItIs) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  const ledger::Outcome tried =
      Try(ann, {.parts = {Part::kPhone}, .wanted = {.phone = "+41446681801"}}, true);
  EXPECT_EQ(tried.answer.status(), absl::OkStatus());
  EXPECT_EQ(FindByPhone("+41446681800")->id, ann);
  EXPECT_EQ(Get(ann).profile.phone, "+41446681800");
}

TEST_F(Changes, WhoLeavesIsToldFirstWhatIsLostAndMayComeBack) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800", .greeting_name = "Ann"}));
  ASSERT_TRUE(Do(plain_, ann, std::make_unique<Gift>(NewTransaction(ann))).answer.ok());
  for (const bool validate_only : {true, false}) {
    const auto lost = Close(ann, "Too many e-mails", validate_only);
    ASSERT_TRUE(lost.ok()) << lost.status();
    ASSERT_EQ(lost->lost_size(), 1);
    EXPECT_EQ(lost->lost(0).unit(), "points");
    EXPECT_EQ(lost->lost(0).points(), 70);
    EXPECT_EQ(Get(ann).state, validate_only ? MemberState::kActive : MemberState::kClosed);
  }
  EXPECT_EQ(Get(ann).leaving_answer, "Too many e-mails");
  EXPECT_EQ(FindByPhone("+41446681800")->state, MemberState::kClosed);
  EXPECT_EQ(ReasonOf(Close(ann, "").status()), Reason::kMemberNotActive);
  EXPECT_EQ(ReasonOf(SetState(ann, MemberState::kActive)), Reason::kMemberNotActive);
  EXPECT_EQ(Reopen(ann), absl::OkStatus());
  EXPECT_EQ(Reopen(ann), absl::OkStatus());
  EXPECT_EQ(Get(ann).state, MemberState::kActive);
  EXPECT_THAT(Journal(ann, ledger::FactKind::kMemberStateSet),
              ElementsAre("{\"state\":\"active\",\"was\":\"closed\"}",
                          "{\"state\":\"closed\",\"was\":\"active\"}"));
}

TEST_F(Changes, OnlyWhoLeftIsTakenInAgain) {
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  ASSERT_EQ(SetState(ann, MemberState::kSuspended), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Reopen(ann)), Reason::kMemberNotActive);
  EXPECT_THAT(MetadataOf(Reopen(ann)), Contains(Pair("state", "suspended")));
}

TEST_F(Changes, OfSomebodyUnknownOrErasedAreNone) {
  const MemberId nobody{ids_.Next(clock_.Now())};
  EXPECT_EQ(ReasonOf(SetState(nobody, MemberState::kSuspended)), Reason::kMemberNotFound);
  EXPECT_EQ(ReasonOf(Close(nobody, "why").status()), Reason::kMemberNotFound);
  const MemberId ann = IdIn(Enroll("r1", {.phone = "+41446681800"}));
  ASSERT_EQ(SetState(ann, MemberState::kErased), absl::OkStatus());
  const ProfileChange change{.parts = {Part::kGreetingName}, .wanted = {.greeting_name = "A"}};
  EXPECT_EQ(ReasonOf(Try(ann, change).answer.status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(Try(nobody, change).answer.status()), Reason::kMemberNotFound);
  EXPECT_EQ(ReasonOf(Close(ann, "why").status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(Reopen(ann)), Reason::kMemberErased);
}

TEST_F(Changes, ANumberWithoutCountryCodeIsOfTheProgramsRegion) {
  EXPECT_EQ(*members_.RegionFor(program_, "044 668 18 00", Soon()), "");
  for (const char* region : {"DE", "CH"}) {
    const ledger::Outcome set =
        Do(policies_, {},
           std::make_unique<PolicySetting>(MembersPolicy{.default_region = region},
                                           TransactionId{ids_.Next(clock_.Now())}));
    ASSERT_TRUE(set.answer.ok()) << set.answer.status();
  }
  EXPECT_EQ(*members_.CurrentPolicy(program_, Soon()),
            (MembersPolicy{.version = 2, .default_region = "CH"}));
  EXPECT_EQ(*members_.RegionFor(program_, "+41 44 668 18 00", Soon()), "");
  EXPECT_EQ(*members_.RegionFor(program_, "", Soon()), "");
  EXPECT_EQ(*members_.RegionFor(program_, "044 668 18 00", Soon()), "CH");
  EXPECT_EQ(Count("ledger.journal WHERE detail = "
                  "'{\"policy_version\":2,\"default_region\":\"CH\"}'"),
            1);
}

TEST_F(Changes, IdentifiersOfTwoMembersAreSaidToBeSo) {
  const MemberId ann = IdIn(Enroll("r1", {.email = "a@example.com"}));
  const MemberId bob = IdIn(Enroll("r2", {.phone = "+41446681800"}));
  const absl::Status both =
      members_
          .Identify(program_,
                    {{*EmailIdentifier("a@example.com"), *PhoneIdentifier("+41446681800")}}, Soon())
          .status();
  EXPECT_EQ(ReasonOf(both), Reason::kMemberAmbiguous);
  EXPECT_THAT(MetadataOf(both),
              Contains(Pair("member_ids", absl::StrCat(std::min(ann, bob).ToString(), ",",
                                                       std::max(ann, bob).ToString()))));
}

}  // namespace
}  // namespace gratis::members
