#include "services/members/proposals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/pg/pause.h"
#include "services/members/duplicates.h"
#include "services/members/members_sql.h"
#include "services/members/proposing.h"
#include "tests/integration/services/members/cards_house.h"

// Two members who turn out to be one: what refusals show is noted, told and dismissed. The gate of
// this house keeps nobody in mind.
namespace gratis::members {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kBobsPhone[] = "+41446681800";
constexpr char kCarlsPhone[] = "+41446681801";

class ProposalsTest : public CardsHouse {
 protected:
  std::string WithPhone(const std::string& name, const std::string& phone) {
    v1::EnrollMemberRequest request;
    request.set_request_id(NextRequestId());
    request.mutable_profile()->set_phone(phone);
    request.mutable_profile()->set_greeting_name(name);
    const auto enrolled = Call(&MemberStub::EnrollMember, request);
    EXPECT_TRUE(enrolled.ok()) << enrolled.status();
    return enrolled.ok() ? enrolled->member_id() : "";
  }
  v1::EnrollMemberRequest NewcomerWith(const std::string& email, const std::string& phone) {
    v1::EnrollMemberRequest request;
    request.set_request_id(NextRequestId());
    request.mutable_profile()->set_email(email);
    request.mutable_profile()->set_phone(phone);
    return request;
  }
  absl::Status GivePhone(const std::string& member, const std::string& phone,
                         bool validate_only = false) {
    v1::UpdateMemberRequest request;
    request.set_request_id(NextRequestId());
    request.set_member_id(member);
    request.mutable_profile()->set_phone(phone);
    request.mutable_update_mask()->add_paths("phone");
    request.set_validate_only(validate_only);
    return Call(&MemberStub::UpdateMember, request).status();
  }

  // The program's pairs, or one member's, page by page.
  std::vector<v1::ProposedMerge> Proposed(bool dismissed_too = false,
                                          const std::string& member = "", int page_size = 1000) {
    v1::ListProposedMergesRequest request;
    request.set_member_id(member);
    request.set_include_dismissed(dismissed_too);
    request.set_page_size(page_size);
    std::vector<v1::ProposedMerge> pairs;
    do {
      const auto page = Call(&MergingStub::ListProposedMerges, request, "gk_support");
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->proposed_merges_size(), page_size);
      pairs.insert(pairs.end(), page->proposed_merges().begin(), page->proposed_merges().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return pairs;
  }
  v1::ListDuplicatesResponse DuplicatesOf(const std::string& member, bool dismissed_too = false) {
    v1::ListDuplicatesRequest request;
    request.set_member_id(member);
    request.set_include_dismissed(dismissed_too);
    const auto found = Call(&MergingStub::ListDuplicates, request, "gk_support");
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : v1::ListDuplicatesResponse();
  }
  absl::StatusOr<v1::DismissDuplicateResponse> Dismiss(const std::vector<std::string>& members,
                                                       const std::string& request_id = "",
                                                       bool validate_only = false) {
    v1::DismissDuplicateRequest request;
    request.set_request_id(request_id.empty() ? NextRequestId() : request_id);
    for (const std::string& member : members) request.add_member_ids(member);
    request.set_validate_only(validate_only);
    return Call(&MergingStub::DismissDuplicate, request, "gk_support");
  }
  std::string Merge(const std::string& duplicate, const std::string& survivor) {
    v1::MergeMembersRequest request;
    request.set_request_id(NextRequestId());
    request.set_duplicate_id(duplicate);
    request.set_survivor_id(survivor);
    const auto merged = Call(&MergingStub::MergeMembers, request);
    EXPECT_TRUE(merged.ok()) << merged.status();
    return merged.ok() ? merged->merge().merge_id() : "";
  }
  int64_t Kept() { return Count("gratis_members.proposed_merge"); }

  // Notes that these were taken for one, as a refused call would.
  void Sight(const ledger::Program& program, std::vector<Sighting> seen) {
    auto note = std::make_unique<SightingNote>(std::move(seen));
    note->envelope.program = program;
    note->envelope.actor = "key_test";
    note->envelope.now = gate_.now;
    note->envelope.deadline = Soon();
    const ledger::Outcome noted = poster_.Post(notes_, std::move(note));
    EXPECT_TRUE(noted.answer.ok()) << noted.answer.status();
  }
  static MemberId Id(const std::string& member) { return *MemberId::Parse(member); }
  static std::vector<std::string> IdsOf(const v1::ProposedMerge& pair) {
    return {pair.member_ids().begin(), pair.member_ids().end()};
  }
  static std::vector<std::string> Both(const std::string& a, const std::string& b) {
    return {std::min(a, b), std::max(a, b)};
  }
  template <class Seen>
  static std::vector<int> ReasonsOf(const Seen& seen) {
    return {seen.reasons().begin(), seen.reasons().end()};
  }

  SightingNotes notes_;
};

TEST_F(ProposalsTest, AnEnrollmentWithIdentifiersOfTwoIsRefusedAndProposesThem) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  const absl::Status refused =
      Call(&MemberStub::EnrollMember, NewcomerWith("ANN@example.com", kBobsPhone), "gk_till1")
          .status();
  EXPECT_EQ(Refusal(refused), Reason::kIdentifierTaken);
  EXPECT_THAT(MetadataOf(refused), Contains(Pair("member_id", ann)));
  EXPECT_THAT(MetadataOf(refused), Contains(Pair("fields", "profile.email,profile.phone")));
  EXPECT_THAT(
      MetadataOf(refused),
      Contains(Pair("member_ids", absl::StrCat(std::min(ann, bob), ",", std::max(ann, bob)))));

