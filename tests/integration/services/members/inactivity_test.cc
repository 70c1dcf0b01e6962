#include "services/members/inactivity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/ledger/fact.h"
#include "common/ledger/ledger_sql.h"
#include "common/pg/pause.h"
#include "services/members/erasure_log.h"
#include "services/members/members_sql.h"
#include "services/members/merging.h"
#include "services/members/privacy.h"
#include "tests/integration/services/members/groups_house.h"

namespace gratis::members {
namespace {

namespace fs = std::filesystem;
using ledger::FactKind;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Half a year, and a month before it. Everybody enrolls on day 0, which ends on day 181 to 184.
const InactivityPolicy kHalfAYear{.version = 0, .months = 6, .notice_days = 30};

class InactivityTest : public GroupsHouse {
 protected:
  InactivityTest() {
    std::string pattern = (fs::temp_directory_path() / "gratis-inactive-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    log_.emplace((folder_ / "erasures").string(), "key");
    privacy_.emplace(vault_, ids_, pool_, poster_, *log_);
    inactivity_.emplace(members_, pool_, poster_, *privacy_, ids_);
  }
  ~InactivityTest() override { fs::remove_all(folder_); }

  void OnDay(int day) { later_ = absl::Hours(24 * day); }

  void Set(const InactivityPolicy& policy) {
    const ledger::Outcome set = Post(settings_, inactivity_->SetPolicy(program_, policy, Now()));
    ASSERT_TRUE(set.answer.ok()) << set.answer.status();
  }

  // How many were noticed, and how many erased.
  std::pair<int64_t, int64_t> Run() {
    const auto report = inactivity_->Run(program_, Now(), Soon(), std::stop_token());
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? std::pair(report->noticed, report->erased) : std::pair<int64_t, int64_t>();
  }

  // As the service does it, with a row that says so.
  void MergeWithRow(const MemberId& duplicate, const MemberId& survivor) {
    const ledger::MergePair pair{.duplicate = duplicate,
                                 .survivor = survivor,
                                 .leaving = NewTransaction(duplicate),
                                 .arriving = NewTransaction(survivor),
                                 .effective_at = Now(),
                                 .source = "test"};
    Merges merges(vault_);
    const ledger::Outcome merged = Post(merges, std::make_unique<members::Merge>(pair));
    ASSERT_TRUE(merged.answer.ok()) << merged.answer.status();
  }

  void Did(const MemberId& member, FactKind kind, const std::string& actor,
           absl::Duration before = absl::ZeroDuration()) {
    auto act = std::make_unique<Act>(member, [=, this](ledger::Books& books) {
      ledger::Fact fact{.kind = kind, .transaction = NewTransaction(member), .member = member};
      fact.effective_at = Now() - before;
      return books.Post(std::move(fact)).status();
    });
    ledger::Envelope& envelope = act->envelope;
    envelope.program = program_;
    envelope.request_id = absl::StrCat("did ", ++deeds_);
    envelope.of_merged = true;
    envelope.fingerprint = std::string(32, 'e');
    envelope.actor = actor;
    envelope.now = Now();
    envelope.deadline = Soon();
    const ledger::Outcome done = poster_.Post(plain_, std::move(act));
    ASSERT_TRUE(done.answer.ok()) << done.answer.status();
  }

  // By whoever wrote the policy, or as if one were set.
  std::vector<InactiveMember> Listed(std::optional<InactivityPolicy> policy = std::nullopt,
                                     int32_t limit = 1000) {
    std::vector<InactiveMember> all;
    std::optional<InactivityPlace> place;
    do {
      const auto page = inactivity_->List(program_, policy, place, limit, Now(), Soon());
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->members.size(), static_cast<size_t>(limit));
      all.insert(all.end(), page->members.begin(), page->members.end());
      place = page->next;
    } while (place);
    return all;
  }
  InactivityKept KeptOf(const MemberId& member) {
    for (const InactiveMember& found : Listed()) {
      if (found.member.member == member) return found.verdict.kept;
    }
    ADD_FAILURE() << "they are not inactive";
    return InactivityKept::kNothing;
  }

