#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/ledger/ops.h"
#include "common/ledger/poster.h"
#include "common/ledger/runner.h"
#include "common/ledger/verify.h"
#include "common/pg/tx.h"
#include "common/status/reasons.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::ledger::testing {

inline const std::string kChainKey(32, 'k');

MATCHER_P(FailsWith, reason, std::string(Describe(reason).name)) {
  *result_listener << arg.status().ToString().c_str();
  return ReasonOf(arg.status()) == reason;
}

// A change whose decision is a function.
class Act final : public Mutation {
 public:
  using Decision = std::function<absl::StatusOr<std::string>(Act&, Books&)>;
  explicit Act(Decision decision) : decision_(std::move(decision)) {}

  void AddNeeds(Wants& wants) const override { wants.names.insert(names.begin(), names.end()); }
  absl::StatusOr<std::string> Decide(Books& books) override { return decision_(*this, books); }

  std::vector<DirectoryKey> names;
  TransactionId transaction;

 private:
  const Decision decision_;
};

// A database with the kernel's schema, a program of eight partitions, and a poster, as one service
// has them: under its own role.
class Kernel : public ::testing::Test {
 protected:
  Kernel();

  pg::PoolOptions Options(const std::string& conninfo, int size) const;
  std::unique_ptr<Poster> NewPoster(pg::Pool& pool) const;

  // What a call would make of it: request id, fingerprint of `content`, now.
  Envelope EnvelopeFor(const MemberId& member, const std::string& request_id,
                       const std::string& content) const;
  std::unique_ptr<Act> Move(FactKind kind, const MemberId& member, int64_t points,
                            const std::string& request_id);
  std::unique_ptr<Act> Enrollment(const MemberId& member);

  // An id that belongs to the program's partition number `index`.
  MemberId MemberInPartition(int32_t index);
  // A new member, anywhere or in the program's partition number `index` (0 to 7).
  MemberId Enroll(std::optional<int32_t> index = {});
  // As the services that do so: with the fact that says it.
  void SetUnit(const Unit& unit);
  BudgetId SetBudget(const std::string& code, int64_t limit);
  Outcome Earn(const MemberId& member, int64_t points, const std::string& request_id);
  Outcome Spend(const MemberId& member, int64_t points, const std::string& request_id);
  std::string NextRequestId() { return "request-" + std::to_string(++requests_); }

  int64_t Balance(const MemberId& member, int16_t unit = kPointsUnit);
  // The first row's only column.
  int64_t Number(const std::string& query);
  std::string Text(const std::string& query);
  // Every row of schema ledger, as one text.
  std::string Everything();

  Verification Verify(int32_t partition, int page_rows = 5'000);
  // All of the program's partitions and the house's.
  void ExpectSoundBooks();

  absl::Time now_;
  pg::testing::TestDatabase database_;
  base::SystemClock clock_;
  base::RandomIds ids_;
  pg::Pool pool_;
  pg::Pool admin_;  // as superuser, to look and to do damage
  Program program_;
  MutationKind kind_;
  std::unique_ptr<Poster> poster_;

  // Posts one fact about a program, whose transaction is new.
  void PostFact(const Program& program, Fact fact);

 private:
  std::atomic<int> requests_{0};
};

// Runs `body` in `count` threads at once and waits for all.
void InThreads(int count, const std::function<void(int)>& body);

}  // namespace gratis::ledger::testing