  const std::vector<v1::ProposedMerge> pairs = Proposed();
  ASSERT_THAT(pairs, SizeIs(1));
  EXPECT_EQ(IdsOf(pairs[0]), Both(ann, bob));
  EXPECT_THAT(ReasonsOf(pairs[0]),
              ElementsAre(v1::DUPLICATE_REASON_PHONE, v1::DUPLICATE_REASON_EMAIL));
  EXPECT_EQ(pairs[0].times_seen(), 1);
  EXPECT_EQ(pairs[0].first_seen().seconds(), absl::ToUnixSeconds(gate_.now));
  EXPECT_FALSE(pairs[0].has_dismissed_at());
  for (const auto& [member, other] : {std::pair(ann, bob), std::pair(bob, ann)}) {
    const v1::ListDuplicatesResponse found = DuplicatesOf(member);
    EXPECT_THAT(found.duplicate_ids(), ElementsAre(other));
    ASSERT_THAT(found.duplicates(), SizeIs(1));
    EXPECT_EQ(found.duplicates(0).member_id(), other);
    EXPECT_EQ(ReasonsOf(found.duplicates(0)), ReasonsOf(pairs[0]));
    EXPECT_FALSE(found.more());
    EXPECT_THAT(Proposed(false, member), SizeIs(1));
  }
}

TEST_F(ProposalsTest, WhateverNamesTwoAtOnceProposesThem) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  const std::string number = Box(1)[0];
  ASSERT_TRUE(Link(bob, number).ok());
  const auto seen = [&] {
    const std::vector<v1::ProposedMerge> pairs = Proposed();
    EXPECT_THAT(pairs, SizeIs(1));
    return pairs.empty() ? v1::ProposedMerge() : pairs[0];
  };

  EXPECT_EQ(Refusal(GivePhone(ann, kBobsPhone)), Reason::kIdentifierTaken);
  EXPECT_EQ(seen().times_seen(), 1);
  EXPECT_THAT(ReasonsOf(seen()), ElementsAre(v1::DUPLICATE_REASON_PHONE));

  EXPECT_EQ(Refusal(Link(ann, number).status()), Reason::kIdentifierTaken);
  EXPECT_EQ(seen().times_seen(), 2);
  EXPECT_THAT(ReasonsOf(seen()),
              ElementsAre(v1::DUPLICATE_REASON_PHONE, v1::DUPLICATE_REASON_CARD));

  gate_.now += absl::Hours(1);
  v1::IdentifyMemberRequest both;
  both.set_phone(kBobsPhone);
  both.set_email("Ann@example.com");
  const absl::Status ambiguous = Call(&MemberStub::IdentifyMember, both, "gk_till1").status();
  EXPECT_EQ(Refusal(ambiguous), Reason::kMemberAmbiguous);
  EXPECT_THAT(MetadataOf(ambiguous), Contains(Pair("fields", "email,phone")));
  EXPECT_EQ(seen().times_seen(), 3);
  EXPECT_THAT(ReasonsOf(seen()), Contains(v1::DUPLICATE_REASON_EMAIL));
  EXPECT_EQ(seen().last_seen().seconds() - seen().first_seen().seconds(), 3600);

