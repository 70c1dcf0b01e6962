// Fills a program with members and history of a realistic mix, through the one way that changes the
// books, in large sets: for measuring what depends on how much there is.
//
//   gratis program create big
//   gratis-bench-fill --program big --members 100000 --postings 10000000
//
// It works on the database of an instance, beside it or while it is down, with the keys of its
// home. The members are known to the ledger alone.

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/app/config.h"
#include "common/app/database.h"
#include "common/app/home.h"
#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/config/environment.h"
#include "common/ledger/ops.h"
#include "common/ledger/runner.h"
#include "common/pg/pool.h"
#include "common/status/macros.h"
#include "common/vault/vault.h"

namespace gratis::bench {
namespace {

struct Options {
  std::string program = "big";
  int64_t members = 100'000;
  int64_t postings = 1'000'000;
  int64_t set = 2'000;  // postings in one transaction
  int days = 730;       // that the history takes, up to now
  int threads = 2;
  uint64_t seed = 1;
};

// One posting; what it does is chosen by `dice`, below 1000.
class Deed final : public ledger::Mutation {
 public:
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  TransactionId transaction;
  HoldId hold;
  VoucherId voucher;
  TransactionId undone;  // what a reversal undoes
  enum class Kind {
    kEnroll,
    kPurchase,
    kThanks,
    kSpend,
    kHold,
    kCapture,
    kVoid,
    kReverse,
    kVoucher
  };
  Kind kind = Kind::kPurchase;
  int64_t points = 1;
};

absl::StatusOr<std::string> Deed::Decide(ledger::Books& books) {
  const ledger::Posting posting{.kind = ledger::FactKind::kPurchase,
                                .transaction = transaction,
                                .member = envelope.member,
                                .effective_at = envelope.now,
                                .source = "till 7"};
  const auto as = [&posting](ledger::FactKind fact) {
    ledger::Posting changed = posting;
    changed.kind = fact;
    return changed;
  };
  switch (kind) {
    case Kind::kEnroll:
      books.AddHolder(envelope.member, envelope.now);
      RETURN_IF_ERROR(books
                          .Post({.kind = ledger::FactKind::kMemberEnrolled,
                                 .transaction = transaction,
                                 .member = envelope.member,
                                 .effective_at = envelope.now})
                          .status());
      break;
    case Kind::kPurchase:
      RETURN_IF_ERROR(ledger::Earn(
          books, {.posting = posting, .points = points, .origin = ledger::Origin::kPurchase}));
      break;
    case Kind::kThanks:
      RETURN_IF_ERROR(
          ledger::Earn(books, {.posting = as(ledger::FactKind::kThankYou), .points = points}));
      break;
    case Kind::kSpend:
      RETURN_IF_ERROR(ledger::Spend(books, as(ledger::FactKind::kSpend), points));
      break;
    case Kind::kHold:
      RETURN_IF_ERROR(ledger::PlaceHold(books, {.posting = as(ledger::FactKind::kHoldPlaced),
                                                .hold = hold,
                                                .points = points,
                                                .life = absl::Hours(48)})
                          .status());
      break;
    case Kind::kCapture:
      RETURN_IF_ERROR(
          ledger::CaptureHold(books, as(ledger::FactKind::kHoldCaptured), hold, 0).status());
      break;
    case Kind::kVoid:
      RETURN_IF_ERROR(ledger::VoidHold(books, as(ledger::FactKind::kHoldReleased), hold).status());
      break;
    case Kind::kReverse:
      RETURN_IF_ERROR(ledger::Reverse(books, {.posting = posting, .undone = undone}).status());
      break;
    case Kind::kVoucher:
      RETURN_IF_ERROR(ledger::IssueVoucher(books, {.posting = as(ledger::FactKind::kVoucherIssued),
                                                   .voucher = voucher,
                                                   .terms = {.origin = "welcome"},
                                                   .worth = 500}));
      break;
  }
  // As much as a service's answer has.
  return absl::StrCat(transaction.ToString(), " ", books.AvailablePoints(envelope.member),
                      std::string(32, ' '));
}

// Makes the history of one partition, set by set.
class Partition {
 public:
  Partition(const ledger::Program& program, int32_t partition, int64_t members, int64_t postings,
            const Options& options, pg::Pool& pool, const std::string& chain_key)
      : program_(program),
        partition_(partition),
        members_wanted_(members),
        postings_wanted_(postings),
        options_(options),
        pool_(pool),
        chain_key_(chain_key),
        end_(absl::Now()),
        random_(options.seed * 1000 + static_cast<uint64_t>(partition)) {}

