#include "services/members/enrollment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "gratis/members/v1/members.pb.h"

namespace gratis::members {
namespace enrollment_test {
namespace {

using ledger::Books;
using ledger::DirectoryKey;
using ledger::DirectoryKind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const DirectoryKey kEmail{DirectoryKind::kEmail, std::string(16, 'e')};
const DirectoryKey kPhone{DirectoryKind::kPhone, std::string(16, 'p')};

MemberId Member(uint8_t number) {
  MemberId id;
  id.uuid.bytes[15] = number;
  return id;
}

Newcomer NewcomerOf(uint8_t number) {
  Newcomer newcomer;
  newcomer.row.id = Member(number);
  newcomer.claims = {{kEmail, "profile.email"}, {kPhone, "profile.phone"}};
  newcomer.transaction.uuid.bytes[0] = number;
  return newcomer;
}

Enrollment Make(Newcomer newcomer, bool validate_only = false) {
  Enrollment enrollment(std::move(newcomer));
  enrollment.envelope.now = kNow;
  enrollment.envelope.validate_only = validate_only;
  return enrollment;
}

Books EmptyBooks() {
  return Books({.number = 2, .time_zone = "UTC", .first_partition = 3, .partitions = 1}, {{3, 0}},
               kNow);
}

std::string AnsweredId(const absl::StatusOr<std::string>& answer) {
  EXPECT_TRUE(answer.ok()) << answer.status();
  v1::EnrollMemberResponse response;
  EXPECT_TRUE(answer.ok() && response.ParseFromString(*answer));
  return response.member_id();
}

TEST(Enrollment, AsksForItsNamesAndIsPostedInItsOwnPartition) {
  const Enrollment enrollment = Make(NewcomerOf(1));
  ledger::Wants wants;
  enrollment.AddNeeds(wants);
  EXPECT_THAT(wants.names, ElementsAre(kEmail, kPhone));
  EXPECT_EQ(enrollment.envelope.member, Member(1));
}

TEST(Enrollment, MakesAMemberWhoOwnsTheirNames) {
  Books books = EmptyBooks();
  Enrollment enrollment = Make(NewcomerOf(1));
  EXPECT_EQ(AnsweredId(enrollment.Decide(books)), Member(1).ToString());
  EXPECT_NE(books.FindHolder(Member(1)), nullptr);
  EXPECT_EQ(books.FindEntry(kEmail)->id, Member(1).uuid);
  EXPECT_EQ(books.FindEntry(kPhone)->id, Member(1).uuid);
  EXPECT_EQ(enrollment.row().enrolled_at, kNow);
  ASSERT_THAT(books.rows(), SizeIs(1));
  const ledger::Fact& fact = books.rows()[0].fact;
  EXPECT_EQ(fact.kind, ledger::FactKind::kMemberEnrolled);
  EXPECT_EQ(fact.member, Member(1));
  EXPECT_EQ(fact.effective_at, kNow);
  EXPECT_EQ(fact.points, 0);
}

TEST(Enrollment, ATakenNameIsRefusedWithWhoHasIt) {
  Books books = EmptyBooks();
  books.LoadEntry(kPhone, {.partition = 5, .id = Member(9).uuid});
  Enrollment enrollment = Make(NewcomerOf(1));
  const absl::Status refused = enrollment.Decide(books).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kIdentifierTaken);
  EXPECT_EQ(FieldOf(refused), "profile.phone");
  EXPECT_THAT(MetadataOf(refused), Contains(Pair("field", "profile.phone")));
  EXPECT_THAT(MetadataOf(refused), Contains(Pair("member_id", Member(9).ToString())));
  EXPECT_THAT(books.rows(), IsEmpty());
}

TEST(Enrollment, NamesOfSeveralAreRefusedWithAllOfThem) {
  Books books = EmptyBooks();
  books.LoadEntry(kEmail, {.partition = 5, .id = Member(9).uuid});
  books.LoadEntry(kPhone, {.partition = 5, .id = Member(8).uuid});
  const absl::Status refused = Make(NewcomerOf(1)).Decide(books).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kIdentifierTaken);
  EXPECT_EQ(FieldOf(refused), "profile.email");
  EXPECT_THAT(MetadataOf(refused), Contains(Pair("member_id", Member(9).ToString())));
  EXPECT_THAT(MetadataOf(refused), Contains(Pair("fields", "profile.email,profile.phone")));
  EXPECT_THAT(MetadataOf(refused),
              Contains(Pair("member_ids", Member(8).ToString() + "," + Member(9).ToString())));
}

TEST(Enrollment, ANameThatTheSpellingHadBeforeMustBeFreeToo) {
  const DirectoryKey id{DirectoryKind::kExternalId, std::string(16, 'i')};
  const DirectoryKey older{DirectoryKind::kExternalId, std::string(16, 'o')};
  Newcomer newcomer = NewcomerOf(1);
  newcomer.claims = {{id, "profile.external_ids[0]", older}};
  ledger::Wants wants;
  Make(newcomer).AddNeeds(wants);
  EXPECT_THAT(wants.names, ElementsAre(id, older));
  Books books = EmptyBooks();
  books.LoadEntry(older, {.partition = 5, .id = Member(9).uuid});
  const absl::Status refused = Make(newcomer).Decide(books).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kIdentifierTaken);
  EXPECT_EQ(FieldOf(refused), "profile.external_ids[0]");
  EXPECT_THAT(MetadataOf(refused), Contains(Pair("member_id", Member(9).ToString())));
  // The name of old is claimed by nobody any more.
  Books free = EmptyBooks();
  EXPECT_TRUE(Make(newcomer).Decide(free).ok());
  EXPECT_TRUE(free.FindEntry(id).has_value());
  EXPECT_FALSE(free.FindEntry(older).has_value());
}