  bool IsErased(const MemberId& member) {
    return ReasonOf(members_.Get(program_, member, Soon()).status()) == Reason::kMemberErased;
  }
  int64_t Facts(FactKind kind) {
    return Count(absl::StrCat("ledger.journal WHERE kind = ", static_cast<int>(kind)));
  }

  fs::path folder_;
  std::optional<ErasureLog> log_;
  std::optional<Privacy> privacy_;
  std::optional<Inactivity> inactivity_;
  InactivityPolicySettings settings_;
  InactivityNoticings noticings_;

 private:
  int deeds_ = 0;
};

TEST_F(InactivityTest, NobodyIsInactiveUntilAPolicyIsSet) {
  NewMember("ann");
  OnDay(5000);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  EXPECT_THAT(Listed(), IsEmpty());
  Set(kHalfAYear);
  Set({});
  EXPECT_EQ(inactivity_->CurrentPolicy(program_, Soon())->version, 2);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
}

TEST_F(InactivityTest, WhoDoesNothingIsNoticedOnceThenErasedOnce) {
  Set(kHalfAYear);
  const MemberId ann = NewMember("ann");
  const MemberId bob = NewMember("bob");
  OnDay(100);
  ASSERT_TRUE(Earn(bob, 10).ok());
  OnDay(140);
  EXPECT_EQ(Run(), std::pair(0L, 0L));

  OnDay(160);
  const std::vector<InactiveMember> before = Listed();
  ASSERT_THAT(before, SizeIs(1));
  EXPECT_EQ(before[0].member.member, ann);
  EXPECT_EQ(before[0].verdict.step, InactivityStep::kNotice);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  EXPECT_EQ(Facts(FactKind::kInactivityNoticed), 1);
  const std::vector<InactiveMember> noticed = Listed();
  ASSERT_THAT(noticed, SizeIs(1));
  EXPECT_EQ(noticed[0].verdict.step, InactivityStep::kWait);
  EXPECT_EQ(noticed[0].verdict.erase_at, noticed[0].member.notice->noticed_at + absl::Hours(720));

  OnDay(189);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  OnDay(191);
  EXPECT_EQ(Listed()[0].verdict.step, InactivityStep::kErase);
  EXPECT_EQ(Run(), std::pair(0L, 1L));
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  EXPECT_TRUE(IsErased(ann));
  EXPECT_FALSE(IsErased(bob));
  EXPECT_EQ(Facts(FactKind::kMemberErased), 1);
  ASSERT_EQ(log_->Read()->size(), 1U);
  EXPECT_EQ(log_->Read()->front().member, ann);
  ExpectSound();
}

TEST_F(InactivityTest, WhoComesBackIsSparedAndNoticedAgainAfterAnotherPeriod) {
  Set(kHalfAYear);
  const MemberId ann = NewMember("ann");
  OnDay(160);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  OnDay(170);
  ASSERT_TRUE(Earn(ann, 10).ok());
  for (const int day : {171, 191, 320}) {
    OnDay(day);
    EXPECT_EQ(Run(), std::pair(0L, 0L)) << day;
  }
  OnDay(335);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  EXPECT_EQ(Facts(FactKind::kInactivityNoticed), 2);
  OnDay(364);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  OnDay(366);
  EXPECT_EQ(Run(), std::pair(0L, 1L));
  EXPECT_TRUE(IsErased(ann));
  ExpectSound();
}

TEST_F(InactivityTest, WhoComesBackWhileTheyAreLookedAtIsSpared) {
  Set(kHalfAYear);
  const MemberId ann = NewMember("ann");
  OnDay(160);
  // Found inactive; then they come; then the notice is posted.
  const std::vector<InactiveMember> found = Listed();
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_TRUE(Earn(ann, 10).ok());
  const InactivityPolicy policy = *inactivity_->CurrentPolicy(program_, Soon());
  auto late =
      std::make_unique<InactivityNoticing>(program_, found[0].member, policy, NewTransaction(ann));
  const std::string request_id = late->envelope.request_id;
  const ledger::Outcome refused = Post(noticings_, std::move(late), request_id);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.answer.status())) << refused.answer.status();
  EXPECT_EQ(Facts(FactKind::kInactivityNoticed), 0);

