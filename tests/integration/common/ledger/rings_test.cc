#include <array>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "tests/integration/common/ledger/kernel.h"

// Sets that post in several partitions wait for each other in a line, never in a ring.
namespace gratis::ledger::testing {
namespace {

class Rings : public Kernel {
 protected:
  // Nobody breaks a ring here: it lasts until the deadline.
  Rings() {
    database_.Execute(
        absl::StrCat("ALTER DATABASE ", database_.name(), " SET deadlock_timeout = '1h'"));
  }

  std::unique_ptr<Act> Ten(const MemberId& member, const std::string& request_id) {
    return Move(FactKind::kEarn, member, 10, request_id);
  }
  int64_t Waiting() {
    return Number(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'");
  }
};

TEST_F(Rings, TwoWideSetsThatShareRequestIdsAreNone) {
  // In the order of partitions the one would write b, c, a, and the other a, c, b.
  const std::array members{Enroll(0), Enroll(1), Enroll(2), Enroll(3)};
  std::array<std::vector<Pending>, 2> sets;
  sets[0].push_back({&kind_, Ten(members[0], "b"), nullptr});
  sets[0].push_back({&kind_, Ten(members[0], "c"), nullptr});
  sets[0].push_back({&kind_, Ten(members[1], "a"), nullptr});
  sets[1].push_back({&kind_, Ten(members[2], "a"), nullptr});
  sets[1].push_back({&kind_, Ten(members[2], "c"), nullptr});
  sets[1].push_back({&kind_, Ten(members[3], "b"), nullptr});
  pg::PoolOptions options = Options(database_.conninfo(), 2);
  options.lock_timeout = absl::ZeroDuration();
  pg::Pool patient(options);

  std::array<std::vector<Outcome>, 2> outcomes;
  std::thread posting;
  const absl::Time deadline = clock_.Now() + absl::Seconds(10);
  // Both come as far as they can while somebody else has c, and go on when it is given up.
  const absl::Status gate =
      pg::RunTx(admin_, {.deadline = deadline, .max_attempts = 1}, [&](pg::Tx& tx) -> absl::Status {
        RETURN_IF_ERROR(
            tx.RunScript("INSERT INTO ledger.request VALUES (2, 'c', '', '', 1, now(), 1000, '')"));
        posting = std::thread([&] {
          InThreads(2, [&](int i) {
            outcomes.at(i) =
                RunSet(patient, kChainKey, deadline, absl::MakeSpan(sets.at(i)), Bond::kTogether);
          });
        });
        while (Waiting() < 2 && clock_.Now() < deadline) std::this_thread::yield();
        return absl::CancelledError("c is given up");
      });
  if (posting.joinable()) posting.join();
  ASSERT_TRUE(absl::IsCancelled(gate)) << gate;

  int done = 0;
  for (const std::vector<Outcome>& of_set : outcomes) {
    if (of_set.front().answer.ok()) {
      ++done;
      continue;
    }
    for (const Outcome& outcome : of_set) {
      EXPECT_THAT(outcome.answer, FailsWith(Reason::kRequestIdReused));
    }
  }
  EXPECT_EQ(done, 1);
  ExpectSoundBooks();
}

}  // namespace
}  // namespace gratis::ledger::testing