TEST(Enrollment, OfTwoInOneRunTheFirstGetsTheName) {
  Books books = EmptyBooks();
  Enrollment first = Make(NewcomerOf(1));
  Enrollment second = Make(NewcomerOf(2));
  EXPECT_TRUE(first.Decide(books).ok());
  const absl::Status refused = second.Decide(books).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kIdentifierTaken);
  EXPECT_THAT(MetadataOf(refused), Contains(Pair("member_id", Member(1).ToString())));
}

TEST(Enrollment, MayStateThePastOnlyIfAllowed) {
  const absl::Time long_ago = absl::FromUnixSeconds(852'076'800);
  Newcomer newcomer = NewcomerOf(1);
  newcomer.stated_enrolled_at = long_ago;
  Books books = EmptyBooks();
  const absl::Status refused = Make(newcomer).Decide(books).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kEffectiveTimeInvalid);
  EXPECT_EQ(FieldOf(refused), "enrolled_at");

  newcomer.may_state_past = true;
  Enrollment allowed = Make(newcomer);
  EXPECT_TRUE(allowed.Decide(books).ok());
  EXPECT_EQ(allowed.row().enrolled_at, long_ago);
  EXPECT_EQ(books.rows()[0].fact.effective_at, long_ago);
}

TEST(Enrollment, RefusesTheUnborn) {
  Newcomer newcomer = NewcomerOf(1);
  newcomer.birthday = Birthday{{1, 1}, 2999};
  Books books = EmptyBooks();
  const absl::Status refused = Make(newcomer).Decide(books).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kInvalidDate);
  EXPECT_EQ(FieldOf(refused), "profile.birthday");
}

TEST(Enrollment, OnlyValidatedHasNoId) {
  Books books = EmptyBooks();
  EXPECT_EQ(AnsweredId(Make(NewcomerOf(1), true).Decide(books)), "");
}

TEST(Enrollment, DecidedAgainInAnotherRunSaysTheSame) {
  Enrollment enrollment = Make(NewcomerOf(1));
  Books once = EmptyBooks();
  Books again = EmptyBooks();
  EXPECT_EQ(*enrollment.Decide(once), *enrollment.Decide(again));
}

}  // namespace
}  // namespace enrollment_test
}  // namespace gratis::members
