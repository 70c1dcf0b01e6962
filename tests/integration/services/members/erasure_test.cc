#include "services/members/erasure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/ledger/verify.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/privacy.pb.h"
#include "services/members/consents.h"
#include "services/members/dossiers.h"
#include "services/members/members_sql.h"
#include "services/members/merging.h"
#include "services/members/preferences.h"
#include "services/members/privacy.h"
#include "services/members/tiers.h"
#include "tests/integration/services/members/till_house.h"

namespace gratis::members {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Whatever the ledger can do to a member.
class Deed final : public ledger::Mutation {
 public:
  using Do = std::function<absl::Status(ledger::Books&, const ledger::Posting&)>;
  Deed(TransactionId transaction, Do deed) : transaction_(transaction), do_(std::move(deed)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(do_(books, {.kind = ledger::FactKind::kEarn,
                                .transaction = transaction_,
                                .member = envelope.member,
                                .effective_at = envelope.now,
                                .source = "test",
                                .detail = ""}));
    return std::string("done");
  }

 private:
  const TransactionId transaction_;
  const Do do_;
};

class Erasing : public TillHouse {
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

  ledger::Outcome EraseBy(Privacy& privacy, const MemberId& member, const std::string& request_id,
                          bool validate_only = false) {
    auto erasure = privacy.Prepare(program_, member, clock_.Now());
    Fill(erasure->envelope, request_id);
    erasure->envelope.validate_only = validate_only;
    return privacy.Erase(std::move(erasure));
  }
  ledger::Outcome Erase(const MemberId& member, const std::string& request_id,
                        bool validate_only = false) {
    return EraseBy(*privacy_, member, request_id, validate_only);
  }

  void MergeInto(const MemberId& duplicate, const MemberId& survivor) {
    auto merge =
        std::make_unique<Merge>(ledger::MergePair{.duplicate = duplicate,
                                                  .survivor = survivor,
                                                  .leaving = Beside<TransactionId>(duplicate),
                                                  .arriving = Beside<TransactionId>(survivor),
                                                  .effective_at = clock_.Now(),
                                                  .source = "test"});
    Fill(merge->envelope, absl::StrCat("merge ", duplicate.ToString()));
    const ledger::Outcome merged = poster_.Post(merges_, std::move(merge));
    ASSERT_TRUE(merged.answer.ok()) << merged.answer.status();
  }

