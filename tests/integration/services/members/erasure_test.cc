#include "services/members/erasure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/ledger/verify.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/privacy.pb.h"
#include "services/members/privacy.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {
namespace {

namespace fs = std::filesystem;

// Points for somebody; fewer than 0 are spent.
class Gift final : public ledger::Mutation {
 public:
  Gift(TransactionId transaction, int64_t points) : transaction_(transaction), points_(points) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    const ledger::Posting posting{
        .kind = points_ > 0 ? ledger::FactKind::kEarn : ledger::FactKind::kSpend,
        .transaction = transaction_,
        .member = envelope.member,
        .effective_at = envelope.now,
        .source = "test"};
    RETURN_IF_ERROR(points_ > 0 ? ledger::Earn(books, {.posting = posting, .points = points_})
                                : ledger::Spend(books, posting, -points_));
    return std::string("given");
  }

 private:
  const TransactionId transaction_;
  const int64_t points_;
};

class Erasing : public MembersHouse {
 protected:
  Erasing() {
    std::string pattern = (fs::temp_directory_path() / "gratis-erasing-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    log_.emplace(LogPath(), "key");
    privacy_.emplace(vault_, ids_, pool_, poster_, *log_);
  }
  ~Erasing() override { fs::remove_all(folder_); }

  std::string LogPath() const { return (folder_ / "erasures").string(); }

  void Fill(ledger::Envelope& envelope, const std::string& request_id) {
    envelope.program = program_;
    envelope.request_id = request_id;
    envelope.fingerprint = std::string(32, 'e');
    envelope.actor = "key_admin";
    envelope.now = clock_.Now();
    envelope.deadline = Soon();
  }

  ledger::Outcome Erase(const MemberId& member, const std::string& request_id,
                        bool validate_only = false) {
    auto erasure = privacy_->Prepare(program_, member, clock_.Now());
    Fill(erasure->envelope, request_id);
    erasure->envelope.validate_only = validate_only;
    return privacy_->Erase(std::move(erasure));
  }

  ledger::Outcome Give(const MemberId& member, int64_t points, const std::string& request_id) {
    auto gift = std::make_unique<Gift>(
        ledger::Beside(program_, member, TransactionId{ids_.Next(clock_.Now())}), points);
    Fill(gift->envelope, request_id);
    gift->envelope.member = member;
    return poster_.Post(plain_, std::move(gift));
  }

  static v1::EraseMemberResponse Parsed(const ledger::Outcome& outcome) {
    v1::EraseMemberResponse response;
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    if (outcome.answer.ok()) {
      EXPECT_TRUE(response.ParseFromString(*outcome.answer));
    }
    return response;
  }

  void ExpectSound() {
    pg::PoolOptions owner = PoolOptions(database_.conninfo());
    owner.role.clear();
    pg::Pool pool(owner);
    for (int32_t p = program_.first_partition; p <= program_.last_partition(); ++p) {
      const auto found = ledger::VerifyPartition(
          pool, program_, p, {.chain_key = std::string(32, 'c'), .deadline = Soon()});
      ASSERT_TRUE(found.ok()) << found.status();
      for (const ledger::Damage& damage : found->damages) {
        ADD_FAILURE() << damage.check << ": " << damage.description;
      }
    }
  }

  absl::StatusOr<int64_t> Reconcile() {
    return privacy_->Reconcile(
        programs_, [this](int32_t) { return clock_.Now(); }, Soon());
  }

  fs::path folder_;
  ledger::MutationKind plain_;
  ledger::ProgramDirectory programs_{pool_};
  std::optional<ErasureLog> log_;
  std::optional<Privacy> privacy_;
};

const Profile kMia{.external_ids = {{"webshop", "77"}},
                   .email = "mia@example.com",
                   .phone = "+41446681800",
                   .greeting_name = "Mia",
                   .birthday = Birthday{{5, 3}, 1990}};

TEST_F(Erasing, NothingOfAPersonIsLeftAndTheBooksBalance) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const MemberId bob = IdIn(Enroll("bob", {.email = "bob@example.com"}));
  ASSERT_TRUE(Give(mia, 120, "give").answer.ok());

  const v1::EraseMemberResponse done = Parsed(Erase(mia, "erase"));
  EXPECT_EQ(done.certificate().member_id(), mia.ToString());
  EXPECT_EQ(done.certificate().released_identifiers(), 3);
  EXPECT_EQ(done.certificate().master_key_version(), 1);
  ASSERT_EQ(done.forfeited_size(), 1);
  EXPECT_EQ(done.forfeited(0).points(), 120);

  EXPECT_EQ(Count("gratis_members.member"), 1);
  EXPECT_EQ(Count("ledger.directory"), 1);
  EXPECT_EQ(Count("ledger.wallet WHERE available <> 0 OR pending <> 0 OR held <> 0"), 0);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 18"), 1);
  ExpectSound();
  EXPECT_TRUE(members_.Get(program_, bob, Soon()).ok());
}

