#include "common/ledger/balance_reader.h"

#include <optional>
#include <utility>

#include "common/ledger/ledger_sql.h"
#include "common/ledger/loading.h"
#include "common/ledger/reads.h"
#include "common/ledger/standing.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

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

BalanceReader::BalanceReader(GatheringOptions options, pg::Pool& pool, const base::Clock& clock)
    : pool_(pool),
      asking_(options, clock, [this](std::vector<Asking::Asked>& batch, absl::Time deadline) {
        Answer(batch, deadline);
      }) {}

void BalanceReader::Answer(std::vector<Asking::Asked>& batch, absl::Time deadline) {
  const Program& program = batch.front().question.program;
  std::vector<int32_t> partitions;
  std::vector<MemberId> members;
  for (const auto& [question, done] : batch) {
    partitions.push_back(PartitionOf(program, question.member));
    members.push_back(question.member);
  }
  Answers answers;
  auto units = std::make_shared<std::vector<Unit>>();
  const pg::TxOptions reading = pg::Reading(deadline);
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