  template <class Id>
  Id Beside(const MemberId& member) {
    return ledger::Beside(program_, member, Id{ids_.Next(clock_.Now())});
  }
  ledger::Outcome Post(const MemberId& member, const std::string& request_id, Deed::Do deed) {
    auto mutation = std::make_unique<Deed>(Beside<TransactionId>(member), std::move(deed));
    Fill(mutation->envelope, request_id);
    mutation->envelope.member = member;
    return poster_.Post(plain_, std::move(mutation));
  }
  // Fewer than 0 are spent.
  ledger::Outcome Give(const MemberId& member, int64_t points, const std::string& request_id) {
    return Post(member, request_id, [points](ledger::Books& books, ledger::Posting posting) {
      if (points > 0) return ledger::Earn(books, {.posting = posting, .points = points});
      posting.kind = ledger::FactKind::kSpend;
      return ledger::Spend(books, posting, -points);
    });
  }
  // A voucher of money that is used up at once.
  ledger::Outcome GiveVoucherAndUseIt(const MemberId& member, const std::string& request_id) {
    return Post(member, request_id,
                [voucher = Beside<VoucherId>(member)](
                    ledger::Books& books, const ledger::Posting& posting) -> absl::Status {
                  ledger::Issue issue{.posting = posting, .voucher = voucher, .worth = 5};
                  issue.posting.unit = ledger::kVoucherMoneyUnit;
                  RETURN_IF_ERROR(ledger::IssueVoucher(books, issue));
                  return ledger::RedeemVoucher(books, issue.posting, voucher, 5);
                });
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

  // --- cards and proofs ---

  std::string NewCard() {
    v1::IssueCardsRequest request;
    request.set_request_id(NextRequestId());
    request.set_count(1);
    request.set_batch(absl::StrCat("box-", ++boxes_));
    EXPECT_TRUE(Call(&CardStub::IssueCards, request).ok());
    v1::ListCardsRequest list;
    list.set_batch(request.batch());
    const auto cards = Call(&CardStub::ListCards, list);
    EXPECT_TRUE(cards.ok()) << cards.status();
    return cards.ok() && cards->cards_size() == 1 ? cards->cards(0).number() : "";
  }
  absl::Status Link(const MemberId& member, const std::string& number, const std::string& issuer,
                    const std::string& request_id) {
    v1::LinkCardRequest request;
    request.set_request_id(request_id);
    request.set_member_id(member.ToString());
    request.mutable_card()->set_number(number);
    request.mutable_card()->set_issuer(issuer);
    return Call(&CardStub::LinkCard, request).status();
  }
  absl::StatusOr<v1::IssueQrTokenResponse> Show(const MemberId& member) {
    v1::IssueQrTokenRequest request;
    request.set_member_id(member.ToString());
    return Call(&ProofStub::IssueQrToken, request);
  }
  absl::StatusOr<v1::IssueOneTimeCodeResponse> Code(const MemberId& member) {
    v1::IssueOneTimeCodeRequest request;
    request.set_member_id(member.ToString());
    return Call(&ProofStub::IssueOneTimeCode, request);
  }
  absl::Status Verify(const MemberId& member, const std::string& code) {
    v1::VerifyOneTimeCodeRequest request;
    request.set_member_id(member.ToString());
    request.set_code(code);
    return Call(&ProofStub::VerifyOneTimeCode, request, "gk_till1").status();
  }

  // What PostgreSQL did to erase somebody.
  struct Work {
    int64_t rows = 0;   // looked at, added, changed or deleted
    int64_t scans = 0;  // begun, of tables and indexes
  };
  Work WorkDone() {
    Work work;
    pg::PoolOptions superuser = PoolOptions(database_.conninfo());
    superuser.role.clear();
    pg::Pool pool(superuser);
    const absl::Status done = pg::RunTx(pool, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(
          const pg::Rows rows,
          tx.Run(pg::Query{"testing/work",
                           "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0) + n_tup_ins + "
                           "n_tup_upd + n_tup_del)::bigint, sum(seq_scan + coalesce(idx_scan, 0))"
                           "::bigint FROM pg_stat_user_tables"}));
      work = {rows[0].Get<int64_t>(0), rows[0].Get<int64_t>(1)};
      return absl::OkStatus();
    });
    EXPECT_TRUE(done.ok()) << done;
    return work;
  }
  // A connection's work is counted a while later, or when it ends.
  void EndAllConnections() {
    const std::string others =
        "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND "
        "backend_type = 'client backend'";
    database_.Execute("SELECT pg_terminate_backend(pid) FROM " + others);
    while (Count(others) > 0) absl::SleepFor(absl::Milliseconds(5));
  }
  // Over connections of its own.
  Work WorkOfErasing(const MemberId& member, const std::string& request_id) {
    EndAllConnections();
    const Work before = WorkDone();
    {
      pg::PoolOptions options = PoolOptions(database_.conninfo());
      pg::Pool pool(options);
      ledger::Poster poster({.chain_key = std::string(32, 'c')}, pool, clock_);
      Privacy privacy(vault_, ids_, pool, poster, *log_);
      EXPECT_TRUE(EraseBy(privacy, member, request_id).answer.ok());
    }
    EndAllConnections();
    const Work after = WorkDone();
    return {after.rows - before.rows, after.scans - before.scans};
  }

  fs::path folder_;
  ledger::MutationKind plain_;
  ledger::ProgramDirectory programs_{pool_};
  Consents consents_{pool_};
  Preferences preferences_{vault_, ids_, pool_};
  Dossiers dossiers_{members_, consents_, preferences_};
  Tiers tiers_{pool_, poster_};
  Merges merges_{vault_};
  Erasures erasures_{vault_};
  std::optional<ErasureLog> log_;
  std::optional<Privacy> privacy_;

 private:
  int boxes_ = 0;
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
  database_.Execute(absl::StrCat(
      "INSERT INTO gratis_members.preference SELECT partition, member, '\\x", std::string(32, '0'),
      "', '\\x00', enrolled_at FROM gratis_members.member WHERE "
      "birthday_key IS NOT NULL"));

  const v1::EraseMemberResponse done = Parsed(Erase(mia, "erase"));
  EXPECT_EQ(done.certificate().member_id(), mia.ToString());
  EXPECT_EQ(done.certificate().released_identifiers(), 3);
  EXPECT_EQ(done.certificate().master_key_version(), 1);
  ASSERT_EQ(done.forfeited_size(), 1);
  EXPECT_EQ(done.forfeited(0).points(), 120);

