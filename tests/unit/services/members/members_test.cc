#include "services/members/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/pg/pool.h"
#include "services/members/member_contract.h"

namespace gratis::members {
namespace members_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const ledger::Program kProgram{.number = 7, .code = "demo", .partitions = 8};

class Preparing : public ::testing::Test {
 protected:
  std::unique_ptr<Enrollment> Prepare(const Profile& profile, int32_t program = 7) {
    ledger::Program of = kProgram;
    of.number = program;
    return *members_.Prepare(of, profile, std::nullopt, false, kNow);
  }
  static std::vector<ledger::DirectoryKey> NamesOf(const Enrollment& enrollment) {
    ledger::Wants wants;
    enrollment.AddNeeds(wants);
    return {wants.names.begin(), wants.names.end()};
  }

  vault::Vault vault_ = *vault::Vault::FromMasterKey(std::string(32, 'm'), 1);
  base::RandomIds ids_;
  pg::Pool pool_{{}};
  Members members_{vault_, ids_, pool_};
  const Profile ann_{.email = "Ann@Example.com",
                     .phone = "+41446681800",
                     .greeting_name = "Ann",
                     .birthday = Birthday{{2, 29}, 1980}};
};

TEST_F(Preparing, SealsWhatIsKnown) {
  const auto enrollment = Prepare(ann_);
  const MemberRow& row = enrollment->row();
  EXPECT_THAT(row.sealed_profile, Not(HasSubstr("Ann")));
  const auto opened = vault_.Open(row.data_key, row.id.uuid.AsBytes(), row.sealed_profile);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*ParseProfile(*opened), ann_);
}

TEST_F(Preparing, GivesEachPersonAnIdAndAKeyOfTheirOwn) {
  const auto one = Prepare(ann_);
  const auto other = Prepare(ann_);
  EXPECT_NE(one->row().id, other->row().id);
  EXPECT_NE(one->row().data_key, other->row().data_key);
}

TEST_F(Preparing, FindsTheSameNamesAgainInTheSameProgramOnly) {
  Profile shouting = ann_;
  shouting.email = "ANN@EXAMPLE.COM";
  EXPECT_EQ(NamesOf(*Prepare(ann_)), NamesOf(*Prepare(shouting)));
  EXPECT_NE(NamesOf(*Prepare(ann_)), NamesOf(*Prepare(ann_, 8)));
  EXPECT_THAT(NamesOf(*Prepare(ann_)), SizeIs(2));
}

TEST_F(Preparing, TheYearOfBirthDoesNotChangeTheBirthday) {
  Profile ageless = ann_;
  ageless.birthday->year.reset();
  Profile day_before = ann_;
  day_before.birthday->on.day = 28;
  EXPECT_EQ(Prepare(ann_)->row().birthday_key, Prepare(ageless)->row().birthday_key);
  EXPECT_NE(Prepare(ann_)->row().birthday_key, Prepare(day_before)->row().birthday_key);
  EXPECT_NE(Prepare(ann_)->row().birthday_key, Prepare(ann_, 8)->row().birthday_key);
  EXPECT_EQ(Prepare({.email = "a@b.ch"})->row().birthday_key, std::nullopt);
}

TEST(MemberCursor, SurvivesItsText) {
  base::RandomIds ids;
  for (const MemberId& member : {MemberId{ids.Next(kNow)}, MemberId{}}) {
    const auto parsed = MemberCursor::Parse(MemberCursor{12, member}.ToString());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->partition, 12);
    EXPECT_EQ(parsed->member, member);
  }
}

TEST(MemberCursor, IsNotJustAnyText) {
  for (const char* text : {"", "12", "x/", "12/x", "12/mem_", "/mem_00000000000000000000000001"}) {
    EXPECT_FALSE(MemberCursor::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace members_test
}  // namespace gratis::members