  // False on a failure, which it has told.
  bool Fill(std::atomic<int64_t>& done);

 private:
  struct OpenHold {
    MemberId member;
    HoldId hold;
  };
  struct Earned {
    MemberId member;
    TransactionId transaction;
  };

  std::unique_ptr<Deed> New(Deed::Kind kind, const MemberId& member);
  std::unique_ptr<Deed> Enrollment();
  std::unique_ptr<Deed> Next();
  bool Post(std::vector<ledger::Pending>& set);
  const MemberId& AnyMember() { return members_[random_.Below(members_.size())]; }

  const ledger::Program& program_;
  const int32_t partition_;
  const int64_t members_wanted_, postings_wanted_;
  const Options& options_;
  pg::Pool& pool_;
  const std::string& chain_key_;
  const absl::Time end_;
  base::SeededRandom random_;
  base::RandomIds ids_;
  ledger::MutationKind no_tables_;
  absl::Time now_;
  std::vector<MemberId> members_;
  std::vector<OpenHold> holds_;
  std::vector<Earned> earned_;
};

std::unique_ptr<Deed> Partition::New(Deed::Kind kind, const MemberId& member) {
  auto deed = std::make_unique<Deed>();
  deed->kind = kind;
  deed->transaction = ledger::Beside(program_, member, TransactionId{ids_.Next(now_)});
  deed->envelope.program = program_;
  deed->envelope.member = member;
  deed->envelope.request_id = deed->transaction.ToString();
  deed->envelope.fingerprint =
      std::string(base::AsBytes(base::Sha256(deed->envelope.request_id)).substr(0, 16));
  deed->envelope.actor = "key_01jd3v7c2gq4w0m8k5s9t6xyza";
  deed->envelope.now = now_;
  deed->envelope.deadline = absl::InfiniteFuture();
  return deed;
}

std::unique_ptr<Deed> Partition::Enrollment() {
  MemberId member{ids_.Next(now_)};
  while (ledger::PartitionOf(program_, member) != partition_) member = {ids_.Next(now_)};
  members_.push_back(member);
  return New(Deed::Kind::kEnroll, member);
}

std::unique_ptr<Deed> Partition::Next() {
  const uint64_t dice = random_.Below(1000);
  if (dice < 40 && !holds_.empty()) {
    const size_t at = random_.Below(holds_.size());
    const OpenHold held = std::exchange(holds_[at], holds_.back());
    holds_.pop_back();
    auto deed = New(dice < 30 ? Deed::Kind::kCapture : Deed::Kind::kVoid, held.member);
    deed->hold = held.hold;
    return deed;
  }
  if (dice < 60 && !earned_.empty()) {
    const size_t at = random_.Below(earned_.size());
    const Earned undone = std::exchange(earned_[at], earned_.back());
    earned_.pop_back();
    auto deed = New(Deed::Kind::kReverse, undone.member);
    deed->undone = undone.transaction;
    return deed;
  }
  const MemberId member = AnyMember();
  if (dice < 100) {
    auto deed = New(Deed::Kind::kHold, member);
    deed->points = static_cast<int64_t>(1 + random_.Below(20));
    deed->hold = ledger::Beside(program_, member, HoldId{ids_.Next(now_)});
    if (holds_.size() < 1000) holds_.push_back({member, deed->hold});
    return deed;
  }
  if (dice < 110) {
    auto deed = New(Deed::Kind::kVoucher, member);
    deed->voucher = ledger::Beside(program_, member, VoucherId{ids_.Next(now_)});
    return deed;
  }
  if (dice < 250) {
    auto deed = New(Deed::Kind::kSpend, member);
    deed->points = static_cast<int64_t>(50 + random_.Below(300));
    return deed;
  }
  auto deed = New(dice < 300 ? Deed::Kind::kThanks : Deed::Kind::kPurchase, member);
  deed->points = static_cast<int64_t>(1 + random_.Below(120));
  if (earned_.size() < 1000) earned_.push_back({member, deed->transaction});
  return deed;
}

bool Partition::Post(std::vector<ledger::Pending>& set) {
  for (const ledger::Outcome& outcome :
       ledger::RunSet(pool_, chain_key_, absl::Now() + absl::Minutes(5), absl::MakeSpan(set))) {
    // What is refused for the state of the books is part of the mix.
    const auto code = outcome.answer.status().code();
    if (outcome.answer.ok() || code == absl::StatusCode::kFailedPrecondition ||
        code == absl::StatusCode::kNotFound) {
      continue;
    }
    std::cerr << "\npartition " << partition_ << ": " << outcome.answer.status() << "\n";
    return false;
  }
  set.clear();
  return true;
}

bool Partition::Fill(std::atomic<int64_t>& done) {
  const int64_t all = members_wanted_ + postings_wanted_;
  const absl::Duration step = absl::Hours(24) * options_.days / std::max<int64_t>(all, 1);
  now_ = end_ - absl::Hours(24) * options_.days;
  std::vector<ledger::Pending> set;
  for (int64_t i = 0; i < all; ++i) {
    now_ += step;
    const bool enrolls = i < members_wanted_;
    set.push_back({&no_tables_, enrolls ? Enrollment() : Next(), {}});
    const bool full = static_cast<int64_t>(set.size()) == options_.set;
    // Deeds look for members of earlier sets.
    if (!full && i + 1 != all && i + 1 != members_wanted_) continue;
    done += static_cast<int64_t>(set.size());
    if (!Post(set)) return false;
  }
  return true;
}

absl::Status Fill(const app::Config& config, const Options& options) {
  ASSIGN_OR_RETURN(std::string conninfo, app::OpenDatabase(config));
  ASSIGN_OR_RETURN(const vault::Vault vault,
                   app::OpenVault(conninfo, app::MasterKeysOf(config), base::SystemClock()));
  pg::PoolOptions pool_options;
  pool_options.conninfo = std::move(conninfo);
  pool_options.role = pg::ServiceRole("ledger");
  pool_options.application_name = "gratis-bench-fill";
  pool_options.size = options.threads;
  pg::Pool pool(pool_options);
  ledger::ProgramDirectory programs(pool);
  ASSIGN_OR_RETURN(const ledger::Program program,
                   programs.Find(options.program, absl::Now() + absl::Seconds(10)));
  const std::string chain_key = vault.Derive("chain");

  const absl::Time begin = absl::Now();
  std::atomic<int64_t> done = 0;
  std::atomic<int32_t> next = program.first_partition;
  std::atomic<bool> failed = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i) {
    threads.emplace_back([&] {
      for (int32_t p = next++; p <= program.last_partition() && !failed; p = next++) {
        Partition partition(program, p, options.members / program.partitions,
                            options.postings / program.partitions, options, pool, chain_key);
        if (!partition.Fill(done)) failed = true;
        std::cerr << done << " postings in " << absl::ToInt64Seconds(absl::Now() - begin) << " s\n";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failed ? absl::InternalError("not all of it was posted") : absl::OkStatus();
}

int Main(int argc, char** argv) {
  const config::Environment environment = config::Environment::OfProcess();
  app::Config config = app::DefaultConfig("gratisd", environment);
  config.home = config::HomeOf(environment);
  Options options;
  CLI::App app("Fills a program with members and history, for measuring");
  app.add_option("--home", config.home, "The instance's home")->capture_default_str();
  app.add_option("--database-url", config.database_url, "Its PostgreSQL, if it is not its own");
  app.add_option("--program", options.program, "A program that is there")->capture_default_str();
  app.add_option("--members", options.members, "New members")->capture_default_str();
  app.add_option("--postings", options.postings, "Besides their enrollment")->capture_default_str();
  app.add_option("--set", options.set, "Postings in one transaction")->capture_default_str();
  app.add_option("--days", options.days, "How long the history is")->capture_default_str();
  app.add_option("--threads", options.threads, "Partitions at a time")->capture_default_str();
  app.add_option("--seed", options.seed, "Of what happens")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Fill(config, options);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace gratis::bench

int main(int argc, char** argv) { return gratis::bench::Main(argc, argv); }