  EXPECT_EQ(Count("gratis_members.member"), 1);
  EXPECT_EQ(Count("gratis_members.preference"), 0);
  EXPECT_EQ(Count("ledger.directory"), 1);
  EXPECT_EQ(Count("ledger.wallet WHERE available <> 0 OR pending <> 0 OR held <> 0"), 0);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 18"), 1);
  ExpectSound();
  EXPECT_TRUE(members_.Get(program_, bob, Soon()).ok());
}

TEST_F(Erasing, TheCertificateNamesTheNewestVersionEvenAmidARotation) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  // Begun, and her key is not wrapped again yet; what was written to her may be.
  database_.Execute(
      "INSERT INTO house.master_key (version, check_value, since) "
      "VALUES (1, '\\x01', '2026-01-01'), (2, '\\x02', '2026-02-01')");
  EXPECT_EQ(Parsed(Erase(mia, "erase")).certificate().master_key_version(), 2);
  EXPECT_FALSE(privacy_->Find(program_, mia, Soon())->key_retired_at);
  database_.Execute("UPDATE house.master_key SET retired_at = '2026-03-01' WHERE version = 1");
  EXPECT_FALSE(privacy_->Find(program_, mia, Soon())->key_retired_at);
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

TEST_F(Erasing, WhateverReadsOneMemberSaysThatTheyWereErased) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  ASSERT_TRUE(consents_.Get(program_, mia, Soon()).ok());
  ASSERT_TRUE(Erase(mia, "erase").answer.ok());
  const absl::Time now = clock_.Now();
  EXPECT_EQ(ReasonOf(consents_.Get(program_, mia, Soon()).status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(consents_.ListHistory(program_, mia, {}, 10, Soon()).status()),
            Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(preferences_.Get(program_, mia, Soon()).status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(dossiers_.Of(program_, mia, Soon()).status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(tiers_.Look(program_, mia, now, Soon()).status()), Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(tiers_.History(program_, mia, {}, 10, now, Soon()).status()),
            Reason::kMemberErased);
  EXPECT_EQ(ReasonOf(cards_.ListOfMember(program_, mia, {}, 10, Soon()).status()),
            Reason::kMemberErased);
}

TEST_F(Erasing, NoListHasThem) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const MemberId bob =
      IdIn(Enroll("bob", {.email = "bob@example.com", .birthday = Birthday{{5, 3}, {}}}));
  ASSERT_TRUE(Erase(mia, "erase").answer.ok());
  const auto birthdays =
      members_.ListBirthdays(program_, std::vector<MonthDay>{{5, 3}}, {}, 10, Soon());
  ASSERT_TRUE(birthdays.ok()) << birthdays.status();
  ASSERT_EQ(birthdays->members.size(), 1U);
  EXPECT_EQ(birthdays->members[0].id, bob);
  const auto all = dossiers_.List(program_, {}, 10, Soon());
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->dossiers.size(), 1U);
  EXPECT_EQ(all->dossiers[0].member.id, bob);

  // Erased after a list had them, and before anybody asked what they like.
  database_.Execute(
      absl::StrCat("INSERT INTO gratis_members.preference SELECT partition, member, '\\x",
                   std::string(32, '0'), "', '\\x00', erased_at FROM gratis_members.erasure"));
  const auto liked = preferences_.GetMany(program_, {mia, bob}, Soon());
  ASSERT_TRUE(liked.ok()) << liked.status();
  EXPECT_THAT(*liked, IsEmpty());
}

TEST_F(Erasing, TheCardsInTheirPocketLeadNowhere) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const std::string own = NewCard();
  ASSERT_EQ(Link(mia, own, "", "own"), absl::OkStatus());
  ASSERT_EQ(Link(mia, "CITY-4711", "city", "other"), absl::OkStatus());
  ASSERT_TRUE(ByCard(own).ok());
  EXPECT_EQ(Count("ledger.directory"), 5);

  const v1::EraseMemberResponse done = Parsed(Erase(mia, "erase"));
  EXPECT_EQ(done.certificate().released_identifiers(), 5);
  EXPECT_EQ(Count("ledger.directory"), 0);
  EXPECT_EQ(Count("gratis_members.card"), 0);
  EXPECT_EQ(Refusal(ByCard(own).status()), Reason::kCardNotFound);
  EXPECT_EQ(Refusal(ByCard("CITY-4711", "city").status()), Reason::kCardNotFound);
  EXPECT_EQ(Refusal(Link(mia, own, "", "own")), Reason::kMemberErased) << "a retry";
  EXPECT_EQ(Refusal(Link(mia, "CITY-4711", "city", "other")), Reason::kMemberErased) << "a retry";
  ExpectSound();

