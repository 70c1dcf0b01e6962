#include "services/thanks/wish_changes.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/ledger/fact.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/wish_contract.h"
#include "services/thanks/wish_store.h"

namespace gratis::thanks {

WishChange::WishChange(WishKey key) : key_(std::move(key)) { envelope.member = key_.member; }

const Wish* WishChange::Found() const {
  const auto found = known_->find(key_);
  return found == known_->end() ? nullptr : &found->second;
}

void WishChange::Put(Wish wish) {
  if (!Counts(Found()) && Counts(&wish)) ++(*wished_)[key_.member];
  known_->insert_or_assign(key_, std::move(wish));
}

absl::Status WishChange::CheckCount() const {
  if (Counts(Found()) || (*wished_)[key_.member] < kMostWishes) return absl::OkStatus();
  return Error(Reason::kWishLimitReached,
               absl::StrCat("the member wished for ", kMostWishes, " things already"));
}

absl::Status WishChange::CheckMember(ledger::Books& books) const {
  RETURN_IF_ERROR(books.RequireHolder(key_.member));
  return books.CheckNotErased(key_.member);
}

NoteWish::NoteWish(Wish wish) : WishChange(wish.of), wish_(std::move(wish)) {}

absl::StatusOr<std::string> NoteWish::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(CheckMember(books));
  RETURN_IF_ERROR(CheckCount());
  Wish noted = Noted(Found(), wish_);
  std::string answer = NotedAnswer(noted, envelope.now);
  if (!envelope.validate_only) Put(std::move(noted));
  return answer;
}

absl::StatusOr<std::string> WithdrawWish::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(CheckMember(books));
  const Wish* found = Found();
  const bool waited = found != nullptr && StateAt(*found, envelope.now) == WishState::kWaiting;
  if (waited && !envelope.validate_only) {
    Wish wish = *found;
    wish.state = WishState::kWithdrawn;
    wish.ended_at = envelope.now;
    Put(std::move(wish));
  }
  return WithdrawnAnswer(waited);
}

absl::Status WishChanges::LoadAll(pg::Tx& tx, absl::Span<WishChange* const> set) {
  std::set<WishKey> keys;
  for (const WishChange* change : set) keys.insert(change->key_);
  ASSIGN_OR_RETURN(std::vector<Wish> found,
                   FindWishes(tx, set.front()->envelope.home(), {keys.begin(), keys.end()}));
  std::set<MemberId> members;
  for (const WishKey& key : keys) members.insert(key.member);
  const ledger::Envelope& first = set.front()->envelope;
  const absl::Time since = first.now - kWishLife;
  ASSIGN_OR_RETURN(auto counts,
                   CountWishes(tx, first.home(), {members.begin(), members.end()}, since));
  const auto wished = std::make_shared<std::map<MemberId, int64_t>>(std::move(counts));
  const auto known = std::make_shared<std::map<WishKey, Wish>>();
  for (Wish& wish : found) {
    const WishKey key = wish.of;
    known->emplace(key, std::move(wish));
  }
  for (WishChange* change : set) {
    change->known_ = known;
    change->wished_ = wished;
    change->since_ = since;
  }
  return absl::OkStatus();
}

absl::Status WishChanges::WriteAll(pg::Tx& tx, absl::Span<WishChange* const> set) {
  std::map<WishKey, Wish> became;
  for (const WishChange* change : set) {
    if (const Wish* wish = change->Found(); wish != nullptr) became.emplace(change->key_, *wish);
  }
  std::vector<Wish> wishes;
  for (auto& [key, wish] : became) wishes.push_back(std::move(wish));
  WriteWishes(tx, set.front()->envelope.home(), wishes);
  return absl::OkStatus();
}

RecordRestock::RecordRestock(Restock restock, base::IdSource& ids, absl::Time now)
    : restock_(std::move(restock)) {
  restock_.id = ids.Next(now);
  restock_.recorded_at = now;
}

absl::StatusOr<std::string> RecordRestock::Decide(ledger::Books&) {
  RETURN_IF_ERROR(
      InField(ledger::CheckEffectiveTime(restock_.restocked_at, envelope.now, kRestockPast),
              "restocked_at"));
  return RestockedAnswer(waiting_);
}

absl::Status RecordRestocks::LoadAll(pg::Tx& tx, absl::Span<RecordRestock* const> set) {
  for (RecordRestock* record : set) {
    ASSIGN_OR_RETURN(record->waiting_,
                     CountWishers(tx, record->envelope.program, record->restock_));
  }
  return absl::OkStatus();
}

absl::Status RecordRestocks::WriteAll(pg::Tx& tx, absl::Span<RecordRestock* const> set) {
  for (const RecordRestock* record : set) {
    InsertRestock(tx, record->envelope.program, record->restock_);
  }
  return absl::OkStatus();
}

}  // namespace gratis::thanks