  gate_.now += absl::Hours(1);
  v1::IssueQrTokenRequest token;
  token.set_member_id(ann);
  v1::IdentifyMemberRequest shown;
  shown.set_qr_token(Call(&ProofStub::IssueQrToken, token)->qr_token());
  shown.set_phone(kBobsPhone);
  const absl::Status other = Call(&MemberStub::IdentifyMember, shown, "gk_till1").status();
  EXPECT_EQ(Refusal(other), Reason::kMemberAmbiguous);
  EXPECT_EQ(FieldOf(other), "qr_token");
  EXPECT_EQ(seen().times_seen(), 4);
  EXPECT_EQ(Kept(), 1);
}

TEST_F(ProposalsTest, RowsOfAnImportProposeEachTheirOwn) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  const std::string dan = NewMember("Dan"), carl = WithPhone("Carl", kCarlsPhone);
  v1::BatchEnrollMembersRequest batch;
  *batch.add_requests() = NewcomerWith("ann@example.com", kBobsPhone);
  *batch.add_requests() = NewcomerWith("eve@example.com", "+41446681802");
  *batch.add_requests() = NewcomerWith("dan@example.com", kCarlsPhone);
  *batch.add_requests() = NewcomerWith("ann@example.com", kCarlsPhone);
  batch.mutable_requests(3)->set_validate_only(true);
  const auto enrolled = Call(&MemberStub::BatchEnrollMembers, batch);
  ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  EXPECT_NE(enrolled->results(1).response().member_id(), "");
  for (const int i : {0, 2, 3}) EXPECT_TRUE(enrolled->results(i).status().has_error()) << i;
  std::vector<std::vector<std::string>> pairs;
  for (const v1::ProposedMerge& pair : Proposed()) pairs.push_back(IdsOf(pair));
  EXPECT_THAT(pairs, ::testing::UnorderedElementsAre(Both(ann, bob), Both(dan, carl)));
}

TEST_F(ProposalsTest, WhatOnlyValidatesOrShowsNobodyElseLeavesNothing) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  v1::EnrollMemberRequest tried = NewcomerWith("ann@example.com", kBobsPhone);
  tried.set_validate_only(true);
  EXPECT_EQ(Refusal(Call(&MemberStub::EnrollMember, tried).status()), Reason::kIdentifierTaken);
  EXPECT_EQ(Refusal(GivePhone(ann, kBobsPhone, /*validate_only=*/true)), Reason::kIdentifierTaken);
  // Of one member alone.
  EXPECT_EQ(
      Refusal(
          Call(&MemberStub::EnrollMember, NewcomerWith("new@example.com", kBobsPhone)).status()),
      Reason::kIdentifierTaken);
  v1::IdentifyMemberRequest unknown;
  unknown.set_phone(kBobsPhone);
  unknown.set_email("nobody@example.com");
  EXPECT_EQ(Refusal(Call(&MemberStub::IdentifyMember, unknown).status()), Reason::kMemberNotFound);
  EXPECT_EQ(Kept(), 0);
}

TEST_F(ProposalsTest, ARetryIsCountedOnceAndNothingIsJournaled) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  const int64_t facts = Count("ledger.journal"), requests = Count("ledger.request");
  for (int i = 0; i < 3; ++i) GivePhone(ann, kBobsPhone).IgnoreError();
  ASSERT_THAT(Proposed(), SizeIs(1));
  EXPECT_EQ(Proposed()[0].times_seen(), 1);
  gate_.now += kSeenAgainAfter;
  GivePhone(ann, kBobsPhone).IgnoreError();
  EXPECT_EQ(Proposed()[0].times_seen(), 2);
  EXPECT_EQ(Count("ledger.journal"), facts);
  EXPECT_EQ(Count("ledger.request"), requests) << "the request id stays free";
}

TEST_F(ProposalsTest, WhatAProcessNotedAMomentAgoItDoesNotPostAgain) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  GivePhone(ann, kBobsPhone).IgnoreError();
  EXPECT_EQ(Kept(), 1);
  database_.Execute("DELETE FROM gratis_members.proposed_merge");
  EXPECT_EQ(Refusal(GivePhone(ann, kBobsPhone)), Reason::kIdentifierTaken);
  EXPECT_EQ(Kept(), 0);
  gate_.now += kSeenAgainAfter;
  GivePhone(ann, kBobsPhone).IgnoreError();
  EXPECT_EQ(Kept(), 1);
}

