#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// A transaction's place among those that explain it.
enum class Link : int16_t {
  kAsked = 1,
  kLedTo = 2,     // without it, the one asked about would not be what it is
  kFollowed = 3,  // it did something with what the one asked about did
};

struct ExplainedRow {
  JournalRow row;
  int64_t undone = 0;                        // of its points, by later rows
  std::map<int64_t, TransactionId> made_by;  // what made each lot that it touches, by seq
};

struct Explained {
  TransactionId transaction;
  Link link = Link::kAsked;
  int depth = 0;  // steps from the one asked about
  std::vector<ExplainedRow> rows;
  // The transactions that made its lots, that it undoes, or that made its hold or voucher.
  std::vector<TransactionId> led_by;
  // Those that later used its lots, undid it, or resolved its hold.
  std::vector<TransactionId> followed_by;
};

struct Explanation {
  std::vector<Explained> transactions;  // the one asked about first, then by depth
  bool cut = false;                     // there is more than the limits let through
};

constexpr int kMaxExplainDepth = 8;
constexpr size_t kMaxExplained = 100;  // transactions

// What a transaction did, what led to it and what followed from it, at most `depth` steps either
// way. Errors: TRANSACTION_NOT_FOUND.
absl::StatusOr<Explanation> ExplainTransaction(pg::Tx& tx, const Program& program,
                                               const TransactionId& transaction, int depth);

}  // namespace gratis::ledger
