#include <map>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/kernel.h"

// Names that are given up, and who has them next.
namespace gratis::ledger::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const DirectoryKey kPhone{DirectoryKind::kPhone, "sixteen bytes 01"};
const DirectoryKey kEmail{DirectoryKind::kEmail, "sixteen bytes 02"};

class Names : public Kernel {
 protected:
  using Doing = std::function<absl::Status(Act&, Books&)>;

  std::unique_ptr<Act> Acting(const MemberId& member, Doing doing) {
    auto act = std::make_unique<Act>(
        [doing = std::move(doing)](Act& self, Books& books) -> absl::StatusOr<std::string> {
          RETURN_IF_ERROR(doing(self, books));
          return std::string("done");
        });
    act->transaction = Beside(program_, member, TransactionId{ids_.Next(now_)});
    act->envelope = EnvelopeFor(member, NextRequestId(), act->transaction.ToString());
    act->names = {kPhone, kEmail};
    return act;
  }
  static absl::Status Take(Act& self, Books& books, const DirectoryKey& key) {
    if (books.FindEntry(key)) return Error(Reason::kIdentifierTaken, "taken");
    books.Claim(key, self.envelope.member, self.envelope.member.uuid);
    return absl::OkStatus();
  }
  static absl::Status GiveUp(Act& self, Books& books, const DirectoryKey& key) {
    const auto entry = books.FindEntry(key);
    if (!entry || entry->id != self.envelope.member.uuid) {
      return Error(Reason::kMemberNotFound, "not theirs");
    }
    return books.Release(key, {.kind = FactKind::kNameReleased,
                               .transaction = self.transaction,
                               .member = self.envelope.member,
                               .effective_at = self.envelope.now});
  }
  std::unique_ptr<Act> Taking(const MemberId& member, const DirectoryKey& key = kPhone) {
    return Acting(member, [key](Act& self, Books& books) { return Take(self, books, key); });
  }
  std::unique_ptr<Act> GivingUp(const MemberId& member, const DirectoryKey& key = kPhone) {
    return Acting(member, [key](Act& self, Books& books) { return GiveUp(self, books, key); });
  }
  absl::Status Post(std::unique_ptr<Act> act) {
    return poster_->Post(kind_, std::move(act)).answer.status();
  }
  std::string Rows() {
    return Text(
        "SELECT coalesce(string_agg(kind || ':' || partition || ':' || number, ' ' ORDER BY kind),"
        " '') FROM ledger.directory");
  }
  std::string Findings() {
    std::string all;
    for (const Damage& damage : Verify(1).damages) {
      absl::StrAppend(&all, damage.check, ": ", damage.description, "\n");
    }
    return all;
  }

  const MemberId ada_ = Enroll(0);
  const MemberId bob_ = Enroll(3);
};

TEST_F(Names, OneThatWasGivenUpIsFreeForSomebodyElse) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Post(Taking(bob_))), Reason::kIdentifierTaken);
  ASSERT_EQ(Post(GivingUp(ada_)), absl::OkStatus());
  EXPECT_EQ(Rows(), "");
  ExpectSoundBooks();
  ASSERT_EQ(Post(Taking(bob_)), absl::OkStatus());
  EXPECT_EQ(Rows(), "4:4:1");
  ExpectSoundBooks();
}

TEST_F(Names, NothingOfThemStaysInTheJournalButANumber) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  ASSERT_EQ(Post(GivingUp(ada_)), absl::OkStatus());
  EXPECT_EQ(Text("SELECT string_agg(detail, ' ') FROM ledger.journal WHERE kind = 11"),
            "{\"name\":1}");
  EXPECT_EQ(Number("SELECT count(*) FROM ledger.journal WHERE detail LIKE '%sixteen%'"), 0);
}

TEST_F(Names, GoFromOneToAnotherInOneTransaction) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  std::vector<Pending> set;
  set.push_back({&kind_, GivingUp(ada_), nullptr});
  set.push_back({&kind_, Taking(bob_), nullptr});
  for (const Outcome& outcome : RunSet(pool_, kChainKey, clock_.Now() + absl::Seconds(20),
                                       absl::MakeSpan(set), Bond::kTogether)) {
    EXPECT_EQ(outcome.answer.status(), absl::OkStatus());
  }
  EXPECT_EQ(Rows(), "4:4:1");
  ExpectSoundBooks();
}

TEST_F(Names, ThatComeAndGoInOneRunLeaveOnlyTheirNumbers) {
  ASSERT_EQ(Post(Acting(ada_,
                        [](Act& self, Books& books) -> absl::Status {
                          for (int i = 0; i < 3; ++i) {
                            RETURN_IF_ERROR(Take(self, books, kPhone));
                            RETURN_IF_ERROR(GiveUp(self, books, kPhone));
                          }
                          RETURN_IF_ERROR(Take(self, books, kEmail));
                          return Take(self, books, kPhone);
                        })),
            absl::OkStatus());
  EXPECT_EQ(Rows(), "3:1:4 4:1:5");
  ASSERT_EQ(Post(Acting(ada_,
                        [](Act& self, Books& books) -> absl::Status {
                          RETURN_IF_ERROR(GiveUp(self, books, kPhone));
                          RETURN_IF_ERROR(Take(self, books, kPhone));
                          RETURN_IF_ERROR(GiveUp(self, books, kPhone));
                          return Take(self, books, kPhone);
                        })),
            absl::OkStatus());
  EXPECT_EQ(Rows(), "3:1:4 4:1:7");
  ExpectSoundBooks();
}

