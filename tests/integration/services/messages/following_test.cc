#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "common/jobs/journal_follower.h"
#include "common/ledger/feed.h"
#include "common/obs/log.h"
#include "tests/integration/services/messages/content_house.h"

namespace gratis::messages {
namespace {

constexpr int64_t kMostBehind = 10;

// The follower as the service runs it, over journals of which nothing matters to messages.
class FollowingTest : public ContentHouse {
 protected:
  void Earn(const MemberId& member, int times) {
    for (int i = 0; i < times; ++i) {
      Happens(ledger::FactKind::kEarn, member, At("2026-11-24 09:00"), "", 1);
    }
  }
  int64_t CursorOf(const MemberId& member) {
    const auto cursor = intents_.Followed(program_, Soon());
    EXPECT_TRUE(cursor.ok()) << cursor.status();
    return (*cursor)->at(ledger::PartitionOf(program_, member));
  }
  int64_t HeadOf(const MemberId& member) {
    const auto heads = feed_.Heads(program_);
    EXPECT_TRUE(heads.ok()) << heads.status();
    return heads->at(ledger::PartitionOf(program_, member));
  }

  std::unique_ptr<jobs::JournalFollower> NewFollower() {
    auto follower = std::make_unique<jobs::JournalFollower>(
        jobs::JournalFollowerOptions{.gather = absl::Milliseconds(5),
                                     .look = absl::Milliseconds(50),
                                     .most_behind = kMostBehind},
        feed_,
        jobs::Projection{
            .name = "messages",
            .kinds = FollowedKinds(),
            .followed = [this](
                            const ledger::Program& program,
                            absl::Time deadline) { return intents_.Followed(program, deadline); },
            .keep =
                [this](const ledger::Program& program, int32_t partition, absl::Time now,
                       absl::Time deadline, const std::stop_token& stop) {
                  return intents_.Keep(program, partition, now, deadline, stop);
                }},
        [this](absl::Time) { return std::vector<ledger::Program>{program_}; },
        [](int32_t) { return At("2026-11-24 10:00"); }, real_clock_, log_);
    follower->Start();
    return follower;
  }

  static bool Await(const std::function<bool()>& so) {
    for (int i = 0; i < 500 && !so(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return so();
  }

  ledger::Feed feed_{{}, pool_};
  obs::Log log_{{}, [](std::string_view) {}};
};

TEST_F(FollowingTest, WhoBeginsAnewDoesNotReadALongJournalAgainInWhichNothingMattered) {
  const MemberId ada = AddMember("ada");
  Earn(ada, 40);
  ASSERT_EQ(CursorOf(ada), 0);
  {
    const auto follower = NewFollower();
    EXPECT_TRUE(Await([&] { return CursorOf(ada) >= HeadOf(ada) - kMostBehind; }));
    // It goes on while the journal grows.
    Earn(ada, 40);
    EXPECT_TRUE(Await([&] { return CursorOf(ada) >= HeadOf(ada) - kMostBehind; }));
    EXPECT_EQ(made_, 0) << "and nothing is due by that";
  }
  // The next one begins where the last one noted that it was.
  const int64_t noted = CursorOf(ada);
  const auto follower = NewFollower();
  Thanks(ada, At("2026-11-24 09:30"));
  EXPECT_TRUE(Await([&] { return Count("gratis_messages.message") == 1; }));
  EXPECT_GT(CursorOf(ada), noted);
}

}  // namespace
}  // namespace gratis::messages
