#include "common/ledger/books.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/checked.h"
#include "common/base/civil.h"
#include "common/ledger/name.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

Books::State Books::ReleaseState() && {
  return {std::move(holders_), std::move(accounts_), std::move(lots_),
          std::move(covers_),  std::move(holds_),    std::move(draws_)};
}

Books::Books(Program program, std::map<int32_t, int64_t> heads, absl::Time recorded_at)
    : program_(std::move(program)), recorded_at_(recorded_at), seqs_(std::move(heads)) {
  zone_ = base::LoadZone(program_.time_zone).value_or(absl::UTCTimeZone());
  LoadUnit(Unit{});
  LoadUnit({.number = kVoucherMoneyUnit,
            .code = "voucher-money",
            .display_name = "Vouchers",
            .return_grace_days = kVoucherGraceDays});
  LoadUnit({.number = kVoucherUseUnit,
            .code = "voucher-uses",
            .display_name = "Vouchers",
            .return_grace_days = kVoucherGraceDays});
}

absl::Status Books::Lacking() { return absl::UnavailableError("something must be read first"); }

absl::Status Books::CheckBudget(const Fact& fact) {
  if (fact.budget.IsNil()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Budget* budget, FindBudget(fact.budget));
  if (budget == nullptr) {
    return FieldError(Reason::kBudgetNotFound, "budget_id",
                      absl::StrCat("the program has no budget ", fact.budget.ToString()));
  }
  if (budget->unit != fact.unit) {
    return FieldError(Reason::kBudgetNotFound, "budget_id", "the budget is of another unit");
  }
  const int64_t left = budget->limit - budget->spent;
  if (fact.debit == Account::kIssued && fact.points > left) {
    return Error(Reason::kBudgetExhausted,
                 absl::StrCat("the budget has ", left, " left, not ", fact.points),
                 {{"remaining", absl::StrCat(left)}});
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Books::Post(Fact fact) {
  if (!fact.member.IsNil()) RETURN_IF_ERROR(RequireHolder(fact.member));
  const int32_t partition = PartitionOfMember(fact.member);
  JournalRow row{.partition = partition, .seq = seqs_.at(partition) + 1, .fact = std::move(fact)};
  const Fact& posted = row.fact;
  if (posted.debit != Account::kNone) {
    if (posted.member.IsNil()) std::abort();
    // What ends or comes back at once may be more than anybody may post.
    if (posted.points < 1 || !posted.by_engine) RETURN_IF_ERROR(CheckPoints(posted.points));
    RETURN_IF_ERROR(CheckBudget(posted));
    const int64_t debit = BalanceNow(posted.debit, posted.member, posted.unit, partition);
    const int64_t credit = BalanceNow(posted.credit, posted.member, posted.unit, partition);
    if (IsMembers(posted.debit) && posted.debit != Account::kDebt && debit < posted.points) {
      return Error(Reason::kInsufficientPoints,
                   absl::StrCat("the member has ", debit, " points available, not ", posted.points),
                   {{"available_points", absl::StrCat(debit)}});
    }
    const auto debit_after = base::CheckedSub(debit, posted.points);
    const auto credit_after = base::CheckedAdd(credit, posted.points);
    if (!debit_after || !credit_after) {
      return FieldError(Reason::kPointsOverflow, "points",
                        "a balance would grow beyond what can be counted");
    }
    const bool stays = posted.debit == posted.credit;
    row.debit_after = stays ? debit : *debit_after;
    row.credit_after = stays ? credit : *credit_after;
  }
  for (Allocation& allocation : row.fact.allocations) {
    if (allocation.credit_lot == Allocation::kOwnLot) {
      allocation.credit_lot = row.seq;
    } else if (allocation.debit_lot != allocation.credit_lot) {
      // What one owes the other already must be known before it changes.
      RETURN_IF_ERROR(CoversOf({partition, allocation.debit_lot}).status());
      RETURN_IF_ERROR(CoversOf({partition, allocation.credit_lot}).status());
    }
  }
  ++seqs_.at(partition);
  Apply(row);
  rows_.push_back(std::move(row));
  return rows_.back().seq;
}

void Books::AddHolder(const MemberId& member, absl::Time enrolled_at) {
  if (!holders_.emplace(member, Holder{.enrolled_at = enrolled_at, .wallets = {}}).second) {
    std::abort();
  }
  new_holders_.push_back(member);
}

void Books::Claim(const DirectoryKey& key, const MemberId& member, const Uuid& id) {
  const int32_t partition = PartitionOfMember(member);
  const DirectoryEntry entry{partition, id, ++names_[partition]};
  if (!directory_.emplace(key, entry).second) std::abort();
  claims_.push_back({key, entry});
  Remember([this, key, partition] {
    claims_.pop_back();
    directory_.erase(key);
    --names_[partition];
  });
}

absl::Status Books::Release(const DirectoryKey& key, Fact fact) {
  ASSIGN_OR_RETURN(const std::optional<DirectoryEntry> found, LookUp(key));
  if (!found || found->partition != PartitionOfMember(fact.member)) std::abort();
  const DirectoryEntry entry = *found;
  fact.kind = FactKind::kNameReleased;
  fact.detail = ReleaseJson(entry.number);
  RETURN_IF_ERROR(Post(std::move(fact)).status());
  directory_.erase(key);
  releases_.push_back({key, entry});
  Remember([this, key, entry] {
    releases_.pop_back();
    directory_[key] = entry;
  });
  return absl::OkStatus();
}

void Books::AddVoucher(Voucher voucher) {
  const std::pair<VoucherId, int32_t> key(voucher.id, voucher.lot.partition);
  std::map<int32_t, Voucher>& places = vouchers_[key.first];
  const auto known = places.find(key.second);
  if (known == places.end()) {
    Remember([&places, key] { places.erase(key.second); });
  } else {
    Remember([&places, key, before = known->second] { places[key.second] = before; });
  }
  if (new_vouchers_.insert(key).second) Remember([this, key] { new_vouchers_.erase(key); });
  places[key.second] = std::move(voucher);
}

void Books::SetBudget(NamedBudget budget) {
  std::optional<Budget>& place = budgets_[budget.budget.id];
  std::optional<NamedBudget>& set = set_budgets_[budget.budget.id];
  Remember([&place, &set, before = place, set_before = set] {
    place = before;
    set = set_before;
  });
  place = budget.budget;
  set = std::move(budget);
}

void Books::SetNextDue(const MemberId& member, int16_t unit, absl::Time next_due) {
  TouchWallet(member, unit).next_due = next_due;
}

void Books::UndoTo(const Mark& mark) {
  while (changes_.size() > mark.changes) {
    changes_.back()();
    changes_.pop_back();
  }
  while (rows_.size() > mark.rows) {
    --seqs_.at(rows_.back().partition);
    rows_.pop_back();
  }
  while (new_holders_.size() > mark.holders) {
    holders_.erase(new_holders_.back());
    new_holders_.pop_back();
  }
}

}  // namespace gratis::ledger
