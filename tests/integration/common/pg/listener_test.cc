#include "common/pg/listener.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "tests/integration/common/pg/one_database.h"

namespace gratis::pg {
namespace {

constexpr char kName[] = "listener_test";
constexpr Query kListening{"listener_test/listening",
                           "SELECT pid FROM pg_stat_activity WHERE application_name = $1"
                           " AND datname = current_database()"};

// Counts what a listener hears.
class Ear {
 public:
  void Hear() {
    const std::lock_guard lock(mutex_);
    ++heard_;
    more_.notify_all();
  }
  // Waits until something was heard since the last time; whether it was.
  bool Hears() {
    std::unique_lock lock(mutex_);
    const bool more =
        more_.wait_for(lock, std::chrono::seconds(30), [&] { return heard_ > taken_; });
    taken_ = heard_;
    return more;
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  int heard_ = 0;
  int taken_ = 0;
};

class ListenerTest : public testing::OneDatabase {
 protected:
  ListenerOptions OptionsOf(std::string conninfo) const {
    return {.conninfo = std::move(conninfo),
            .role = "",
            .application_name = kName,
            .channel = "listener_test"};
  }
  void Notify() { database_.Execute("NOTIFY listener_test"); }

  Ear ear_;
};

TEST_F(ListenerTest, HearsThatItListensAndThenWhatIsNotified) {
  const Listener listener(OptionsOf(database_.conninfo()), {.heard = [&] { ear_.Hear(); }});
  ASSERT_TRUE(ear_.Hears());
  EXPECT_TRUE(listener.listening());
  for (int i = 0; i < 3; ++i) {
    Notify();
    EXPECT_TRUE(ear_.Hears());
  }
}

TEST_F(ListenerTest, WhatIsRolledBackIsNotHeardAndWhatIsCommittedIs) {
  const Listener listener(OptionsOf(database_.conninfo()), {.heard = [&] { ear_.Hear(); }});
  ASSERT_TRUE(ear_.Hears());
  bool committing = false;
  for (const bool commits : {false, true}) {
    const absl::Status status = InTx([&](Tx& tx) -> absl::Status {
      RETURN_IF_ERROR(tx.RunScript("NOTIFY listener_test"));
      committing = commits;
      return commits ? absl::OkStatus() : absl::CancelledError("rolled back");
    });
    EXPECT_EQ(status.ok(), commits);
  }
  ASSERT_TRUE(ear_.Hears());
  EXPECT_TRUE(committing);
}

TEST_F(ListenerTest, AfterItsConnectionIsLostItListensAgainAndSaysSo) {
  const Listener listener(OptionsOf(database_.conninfo()), {.heard = [&] { ear_.Hear(); }});
  ASSERT_TRUE(ear_.Hears());
  for (int i = 0; i < 3; ++i) {
    database_.Execute(absl::StrCat(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '", kName,
        "' AND datname = current_database()"));
    ASSERT_TRUE(ear_.Hears()) << "anything may have been notified meanwhile";
    Notify();
    EXPECT_TRUE(ear_.Hears());
  }
}

TEST_F(ListenerTest, WithoutADatabaseItSaysSoAndEndsWhenTold) {
  Ear deaf;
  const Listener listener(OptionsOf("host=/nowhere"),
                          {.heard = [&] { ear_.Hear(); },
                           .deaf =
                               [&](const absl::Status& why) {
                                 EXPECT_EQ(ReasonOf(why), Reason::kDatabaseUnavailable) << why;
                                 deaf.Hear();
                               }});
  EXPECT_TRUE(deaf.Hears());
  EXPECT_FALSE(listener.listening());
}

// As a line that was cut without a word: what is sent is not answered.
TEST_F(ListenerTest, ASilentLineIsFoundOut) {
  Ear deaf;
  const Listener listener(
      OptionsOf(database_.conninfo()),
      {.heard = [&] { ear_.Hear(); }, .deaf = [&](const absl::Status&) { deaf.Hear(); }});
  ASSERT_TRUE(ear_.Hears());
  int32_t pid = 0;
  ASSERT_EQ(InTx([&](Tx& tx) -> absl::Status {
              ASSIGN_OR_RETURN(const Rows rows, tx.Run(kListening, std::string_view(kName)));
              pid = rows[0].Get<int32_t>(0);
              return absl::OkStatus();
            }),
            absl::OkStatus());
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  EXPECT_TRUE(deaf.Hears());
  kill(pid, SIGCONT);
  EXPECT_TRUE(ear_.Hears()) << "it listens again";
}

}  // namespace
}  // namespace gratis::pg
