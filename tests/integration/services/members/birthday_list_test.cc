#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/status/reasons.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BirthdayList : public MembersHouse {
 protected:
  MemberId Born(int number, std::optional<Birthday> birthday, std::string zone = "") {
    const std::string id = absl::StrCat(number);
    return IdIn(Enroll(
        "r" + id,
        {.external_ids = {{"crm", id}}, .birthday = birthday, .time_zone = std::move(zone)}));
  }

  std::vector<Member> ListAll(absl::CivilDay from, absl::CivilDay to, int32_t page_size) {
    const std::vector<MonthDay> days = *DaysOfSpan(from, to);
    std::vector<Member> all;
    std::optional<MemberCursor> after;
    do {
      const auto page = members_.ListBirthdays(program_, days, after, page_size, Soon());
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return all;
      EXPECT_LE(page->members.size(), static_cast<size_t>(page_size));
      all.insert(all.end(), page->members.begin(), page->members.end());
      after = page->next ? MemberCursor::Parse(page->next->ToString()) : std::nullopt;
      EXPECT_EQ(after.has_value(), page->next.has_value());
    } while (after);
    return all;
  }
};

TEST_F(BirthdayList, HasThoseOfTheDaysAndNobodyElse) {
  const MemberId first = Born(1, Birthday{{3, 1}, 1970});
  Born(2, Birthday{{3, 2}, std::nullopt});
  Born(3, std::nullopt);
  const auto listed = ListAll(absl::CivilDay(2027, 3, 1), absl::CivilDay(2027, 3, 1), 10);
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].id, first);
  EXPECT_EQ(listed[0].profile.birthday->on, (MonthDay{3, 1}));
}

TEST_F(BirthdayList, FindsThe29thOfFebruaryInACommonYear) {
  const MemberId leapling = Born(1, Birthday{{2, 29}, std::nullopt}, "Asia/Tokyo");
  const auto listed = ListAll(absl::CivilDay(2027, 2, 28), absl::CivilDay(2027, 3, 1), 10);
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].id, leapling);
  EXPECT_EQ(listed[0].profile.time_zone, "Asia/Tokyo");
  EXPECT_THAT(ListAll(absl::CivilDay(2027, 3, 1), absl::CivilDay(2027, 3, 5), 10), IsEmpty());
}

TEST_F(BirthdayList, PagesOfAnySizeTogetherHaveEachOnceByPartitionAndId) {
  for (int i = 0; i < 60; ++i) Born(i, Birthday{{5, 1 + i % 3}, std::nullopt});
  const absl::CivilDay from(2027, 5, 1);
  const absl::CivilDay to(2027, 5, 2);
  std::vector<std::pair<int32_t, MemberId>> whole;
  for (const Member& member : ListAll(from, to, 1000)) {
    whole.emplace_back(ledger::PartitionOf(program_, member.id), member.id);
  }
  EXPECT_THAT(whole, SizeIs(40));
  EXPECT_TRUE(std::is_sorted(whole.begin(), whole.end()));
  EXPECT_THAT(std::set(whole.begin(), whole.end()), SizeIs(40));
  for (const int page_size : {1, 2, 3, 5, 7, 39, 40, 41}) {
    std::vector<std::pair<int32_t, MemberId>> paged;
    for (const Member& member : ListAll(from, to, page_size)) {
      paged.emplace_back(ledger::PartitionOf(program_, member.id), member.id);
    }
    EXPECT_EQ(paged, whole) << page_size;
  }
}

TEST_F(BirthdayList, IsOfOneProgramOnly) {
  const ledger::Program other = NewProgram("other");
  Born(1, Birthday{{5, 1}, std::nullopt});
  const auto page = members_.ListBirthdays(other, {{MonthDay{5, 1}}}, std::nullopt, 10, Soon());
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->members, IsEmpty());
}

}  // namespace
}  // namespace gratis::members