  OnDay(320);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  OnDay(355);
  ASSERT_EQ(Listed()[0].verdict.step, InactivityStep::kErase);
  ASSERT_TRUE(Earn(ann, 10).ok());
  const auto erased = inactivity_->Erase(program_, ann, Now(), Soon());
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_FALSE(*erased);
  EXPECT_FALSE(IsErased(ann));
  EXPECT_EQ(Available(ann), 20);
  EXPECT_THAT(*log_->Read(), IsEmpty());
}

TEST_F(InactivityTest, WhatIsGivenOrDoneForThemIsNotTheirDoing) {
  Set(kHalfAYear);
  const MemberId ann = NewMember("ann");
  const MemberId bob = NewMember("bob");
  const MemberId cid = NewMember("cid");
  const MemberId dan = NewMember("dan");
  OnDay(150);
  Did(ann, FactKind::kBirthdayGift, "key_test");
  Did(ann, FactKind::kBirthdayGiftChosen, "service:birthdays");
  Did(bob, FactKind::kBirthdayGiftChosen, "key_test");
  Did(cid, FactKind::kPurchase, "engine");
  // Brought in late, and long ago.
  Did(dan, FactKind::kPurchase, "key_test", absl::Hours(24 * 145));
  OnDay(160);
  EXPECT_EQ(Run(), std::pair(3L, 0L));
  std::set<MemberId> noticed;
  for (const InactiveMember& found : Listed()) noticed.insert(found.member.member);
  EXPECT_THAT(noticed, UnorderedElementsAre(ann, cid, dan));
}

TEST_F(InactivityTest, WhateverIsOpenKeepsThem) {
  Set(kHalfAYear);
  const MemberId held = NewMember("held");
  const MemberId suspended = NewMember("suspended");
  const MemberId complains = NewMember("complains");
  const MemberId dead = NewMember("dead");
  ASSERT_TRUE(Earn(held, 10).ok());
  Pin(held, 5);
  SetState(suspended, ledger::MemberState::kSuspended);
  SetState(dead, ledger::MemberState::kDeceased);
  Did(complains, FactKind::kComplaintOpened, "key_test");
  Did(complains, FactKind::kComplaintOpened, "key_test");
  Did(complains, FactKind::kComplaintResolved, "key_test");
  OnDay(160);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  EXPECT_EQ(KeptOf(held), InactivityKept::kHold);
  EXPECT_EQ(KeptOf(suspended), InactivityKept::kState);
  EXPECT_EQ(KeptOf(dead), InactivityKept::kState);
  EXPECT_EQ(KeptOf(complains), InactivityKept::kComplaint);
  Did(complains, FactKind::kComplaintResolved, "key_test");
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  EXPECT_EQ(Facts(FactKind::kInactivityNoticed), 1);
}

TEST_F(InactivityTest, AComplaintOpenedBeforeAMergeKeepsTheSurvivor) {
  Set(kHalfAYear);
  const MemberId duplicate = NewMember("duplicate");
  const MemberId survivor = NewMember("survivor");
  const MemberId third = NewMember("third");
  Did(duplicate, FactKind::kComplaintOpened, "key_test");
  Merge(duplicate, survivor);
  Merge(survivor, third);
  OnDay(160);
  EXPECT_EQ(KeptOf(third), InactivityKept::kComplaint);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  OnDay(300);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  EXPECT_FALSE(IsErased(third));
  Did(duplicate, FactKind::kComplaintResolved, "key_test");
  EXPECT_EQ(Run(), std::pair(1L, 0L));
}