  // Whoever comes next may bring the other issuer's card.
  const MemberId next = IdIn(Enroll("enroll again", kMia));
  EXPECT_EQ(Link(next, "CITY-4711", "city", "again"), absl::OkStatus());
  EXPECT_EQ(ByCard("CITY-4711", "city")->member_id(), next.ToString());
  ExpectSound();
}

TEST_F(Erasing, ARetryThatNamesOnlyTheirCardSaysSoToo) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const std::string lost = NewCard(), next = NewCard(), nobodys = NewCard();
  ASSERT_EQ(Link(mia, lost, "", "link"), absl::OkStatus());
  v1::ReplaceCardRequest replace;
  replace.set_request_id("replace");
  replace.mutable_card()->set_number(lost);
  replace.mutable_new_card()->set_number(next);
  v1::ReportCardLostRequest report;
  report.set_request_id("report");
  report.mutable_card()->set_number(next);
  ASSERT_TRUE(Call(&CardStub::ReplaceCard, replace).ok());
  ASSERT_TRUE(Call(&CardStub::ReportCardLost, report).ok());
  ASSERT_TRUE(Erase(mia, "erase").answer.ok());
  EXPECT_EQ(Refusal(Call(&CardStub::ReplaceCard, replace).status()), Reason::kMemberErased);
  EXPECT_EQ(Refusal(Call(&CardStub::ReportCardLost, report).status()), Reason::kMemberErased);
  // What was never done says what it would have said, and the same id with other content, too.
  report.mutable_card()->set_number(nobodys);
  EXPECT_EQ(Refusal(Call(&CardStub::ReportCardLost, report).status()), Reason::kRequestIdReused);
  report.set_request_id("another");
  report.mutable_card()->set_number(next);
  EXPECT_EQ(Refusal(Call(&CardStub::ReportCardLost, report).status()), Reason::kCardNotFound);
  EXPECT_EQ(Refusal(ByCard(next).status()), Reason::kCardNotFound);
}

TEST_F(Erasing, ACardThatTookTheDuplicatesPlaceGoesWithTheSurvivor) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const MemberId twin = IdIn(Enroll("twin", {.email = "twin@example.com"}));
  ASSERT_EQ(Link(twin, "CITY-4711", "city", "link"), absl::OkStatus());
  MergeInto(twin, mia);
  v1::ReplaceCardRequest replace;
  replace.set_request_id("replace");
  replace.mutable_card()->set_number("CITY-4711");
  replace.mutable_card()->set_issuer("city");
  replace.mutable_new_card()->set_number("CITY-4712");
  replace.mutable_new_card()->set_issuer("city");
  ASSERT_TRUE(Call(&CardStub::ReplaceCard, replace).ok());
  ASSERT_EQ(ByCard("CITY-4712", "city")->member_id(), mia.ToString());

  EXPECT_EQ(Parsed(Erase(mia, "erase")).certificate().released_identifiers(), 4);
  EXPECT_EQ(Count("gratis_members.card"), 0);
  EXPECT_EQ(Count("ledger.directory"), 0);
  EXPECT_EQ(Refusal(ByCard("CITY-4712", "city").status()), Reason::kCardNotFound);
  EXPECT_EQ(Refusal(Call(&CardStub::ReplaceCard, replace).status()), Reason::kMemberErased);
  ExpectSound();
}

TEST_F(Erasing, MoreCardsThanAnybodyHasAreGivenUpAtOnce) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  constexpr int kCards = 60;
  for (int i = 0; i < kCards; ++i) {
    ASSERT_EQ(Link(mia, absl::StrCat("CITY-", 1000 + i), "city", absl::StrCat("link ", i)),
              absl::OkStatus());
  }
  EXPECT_EQ(Parsed(Erase(mia, "erase")).certificate().released_identifiers(), 3 + kCards);
  EXPECT_EQ(Count("gratis_members.card"), 0);
  ExpectSound();
}

