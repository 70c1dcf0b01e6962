#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "common/status/reasons.h"
#include "services/birthdays/birthday_contract.h"
#include "tests/integration/services/birthdays/birthdays_house.h"

namespace gratis::birthdays {
namespace {

class BirthdayPolicyTest : public BirthdaysHouse {
 protected:
  Policy Current() { return *birthdays_.CurrentPolicy(program_, Soon()); }
};

TEST_F(BirthdayPolicyTest, UntilOneIsSetTheDefaultIsInForce) {
  EXPECT_EQ(Current(), Policy{});
  EXPECT_TRUE(Current().enabled);
  EXPECT_EQ(Current().offer, OfPoints(100));
  EXPECT_EQ(Current().local_hour, 9);
}

TEST_F(BirthdayPolicyTest, EachChangeIsAVersionOfItsOwnAndInTheJournal) {
  const Policy first{.enabled = true,
                     .offer = OfPoints(250),
                     .local_hour = 7,
                     .lead_days = 3,
                     .late_days = 14,
                     .leap_day_rule = LeapDayRule::kMarch1,
                     .version = 1};
  const ledger::Outcome set = Post(first, "one");
  ASSERT_TRUE(set.answer.ok()) << set.answer.status();
  EXPECT_EQ(*set.answer, PolicyAnswer(first, "USD"));
  EXPECT_EQ(Current(), first);
  ASSERT_TRUE(Post({.enabled = false, .offer = OfPoints(300)}, "two").answer.ok());
  EXPECT_EQ(Current(), (Policy{.enabled = false, .offer = OfPoints(300), .version = 2}));
  EXPECT_EQ(Count("ledger.journal WHERE kind = 41 AND actor = 'key_test'"), 2);
  EXPECT_EQ(Count("gratis_birthdays.policy WHERE set_by = 'key_test'"), 2);
}

TEST_F(BirthdayPolicyTest, RetryGetsTheSameAnswerAndOtherContentIsRefused) {
  const ledger::Outcome first = Post({.offer = OfPoints(250)}, "one");
  const ledger::Outcome again = Post({.offer = OfPoints(250)}, "one");
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(*first.answer, *again.answer);
  EXPECT_EQ(ReasonOf(Post({.offer = OfPoints(251)}, "one").answer.status()),
            Reason::kRequestIdReused);
  EXPECT_EQ(Current().version, 1);
}

TEST_F(BirthdayPolicyTest, ValidateOnlyChangesNothing) {
  ASSERT_TRUE(Post({.offer = OfPoints(250)}, "one", /*validate_only=*/true).answer.ok());
  EXPECT_EQ(Current(), Policy{});
  EXPECT_EQ(Count("gratis_birthdays.policy"), 0);
}

TEST_F(BirthdayPolicyTest, ChangesAtOnceGetVersionsInARow) {
  constexpr int kChanges = 40;
  std::mutex mutex;
  std::condition_variable all_done;
  int done = 0;
  for (int i = 0; i < kChanges; ++i) {
    auto change =
        std::make_unique<SetPolicy>(Policy{.offer = OfPoints(1 + i)}, ids_, real_clock_.Now());
    change->envelope = {.program = program_,
                        .member = {},
                        .request_id = absl::StrCat("at once ", i),
                        .fingerprint = "f",
                        .actor = "key_test",
                        .now = real_clock_.Now(),
                        .deadline = Soon(),
                        .validate_only = i % 10 == 9};
    poster_.Submit(set_policies_, std::move(change), [&](const ledger::Outcome& outcome) {
      EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
      const std::lock_guard lock(mutex);
      ++done;
      all_done.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  all_done.wait(lock, [&] { return done == kChanges; });
  EXPECT_EQ(Current().version, kChanges - kChanges / 10);
  EXPECT_EQ(Count("gratis_birthdays.policy"), kChanges - kChanges / 10);
}

TEST_F(BirthdayPolicyTest, SwitchedOffGivesNothingAndSaysSo) {
  const MemberId member = AddMember({6, 15});
  ASSERT_TRUE(Post({.enabled = false}, "off").answer.ok());
  EXPECT_EQ(Run("2027-06-15 12:00"), "given 0, already 0, withheld 1, points 0");
  EXPECT_EQ(Balance(member), 0);
  EXPECT_EQ(birthdays_.Explain(program_, member, 2027, At("2027-06-15 12:00"), Soon())->verdict.why,
            Withheld::kPolicyOff);
}

TEST_F(BirthdayPolicyTest, ProgramsHaveTheirOwn) {
  ASSERT_TRUE(Post({.offer = OfPoints(250)}, "one").answer.ok());
  const ledger::Program other = NewProgram("other", "UTC");
  EXPECT_EQ(*birthdays_.CurrentPolicy(other, Soon()), Policy{});
}

}  // namespace
}  // namespace gratis::birthdays