TEST_F(InactivityTest, WhatIsRecordedOfADuplicateIsTheSurvivorsDoing) {
  Set(kHalfAYear);
  const MemberId duplicate = NewMember("duplicate");
  const MemberId survivor = NewMember("survivor");
  Merge(duplicate, survivor);
  OnDay(160);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  // What they bought under the other id comes back.
  OnDay(170);
  Did(duplicate, FactKind::kReturn, "key_test");
  OnDay(200);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  EXPECT_FALSE(IsErased(survivor));
  // The next notice is one of its own, and holds.
  OnDay(335);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  OnDay(366);
  EXPECT_EQ(Run(), std::pair(0L, 1L));
  EXPECT_TRUE(IsErased(survivor));
  ExpectSound();
}

TEST_F(InactivityTest, ToUnsubscribeIsTheirWordWhoeverPassedItOn) {
  Set(kHalfAYear);
  const MemberId ann = NewMember("ann");
  OnDay(160);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  OnDay(170);
  Did(ann, FactKind::kConsentRecorded, "service:messages");
  OnDay(200);
  EXPECT_THAT(Listed(), IsEmpty());
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  EXPECT_FALSE(IsErased(ann));
}

TEST_F(InactivityTest, WhoHasNoEmailIsNoticedAndErasedOnlyIfThePolicySaysSo) {
  Set(kHalfAYear);
  const MemberId phone = IdIn(Enroll("phone", {.phone = "+41446681800"}));
  const MemberId merged = IdIn(Enroll("merged", {.external_ids = {{"crm", "1"}}}));
  MergeWithRow(NewMember("duplicate"), merged);
  OnDay(160);
  EXPECT_EQ(Run(), std::pair(2L, 0L));
  EXPECT_EQ(KeptOf(phone), InactivityKept::kNoEmail);
  EXPECT_EQ(KeptOf(merged), InactivityKept::kNothing) << "they are written to at the duplicate's";
  OnDay(200);
  EXPECT_EQ(Run(), std::pair(0L, 1L));
  EXPECT_TRUE(IsErased(merged));
  EXPECT_FALSE(IsErased(phone));

  InactivityPolicy strict = kHalfAYear;
  strict.erase_without_email = true;
  Set(strict);
  EXPECT_TRUE(inactivity_->CurrentPolicy(program_, Soon())->erase_without_email);
  EXPECT_EQ(Run(), std::pair(1L, 0L)) << "another policy gives notice again";
  OnDay(231);
  EXPECT_EQ(Run(), std::pair(0L, 1L));
  EXPECT_TRUE(IsErased(phone));
}

TEST_F(InactivityTest, WhoLeftIsErasedThoughTheyHaveNoEmail) {
  Set(kHalfAYear);
  const MemberId gone = IdIn(Enroll("gone", {.phone = "+41446681800"}));
  SetState(gone, ledger::MemberState::kClosed);
  OnDay(160);
  EXPECT_EQ(KeptOf(gone), InactivityKept::kNothing);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  OnDay(200);
  EXPECT_EQ(Run(), std::pair(0L, 1L));
  EXPECT_TRUE(IsErased(gone));
}

TEST_F(InactivityTest, WhoHasNoEmailIsWhoGetReachableTellsNoneOf) {
  const MemberId ann = NewMember("ann");
  const MemberId phone = IdIn(Enroll("phone", {.phone = "+41446681800"}));
  const MemberId merged = IdIn(Enroll("merged", {.external_ids = {{"crm", "1"}}}));
  MergeWithRow(NewMember("theirs"), merged);
  Profile removed;
  removed.external_ids = {{"crm", "2"}};
  removed.email_removed = true;
  const MemberId without = IdIn(Enroll("removed", removed));
  MergeWithRow(NewMember("its"), without);
  const std::vector<MemberId> all{ann, phone, merged, without};
  std::set<MemberId> expected;
  for (const MemberId& member : all) {
    const auto reachable = members_.GetReachable(program_, member, Soon());
    ASSERT_TRUE(reachable.ok()) << reachable.status();
    if (reachable->email.empty()) expected.insert(member);
  }
  EXPECT_THAT(expected, UnorderedElementsAre(phone, without));
  EXPECT_EQ(*members_.FindWithoutEmail(program_, all, Soon()), expected);
}