TEST_F(ProposalsTest, ARefusalDoesNotWaitForANoteThatTakesLong) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  Proposing hasty(poster_, std::chrono::milliseconds(1));
  rpc::Call call;
  call.program = program_;
  call.actor = "key_test";
  call.role = rpc::Role::kPos;
  call.now = gate_.now;
  call.deadline = Soon();
  std::promise<void> answered;
  // Pairs change under the lock of the first partition's head.
  EXPECT_EQ(pg::RunTx(pool_, {.deadline = Soon()},
                      [&](pg::Tx& tx) -> absl::Status {
                        RETURN_IF_ERROR(tx.RunScript(absl::StrCat(
                            "SELECT FROM ledger.head WHERE partition = ", program_.first_partition,
                            " FOR UPDATE")));
                        hasty.Note(call, {{.members = {Id(ann), Id(bob)}, .shared = kSharedPhone}},
                                   [&] { answered.set_value(); });
                        answered.get_future().wait();
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  // And is made all the same.
  const absl::Time deadline = Soon();
  while (Kept() < 1) ASSERT_TRUE(pg::Pause(absl::Milliseconds(20), deadline));
}

TEST_F(ProposalsTest, OfOneMemberAtMostFiftyAreKept) {
  const std::string ann = NewMember("Ann");
  std::vector<Sighting> seen;
  for (int64_t i = 0; i <= kMostProposed; ++i) {
    const MemberId other =
        IdIn(Enroll(absl::StrCat("other-", i), {.email = absl::StrCat("o", i, "@example.com")}));
    seen.push_back({.members = {Id(ann), other}, .shared = kSharedPhone});
  }
  Sight(program_, {seen.begin(), seen.begin() + 20});
  Sight(program_, seen);
  EXPECT_EQ(Kept(), kMostProposed);
  // One that is dismissed makes room.
  const std::vector<v1::ProposedMerge> pairs = Proposed();
  ASSERT_THAT(pairs, SizeIs(kMostProposed));
  ASSERT_TRUE(Dismiss(IdsOf(pairs[0])).ok());
  Sight(program_, seen);
  EXPECT_EQ(Kept(), kMostProposed + 1);
  EXPECT_THAT(Proposed(), SizeIs(kMostProposed));
}

TEST_F(ProposalsTest, OneMoreTakesThePlaceOfWhoLeftOrWasSeenOnceLongestAgo) {
  const std::string ann = NewMember("Ann");
  std::vector<MemberId> others;
  for (int64_t i = 0; i < kMostProposed + 3; ++i) {
    others.push_back(
        IdIn(Enroll(absl::StrCat("other-", i), {.email = absl::StrCat("o", i, "@example.com")})));
  }
  const auto see = [&](size_t first, size_t last) {
    gate_.now += absl::Hours(1);
    std::vector<Sighting> seen;
    for (size_t i = first; i <= last; ++i) {
      seen.push_back({.members = {Id(ann), others[i]}, .shared = kSharedPhone});
    }
    Sight(program_, std::move(seen));
  };
  const auto is_proposed = [&](size_t i) {
    const std::vector<v1::ProposedMerge> pairs = Proposed(false, ann);
    EXPECT_THAT(pairs, SizeIs(kMostProposed));
    return std::any_of(pairs.begin(), pairs.end(), [&](const v1::ProposedMerge& pair) {
      return IdsOf(pair) == Both(ann, others[i].ToString());
    });
  };
  see(0, 0);
  see(1, 1);
  see(2, kMostProposed - 1);
  see(0, 0);
  see(kMostProposed, kMostProposed);
  EXPECT_TRUE(is_proposed(kMostProposed));
  EXPECT_TRUE(is_proposed(0)) << "was seen twice";
  EXPECT_FALSE(is_proposed(1));

  database_.Execute(absl::StrCat("UPDATE ledger.holder SET state = 6 WHERE member = '",
                                 base::Hex(others[kMostProposed - 1].uuid.AsBytes()), "'"));
  see(kMostProposed + 1, kMostProposed + 1);
  EXPECT_TRUE(is_proposed(kMostProposed + 1));
  EXPECT_FALSE(is_proposed(kMostProposed - 1)) << "left";
  EXPECT_TRUE(is_proposed(2));

  see(2, kMostProposed - 2);
  see(kMostProposed, kMostProposed + 1);
  see(kMostProposed + 2, kMostProposed + 2);
  EXPECT_FALSE(is_proposed(kMostProposed + 2)) << "all others were seen twice";
}

TEST_F(ProposalsTest, WhatWasSaidOfADuplicateHoldsForTheSurvivor) {
  const std::string mother = NewMember("Mother"), daughter = WithPhone("Daughter", kBobsPhone);
  const std::string same = NewMember("Same"), other = WithPhone("Other", kCarlsPhone);
  GivePhone(mother, kBobsPhone).IgnoreError();
  ASSERT_TRUE(Dismiss({mother, daughter}).ok());
  ASSERT_TRUE(Dismiss({other, daughter}).ok());
  Sight(program_, {{.members = {Id(other), Id(same)}, .shared = kSharedCard}});
  Merge(daughter, same);
  gate_.now += absl::Hours(1);
  // The phone is the survivor's now.
  EXPECT_EQ(Refusal(GivePhone(mother, kBobsPhone)), Reason::kIdentifierTaken);
  ASSERT_THAT(Proposed(), SizeIs(1));
  EXPECT_EQ(IdsOf(Proposed()[0]), Both(other, same)) << "this was known of the two themselves";
  const std::vector<v1::ProposedMerge> all = Proposed(/*dismissed_too=*/true, mother);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(IdsOf(all[0]), Both(mother, same));
  EXPECT_EQ(all[0].times_seen(), 1);
  EXPECT_THAT(all[0].dismissed_by(), HasSubstr("key_"));
}

TEST_F(ProposalsTest, WhoeverIsDismissedIsProposedNoMoreUnlessAskedFor) {
  const std::string mother = NewMember("Mother"), daughter = WithPhone("Daughter", kBobsPhone);
  GivePhone(mother, kBobsPhone).IgnoreError();
  const auto tried = Dismiss({mother, daughter}, "", /*validate_only=*/true);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_TRUE(tried->proposed_merge().has_dismissed_at());
  ASSERT_THAT(Proposed(), SizeIs(1));

  const auto dismissed = Dismiss({mother, daughter}, "dismiss");
  ASSERT_TRUE(dismissed.ok()) << dismissed.status();
  EXPECT_EQ(IdsOf(dismissed->proposed_merge()), Both(mother, daughter));
  EXPECT_THAT(dismissed->proposed_merge().dismissed_by(), HasSubstr("key_"));
  const auto again = Dismiss({mother, daughter}, "dismiss");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), dismissed->SerializeAsString());

  gate_.now += absl::Hours(24);
  GivePhone(mother, kBobsPhone).IgnoreError();
  EXPECT_THAT(Proposed(), IsEmpty());
  EXPECT_THAT(DuplicatesOf(daughter).duplicates(), IsEmpty());
  ASSERT_THAT(Proposed(/*dismissed_too=*/true), SizeIs(1));
  EXPECT_EQ(Proposed(true)[0].times_seen(), 1);
  ASSERT_THAT(DuplicatesOf(daughter, true).duplicates(), SizeIs(1));
  EXPECT_TRUE(DuplicatesOf(daughter, true).duplicates(0).has_dismissed_at());
  // Said later by somebody else, it stays as it was said first.
  const auto later = Dismiss({daughter, mother});
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(later->proposed_merge().SerializeAsString(), Proposed(true)[0].SerializeAsString());
  Merge(daughter, mother);
  EXPECT_THAT(Proposed(true), IsEmpty());
}