TEST_F(Names, AreKeptByWhoIsRefused) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Post(Acting(ada_,
                                 [](Act& self, Books& books) -> absl::Status {
                                   RETURN_IF_ERROR(GiveUp(self, books, kPhone));
                                   return Error(Reason::kFieldInvalid, "no");
                                 }))),
            Reason::kFieldInvalid);
  EXPECT_EQ(Rows(), "4:1:1");
  auto only_asked = GivingUp(ada_);
  only_asked->envelope.validate_only = true;
  EXPECT_EQ(Post(std::move(only_asked)), absl::OkStatus());
  EXPECT_EQ(Rows(), "4:1:1");
  ExpectSoundBooks();
}

TEST_F(Names, ANameThatWasNotLoadedIsReadToBeGivenUp) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  auto act = Acting(ada_, [](Act& self, Books& books) {
    return books.Release(kPhone, {.kind = FactKind::kNameReleased,
                                  .transaction = self.transaction,
                                  .member = self.envelope.member,
                                  .effective_at = self.envelope.now});
  });
  act->names.clear();
  EXPECT_EQ(Post(std::move(act)), absl::OkStatus());
  EXPECT_EQ(Rows(), "");
}

TEST_F(Names, OfManyWhoWantItOneGetsIt) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  ASSERT_EQ(Post(GivingUp(ada_)), absl::OkStatus());
  pg::Pool other_pool(Options(database_.conninfo(), 8));
  const std::unique_ptr<Poster> other = NewPoster(other_pool);
  std::vector<MemberId> members;
  for (int i = 0; i < 8; ++i) members.push_back(Enroll(i));
  std::atomic<int> taken{0}, refused{0};
  InThreads(8, [&](int i) {
    Poster& poster = i % 2 == 0 ? *poster_ : *other;
    const auto answer = poster.Post(kind_, Taking(members[static_cast<size_t>(i)])).answer;
    answer.ok() ? ++taken : ++refused;
    if (!answer.ok()) EXPECT_EQ(ReasonOf(answer.status()), Reason::kIdentifierTaken);
  });
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(refused, 7);
  ExpectSoundBooks();
}

TEST_F(Names, MayComeAndGoWhileTheyAreVerified) {
  pg::Pool other_pool(Options(database_.conninfo(), 4));
  const std::unique_ptr<Poster> other = NewPoster(other_pool);
  std::atomic<bool> done{false};
  InThreads(4, [&](int i) {
    if (i == 3) {
      for (int round = 0; round < 12; ++round) EXPECT_THAT(Verify(1).damages, IsEmpty());
      done = true;
      return;
    }
    const DirectoryKey& own = i == 0 ? kPhone : kEmail;
    const MemberId& member = i == 2 ? bob_ : ada_;
    Poster& poster = i == 2 ? *other : *poster_;
    while (!done) {
      // The e-mail address goes to and fro between two members, through two posters.
      poster.Post(kind_, Taking(member, own));
      poster.Post(kind_, GivingUp(member, own));
    }
  });
  EXPECT_GT(Number("SELECT count(*) FROM ledger.journal WHERE kind = 11"), 20);
  ExpectSoundBooks();
}

TEST_F(Names, ARowThatIsPutBackIsFound) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  database_.Execute("CREATE SCHEMA old; CREATE TABLE old.directory AS TABLE ledger.directory");
  ASSERT_EQ(Post(GivingUp(ada_)), absl::OkStatus());
  ExpectSoundBooks();
  // Its seal fits: it was made by the engine, and copied while it stood.
  database_.Execute("INSERT INTO ledger.directory SELECT * FROM old.directory");
  EXPECT_THAT(Findings(), HasSubstr("number 1 of partition 1, is there twice"));
  ASSERT_EQ(Post(Taking(bob_, kEmail)), absl::OkStatus());
  EXPECT_THAT(Findings(), HasSubstr("is there twice"));
}

TEST_F(Names, ARowThatWentWithoutAFactIsFound) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  ASSERT_EQ(Post(Taking(ada_, kEmail)), absl::OkStatus());
  ASSERT_EQ(Post(GivingUp(ada_)), absl::OkStatus());
  database_.Execute("DELETE FROM ledger.directory");
  EXPECT_EQ(Findings(), "name: name 2 of partition 1 is missing\n");
}

TEST_F(Names, AFactThatGivesUpWhatThereWasNotIsFound) {
  ASSERT_EQ(Post(Taking(ada_)), absl::OkStatus());
  ASSERT_EQ(Post(GivingUp(ada_)), absl::OkStatus());
  for (const char* detail : {"{\"name\":2}", "{\"name\":0}", "{\"name\":-1}",
                             "{\"name\":999999999999999999}", "nothing"}) {
    database_.Execute(
        absl::StrCat("SET session_replication_role = replica; UPDATE ledger.journal"
                     " SET detail = '",
                     detail, "' WHERE kind = 11"));
    EXPECT_THAT(Findings(), HasSubstr("gives up a name that there was not")) << detail;
    EXPECT_THAT(Findings(), HasSubstr("name 1 of partition 1 is missing")) << detail;
  }
}

}  // namespace
}  // namespace gratis::ledger::testing