// Whom nothing but that keeps is looked at in every run for ever: others must not wait for them.
TEST_F(InactivityTest, WhoHasNoEmailIsNotAskedForOneByOne) {
  constexpr int64_t kMembers = 40;
  for (int i = 0; i < kMembers; ++i) {
    IdIn(Enroll(absl::StrCat("p", i), {.external_ids = {{"crm", absl::StrCat(i)}}}));
  }
  OnDay(160);
  const auto looks = [&] {
    return Count(
        "generate_series(1, (SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables"
        " WHERE relid = 'gratis_members.merging'::regclass))");
  };
  const int64_t before = looks();
  {
    // What a connection did is counted, at the latest, when it ends.
    pg::PoolOptions options = PoolOptions(database_.conninfo());
    options.application_name = "counted";
    pg::Pool pool(options);
    const Members people(vault_, ids_, pool);
    Inactivity counted(people, pool, poster_, *privacy_, ids_);
    const auto page = counted.List(program_, kHalfAYear, std::nullopt, 1000, Now(), Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_THAT(page->members, SizeIs(kMembers));
    for (const InactiveMember& found : page->members) {
      EXPECT_EQ(found.verdict.kept, InactivityKept::kNoEmail);
    }
  }
  const absl::Time deadline = Soon();
  while (Count("pg_stat_activity WHERE application_name = 'counted'") > 0) {
    ASSERT_TRUE(pg::Pause(absl::Milliseconds(20), deadline));
  }
  EXPECT_LT(looks() - before, kMembers);
}

TEST_F(InactivityTest, APolicyOfBeforeEmailsCountedErasesAsItDid) {
  database_.Execute(absl::StrCat(
      "ALTER TABLE gratis_members.inactivity_policy DROP COLUMN erase_without_email;"
      "INSERT INTO gratis_members.inactivity_policy (program, version, set_at, months, notice_days)"
      " VALUES (",
      program_.number, ", 1, now(), 6, 30), (", program_.number + 1, ", 1, now(), 0, 0)"));
  int applied = 0;
  for (const pg::Migration& migration : Migrations()) {
    if (migration.name.find("erase_without_email") == std::string_view::npos) continue;
    database_.Execute(std::string(migration.text));
    ++applied;
  }
  ASSERT_EQ(applied, 1);
  EXPECT_TRUE(inactivity_->CurrentPolicy(program_, Soon())->erase_without_email);
  EXPECT_EQ(Count("gratis_members.inactivity_policy WHERE erase_without_email"), 1)
      << "where nobody is erased, nobody is without e-mail";
}

TEST_F(InactivityTest, NeitherGroupsNorWhoBecamePartOfSomebodyAreInactive) {
  Set(kHalfAYear);
  NewGroup(GroupKind::kHousehold, "the Linds");
  NewGroup(GroupKind::kOrganization, "Lind Ltd");
  NewGroup(GroupKind::kCommunity, "runners");
  const MemberId duplicate = NewMember("duplicate");
  const MemberId survivor = NewMember("survivor");
  OnDay(100);
  Merge(duplicate, survivor);
  OnDay(200);
  EXPECT_THAT(Listed(), IsEmpty()) << "a merge is an activity of the survivor's";
  OnDay(265);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  EXPECT_EQ(Listed()[0].member.member, survivor);
  OnDay(3000);
  EXPECT_EQ(Run(), std::pair(0L, 1L));
  EXPECT_THAT(Listed(), IsEmpty());
}

TEST_F(InactivityTest, NobodyIsErasedOnTheNoticeOfAnEarlierPolicy) {
  Set(kHalfAYear);
  const MemberId ann = NewMember("ann");
  OnDay(160);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  OnDay(175);
  Set(kHalfAYear);
  EXPECT_EQ(Run(), std::pair(1L, 0L));
  OnDay(191);
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  Set({});
  OnDay(206);
  EXPECT_EQ(Run(), std::pair(0L, 0L)) << "switched off";
  EXPECT_FALSE(IsErased(ann));
}

TEST_F(InactivityTest, SeveralAtItNoticeAndEraseEachOnce) {
  constexpr int64_t kMembers = 40;
  Set(kHalfAYear);
  for (int i = 0; i < kMembers; ++i) NewMember(absl::StrCat("m", i));
  // Another process: posters and log of its own.
  ledger::Poster poster({.chain_key = std::string(32, 'c')}, pool_, clock_);
  ErasureLog log(log_->path(), "key");
  Privacy privacy(vault_, ids_, pool_, poster, log);
  Inactivity other(members_, pool_, poster, privacy, ids_);
  const auto both = [&](int day) {
    OnDay(day);
    InactivityReport theirs;
    std::thread thread([&] {
      const auto report = other.Run(program_, Now(), Soon(), std::stop_token());
      EXPECT_TRUE(report.ok()) << report.status();
      if (report.ok()) theirs = *report;
    });
    const auto [noticed, erased] = Run();
    thread.join();
    return std::pair(noticed + theirs.noticed, erased + theirs.erased);
  };
  EXPECT_EQ(both(160), std::pair(kMembers, 0L));
  EXPECT_EQ(both(191), std::pair(0L, kMembers));
  EXPECT_EQ(Facts(FactKind::kInactivityNoticed), kMembers);
  EXPECT_EQ(Facts(FactKind::kMemberErased), kMembers);
  EXPECT_EQ(Count("gratis_members.member"), 0);
  EXPECT_EQ(std::ssize(*log_->Read()), kMembers);
  ExpectSound();
}

TEST_F(InactivityTest, ARunThatIsCutShortIsGoneOnWith) {
  Set(kHalfAYear);
  for (int i = 0; i < 5; ++i) NewMember(absl::StrCat("m", i));
  OnDay(160);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(ReasonOf(inactivity_->Run(program_, Now(), Soon(), stop.get_token()).status()),
            Reason::kDraining);
  EXPECT_EQ(Run(), std::pair(5L, 0L));
}

TEST_F(InactivityTest, ListsOfAPolicyThatIsNotSetHaveEachOnceWhateverThePage) {
  std::set<MemberId> everybody;
  for (int i = 0; i < 30; ++i) everybody.insert(NewMember(absl::StrCat("m", i)));
  OnDay(200);
  for (const int32_t limit : {1, 7, 30, 1000}) {
    std::set<MemberId> found;
    const std::vector<InactiveMember> listed = Listed(kHalfAYear, limit);
    for (const InactiveMember& member : listed) found.insert(member.member.member);
    EXPECT_EQ(found, everybody) << limit;
    EXPECT_EQ(listed.size(), everybody.size()) << limit;
  }
  EXPECT_EQ(Run(), std::pair(0L, 0L));
  EXPECT_EQ(Facts(FactKind::kInactivityNoticed), 0);
}

TEST_F(InactivityTest, NobodyIsLookedForInWholeTables) {
  const std::string id = "'00000000-0000-7000-8000-000000000000'";
  const std::string ids = "'{00000000-0000-7000-8000-000000000000}'";
  const std::string when = "'2026-01-01T00:00:00Z'";
  const std::string idle =
      PlanOf(ledger::sql::kFindIdle, {"0", ids, "'{20,30}'", "'1'::bigint", when});
  EXPECT_THAT(idle, HasSubstr("journal_by_member")) << idle;
  const std::string tally = PlanOf(ledger::sql::kTallyFacts, {"0", ids, "'{20,30}'"});
  EXPECT_THAT(tally, HasSubstr("journal_by_member")) << tally;
  for (const auto& [query, values] : std::vector<std::pair<pg::Query, std::vector<std::string>>>{
           {ledger::sql::kFindHolding, {"0", ids}},
           {sql::kPagePeople, {"0", id, when, "10"}},
           {sql::kReadInactivityNotices, {"0", ids}}}) {
    const std::string plan = PlanOf(query, values);
    EXPECT_THAT(plan, HasSubstr("Index")) << query.name;
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << query.name << "\n" << plan;
  }
}

}  // namespace
}  // namespace gratis::members