TEST_F(Erasing, WhatTheirAppShowedAndWhatTheyWereSentIsOver) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const auto token = Show(mia);
  const auto code = Code(mia);
  ASSERT_TRUE(token.ok() && code.ok());
  ASSERT_TRUE(Erase(mia, "erase").answer.ok());
  EXPECT_EQ(Count("gratis_members.one_time_code"), 0);
  EXPECT_EQ(Refusal(ByQr(token->qr_token()).status()), Reason::kMemberErased);
  EXPECT_EQ(Refusal(Verify(mia, code->code())), Reason::kMemberErased);
  EXPECT_EQ(Refusal(Show(mia).status()), Reason::kMemberErased);
  EXPECT_EQ(Refusal(Code(mia).status()), Reason::kMemberErased);
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

TEST_F(Erasing, DoneAgainEndsEarlyWhenTold) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  ASSERT_TRUE(log_->Append({LoggedErasure{clock_.Now(), program_.number, mia}}).ok());
  std::stop_source stop;
  stop.request_stop();
  const auto ended = privacy_->Reconcile(
      programs_, [this](int32_t) { return clock_.Now(); }, Soon(), stop.get_token());
  EXPECT_TRUE(absl::IsCancelled(ended.status())) << ended.status();
  EXPECT_TRUE(members_.Get(program_, mia, Soon()).ok());
}

TEST_F(Erasing, WhoWasLeftOverIsNotErasedByWhoIsToldToEnd) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const MemberId second = IdIn(Enroll("second", {.email = "second@example.com"}));
  MergeInto(second, mia);
  auto erasure = privacy_->Prepare(program_, mia, clock_.Now());
  Fill(erasure->envelope, "erase");
  ASSERT_TRUE(poster_.PostAlone(erasures_, std::move(erasure)).answer.ok());
  std::stop_source stop;
  stop.request_stop();
  const auto ended = privacy_->Reconcile(
      programs_, [this](int32_t) { return clock_.Now(); }, Soon(), stop.get_token());
  EXPECT_TRUE(absl::IsCancelled(ended.status())) << ended.status();
  EXPECT_EQ(Count("gratis_members.member"), 1) << "the duplicate";
  EXPECT_FALSE(fs::exists(LogPath())) << "nor is the log completed";
  EXPECT_EQ(*Reconcile(), 1);
}

TEST_F(Erasing, WhatADuplicateHadGoesAtTheNextStartIfItWasLeftOver) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const MemberId second = IdIn(Enroll("second", {.email = "second@example.com"}));
  const MemberId third = IdIn(Enroll("third", {.email = "third@example.com"}));
  const MemberId bob = IdIn(Enroll("bob", {.email = "bob@example.com"}));
  const MemberId twin = IdIn(Enroll("twin", {.email = "twin@example.com"}));
  MergeInto(third, second);
  MergeInto(second, mia);
  MergeInto(twin, bob);
  // The process dies once the survivor is erased.
  auto erasure = privacy_->Prepare(program_, mia, clock_.Now());
  Fill(erasure->envelope, "erase");
  ASSERT_TRUE(poster_.PostAlone(erasures_, std::move(erasure)).answer.ok());
  EXPECT_EQ(Count("gratis_members.member"), 4);

  EXPECT_EQ(*Reconcile(), 2);
  EXPECT_EQ(Count("gratis_members.member"), 2) << "Bob and his twin";
  for (const MemberId& gone : {mia, second, third}) {
    EXPECT_EQ(ReasonOf(members_.Get(program_, gone, Soon()).status()), Reason::kMemberErased);
  }
  EXPECT_EQ(log_->Read()->size(), 3U);
  EXPECT_EQ(*Reconcile(), 0) << "once is enough";
  EXPECT_TRUE(Erase(mia, "erase").replayed);
  ExpectSound();
}

TEST_F(Erasing, OfDuplicatesIsSaidFromWhereItWasAskedToo) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  MergeInto(IdIn(Enroll("second", {.email = "second@example.com"})), mia);
  auto erasure = privacy_->Prepare(program_, mia, clock_.Now());
  Fill(erasure->envelope, "erase");
  erasure->envelope.network = "203.0.113.0/24";
  ASSERT_TRUE(privacy_->Erase(std::move(erasure)).answer.ok());
  EXPECT_EQ(Count("(SELECT DISTINCT member FROM ledger.act_network"
                  " JOIN ledger.journal USING (partition, seq)"
                  " WHERE network = '203.0.113.0/24') AS erased"),
            2);
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

