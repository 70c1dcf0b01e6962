#include "common/ledger/balance_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/loading.h"
#include "common/ledger/reads.h"
#include "common/ledger/standing.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr absl::Duration kRetryWhenFull = absl::Milliseconds(200);

using Wallets = std::map<int16_t, Wallet>;

// What is stored of somebody.
struct Stored {
  std::optional<Wallets> wallets;  // nothing: they are not a member
  bool erased = false;
};
using Answers = std::vector<Stored>;

// Of all who are asked for, of one program.
absl::StatusOr<Answers> ReadStored(pg::Tx& tx, const std::vector<int32_t>& partitions,
                                   const std::vector<MemberId>& members) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadBalances, partitions, members));
  Answers answers(members.size());
  for (const pg::Row row : rows) {
    Stored& stored = answers.at(row.Get<int64_t>(0) - 1);
    if (!stored.wallets) stored.wallets.emplace();
    stored.erased = row.Get<int16_t>(8) == static_cast<int16_t>(MemberState::kErased);
    if (const auto unit = row.Get<std::optional<int16_t>>(1)) {
      (*stored.wallets)[*unit] = ReadWallet(row, 2);
    }
  }
  return answers;
}

}  // namespace

BalanceReader::BalanceReader(BalanceReaderOptions options, pg::Pool& pool, const base::Clock& clock)
    : options_(options), pool_(pool), clock_(clock) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

BalanceReader::~BalanceReader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BalanceReader::Read(BalanceQuestion question, Done done) {
  bool admitted = false;
  {
    const std::lock_guard lock(mutex_);
    admitted = !stopping_ && waiting_.size() < static_cast<size_t>(options_.max_waiting);
    if (admitted) {
      waiting_.push_back({std::move(question), std::move(done)});
      // Whoever is at work takes it with the next batch.
      if (idle_ == options_.threads) work_.notify_one();
    }
  }
  if (admitted) return;
  done(WithRetryDelay(Error(Reason::kOverloaded, "too many balances wait to be read already"),
                      kRetryWhenFull));
}

// All of one program: the one whose turn it is.
std::vector<BalanceReader::Waiting> BalanceReader::TakeBatch() {
  std::vector<Waiting> batch;
  std::deque<Waiting> others;
  while (!waiting_.empty() && batch.size() < static_cast<size_t>(options_.max_batch)) {
    const bool same = batch.empty() || waiting_.front().question.program.number ==
                                           batch.front().question.program.number;
    if (same) {
      batch.push_back(std::move(waiting_.front()));
    } else {
      others.push_back(std::move(waiting_.front()));
    }
    waiting_.pop_front();
  }
  while (!others.empty()) {
    waiting_.push_front(std::move(others.back()));
    others.pop_back();
  }
  return batch;
}

void BalanceReader::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    work_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    std::vector<Waiting> batch = TakeBatch();
    if (!waiting_.empty()) work_.notify_one();
    lock.unlock();
    Answer(std::move(batch));
    lock.lock();
  }
}

void BalanceReader::Answer(std::vector<Waiting> batch) {
  const absl::Time begin = clock_.Now();
  const auto in_time = [&](const Waiting& waiting) { return waiting.question.deadline > begin; };
  const auto late = std::stable_partition(batch.begin(), batch.end(), in_time);
  for (auto item = late; item != batch.end(); ++item) {
    item->done(Error(Reason::kDeadlineExceeded, "the call's deadline passed before its turn"));
  }
  batch.erase(late, batch.end());
  if (batch.empty()) return;

  const Program& program = batch.front().question.program;
  absl::Time deadline = batch.front().question.deadline;
  std::vector<int32_t> partitions;
  std::vector<MemberId> members;
  for (const Waiting& waiting : batch) {
    partitions.push_back(PartitionOf(program, waiting.question.member));
    members.push_back(waiting.question.member);
    deadline = std::max(deadline, waiting.question.deadline);
  }
  Answers answers;
  auto units = std::make_shared<std::vector<Unit>>();
  const pg::TxOptions reading{.deadline = deadline, .read_only = true};
  const absl::Status status = pg::RunTx(pool_, reading, [&](pg::Tx& tx) {
    const pg::Tx::Asked units_asked = AskUnits(tx, program);
    ASSIGN_OR_RETURN(answers, ReadStored(tx, partitions, members));
    ASSIGN_OR_RETURN(std::vector<Unit> set_units, TakeUnits(tx, units_asked));
    *units = WithPoints(std::move(set_units));
    for (size_t i = 0; i < batch.size(); ++i) {
      const BalanceQuestion& question = batch[i].question;
      std::optional<Wallets>& wallets = answers[i].wallets;
      if (!wallets || answers[i].erased || !MayBeStale(*wallets, *units, question.now)) continue;
      ASSIGN_OR_RETURN(wallets, ReadBalances(tx, program, question.member, question.now));
    }
    return absl::OkStatus();
  });
  for (size_t i = 0; i < batch.size(); ++i) {
    if (!status.ok()) {
      batch[i].done(Apart(status));
    } else if (!answers[i].wallets) {
      batch[i].done(NoSuchMember(batch[i].question.member));
    } else if (answers[i].erased) {
      batch[i].done(CheckStanding(MemberState::kErased, Deed::kCorrect));
    } else {
      batch[i].done(Balances{*std::move(answers[i].wallets), units});
    }
  }
}

}  // namespace gratis::ledger