TEST_F(ProposalsTest, WhoSharesNameAndBirthdayIsDismissedAsWell) {
  const auto born = [&](const std::string& id) {
    return IdIn(Enroll(id, {.external_ids = {{"crm", id}},
                            .greeting_name = id == "1" ? "Mía Lind" : "mia  LIND",
                            .birthday = Birthday{{5, 3}, std::nullopt}}))
        .ToString();
  };
  const std::string one = born("1"), other = born("2");
  const v1::ListDuplicatesResponse found = DuplicatesOf(one);
  EXPECT_THAT(found.duplicate_ids(), ElementsAre(other));
  ASSERT_THAT(found.duplicates(), SizeIs(1));
  EXPECT_THAT(ReasonsOf(found.duplicates(0)), ElementsAre(v1::DUPLICATE_REASON_NAME_AND_BIRTHDAY));
  EXPECT_FALSE(found.duplicates(0).has_last_seen());
  const auto dismissed = Dismiss({one, other});
  ASSERT_TRUE(dismissed.ok()) << dismissed.status();
  EXPECT_FALSE(dismissed->proposed_merge().has_first_seen()) << "nobody took them for one";
  EXPECT_TRUE(dismissed->proposed_merge().has_last_seen());
  EXPECT_THAT(DuplicatesOf(one).duplicates(), IsEmpty());
  ASSERT_THAT(DuplicatesOf(other, true).duplicates(), SizeIs(1));
  EXPECT_THAT(ReasonsOf(DuplicatesOf(other, true).duplicates(0)),
              ElementsAre(v1::DUPLICATE_REASON_NAME_AND_BIRTHDAY));
}