// What grows with a history are rows of the journal, used-up lots and used-up vouchers; none of
// them is looked at. What must be ended one by one is what is open.
TEST_F(Erasing, ALongHistoryIsNoMoreWorkThanAShortOne) {
  constexpr int kLong = 200;  // times earned, spent, given a voucher and used it
  constexpr int kSlack = 30;  // pages, partitions and what statistics count twice
  // Of one partition each, which is not the first.
  std::map<int, MemberId> members;
  for (const int deeds : {1, kLong}) {
    MemberId& member = members[deeds];
    for (int attempt = 0;
         member.IsNil() || ledger::PartitionOf(program_, member) == program_.first_partition;
         ++attempt) {
      const std::string name = absl::StrCat("m", deeds, "-", attempt);
      member = IdIn(Enroll(name, {.email = name + "@example.com"}));
    }
    for (int deed = 0; deed < deeds; ++deed) {
      const std::string id = absl::StrCat(deeds, "/", deed);
      ASSERT_TRUE(Give(member, 20, id + " earns").answer.ok());
      ASSERT_TRUE(Give(member, -20, id + " spends").answer.ok());
      ASSERT_TRUE(GiveVoucherAndUseIt(member, id + " voucher").answer.ok());
    }
    ASSERT_TRUE(Give(member, 5, absl::StrCat(deeds, " has some left")).answer.ok());
  }
  // Else small tables are read whole, for the one as for the other.
  database_.Execute(absl::StrCat("ALTER DATABASE ", database_.name(), " SET enable_seqscan = off"));
  const Work of_long = WorkOfErasing(members[kLong], "long");
  const Work of_short = WorkOfErasing(members[1], "short");
  RecordProperty("rows_short", absl::StrCat(of_short.rows));
  RecordProperty("rows_long", absl::StrCat(of_long.rows));
  EXPECT_GT(of_short.rows, 10) << "nothing was counted";
  EXPECT_LE(of_long.rows, of_short.rows + kSlack);
  EXPECT_LE(of_long.scans, of_short.scans + kSlack);
  ExpectSound();
}

TEST_F(Erasing, WhomTheyWereTakenForIsForgottenToo) {
  const MemberId mia = IdIn(Enroll("enroll", kMia));
  const MemberId ann = IdIn(Enroll("ann", {.email = "ann@example.com"}));
  const MemberId bob = IdIn(Enroll("bob", {.email = "bob@example.com"}));
  SightingNotes notes;
  const auto sight = [&](std::vector<Sighting> seen) {
    auto note = std::make_unique<SightingNote>(std::move(seen));
    Fill(note->envelope, "");
    EXPECT_TRUE(poster_.Post(notes, std::move(note)).answer.ok());
    return Count("gratis_members.proposed_merge");
  };
  const std::vector<Sighting> seen = {{.members = {mia, ann}, .shared = kSharedPhone},
                                      {.members = {mia, bob}, .shared = kSharedCard},
                                      {.members = {ann, bob}, .shared = kSharedEmail}};
  EXPECT_EQ(sight(seen), 3);
  ASSERT_TRUE(Erase(mia, "tried", /*validate_only=*/true).answer.ok());
  EXPECT_EQ(Count("gratis_members.proposed_merge"), 3);
  ASSERT_TRUE(Erase(mia, "erase").answer.ok());
  EXPECT_EQ(Count("gratis_members.proposed_merge"), 1);
  EXPECT_EQ(sight(seen), 1) << "nobody is taken for somebody erased";
}

TEST_F(Erasing, WhatGoesIsFoundThroughIndexes) {
  const std::string id = "'00000000-0000-7000-8000-000000000000'";
  const std::string ids = "'{00000000-0000-7000-8000-000000000000}'";
  for (const auto& [query, values] : std::vector<std::pair<pg::Query, std::vector<std::string>>>{
           {sql::kLockMember, {"0", id}},
           {sql::kListCardsOfMember, {"0", id, id, "1"}},
           {sql::kDeleteMembers, {"0", ids}},
           {sql::kDeletePreferencesOf, {"0", ids}},
           {sql::kDeleteOneTimeCodes, {"0", ids}},
           {sql::kDeleteCards, {"0", ids}},
           {sql::kDeleteProposedMerges, {"0", ids}},
           {sql::kFindErasure, {"0", id}},
           {sql::kListErasures, {id, "1"}},
           {sql::kListSurvivors, {id, "0", "7", "1"}}}) {
    const std::string plan = PlanOf(query, values);
    EXPECT_THAT(plan, HasSubstr("Index")) << query.name;
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << query.name << "\n" << plan;
  }
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
