#include "common/ledger/due.h"

#include <algorithm>
#include <set>

#include "common/base/civil.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/loading.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

constexpr int64_t kDuePage = 500;        // wallets that are due
constexpr int64_t kAsleepPage = 5'000;   // wallets looked through for those that sleep
constexpr size_t kSettledTogether = 50;  // members in one look at the books

absl::Status SettleAll(Books& books, absl::Span<const MemberId> members) {
  for (const MemberId& member : members) {
    const absl::Status status = Settle(books, member);
    // What all of them lack is read together.
    if (!status.ok() && !books.lacks_something()) return status;
  }
  return books.lacks_something() ? Books::Lacking() : absl::OkStatus();
}

DueRow WithLots(const JournalRow& row, const Books& books) {
  DueRow due{.row = row, .lots = {}};
  for (const Allocation& part : row.fact.allocations) {
    for (const int64_t seq : {part.debit_lot, part.credit_lot}) {
      const LotKey key{row.partition, seq};
      if (const Lot* lot = books.PeekLot(key)) due.lots.emplace(key, *lot);
    }
  }
  return due;
}

}  // namespace

absl::StatusOr<std::vector<MemberId>> DueMembers::Next(pg::Tx& tx) {
  std::vector<MemberId> members;
  while (members.empty() && stage_ != Stage::kEnd) {
    ASSIGN_OR_RETURN(members, stage_ == Stage::kDue ? NextDue(tx) : NextAsleep(tx));
  }
  return members;
}

absl::StatusOr<std::vector<MemberId>> DueMembers::NextDue(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindDueWallets, partition_, now_, due_, member_, unit_, kDuePage));
  std::vector<MemberId> members;
  for (const pg::Row row : rows) {
    due_ = row.Get<absl::Time>(0);
    member_ = row.Get<MemberId>(1);
    unit_ = row.Get<int16_t>(2);
    members.push_back(member_);
  }
  if (rows.size() < kDuePage) {
    stage_ = which_ == Which::kAll ? Stage::kAsleep : Stage::kEnd;
    member_ = {};
    unit_ = 0;
  }
  return members;
}

absl::StatusOr<std::vector<MemberId>> DueMembers::NextAsleep(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const std::vector<Unit> units, ReadUnits(tx, *program_));
  std::map<int16_t, Unit> asleep;
  for (const Unit& unit : units) {
    if (unit.expiry == ExpiryKind::kInactivity) asleep[unit.number] = unit;
  }
  if (asleep.empty()) {
    stage_ = Stage::kEnd;
    return std::vector<MemberId>();
  }
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program_->time_zone));
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kPageWallets, partition_, member_, unit_, kAsleepPage));
  std::vector<MemberId> members;
  for (const pg::Row row : rows) {
    member_ = row.Get<MemberId>(0);
    unit_ = row.Get<int16_t>(1);
    const auto unit = asleep.find(unit_);
    if (unit == asleep.end()) continue;
    const Wallet wallet = ReadWallet(row, 2);
    if (wallet.available > 0 && ExpiryOf(unit->second, wallet.active_at, zone) <= now_) {
      members.push_back(member_);
    }
  }
  if (rows.size() < kAsleepPage) stage_ = Stage::kEnd;
  return members;
}

absl::StatusOr<std::vector<DueRow>> ReadDueOfPartition(pg::Tx& tx, const Program& program,
                                                       int32_t partition, absl::Time now) {
  std::set<MemberId> members;
  for (DueMembers walk(program, partition, now); !walk.at_end();) {
    ASSIGN_OR_RETURN(const std::vector<MemberId> page, walk.Next(tx));
    members.insert(page.begin(), page.end());
  }
  const std::vector<MemberId> all(members.begin(), members.end());
  std::vector<DueRow> due;
  for (size_t i = 0; i < all.size(); i += kSettledTogether) {
    const auto some = absl::MakeConstSpan(all).subspan(i, kSettledTogether);
    RETURN_IF_ERROR(LookAtBooks(tx, program, now, [&](Books& books) {
      RETURN_IF_ERROR(SettleAll(books, some));
      for (const JournalRow& row : books.rows()) due.push_back(WithLots(row, books));
      return absl::OkStatus();
    }));
  }
  return due;
}

}  // namespace gratis::ledger