TEST_F(ProposalsTest, WhoWasTakenForSomebodyComesBeforeWhoOnlyHasTheirName) {
  const auto born = [&](const std::string& id) {
    return IdIn(Enroll(id, {.external_ids = {{"crm", id}},
                            .greeting_name = "Mia Lind",
                            .birthday = Birthday{{5, 3}, std::nullopt}}));
  };
  const MemberId one = born("1"), namesake = born("2"), seen = born("3");
  const std::string later = NewMember("Later");
  Sight(program_, {{.members = {one, seen}, .shared = kSharedCard}});
  gate_.now += absl::Hours(1);
  Sight(program_, {{.members = {one, Id(later)}, .shared = kSharedExternalId}});
  const v1::ListDuplicatesResponse found = DuplicatesOf(one.ToString());
  EXPECT_THAT(found.duplicate_ids(), ElementsAre(later, seen.ToString(), namesake.ToString()));
  ASSERT_THAT(found.duplicates(), SizeIs(3));
  EXPECT_THAT(ReasonsOf(found.duplicates(0)), ElementsAre(v1::DUPLICATE_REASON_EXTERNAL_ID));
  EXPECT_THAT(ReasonsOf(found.duplicates(1)),
              ElementsAre(v1::DUPLICATE_REASON_CARD, v1::DUPLICATE_REASON_NAME_AND_BIRTHDAY));
}

TEST_F(ProposalsTest, AllWhoHaveTheDayAreLookedAt) {
  constexpr int kOthers = 1'100;  // more than a page
  const auto profile = [](int i, const std::string& name) {
    return Profile{.external_ids = {{"crm", absl::StrCat(i)}},
                   .greeting_name = name,
                   .birthday = Birthday{{5, 3}, std::nullopt}};
  };
  std::vector<std::promise<void>> done(kOthers);
  for (int i = 0; i < kOthers; ++i) {
    poster_.Submit(kind_, Attempt(absl::StrCat("other-", i), profile(i, absl::StrCat("No ", i))),
                   [&done, i](const ledger::Outcome& outcome) {
                     EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
                     done[static_cast<size_t>(i)].set_value();
                   });
  }
  for (std::promise<void>& one : done) one.get_future().wait();
  const MemberId mia = IdIn(Enroll("mia", profile(kOthers, "Mia Lind")));
  // The last of all who have that day: the youngest id of the last partition.
  std::unique_ptr<Enrollment> twin;
  int attempt = 0;
  do {
    twin = Attempt(absl::StrCat("twin-", ++attempt), profile(kOthers + 1, "Mia Lind"));
  } while (ledger::PartitionOf(program_, twin->row().id) != program_.last_partition());
  const MemberId last = IdIn(Post(std::move(twin)));
  EXPECT_THAT(DuplicatesOf(mia.ToString()).duplicate_ids(), ElementsAre(last.ToString()));
  EXPECT_FALSE(DuplicatesOf(mia.ToString()).more());

  // But not more than so many; what was found until then is told.
  Sight(program_, {{.members = {mia, Id(NewMember("Ann"))}, .shared = kSharedCard}});
  const auto cut = FindDuplicates(pool_, members_, program_, mia, /*dismissed_too=*/false, Soon(),
                                  /*most=*/1'000);
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_THAT(cut->duplicates, SizeIs(1));
  EXPECT_TRUE(cut->more);
}

TEST_F(ProposalsTest, MoreThanAHundredAreSaidToBeMore) {
  const auto born = [&](int i) {
    return IdIn(Enroll(absl::StrCat("r-", i), {.external_ids = {{"crm", absl::StrCat(i)}},
                                               .greeting_name = "Mia Lind",
                                               .birthday = Birthday{{5, 3}, std::nullopt}}));
  };
  const std::string mia = born(0).ToString();
  for (int i = 1; i <= 100; ++i) born(i);
  EXPECT_THAT(DuplicatesOf(mia).duplicates(), SizeIs(100));
  EXPECT_FALSE(DuplicatesOf(mia).more());
  born(101);
  EXPECT_THAT(DuplicatesOf(mia).duplicate_ids(), SizeIs(100));
  EXPECT_TRUE(DuplicatesOf(mia).more());
}

TEST_F(ProposalsTest, AMergeOfEitherEndsAProposalAndTheSurvivorIsNotedFromThenOn) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  const std::string carl = WithPhone("Carl", kCarlsPhone);
  GivePhone(ann, kBobsPhone).IgnoreError();
  GivePhone(carl, kBobsPhone).IgnoreError();
  GivePhone(ann, kCarlsPhone).IgnoreError();
  EXPECT_EQ(Kept(), 3);
  const std::string merge = Merge(bob, ann);
  ASSERT_THAT(Proposed(), SizeIs(1));
  EXPECT_EQ(IdsOf(Proposed()[0]), Both(ann, carl));
  // An identifier of the duplicate's is the survivor's.
  EXPECT_EQ(Refusal(GivePhone(ann, kBobsPhone)), Reason::kIdentifierTaken);
  EXPECT_EQ(Kept(), 1);
  gate_.now += absl::Hours(1);
  EXPECT_EQ(Refusal(GivePhone(carl, kBobsPhone)), Reason::kIdentifierTaken);
  ASSERT_EQ(Kept(), 1);
  EXPECT_EQ(Proposed()[0].times_seen(), 2);

  v1::UndoMergeRequest undo;
  undo.set_request_id(NextRequestId());
  undo.set_merge_id(merge);
  ASSERT_TRUE(Call(&MergingStub::UndoMerge, undo).ok());
  EXPECT_EQ(Kept(), 1);
  GivePhone(ann, kBobsPhone).IgnoreError();
  EXPECT_EQ(Kept(), 2);
}