TEST_F(Erasing, EveryLaterCallSaysSoAndARetryOfAnEarlierOneToo) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  ASSERT_TRUE(Give(mia, 120, "give").answer.ok());
  ASSERT_TRUE(Erase(mia, "erase").answer.ok());

  EXPECT_EQ(ReasonOf(Give(mia, 120, "give").answer.status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(Give(mia, 5, "give more").answer.status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(Enroll("enroll", kMia).answer.status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(members_.Get(program_, mia, Soon()).status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(Erase(mia, "erase again").answer.status()), Reason::kMemberErased);
  EXPECT_EQ(
      ReasonOf(
          members_.Identify(program_, {{*EmailIdentifier("mia@example.com")}}, Soon()).status()),
      Reason::kMemberNotFound);
  const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
    return ledger::ReadBalances(tx, program_, mia, clock_.Now()).status();
  });
  EXPECT_EQ(ReasonOf(read), Reason::kMemberErased);
}

TEST_F(Erasing, TheCertificateMayBeHadAgainByTheSameRequest) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const ledger::Outcome first = Erase(mia, "erase");
  const ledger::Outcome again = Erase(mia, "erase");
  ASSERT_TRUE(again.answer.ok()) << again.answer.status();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(*again.answer, *first.answer);
  const auto found = privacy_->Find(program_, mia, Soon());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->erased.names, 3);
}

TEST_F(Erasing, WhatIsOnlyValidatedErasesNobody) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  ASSERT_TRUE(Give(mia, 120, "give").answer.ok());
  const v1::EraseMemberResponse preview = Parsed(Erase(mia, "erase", /*validate_only=*/true));
  EXPECT_EQ(preview.forfeited(0).points(), 120);
  EXPECT_EQ(preview.certificate().transaction_id(), "");
  EXPECT_TRUE(members_.Get(program_, mia, Soon()).ok());
  EXPECT_FALSE(fs::exists(LogPath()));
}

TEST_F(Erasing, TheNamesAreFreeForWhoeverComesNext) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  ASSERT_TRUE(Erase(mia, "erase").answer.ok());
  const MemberId next = IdIn(Enroll("enroll again", kMia));
  EXPECT_NE(next, mia);
  EXPECT_EQ(members_.Identify(program_, {{*EmailIdentifier("mia@example.com")}}, Soon())->id, next);
  ExpectSound();
}

TEST_F(Erasing, ARestoredCopyForgetsWhoWasErasedSince) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const MemberId bob = IdIn(Enroll("bob", {.email = "bob@example.com"}));
  // The log is that of an instance that erased Mia and somebody whom the copy
  // never knew.
  const MemberId stranger{ids_.Next(clock_.Now())};
  ASSERT_TRUE(log_->Append({LoggedErasure{clock_.Now(), program_.number, mia},
                            LoggedErasure{clock_.Now(), program_.number, stranger},
                            LoggedErasure{clock_.Now(), 77, stranger}})
                  .ok());
  EXPECT_EQ(*Reconcile(), 1);
  EXPECT_EQ(ReasonOf(members_.Get(program_, mia, Soon()).status()), Reason::kMemberErased);
  EXPECT_TRUE(members_.Get(program_, bob, Soon()).ok());
  EXPECT_EQ(*Reconcile(), 0) << "once is enough";
  EXPECT_EQ(Count("gratis_members.erasure"), 1);
  EXPECT_EQ(log_->Read()->size(), 3U);
  ExpectSound();
}

TEST_F(Erasing, ALogThatLacksAnErasureIsCompleted) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  ASSERT_TRUE(Erase(mia, "erase").answer.ok());
  fs::remove(LogPath());
  ErasureLog log(LogPath(), "key");
  Privacy privacy(vault_, ids_, pool_, poster_, log);
  const auto again = privacy.Reconcile(
      programs_, [this](int32_t) { return clock_.Now(); }, Soon());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, 0);
  ASSERT_EQ(log.Read()->size(), 1U);
  EXPECT_EQ(log.Read()->front().member, mia);
}

TEST_F(Erasing, ALongHistoryTakesNoLongerThanAShortOne) {
  constexpr int kMembers = 5;
  constexpr int kLong = 300;  // times earned and spent
  std::map<int, std::vector<absl::Duration>> took;
  for (int i = 0; i < kMembers; ++i) {
    for (const int deeds : {1, kLong}) {
      const std::string name = absl::StrCat("m", i, "-", deeds);
      const MemberId member = IdIn(Enroll(name, {.email = name + "@example.com"}));
      for (int deed = 0; deed < deeds; ++deed) {
        ASSERT_TRUE(Give(member, 20, absl::StrCat(name, " earns ", deed)).answer.ok());
        ASSERT_TRUE(Give(member, -20, absl::StrCat(name, " spends ", deed)).answer.ok());
      }
      ASSERT_TRUE(Give(member, 5, name + " has some left").answer.ok());
      const absl::Time begin = clock_.Now();
      ASSERT_TRUE(Erase(member, name + " goes").answer.ok());
      took[deeds].push_back(clock_.Now() - begin);
    }
  }
  for (auto& [deeds, times] : took) std::sort(times.begin(), times.end());
  const absl::Duration of_short = took[1][kMembers / 2];
  const absl::Duration of_long = took[kLong][kMembers / 2];
  RecordProperty("short_ms", absl::StrCat(absl::ToDoubleMilliseconds(of_short)));
  RecordProperty("long_ms", absl::StrCat(absl::ToDoubleMilliseconds(of_long)));
  std::cout << "erased in " << of_short << " after 3 postings, in " << of_long << " after "
            << 2 * kLong + 1 << "\n";
  EXPECT_LT(of_long, 1.5 * of_short + absl::Milliseconds(2)) << "but for the clock's grain";
}

TEST_F(Erasing, ALogThatCannotBeWrittenFailsTheCallAndTheRetryMendsIt) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  fs::create_directory(LogPath());
  EXPECT_FALSE(Erase(mia, "erase").answer.ok());
  fs::remove(LogPath());
  EXPECT_TRUE(Erase(mia, "erase").answer.ok());
  EXPECT_EQ(log_->Read()->size(), 1U);
}

}  // namespace
}  // namespace gratis::members
