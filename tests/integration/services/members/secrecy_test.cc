#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <array>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "services/members/standing_changes.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Secrecy : public MembersHouse {
 protected:
  // Everything in the database, as text; bytes as hexadecimal.
  std::string Dump() const {
    std::string command = "pg_dump --no-owner --dbname='" +
                          absl::StrReplaceAll(database_.conninfo(), {{"'", "'\\''"}}) + "'";
    std::string dump;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 65536> buffer;
    size_t count = 0;
    while ((count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
      dump.append(buffer.data(), count);
    }
    EXPECT_EQ(pclose(pipe), 0);
    return dump;
  }
};

TEST_F(Secrecy, ADumpOfTheDatabaseNamesNobody) {
  const MemberId id =
      IdIn(Enroll("request-of-zenobia", {.external_ids = {{"webshopx", "Kunde-4711"}},
                                         .email = "Zenobia.Quill@Example.com",
                                         .phone = "+41 44 668 18 00",
                                         .greeting_name = "Zenobia",
                                         .birthday = Birthday{{2, 29}, 1980},
                                         .time_zone = "Europe/Zurich",
                                         .language = "rm-CH"}));
  Enroll("request-of-a-twin", {.email = "zenobia.quill@example.com"});  // refused

  const std::string dump = Dump();
  ASSERT_THAT(dump, HasSubstr("request-of-zenobia")) << "the dump must have the data";
  ASSERT_THAT(dump, HasSubstr(base::Hex(id.uuid.AsBytes()).substr(0, 8)));
  const std::string lower = absl::AsciiStrToLower(dump);
  for (const std::string secret :
       {"zenobia.quill", "quill@example", "41446681800", "668 18 00", "kunde-4711", "webshopx",
        "europe/zurich", "rm-ch", "02-29", "1980"}) {
    EXPECT_THAT(lower, Not(HasSubstr(secret)));
    EXPECT_THAT(lower, Not(HasSubstr(base::Hex(secret)))) << secret;
  }
  for (const std::string secret : {"Zenobia", "zenobia.quill@example.com", "Kunde-4711"}) {
    EXPECT_THAT(lower, Not(HasSubstr(base::Hex(secret)))) << secret;
  }
}

TEST_F(Secrecy, ADumpNamesNobodyAfterChangesAndWordsOfFarewellEither) {
  const MemberId id = IdIn(Enroll("r1", {.email = "zenobia.quill@example.com"}));
  ProfileUpdates updates(vault_);
  Closings closings(vault_);
  const auto post = [&](ledger::MutationKind& kind, std::unique_ptr<ledger::Mutation> mutation) {
    mutation->envelope.program = program_;
    mutation->envelope.actor = "key_test";
    mutation->envelope.now = clock_.Now();
    mutation->envelope.deadline = Soon();
    EXPECT_EQ(poster_.Post(kind, std::move(mutation)).answer.status(), absl::OkStatus());
  };
  const ProfileChange change{.parts = {Part::kEmail, Part::kGreetingName, Part::kHomeStore},
                             .wanted = {.email = "wilhelmina@example.com",
                                        .greeting_name = "Wilhelmina",
                                        .home_store = "quarry-lane"}};
  post(updates, members_.PrepareUpdate(program_, id, change, clock_.Now()));
  post(closings, std::make_unique<Closing>(id, "The staff was unfriendly",
                                           members_.NewTransaction(program_, id, clock_.Now())));
  EXPECT_EQ(members_.Get(program_, id, Soon())->leaving_answer, "The staff was unfriendly");
  const std::string lower = absl::AsciiStrToLower(Dump());
  for (const std::string secret : {"zenobia", "wilhelmina", "quarry", "unfriendly"}) {
    EXPECT_THAT(lower, Not(HasSubstr(secret)));
    EXPECT_THAT(lower, Not(HasSubstr(base::Hex(secret)))) << secret;
  }
  EXPECT_THAT(lower, HasSubstr("greeting_name")) << "the dump must have the facts";
}

TEST_F(Secrecy, AProfilePutUnderAnotherMemberIsNoticed) {
  const MemberId ann = IdIn(Enroll("r1", {.email = "ann@example.com"}));
  const MemberId bob = IdIn(Enroll("r2", {.email = "bob@example.com"}));
  ASSERT_TRUE(members_.Get(program_, bob, Soon()).ok());
  const auto uuid = [](const MemberId& id) {
    return absl::StrCat("'", base::Hex(id.uuid.AsBytes()), "'");
  };
  database_.Execute(absl::StrCat(
      "UPDATE gratis_members.member AS target SET data_key = source.data_key, ",
      "profile = source.profile FROM gratis_members.member AS source WHERE target.member = ",
      uuid(bob), " AND source.member = ", uuid(ann)));
  EXPECT_EQ(ReasonOf(members_.Get(program_, bob, Soon()).status()), Reason::kBooksDamaged);
  EXPECT_TRUE(members_.Get(program_, ann, Soon()).ok());
}

TEST_F(Secrecy, WithoutTheMasterKeyNothingOpens) {
  const MemberId ann = IdIn(Enroll("r1", {.email = "ann@example.com"}));
  const vault::Vault stranger = *vault::Vault::FromMasterKey(std::string(32, 'x'), 1);
  const Members strangers(stranger, ids_, pool_);
  EXPECT_EQ(ReasonOf(strangers.Get(program_, ann, Soon()).status()), Reason::kBooksDamaged);
  EXPECT_EQ(
      ReasonOf(
          strangers.Identify(program_, {{*EmailIdentifier("ann@example.com")}}, Soon()).status()),
      Reason::kMemberNotFound);
}

TEST_F(Secrecy, TheServiceMayChangeProfilesAndNeitherForgetNorExchangeMembers) {
  Enroll("r1", {.email = "ann@example.com"});
  for (const char* text : {"UPDATE gratis_members.member SET enrolled_at = now()",
                           "UPDATE gratis_members.member SET member = gen_random_uuid()",
                           "UPDATE gratis_members.policy SET default_region = 'FR'",
                           "UPDATE gratis_members.erasure SET erased_at = NULL",
                           "DELETE FROM gratis_members.erasure", "TRUNCATE gratis_members.member",
                           "UPDATE ledger.journal SET points = 1", "DELETE FROM ledger.request"}) {
    const absl::Status done =
        pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) { return tx.RunScript(text); });
    EXPECT_FALSE(done.ok()) << text;
  }
  EXPECT_EQ(Count("gratis_members.member"), 1);
}

}  // namespace
}  // namespace gratis::members
