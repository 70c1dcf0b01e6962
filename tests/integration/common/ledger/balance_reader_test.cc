#include "common/ledger/balance_reader.h"

#include <future>

#include "tests/integration/common/ledger/kernel.h"

namespace gratis::ledger::testing {
namespace {

class ReadingBalances : public Kernel {
 protected:
  std::future<absl::StatusOr<Balances>> Ask(BalanceReader& reader, const MemberId& member,
                                            absl::Duration patience) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<Balances>>>();
    reader.Read(
        {program_, member, now_, clock_.Now() + patience},
        [promise](absl::StatusOr<Balances> balances) { promise->set_value(std::move(balances)); });
    return promise->get_future();
  }
};

TEST_F(ReadingBalances, EveryCallerGetsTheirOwn) {
  std::vector<MemberId> members;
  for (int i = 0; i < 30; ++i) {
    members.push_back(Enroll());
    if (i > 0) {
      ASSERT_TRUE(Earn(members.back(), i, NextRequestId()).answer.ok());
    }
  }
  BalanceReader reader({.threads = 2, .max_batch = 7}, pool_, clock_);
  InThreads(4, [&](int) {
    std::vector<std::future<absl::StatusOr<Balances>>> answers;
    for (const MemberId& member : members) answers.push_back(Ask(reader, member, absl::Minutes(1)));
    for (int i = 0; i < 30; ++i) {
      auto balances = answers[i].get();
      ASSERT_TRUE(balances.ok()) << balances.status();
      EXPECT_EQ(balances->wallets[kPointsUnit].available, i);
      EXPECT_EQ(balances->units->front().code, "points");
    }
  });
}

TEST_F(ReadingBalances, AStrangerAndWhoeverIsTooLateHarmNobody) {
  const MemberId ada = Enroll();
  ASSERT_TRUE(Earn(ada, 5, NextRequestId()).answer.ok());
  BalanceReader reader({.threads = 1}, pool_, clock_);
  auto stranger = Ask(reader, {ids_.Next(now_)}, absl::Minutes(1));
  auto late = Ask(reader, ada, absl::Seconds(-1));
  auto known = Ask(reader, ada, absl::Minutes(1));
  EXPECT_THAT(stranger.get(), FailsWith(Reason::kMemberNotFound));
  EXPECT_THAT(late.get(), FailsWith(Reason::kDeadlineExceeded));
  EXPECT_EQ(known.get()->wallets[kPointsUnit].available, 5);
}

TEST_F(ReadingBalances, WhatFellDueCountsThoughNothingPostedIt) {
  const MemberId ada = Enroll();
  auto earn = std::make_unique<Act>([](Act& self, Books& books) -> absl::StatusOr<std::string> {
    Earning earning{.posting = {.kind = FactKind::kEarn,
                                .transaction = self.transaction,
                                .member = self.envelope.member,
                                .effective_at = self.envelope.now},
                    .points = 9};
    earning.expires_at = self.envelope.now + absl::Hours(1);
    absl::Status earned = ledger::Earn(books, earning);
    return earned.ok() ? absl::StatusOr<std::string>("earned") : earned;
  });
  earn->envelope = EnvelopeFor(ada, NextRequestId(), "earn");
  ASSERT_TRUE(poster_->Post(kind_, std::move(earn)).answer.ok());
  BalanceReader reader({}, pool_, clock_);
  EXPECT_EQ(Ask(reader, ada, absl::Minutes(1)).get()->wallets[kPointsUnit].available, 9);
  now_ += absl::Hours(1);
  EXPECT_EQ(Ask(reader, ada, absl::Minutes(1)).get()->wallets[kPointsUnit].available, 0);
}

TEST_F(ReadingBalances, MoreThanMayWaitAreRefusedAtOnce) {
  BalanceReader reader({.max_waiting = 0}, pool_, clock_);
  EXPECT_THAT(Ask(reader, Enroll(), absl::Minutes(1)).get(), FailsWith(Reason::kOverloaded));
}

}  // namespace
}  // namespace gratis::ledger::testing