TEST_F(ProposalsTest, AreListedPageByPageTheLastSeenFirst) {
  std::vector<std::string> members;
  for (int i = 0; i < 6; ++i) members.push_back(NewMember(absl::StrCat("m", i)));
  std::vector<std::vector<std::string>> expected;
  for (int i = 1; i < 6; ++i) {
    // Two of them at one time.
    if (i != 3) gate_.now += absl::Hours(1);
    Sight(program_, {{.members = {Id(members[0]), Id(members[static_cast<size_t>(i)])},
                      .shared = kSharedPhone}});
    expected.insert(expected.begin(), Both(members[0], members[static_cast<size_t>(i)]));
  }
  const std::vector<v1::ProposedMerge> all = Proposed();
  ASSERT_THAT(all, SizeIs(5));
  EXPECT_EQ(IdsOf(all[0]), expected[0]);
  EXPECT_EQ(IdsOf(all[4]), expected[4]);
  for (const int size : {1, 2, 3}) {
    const std::vector<v1::ProposedMerge> paged = Proposed(false, "", size);
    ASSERT_THAT(paged, SizeIs(5)) << size;
    for (size_t i = 0; i < paged.size(); ++i) {
      EXPECT_EQ(paged[i].SerializeAsString(), all[i].SerializeAsString()) << size << " " << i;
    }
    EXPECT_THAT(Proposed(false, members[0], size), SizeIs(5));
  }
  EXPECT_THAT(Proposed(false, members[2]), SizeIs(1));
  v1::ListProposedMergesRequest request;
  request.set_page_token("nonsense");
  EXPECT_EQ(Refusal(Call(&MergingStub::ListProposedMerges, request).status()),
            Reason::kInvalidPageToken);
}

TEST_F(ProposalsTest, OfWhoLeftAreToldToWhoAsksForThemAlone) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  GivePhone(ann, kBobsPhone).IgnoreError();
  database_.Execute(absl::StrCat("UPDATE ledger.holder SET state = 6 WHERE member = '",
                                 base::Hex(Id(bob).uuid.AsBytes()), "'"));
  EXPECT_THAT(Proposed(), IsEmpty());
  EXPECT_THAT(DuplicatesOf(ann).duplicates(), IsEmpty());
  EXPECT_THAT(Proposed(false, ann), SizeIs(1));
  // Nor are they noted again.
  gate_.now += absl::Hours(1);
  GivePhone(ann, kBobsPhone).IgnoreError();
  EXPECT_EQ(Proposed(false, ann)[0].times_seen(), 1);
}

