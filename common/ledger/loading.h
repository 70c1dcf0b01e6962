#pragma once

#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/ledger/books.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// Reads what decisions want into the books. Two steps, so that all of it travels in one round trip
// with whatever else is asked: Ask queues, Take waits and fills in.
class Loading {
 public:
  // `posted`: the partitions that are posted in.
  Loading(pg::Tx& tx, const Program& program, Wants wants, std::set<int32_t> posted = {})
      : tx_(tx), program_(program), wants_(std::move(wants)), posted_(std::move(posted)) {}

  void Ask();
  absl::Status Take(Books& books);

 private:
  // What goes to one partition.
  struct Part {
    std::vector<MemberId> members, holders_of_holds, holders_of_vouchers, departed_from;
    std::vector<MemberId> first_of, all_of;
    std::vector<int16_t> first_units, all_units;
    std::vector<int32_t> first_counts;
    std::vector<int64_t> lots, made;
    std::vector<HoldId> holds;
    std::vector<TransactionId> transactions;
    std::vector<VoucherId> vouchers;
  };
  using Fill = void (Loading::*)(int32_t partition, const pg::Rows& rows, Books& books);
  struct Asked {
    int32_t partition;
    pg::Tx::Asked question;
    Fill fill;
  };

  std::map<int32_t, Part> Sort() const;
  template <class... P>
  void Ask(Fill fill, int32_t partition, const pg::Query& query, const P&... params) {
    asked_.push_back({partition, tx_.Ask(query, partition, params...), fill});
  }

  void FillHolders(int32_t partition, const pg::Rows& rows, Books& books);
  void FillLots(int32_t partition, const pg::Rows& rows, Books& books);
  void FillCovers(int32_t partition, const pg::Rows& rows, Books& books);
  void FillHolds(int32_t partition, const pg::Rows& rows, Books& books);
  void FillUndone(int32_t partition, const pg::Rows& rows, Books& books);
  void FillAllocations(int32_t partition, const pg::Rows& rows, Books& books);
  void FillRows(int32_t partition, const pg::Rows& rows, Books& books);
  void FillVouchers(int32_t partition, const pg::Rows& rows, Books& books);
  void FillDepartures(int32_t partition, const pg::Rows& rows, Books& books);
  void FillMakers(int32_t partition, const pg::Rows& rows, Books& books);

  pg::Tx& tx_;
  const Program& program_;
  const Wants wants_;
  const std::set<int32_t> posted_;
  std::vector<Asked> asked_;
  std::optional<pg::Tx::Asked> names_, budgets_;
  // Of the rows of transactions:
  std::map<LotKey, std::vector<Allocation>> allocations_;
  std::map<LotKey, std::map<int64_t, int64_t>> undone_by_lot_;
};

// The program's own units, by number, as far as somebody set them.
pg::Tx::Asked AskUnits(pg::Tx& tx, const Program& program);
absl::StatusOr<std::vector<Unit>> TakeUnits(pg::Tx& tx, pg::Tx::Asked asked);
// With points as every program begins with them, if nobody changed them.
std::vector<Unit> WithPoints(std::vector<Unit> units);
absl::StatusOr<std::vector<Unit>> ReadUnits(pg::Tx& tx, const Program& program);

Head ReadHead(const pg::Row& row);
Lot ReadLot(int32_t partition, const pg::Row& row);
Voucher ReadVoucher(int32_t partition, const pg::Row& row);
Wallet ReadWallet(const pg::Row& row, int first_column);

}  // namespace gratis::ledger
