#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/ledger/feed.h"
#include "common/pg/tx.h"
#include "common/rpc/metadata.h"
#include "common/status/macros.h"
#include "services/members/brief_service.h"
#include "services/members/consent_service.h"
#include "services/members/member_service.h"
#include "services/members/merging_service.h"
#include "services/members/preference_service.h"
#include "services/members/proving.h"
#include "services/members/segment_service.h"
#include "tests/integration/services/members/caller.h"

// Two members become one, as callers see it. The gate of this house keeps nobody in mind, so each
// call that names the duplicate finds the survivor under the partition's lock.
namespace gratis::members {
namespace {

// Keeps whoever posts it until it may end; then nothing was done.
class Holding final : public ledger::Mutation {
 public:
  explicit Holding(std::shared_future<void> end) : end_(std::move(end)) {}
  absl::StatusOr<std::string> Decide(ledger::Books&) override {
    end_.wait();
    return absl::CancelledError("held long enough");
  }

 private:
  const std::shared_future<void> end_;
};

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class MergingCalls : public Caller {
 protected:
  using Stub = v1::MergingService::Stub;

  MergingCalls() {
    Serve({&merging_service_, &member_service_, &consent_service_, &preference_service_,
           &segment_service_, &brief_service_});
    Profile profile;
    profile.greeting_name = "Mia Lind";
    profile.birthday = Birthday{.on = {5, 3}, .year = std::nullopt};
    profile.email = "mia@example.com";
    duplicate_ = IdIn(Enroll("enroll-duplicate", profile)).ToString();
    profile.email.clear();
    profile.external_ids = {{"webshop", "mia"}};
    survivor_ = IdIn(Enroll("enroll-survivor", profile)).ToString();
  }
  ~MergingCalls() override { server_->Shutdown(); }

  // Somebody else whose changes may come in one set with the survivor's.
  std::string EnrollBesideSurvivor() {
    const int32_t partition = ledger::PartitionOf(program_, *MemberId::Parse(survivor_));
    Profile profile;
    profile.greeting_name = "Mia L.";
    while (true) {
      const std::string name = absl::StrCat("beside-", ++enrolled_);
      profile.external_ids = {{"webshop", name}};
      const MemberId member = IdIn(Enroll(name, profile));
      if (member.IsNil() || ledger::PartitionOf(program_, member) == partition) {
        return member.ToString();
      }
    }
  }
  // Has all of these calls wait for the survivor's partition before any of them is posted.
  void CallTogether(const std::vector<std::function<void()>>& calls) {
    std::promise<void> go;
    auto holding = std::make_unique<Holding>(go.get_future().share());
    holding->envelope.program = program_;
    holding->envelope.member = *MemberId::Parse(survivor_);
    holding->envelope.now = clock_.Now();
    holding->envelope.deadline = Soon();
    one_by_one_.Submit(plain_, std::move(holding), [](const ledger::Outcome&) {});
    const auto wait_for = [&](int waiting) {
      const absl::Time until = clock_.Now() + absl::Seconds(5);
      while (one_by_one_.waiting() != waiting && clock_.Now() < until) std::this_thread::yield();
      EXPECT_EQ(one_by_one_.waiting(), waiting);
    };
    wait_for(0);
    std::vector<std::thread> threads;
    for (const std::function<void()>& call : calls) threads.emplace_back(call);
    wait_for(static_cast<int>(calls.size()));
    go.set_value();
    for (std::thread& thread : threads) thread.join();
  }

  absl::Status Merge(const std::string& request_id, v1::MergeMembersResponse& response,
                     bool validate_only = false) {
    v1::MergeMembersRequest request;
    request.set_request_id(request_id);
    request.set_duplicate_id(duplicate_);
    request.set_survivor_id(survivor_);
    request.set_source("case 4711");
    request.set_validate_only(validate_only);
    return Call("support", &Stub::MergeMembers, request, response);
  }
  absl::Status Says(const std::string& member, v1::ConsentState state,
                    v1::ConsentChannel channel = v1::CONSENT_CHANNEL_EMAIL) {
    v1::RecordConsentRequest request;
    request.set_request_id("says-" + std::to_string(++says_));
    request.set_member_id(member);
    request.set_source(v1::CONSENT_SOURCE_WEB_FORM);
    request.set_wording_version("v1");
    auto& decision = *request.add_decisions();
    decision.set_purpose(v1::CONSENT_PURPOSE_MARKETING);
    decision.set_channel(channel);
    decision.set_state(state);
    v1::RecordConsentResponse response;
    return Call("backend", &v1::ConsentService::Stub::RecordConsent, request, response);
  }
  std::vector<v1::Consent> InForce(const std::string& member) {
    v1::GetConsentsRequest request;
    request.set_member_id(member);
    v1::GetConsentsResponse response;
    EXPECT_EQ(Call("backend", &v1::ConsentService::Stub::GetConsents, request, response),
              absl::OkStatus());
    return {response.consents().consents().begin(), response.consents().consents().end()};
  }
  std::string Identified() {
    v1::IdentifyMemberRequest request;
    request.set_email("mia@example.com");
    v1::IdentifyMemberResponse response;
    EXPECT_EQ(Call("backend", &v1::MemberService::Stub::IdentifyMember, request, response),
              absl::OkStatus());
    return response.member_id();
  }

  void Put(const std::string& member, const std::string& segment) {
    v1::SetMemberSegmentsRequest request;
    request.set_request_id("put-" + std::to_string(++says_));
    request.set_member_id(member);
    request.add_add()->set_segment(segment);
    v1::SetMemberSegmentsResponse response;
    EXPECT_EQ(Call("backend", &v1::SegmentService::Stub::SetMemberSegments, request, response),
              absl::OkStatus());
  }
  std::vector<std::string> SegmentsOf(const std::string& member) {
    v1::GetMemberRequest request;
    request.set_member_id(member);
    v1::GetMemberResponse response;
    EXPECT_EQ(Call("backend", &v1::MemberService::Stub::GetMember, request, response),
              absl::OkStatus());
    std::vector<std::string> codes;
    for (const v1::SegmentMark& mark : response.member().segments()) {
      codes.push_back(mark.segment());
    }
    return codes;
  }

  v1::MergeMembersResponse Joins(const std::string& duplicate) {
    v1::MergeMembersRequest request;
    request.set_request_id("joins-" + std::to_string(++says_));
    request.set_duplicate_id(duplicate);
    request.set_survivor_id(survivor_);
    v1::MergeMembersResponse response;
    EXPECT_EQ(Call("support", &Stub::MergeMembers, request, response), absl::OkStatus());
    return response;
  }
  v1::UndoMergeResponse Parts(const v1::MergeMembersResponse& merged) {
    v1::UndoMergeRequest request;
    request.set_request_id("parts-" + std::to_string(++says_));
    request.set_merge_id(merged.merge().merge_id());
    v1::UndoMergeResponse response;
    EXPECT_EQ(Call("support", &Stub::UndoMerge, request, response), absl::OkStatus());
    return response;
  }
  // Of the one matter that they were asked about.
  v1::ConsentState StateOf(const std::string& member) {
    const std::vector<v1::Consent> consents = InForce(member);
    EXPECT_THAT(consents, SizeIs(1));
    return consents.empty() ? v1::CONSENT_STATE_UNSPECIFIED : consents.front().state();
  }
  void Likes(const std::string& member, const v1::Preference& preference) {
    v1::SetPreferencesRequest request;
    request.set_request_id("likes-" + std::to_string(++says_));
    request.set_member_id(member);
    *request.add_set() = preference;
    v1::SetPreferencesResponse response;
    EXPECT_EQ(Call("backend", &v1::PreferenceService::Stub::SetPreferences, request, response),
              absl::OkStatus());
  }
  void Likes(const std::string& member, const std::string& key, const std::string& text) {
    v1::Preference preference;
    preference.set_key(key);
    preference.set_text(text);
    Likes(member, preference);
  }
  void Celebrates(const std::string& member, bool yes) {
    v1::Preference preference;
    preference.set_key("no_celebrations");
    preference.set_flag(!yes);
    Likes(member, preference);
  }
  std::vector<v1::Preference> Liked(const std::string& member) {
    v1::GetPreferencesRequest request;
    request.set_member_id(member);
    v1::GetPreferencesResponse response;
    EXPECT_EQ(Call("backend", &v1::PreferenceService::Stub::GetPreferences, request, response),
              absl::OkStatus());
    std::vector<v1::Preference> all;
    for (const v1::KeptPreference& one : response.preferences()) all.push_back(one.preference());
    return all;
  }
  bool WantsNoCelebrations(const std::string& member) {
    const std::vector<v1::Preference> all = Liked(member);
    return std::any_of(all.begin(), all.end(), [](const v1::Preference& one) {
      return one.key() == "no_celebrations" && one.flag();
    });
  }

  // What a timeline tells, newest first, page by page.
  std::vector<std::string> Timeline(const std::string& member, int32_t size,
                                    bool as_named = false) {
    v1::BriefService::Stub stub(server_->InProcessChannel({}));
    v1::ListTimelineRequest request;
    request.set_member_id(member);
    request.set_page_size(size);
    std::vector<std::string> texts;
    do {
      grpc::ClientContext context;
      Sign(context, "support");
      if (as_named) context.AddMetadata(rpc::kAsNamedKey, "true");
      v1::ListTimelineResponse page;
      const grpc::Status status = stub.ListTimeline(&context, request, &page);
      EXPECT_TRUE(status.ok()) << status.error_message();
      EXPECT_LE(page.entries_size(), size);
      for (const v1::TimelineEntry& entry : page.entries()) texts.push_back(entry.text());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return texts;
  }

  ledger::MutationKind plain_;
  // What waits for a partition is one set, unless it is to be alone.
  ledger::Poster one_by_one_{{.chain_key = std::string(32, 'c'), .threads = 1}, pool_, clock_};
  Consents consents_{pool_};
  Preferences preferences_{vault_, ids_, pool_};
  Proving proving_{vault_, pool_};
  MergingService merging_service_{shell_, pool_, one_by_one_, members_, vault_};
  Proposing proposing_{poster_};
  MemberService member_service_{shell_, poster_, members_, proving_, vault_, pool_, proposing_};
  ConsentService consent_service_{shell_, poster_, consents_, ids_};
  PreferenceService preference_service_{shell_, poster_, preferences_};
  SegmentService segment_service_{shell_, one_by_one_, members_};
  Briefs briefs_{members_, vault_, pool_, clock_};
  BriefService brief_service_{shell_, members_, proving_, briefs_, proposing_};
  std::string duplicate_, survivor_;
  int says_ = 0;
  int enrolled_ = 0;
};

TEST_F(MergingCalls, ProposesWhoHasOneNameAndDayOfBirth) {
  v1::ListDuplicatesRequest request;
  request.set_member_id(survivor_);
  v1::ListDuplicatesResponse response;
  ASSERT_EQ(Call("support", &Stub::ListDuplicates, request, response), absl::OkStatus());
  EXPECT_THAT(response.duplicate_ids(), ElementsAre(duplicate_));
  v1::MergeMembersResponse merged;
  ASSERT_EQ(Merge("m1", merged), absl::OkStatus());
  ASSERT_EQ(Call("support", &Stub::ListDuplicates, request, response), absl::OkStatus());
  EXPECT_THAT(response.duplicate_ids(), IsEmpty());
}

TEST_F(MergingCalls, AMergeIsFoundAndUndone) {
  v1::MergeMembersResponse preview, merged, again;
  ASSERT_EQ(Merge("preview", preview, /*validate_only=*/true), absl::OkStatus());
  EXPECT_FALSE(preview.has_merge());
  EXPECT_EQ(Identified(), duplicate_);
  ASSERT_EQ(Merge("m1", merged), absl::OkStatus());
  ASSERT_EQ(Merge("m1", again), absl::OkStatus());
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again.SerializeAsString(), merged.SerializeAsString());
  EXPECT_EQ(Identified(), survivor_);

  v1::GetMergeRequest get;
  get.set_merge_id(merged.merge().merge_id());
  v1::GetMergeResponse got;
  ASSERT_EQ(Call("auditor", &Stub::GetMerge, get, got), absl::OkStatus());
  EXPECT_EQ(got.merge().SerializeAsString(), merged.merge().SerializeAsString());
  v1::ListMergesRequest list;
  list.set_member_id(survivor_);
  v1::ListMergesResponse listed;
  ASSERT_EQ(Call("auditor", &Stub::ListMerges, list, listed), absl::OkStatus());
  EXPECT_THAT(listed.merges(), SizeIs(1));

  v1::UndoMergeRequest undo;
  undo.set_request_id("u1");
  undo.set_merge_id(merged.merge().merge_id());
  v1::UndoMergeResponse undone;
  ASSERT_EQ(Call("support", &Stub::UndoMerge, undo, undone), absl::OkStatus());
  EXPECT_TRUE(undone.merge().has_undone_at());
  EXPECT_EQ(Identified(), duplicate_);
  undo.set_request_id("u2");
  EXPECT_EQ(ReasonOf(Call("support", &Stub::UndoMerge, undo, undone)), Reason::kMergeContradicted);
  get.set_merge_id(TransactionId{ids_.Next(clock_.Now())}.ToString());
  EXPECT_EQ(ReasonOf(Call("auditor", &Stub::GetMerge, get, got)), Reason::kMergeNotFound);
}

TEST_F(MergingCalls, AMergeMayBeUndoneWithinItsPeriodAndNotAfter) {
  v1::MergeMembersResponse merged;
  ASSERT_EQ(Merge("m1", merged), absl::OkStatus());
  v1::UndoMergeRequest undo;
  undo.set_request_id("u1");
  undo.set_merge_id(merged.merge().merge_id());
  v1::UndoMergeResponse undone;
  gate_.ahead = kUndoPeriod + absl::Minutes(1);
  const absl::Status late = Call("support", &Stub::UndoMerge, undo, undone);
  EXPECT_EQ(ReasonOf(late), Reason::kMergeContradicted);
  EXPECT_THAT(MetadataOf(late), Contains(Pair("why", "period")));
  EXPECT_EQ(Identified(), survivor_);
  gate_.ahead = kUndoPeriod - absl::Minutes(1);
  EXPECT_EQ(Call("support", &Stub::UndoMerge, undo, undone), absl::OkStatus());
  EXPECT_EQ(Identified(), duplicate_);
}

TEST_F(MergingCalls, WhoSaidNoBirthdayHasThatOfTheNewestDuplicateUntilTheyAreParted) {
  const auto text = [](const type::v1::Birthday& birthday) {
    return absl::StrCat(birthday.month(), "-", birthday.day());
  };
  const auto kept = [&](const std::string& member, bool as_named = false) {
    v1::MemberService::Stub stub(server_->InProcessChannel({}));
    grpc::ClientContext context;
    Sign(context, "backend");
    if (as_named) context.AddMetadata(rpc::kAsNamedKey, "true");
    v1::GetMemberRequest request;
    request.set_member_id(member);
    request.set_with_birthday(true);
    v1::GetMemberResponse response;
    const grpc::Status status = stub.GetMember(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_FALSE(response.has_contact());
    return response.birthday().has_birthday() ? text(response.birthday().birthday()) : "";
  };
  const auto listed = [&] {
    v1::ListBirthdaysRequest request;
    request.mutable_from()->set_year(2027);
    request.mutable_from()->set_month(6);
    request.mutable_from()->set_day(1);
    *request.mutable_to() = request.from();
    request.mutable_to()->set_day(30);
    v1::ListBirthdaysResponse response;
    EXPECT_EQ(Call("service", &v1::MemberService::Stub::ListBirthdays, request, response),
              absl::OkStatus());
    std::map<std::string, std::string> birthdays;
    for (const v1::MemberBirthday& one : response.birthdays()) {
      EXPECT_TRUE(birthdays.emplace(one.member_id(), text(one.birthday())).second);
    }
    return birthdays;
  };
  const auto merge = [&](const std::string& duplicate, const std::string& survivor) {
    v1::MergeMembersRequest request;
    request.set_request_id("merge-" + duplicate);
    request.set_duplicate_id(duplicate);
    request.set_survivor_id(survivor);
    v1::MergeMembersResponse response;
    EXPECT_EQ(Call("support", &Stub::MergeMembers, request, response), absl::OkStatus());
    gate_.ahead += absl::Seconds(1);
    return response.merge().merge_id();
  };
  const auto part = [&](const std::string& merge_id) {
    v1::UndoMergeRequest request;
    request.set_request_id("part-" + merge_id);
    request.set_merge_id(merge_id);
    v1::UndoMergeResponse response;
    EXPECT_EQ(Call("support", &Stub::UndoMerge, request, response), absl::OkStatus());
  };
  using Birthdays = std::map<std::string, std::string>;
  const auto born = [](int day) { return Birthday{.on = {6, day}, .year = std::nullopt}; };
  const std::string card = IdIn(Enroll("card", {.phone = "+41446681800"})).ToString();
  const std::string shop =
      IdIn(Enroll("shop", {.email = "shop@example.com", .birthday = born(15)})).ToString();
  const std::string app =
      IdIn(Enroll("app", {.email = "app@example.com", .birthday = born(20)})).ToString();
  EXPECT_EQ(kept(card), "");
  EXPECT_EQ(listed(), (Birthdays{{shop, "6-15"}, {app, "6-20"}}));

  const std::string first = merge(shop, card);
  EXPECT_EQ(kept(card), "6-15");
  EXPECT_EQ(kept(card, /*as_named=*/true), "");
  EXPECT_EQ(listed(), (Birthdays{{card, "6-15"}, {app, "6-20"}}));
  const std::string second = merge(app, card);
  EXPECT_EQ(kept(card), "6-20");
  EXPECT_EQ(listed(), (Birthdays{{card, "6-20"}}));
  // Whoever has one of their own keeps it.
  const std::string third = merge(card, survivor_);
  EXPECT_EQ(kept(survivor_), "5-3");
  EXPECT_EQ(listed(), Birthdays());

  part(third);
  part(second);
  EXPECT_EQ(listed(), (Birthdays{{card, "6-15"}, {app, "6-20"}}));
  part(first);
  EXPECT_EQ(kept(card), "");
  EXPECT_EQ(listed(), (Birthdays{{shop, "6-15"}, {app, "6-20"}}));
}

TEST_F(MergingCalls, WhoHasNoAddressIsReachedAtTheNewestDuplicatesUntilTheyAreParted) {
  const auto reached = [&](const std::string& member, bool as_named = false) {
    v1::MemberService::Stub stub(server_->InProcessChannel({}));
    grpc::ClientContext context;
    Sign(context, "backend");
    if (as_named) context.AddMetadata(rpc::kAsNamedKey, "true");
    v1::GetMemberRequest request;
    request.set_member_id(member);
    request.set_with_contact(true);
    v1::GetMemberResponse response;
    const grpc::Status status = stub.GetMember(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(response.has_contact());
    if (member == survivor_) {
      EXPECT_EQ(response.member().profile().email(), "");
    }
    return std::pair(response.contact().email(), response.contact().phone());
  };
  const auto merge = [&](const std::string& duplicate, const std::string& survivor) {
    v1::MergeMembersRequest request;
    request.set_request_id("merge-" + duplicate);
    request.set_duplicate_id(duplicate);
    request.set_survivor_id(survivor);
    v1::MergeMembersResponse response;
    EXPECT_EQ(Call("support", &Stub::MergeMembers, request, response), absl::OkStatus());
    gate_.ahead += absl::Seconds(1);
    return response.merge().merge_id();
  };
  const auto part = [&](const std::string& merge_id) {
    v1::UndoMergeRequest request;
    request.set_request_id("part-" + merge_id);
    request.set_merge_id(merge_id);
    v1::UndoMergeResponse response;
    EXPECT_EQ(Call("support", &Stub::UndoMerge, request, response), absl::OkStatus());
  };
  using Contact = std::pair<std::string, std::string>;
  const std::string newer =
      IdIn(Enroll("newer", {.email = "new@example.com", .phone = "+41446681800"})).ToString();
  const std::string silent = IdIn(Enroll("silent", {.external_ids = {{"crm", "9"}}})).ToString();
  EXPECT_EQ(reached(survivor_), Contact());
  EXPECT_EQ(reached(duplicate_), Contact("mia@example.com", ""));

  merge(duplicate_, survivor_);
  EXPECT_EQ(reached(survivor_), Contact("mia@example.com", ""));
  EXPECT_EQ(reached(survivor_, /*as_named=*/true), Contact());
  const std::string second = merge(newer, survivor_);
  EXPECT_EQ(reached(survivor_), Contact("new@example.com", "+41446681800"));
  // By however many steps.
  const std::string third = merge(survivor_, silent);
  EXPECT_EQ(reached(silent), Contact("new@example.com", "+41446681800"));
  part(third);
  EXPECT_EQ(reached(silent), Contact());
  part(second);
  EXPECT_EQ(reached(survivor_), Contact("mia@example.com", ""));
  EXPECT_EQ(reached(newer), Contact("new@example.com", "+41446681800"));

  v1::GetMemberRequest plain;
  plain.set_member_id(survivor_);
  v1::GetMemberResponse got;
  ASSERT_EQ(Call("backend", &v1::MemberService::Stub::GetMember, plain, got), absl::OkStatus());
  EXPECT_FALSE(got.has_contact());
}

TEST_F(MergingCalls, TheTimelineIsOfBothUntilTheyArePartedAgain) {
  Put(duplicate_, "press");
  Put(survivor_, "student");
  v1::MergeMembersResponse merged;
  ASSERT_EQ(Merge("m1", merged), absl::OkStatus());
  const std::vector<std::string> both = Timeline(survivor_, 100);
  EXPECT_EQ(std::count(both.begin(), both.end(), "Became a member"), 2);
  for (const int32_t size : {1, 2, 3}) EXPECT_EQ(Timeline(survivor_, size), both);
  EXPECT_EQ(Timeline(survivor_, 2, /*as_named=*/true).size() +
                Timeline(duplicate_, 2, /*as_named=*/true).size(),
            both.size());

  v1::UndoMergeRequest undo;
  undo.set_request_id("u1");
  undo.set_merge_id(merged.merge().merge_id());
  v1::UndoMergeResponse undone;
  ASSERT_EQ(Call("support", &Stub::UndoMerge, undo, undone), absl::OkStatus());
  for (const std::string& member : {survivor_, duplicate_}) {
    const std::vector<std::string> own = Timeline(member, 2);
    EXPECT_EQ(std::count(own.begin(), own.end(), "Became a member"), 1);
  }
}

TEST_F(MergingCalls, WhatIsSaidForTheDuplicateIsTheSurvivorsWord) {
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  v1::MergeMembersResponse merged;
  ASSERT_EQ(Merge("m1", merged), absl::OkStatus());
  EXPECT_EQ(merged.moved().consents(), 1);
  ASSERT_THAT(InForce(survivor_), SizeIs(1));
  EXPECT_EQ(InForce(survivor_).front().state(), v1::CONSENT_STATE_GRANTED);
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_WITHDRAWN), absl::OkStatus());
  EXPECT_EQ(InForce(survivor_).front().state(), v1::CONSENT_STATE_WITHDRAWN);
}

TEST_F(MergingCalls, AGrantThatCameOverIsWithdrawnByTheUndo) {
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  v1::MergeMembersResponse merged;
  ASSERT_EQ(Merge("m1", merged), absl::OkStatus());
  v1::UndoMergeRequest undo;
  undo.set_request_id("u1");
  undo.set_merge_id(merged.merge().merge_id());
  v1::UndoMergeResponse undone;
  ASSERT_EQ(Call("support", &Stub::UndoMerge, undo, undone), absl::OkStatus());
  EXPECT_EQ(InForce(survivor_).front().state(), v1::CONSENT_STATE_WITHDRAWN);
  EXPECT_EQ(InForce(duplicate_).front().state(), v1::CONSENT_STATE_GRANTED);
}

TEST_F(MergingCalls, AGrantThatTheSurvivorGaveAnewStays) {
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  const v1::MergeMembersResponse merged = Joins(duplicate_);
  ASSERT_EQ(Says(survivor_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  EXPECT_EQ(Parts(merged).moved().consents(), 0);
  EXPECT_EQ(StateOf(survivor_), v1::CONSENT_STATE_GRANTED);
  EXPECT_EQ(StateOf(duplicate_), v1::CONSENT_STATE_GRANTED);
}

TEST_F(MergingCalls, TheSurvivorsOwnGrantOfBeforeIsBackAfterTheUndo) {
  ASSERT_EQ(Says(survivor_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  const v1::MergeMembersResponse merged = Joins(duplicate_);
  EXPECT_EQ(merged.moved().consents(), 1);
  Parts(merged);
  EXPECT_EQ(StateOf(survivor_), v1::CONSENT_STATE_GRANTED);
  EXPECT_EQ(StateOf(duplicate_), v1::CONSENT_STATE_GRANTED);
}

TEST_F(MergingCalls, AGrantOfAnotherDuplicateStaysAsLongAsThatOneIsMerged) {
  const std::string other = EnrollBesideSurvivor();
  ASSERT_EQ(Says(other, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  const v1::MergeMembersResponse first = Joins(duplicate_);
  const v1::MergeMembersResponse second = Joins(other);
  Parts(first);
  EXPECT_EQ(StateOf(survivor_), v1::CONSENT_STATE_GRANTED);
  Parts(second);
  EXPECT_EQ(StateOf(survivor_), v1::CONSENT_STATE_WITHDRAWN) << "they never agreed themselves";
}

TEST_F(MergingCalls, ANoSinceTheMergeIsForBothAfterTheUndo) {
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  const v1::MergeMembersResponse merged = Joins(duplicate_);
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_WITHDRAWN), absl::OkStatus());
  Parts(merged);
  EXPECT_EQ(StateOf(survivor_), v1::CONSENT_STATE_WITHDRAWN);
  EXPECT_EQ(StateOf(duplicate_), v1::CONSENT_STATE_WITHDRAWN);

  // Whoever follows the duplicate's partition hears of it.
  std::vector<ledger::JournalRow> rows;
  const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(rows,
                     ledger::ReadMemberRowsAfter(tx, program_, *MemberId::Parse(duplicate_), 0,
                                                 {ledger::FactKind::kConsentRecorded}, 10));
    return absl::OkStatus();
  });
  ASSERT_EQ(read, absl::OkStatus());
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows.back().fact.detail, HasSubstr("\"withdrawn\":[\"marketing/email\"]"));
}

TEST_F(MergingCalls, AYesAfterTheNoIsTheSurvivorsAlone) {
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  const v1::MergeMembersResponse merged = Joins(duplicate_);
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_WITHDRAWN), absl::OkStatus());
  ASSERT_EQ(Says(survivor_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  Parts(merged);
  EXPECT_EQ(StateOf(survivor_), v1::CONSENT_STATE_GRANTED);
  EXPECT_EQ(StateOf(duplicate_), v1::CONSENT_STATE_WITHDRAWN);
}

TEST_F(MergingCalls, AnObjectionSinceTheMergeIsForBothAfterTheUndo) {
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  const v1::MergeMembersResponse merged = Joins(duplicate_);
  v1::RecordObjectionRequest request;
  request.set_request_id("objects");
  request.set_member_id(duplicate_);
  request.set_source(v1::CONSENT_SOURCE_UNSUBSCRIBE_LINK);
  v1::RecordObjectionResponse objected;
  ASSERT_EQ(Call("backend", &v1::ConsentService::Stub::RecordObjection, request, objected),
            absl::OkStatus());
  Parts(merged);
  EXPECT_THAT(InForce(duplicate_), SizeIs(InForce(survivor_).size()));
  for (const v1::Consent& consent : InForce(duplicate_)) {
    EXPECT_EQ(consent.state(), v1::CONSENT_STATE_WITHDRAWN);
    EXPECT_TRUE(consent.objection());
  }
}

TEST_F(MergingCalls, WhatAnotherDuplicateRefusedBeforeIsNoNoOfThisOne) {
  const std::string other = EnrollBesideSurvivor();
  ASSERT_EQ(Says(duplicate_, v1::CONSENT_STATE_GRANTED), absl::OkStatus());
  ASSERT_EQ(Says(other, v1::CONSENT_STATE_WITHDRAWN), absl::OkStatus());
  const v1::MergeMembersResponse merged = Joins(duplicate_);
  Joins(other);
  EXPECT_EQ(StateOf(survivor_), v1::CONSENT_STATE_WITHDRAWN);
  Parts(merged);
  EXPECT_EQ(StateOf(survivor_), v1::CONSENT_STATE_WITHDRAWN);
  EXPECT_EQ(StateOf(duplicate_), v1::CONSENT_STATE_GRANTED);
}

TEST_F(MergingCalls, WhoWantsNoCelebrationsSinceTheMergeWantsNoneAfterTheUndo) {
  Celebrates(duplicate_, true);
  const v1::MergeMembersResponse merged = Joins(duplicate_);
  Celebrates(duplicate_, false);
  Parts(merged);
  EXPECT_TRUE(WantsNoCelebrations(survivor_));
  EXPECT_TRUE(WantsNoCelebrations(duplicate_));
}

TEST_F(MergingCalls, WhatTheSurvivorWantedBeforeTheMergeIsTheirsAlone) {
  Celebrates(survivor_, false);
  ASSERT_EQ(Says(survivor_, v1::CONSENT_STATE_WITHDRAWN), absl::OkStatus());
  Parts(Joins(duplicate_));
  EXPECT_TRUE(WantsNoCelebrations(survivor_));
  EXPECT_FALSE(WantsNoCelebrations(duplicate_));
  EXPECT_THAT(InForce(duplicate_), IsEmpty());
}

TEST_F(MergingCalls, WhatAnotherDuplicateLikesAndIsInStaysAsLongAsThatOneIsMerged) {
  const std::string other = EnrollBesideSurvivor();
  Put(duplicate_, "gold");
  Put(other, "gold");
  Likes(duplicate_, "tea", "green");
  Likes(other, "tea", "black");
  const v1::MergeMembersResponse first = Joins(duplicate_);
  const v1::MergeMembersResponse second = Joins(other);
  ASSERT_THAT(Liked(survivor_), SizeIs(1));
  EXPECT_EQ(Liked(survivor_).front().text(), "green");
  Parts(first);
  EXPECT_THAT(SegmentsOf(survivor_), ElementsAre("gold"));
  ASSERT_THAT(Liked(survivor_), SizeIs(1));
  EXPECT_EQ(Liked(survivor_).front().text(), "black");
  Parts(second);
  EXPECT_THAT(SegmentsOf(survivor_), IsEmpty());
  EXPECT_THAT(Liked(survivor_), IsEmpty());
  for (const std::string& member : {duplicate_, other}) {
    EXPECT_THAT(SegmentsOf(member), ElementsAre("gold"));
    EXPECT_THAT(Liked(member), SizeIs(1));
  }
}

TEST_F(MergingCalls, AQrCodeShownBeforeTheMergeLeadsToTheSurvivor) {
  const std::string token =
      proving_.IssueQrToken(program_, *MemberId::Parse(duplicate_), absl::Seconds(60), clock_.Now())
          .text;
  const auto shown = [&](const std::string& email) {
    v1::IdentifyMemberRequest request;
    request.set_qr_token(token);
    request.set_email(email);
    v1::IdentifyMemberResponse response;
    EXPECT_EQ(Call("pos", &v1::MemberService::Stub::IdentifyMember, request, response),
              absl::OkStatus());
    return response;
  };
  const v1::MergeMembersResponse merged = Joins(duplicate_);
  for (const char* email : {"", "mia@example.com"}) {
    const v1::IdentifyMemberResponse found = shown(email);
    EXPECT_EQ(found.member_id(), survivor_) << email;
    EXPECT_EQ(found.state(), v1::MEMBER_STATE_ACTIVE) << email;
    EXPECT_EQ(found.greeting_name(), "Mia Lind") << email;
    v1::GetBriefRequest ask;
    ask.mutable_identify()->set_qr_token(token);
    ask.mutable_identify()->set_email(email);
    v1::GetBriefResponse brief;
    ASSERT_EQ(Call("pos", &v1::BriefService::Stub::GetBrief, ask, brief), absl::OkStatus());
    EXPECT_EQ(brief.member().member_id(), survivor_) << email;
    EXPECT_EQ(brief.member().state(), v1::MEMBER_STATE_ACTIVE) << email;
  }
  Parts(merged);
  EXPECT_EQ(shown("").member_id(), duplicate_);
}

TEST_F(MergingCalls, WhatTheDuplicateLikesIsAddedAndTakenBack) {
  const auto liked = [&] {
    std::map<std::string, std::string> all;
    for (const v1::Preference& one : Liked(survivor_)) all[one.key()] = one.text();
    return all;
  };
  using Texts = std::map<std::string, std::string>;
  Likes(duplicate_, "dessert", "pie");
  Likes(duplicate_, "tea", "green");
  Likes(survivor_, "tea", "black");
  v1::MergeMembersResponse merged;
  ASSERT_EQ(Merge("m1", merged), absl::OkStatus());
  EXPECT_EQ(merged.moved().preferences(), 1);
  EXPECT_EQ(liked(), (Texts{{"dessert", "pie"}, {"tea", "black"}}));
  v1::UndoMergeRequest undo;
  undo.set_request_id("u1");
  undo.set_merge_id(merged.merge().merge_id());
  v1::UndoMergeResponse undone;
  ASSERT_EQ(Call("support", &Stub::UndoMerge, undo, undone), absl::OkStatus());
  EXPECT_EQ(liked(), (Texts{{"tea", "black"}}));
}

TEST_F(MergingCalls, SegmentsOfTheDuplicateAreAddedAndTakenBack) {
  Put(duplicate_, "press");
  Put(duplicate_, "student");
  Put(survivor_, "student");
  v1::MergeMembersResponse preview, merged;
  ASSERT_EQ(Merge("preview", preview, /*validate_only=*/true), absl::OkStatus());
  EXPECT_EQ(preview.moved().segments(), 1);
  EXPECT_THAT(SegmentsOf(survivor_), ElementsAre("student"));
  ASSERT_EQ(Merge("m1", merged), absl::OkStatus());
  EXPECT_EQ(merged.moved().segments(), 1);
  EXPECT_THAT(SegmentsOf(survivor_), ElementsAre("press", "student"));
  Put(duplicate_, "vip");  // by now the survivor's
  EXPECT_THAT(SegmentsOf(survivor_), ElementsAre("press", "student", "vip"));
  v1::UndoMergeRequest undo;
  undo.set_request_id("u1");
  undo.set_merge_id(merged.merge().merge_id());
  v1::UndoMergeResponse undone;
  ASSERT_EQ(Call("support", &Stub::UndoMerge, undo, undone), absl::OkStatus());
  EXPECT_EQ(undone.moved().segments(), 1);
  EXPECT_THAT(SegmentsOf(survivor_), ElementsAre("student", "vip"));
  EXPECT_THAT(SegmentsOf(duplicate_), ElementsAre("press", "student"));
}

TEST_F(MergingCalls, WhatComesTogetherForOneSurvivorIsAllKept) {
  const std::string first = EnrollBesideSurvivor();
  const std::string second = EnrollBesideSurvivor();
  Put(first, "press");
  Put(second, "student");
  ASSERT_EQ(Says(first, v1::CONSENT_STATE_GRANTED, v1::CONSENT_CHANNEL_SMS), absl::OkStatus());
  ASSERT_EQ(Says(second, v1::CONSENT_STATE_GRANTED, v1::CONSENT_CHANNEL_POST), absl::OkStatus());
  std::map<std::string, v1::MergeMembersResponse> merged;
  const auto merge = [&](const std::string& duplicate) {
    return [&, duplicate, response = &merged[duplicate]] {
      v1::MergeMembersRequest request;
      request.set_request_id("merge-" + duplicate);
      request.set_duplicate_id(duplicate);
      request.set_survivor_id(survivor_);
      grpc::ClientContext context;
      Sign(context, "support");
      Stub stub(server_->InProcessChannel({}));
      const grpc::Status status = stub.MergeMembers(&context, request, response);
      EXPECT_TRUE(status.ok()) << status.error_message();
    };
  };
  CallTogether({merge(first), merge(second), [&] { Put(survivor_, "vip"); }});
  EXPECT_THAT(SegmentsOf(survivor_), ElementsAre("press", "student", "vip"));
  EXPECT_THAT(InForce(survivor_), SizeIs(2));

  // As are those of an undo, and what it takes back.
  v1::UndoMergeRequest undo;
  undo.set_request_id("undo");
  undo.set_merge_id(merged[first].merge().merge_id());
  CallTogether({[&] { Put(survivor_, "local"); },
                [&] {
                  v1::UndoMergeResponse undone;
                  grpc::ClientContext context;
                  Sign(context, "support");
                  Stub stub(server_->InProcessChannel({}));
                  const grpc::Status status = stub.UndoMerge(&context, undo, &undone);
                  EXPECT_TRUE(status.ok()) << status.error_message();
                }});
  EXPECT_THAT(SegmentsOf(survivor_), ElementsAre("local", "student", "vip"));
}

}  // namespace
}  // namespace gratis::members
