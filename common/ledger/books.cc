#include "common/ledger/books.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/checked.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

const Holder* Books::FindHolder(const MemberId& member) const {
  const auto found = holders_.find(member);
  return found == holders_.end() ? nullptr : &found->second;
}

absl::Status Books::RequireHolder(const MemberId& member) const {
  if (FindHolder(member) != nullptr) return absl::OkStatus();
  return FieldError(Reason::kMemberNotFound, "member_id",
                    absl::StrCat("the program has no member ", member.ToString()));
}

int64_t Books::AvailablePoints(const MemberId& member) const {
  const Holder* holder = FindHolder(member);
  return holder == nullptr ? 0 : holder->available_points;
}

std::optional<DirectoryEntry> Books::FindEntry(const DirectoryKey& key) const {
  const auto found = directory_.find(key);
  if (found == directory_.end()) return std::nullopt;
  return found->second;
}

int64_t& Books::Balance(Account account, const MemberId& member) {
  return account == Account::kAvailable ? holders_.at(member).available_points : accounts_[account];
}

absl::Status Books::Post(Fact fact) {
  if (!fact.member.IsNil()) RETURN_IF_ERROR(RequireHolder(fact.member));
  JournalRow row{.partition = partition_, .seq = 0, .fact = std::move(fact)};
  const Fact& posted = row.fact;
  if (posted.debit != Account::kNone) {
    const bool one_side_is_the_members =
        (posted.debit == Account::kAvailable) != (posted.credit == Account::kAvailable);
    if (!one_side_is_the_members || posted.member.IsNil()) std::abort();
    RETURN_IF_ERROR(CheckPoints(posted.points));
    int64_t& debit = Balance(posted.debit, posted.member);
    int64_t& credit = Balance(posted.credit, posted.member);
    if (posted.debit == Account::kAvailable && debit < posted.points) {
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
    debit = row.debit_after = *debit_after;
    credit = row.credit_after = *credit_after;
  }
  rows_.push_back(std::move(row));
  return absl::OkStatus();
}

void Books::AddHolder(const MemberId& member, absl::Time enrolled_at) {
  if (!holders_.emplace(member, Holder{.enrolled_at = enrolled_at}).second) std::abort();
  new_holders_.push_back(member);
}

void Books::Claim(const DirectoryKey& key, const Uuid& id) {
  if (!directory_.emplace(key, DirectoryEntry{partition_, id}).second) std::abort();
  claims_.push_back(key);
}

void Books::UndoTo(const Mark& mark) {
  while (rows_.size() > mark.facts) {
    const Fact& fact = rows_.back().fact;
    if (fact.debit != Account::kNone) {
      Balance(fact.debit, fact.member) += fact.points;
      Balance(fact.credit, fact.member) -= fact.points;
    }
    rows_.pop_back();
  }
  while (new_holders_.size() > mark.holders) {
    holders_.erase(new_holders_.back());
    new_holders_.pop_back();
  }
  while (claims_.size() > mark.claims) {
    directory_.erase(claims_.back());
    claims_.pop_back();
  }
}

}  // namespace gratis::ledger