TEST_F(ProposalsTest, AGroupIsNobodysDuplicate) {
  const std::string ann = NewMember("Ann"), household = WithPhone("The Linds", kBobsPhone);
  database_.Execute(absl::StrCat(
      "INSERT INTO gratis_members.member_group ", "(partition, holder, kind, perks, created_at) ",
      "SELECT partition, member, 1, '{}', enrolled_at ",
      "FROM gratis_members.member WHERE member = '", base::Hex(Id(household).uuid.AsBytes()), "'"));
  EXPECT_EQ(Refusal(GivePhone(ann, kBobsPhone)), Reason::kIdentifierTaken);
  EXPECT_EQ(Kept(), 0);
}

TEST_F(ProposalsTest, OfOneProgramAreNotTheOthers) {
  const ledger::Program other = NewProgram("other");
  const MemberId a = IdIn(Post(Attempt("a", {.email = "a@example.com"}, other)));
  const MemberId b = IdIn(Post(Attempt("b", {.email = "b@example.com"}, other)));
  Sight(other, {{.members = {a, b}, .shared = kSharedPhone}});
  EXPECT_EQ(Kept(), 1);
  EXPECT_THAT(Proposed(true), IsEmpty());
  EXPECT_THAT(Proposed(true, a.ToString()), IsEmpty());
  Sight(program_, {{.members = {a, b}, .shared = kSharedPhone}});
  EXPECT_EQ(Kept(), 1) << "they are nobody here";
}

TEST_F(ProposalsTest, OnlyTwoMembersAreDismissedAndByWhomItMayBe) {
  const std::string ann = NewMember("Ann"), bob = WithPhone("Bob", kBobsPhone);
  const std::string nobody = MemberId{ids_.Next(clock_.Now())}.ToString();
  EXPECT_EQ(Refusal(Dismiss({}).status()), Reason::kFieldMissing);
  EXPECT_EQ(Refusal(Dismiss({ann}).status()), Reason::kFieldInvalid);
  EXPECT_EQ(Refusal(Dismiss({ann, ann}).status()), Reason::kFieldInvalid);
  EXPECT_EQ(Refusal(Dismiss({ann, bob, nobody}).status()), Reason::kFieldInvalid);
  EXPECT_EQ(Refusal(Dismiss({ann, "bob"}).status()), Reason::kInvalidId);
  EXPECT_EQ(Refusal(Dismiss({ann, nobody}).status()), Reason::kMemberNotFound);
  v1::DismissDuplicateRequest request;
  request.set_request_id(NextRequestId());
  request.add_member_ids(ann);
  request.add_member_ids(bob);
  EXPECT_EQ(Refusal(Call(&MergingStub::DismissDuplicate, request, "gk_till1").status()),
            Reason::kRoleNotAllowed);
  EXPECT_EQ(
      Refusal(Call(&MergingStub::ListProposedMerges, v1::ListProposedMergesRequest(), "gk_till1")
                  .status()),
      Reason::kRoleNotAllowed);
  EXPECT_EQ(Kept(), 0);
}

TEST_F(ProposalsTest, AreFoundThroughIndexes) {
  const std::string id = "'00000000-0000-7000-8000-000000000000'::uuid";
  const std::string ids = "'{00000000-0000-7000-8000-000000000000}'";
  for (const auto& [query, values] : std::vector<std::pair<pg::Query, std::vector<std::string>>>{
           {sql::kReadProposedMerges, {"0", ids, ids}},
           {sql::kCountProposedMerges, {"0", ids}},
           {sql::kFindGroups, {"'{0}'", ids}},
           {sql::kListProposedMerges, {"0", "'infinity'::timestamptz", id, id, "true", "1"}},
           {sql::kListProposedMergesOf, {"0", "'infinity'::timestamptz", id, id, "true", "1", id}},
           {sql::kDeleteProposedMerges, {"0", ids}},
           {sql::kDeleteProposedPairs, {"0", ids, ids}},
           {sql::kKeepDismissals, {"0", id, id}},
           {sql::kFindMergedInto, {id, "0", "7", "64", "1"}}}) {
    const std::string plan = PlanOf(query, values);
    EXPECT_THAT(plan, HasSubstr("Index")) << query.name;
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << query.name << "\n" << plan;
  }
}

}  // namespace
}  // namespace gratis::members
