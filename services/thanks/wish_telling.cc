#include "services/thanks/wish_telling.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/merging.h"
#include "common/ledger/standing.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/in_pages.h"
#include "services/thanks/own_postings.h"
#include "services/thanks/thanks_store.h"
#include "services/thanks/trigger_giving.h"
#include "services/thanks/wish_store.h"

namespace gratis::thanks {
namespace {

constexpr int32_t kRestocksPage = 500;
constexpr int kMaxRestockPages = 1'000'000;

}  // namespace

TellOfRestock::TellOfRestock(ledger::Program program, std::shared_ptr<const Restock> restock,
                             const MemberId& wisher, const MemberId& whose, absl::Time now)
    : restock_(std::move(restock)), wisher_(wisher) {
  const std::string name =
      absl::StrCat("restock:", TransactionId{restock_->id}.ToString(), ":", wisher.ToString());
  envelope.request_id = ledger::OwnRequestId(name);
  envelope.fingerprint = std::string(base::AsBytes(base::Sha256(name)));
  envelope.member = whose;
  // The wishes are in the partition of who had them.
  if (whose != wisher) {
    envelope.also = {wisher};
    envelope.of_merged = true;
  }
  envelope.program = std::move(program);
  envelope.actor = kThanksActor;
  envelope.now = now;
  transaction_ = ledger::Beside(envelope.program, whose, TransactionId{IdFor(name, now)});
}

std::vector<Wish> TellOfRestock::Met() const {
  std::vector<Wish> met;
  for (const WishKey& key : KeysMetBy(*restock_, wisher_)) {
    const auto found = known_->wishes.find(key);
    if (found != known_->wishes.end() && Meets(*restock_, found->second)) {
      met.push_back(found->second);
    }
  }
  return met;
}

const Wish* TellOfRestock::ToTell(const std::vector<Wish>& met) const {
  const Wish* to_tell = nullptr;
  for (const Wish& wish : met) {
    const WishKey theirs{envelope.member, wish.of.sku, wish.of.store};
    if (known_->bought.count(wish.of) > 0 || known_->bought.count(theirs) > 0) continue;
    if (known_->came_back.count(wish.purchase) > 0) continue;
    if (to_tell == nullptr || wish.origin == WishOrigin::kAsked) to_tell = &wish;
  }
  return to_tell;
}

// Whether who the wisher became was told of it: by a wish of their own, or of another duplicate.
bool TellOfRestock::ToldOtherwise() const {
  if (envelope.member == wisher_) return false;
  const std::vector<WishKey> keys = KeysMetBy(*restock_, envelope.member);
  return std::any_of(keys.begin(), keys.end(), [this](const WishKey& key) {
    const auto found = known_->wishes.find(key);
    return found != known_->wishes.end() && found->second.state == WishState::kMet &&
           found->second.ended_at >= restock_->recorded_at;
  });
}

absl::Status TellOfRestock::Post(ledger::Books& books, const Wish& wish) const {
  return books
      .Post({.kind = ledger::FactKind::kThankYou,
             .transaction = transaction_,
             .member = envelope.member,
             .effective_at = envelope.now,
             .source = absl::StrCat("restock:", restock_->sku),
             .detail = RestockFigures(*restock_, wish)})
      .status();
}

void TellOfRestock::End(Wish wish, WishState state) {
  wish.state = state;
  wish.ended_at = envelope.now;
  const WishKey key = wish.of;
  known_->changed.insert(key);
  known_->wishes.insert_or_assign(key, std::move(wish));
}

absl::StatusOr<std::string> TellOfRestock::Decide(ledger::Books& books) {
  const std::vector<Wish> met = Met();
  if (met.empty()) return NothingToDo();
  const MemberId& whose = envelope.member;
  RETURN_IF_ERROR(books.RequireHolder(whose));
  const ledger::Holder& holder = *books.FindHolder(whose);
  if (holder.state == ledger::MemberState::kMerged) {
    return ledger::BecameOf(whose, holder.survivor);
  }
  const bool hears = ledger::Allows(holder.state, ledger::Deed::kReceive) && !ToldOtherwise();
  const Wish* const to_tell = hears ? ToTell(met) : nullptr;
  if (to_tell != nullptr) RETURN_IF_ERROR(Post(books, *to_tell));
  for (const Wish& wish : met) {
    End(wish, to_tell != nullptr ? WishState::kMet : WishState::kOvertaken);
  }
  if (to_tell == nullptr) return std::string("overtaken");
  if (whose == wisher_) return std::string("told");
  // Theirs is met with it, and if they had none it says that they were told.
  for (const WishKey& key : KeysMetBy(*restock_, whose)) {
    const auto own = known_->wishes.find(key);
    const bool there = own != known_->wishes.end();
    if (there && Meets(*restock_, own->second)) {
      End(own->second, WishState::kMet);
    } else if (key.store == to_tell->of.store &&
               (!there || own->second.state != WishState::kWaiting)) {
      Wish theirs = *to_tell;
      theirs.of = key;
      End(std::move(theirs), WishState::kMet);
    }
  }
  return std::string("told");
}

absl::Status TellOfRestocks::LoadAll(pg::Tx& tx, absl::Span<TellOfRestock* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  std::map<int32_t, std::set<WishKey>> keys;  // by partition
  for (const TellOfRestock* tell : set) {
    for (const MemberId& member : {tell->wisher_, tell->envelope.member}) {
      const std::vector<WishKey> of = KeysMetBy(*tell->restock_, member);
      keys[ledger::PartitionOf(program, member)].insert(of.begin(), of.end());
    }
  }
  const auto known = std::make_shared<TellOfRestock::Known>();
  for (const auto& [partition, wanted] : keys) {
    ASSIGN_OR_RETURN(std::vector<Wish> found,
                     FindWishes(tx, partition, {wanted.begin(), wanted.end()}));
    for (Wish& wish : found) {
      const WishKey key = wish.of;
      known->wishes.emplace(key, std::move(wish));
    }
  }
  // What happened since, to whoever wished for it and to whoever they became.
  std::map<int32_t, std::vector<Wish>> since;
  std::map<int32_t, std::vector<PurchaseId>> purchases;
  for (TellOfRestock* tell : set) {
    tell->known_ = known;
    const int32_t partition = ledger::PartitionOf(program, tell->wisher_);
    for (const Wish& wish : tell->Met()) {
      since[partition].push_back(wish);
      if (!wish.purchase.IsNil()) purchases[partition].push_back(wish.purchase);
      if (tell->wisher_ == tell->envelope.member) continue;
      Wish theirs = wish;
      theirs.of.member = tell->envelope.member;
      since[ledger::PartitionOf(program, theirs.of.member)].push_back(std::move(theirs));
    }
  }
  for (const auto& [partition, wishes] : since) {
    ASSIGN_OR_RETURN(const std::set<WishKey> bought, FindBoughtSince(tx, partition, wishes));
    known->bought.insert(bought.begin(), bought.end());
  }
  for (const auto& [partition, ids] : purchases) {
    ASSIGN_OR_RETURN(const std::vector<Purchase> found, ReadPurchases(tx, partition, ids));
    for (const Purchase& purchase : found) {
      if (purchase.returned.whole) known->came_back.insert(purchase.id);
    }
  }
  return absl::OkStatus();
}

absl::Status TellOfRestocks::WriteAll(pg::Tx& tx, absl::Span<TellOfRestock* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  const TellOfRestock::Known& known = *set.front()->known_;
  std::map<int32_t, std::vector<Wish>> changed;  // by partition
  for (const WishKey& key : known.changed) {
    changed[ledger::PartitionOf(program, key.member)].push_back(known.wishes.at(key));
  }
  for (const auto& [partition, wishes] : changed) WriteWishes(tx, partition, wishes);
  return absl::OkStatus();
}

absl::Status Restocks::Run(const ledger::Program& program, absl::Time now, absl::Time deadline,
                           const std::stop_token& stop) {
  absl::Status first_error;
  Uuid after;
  for (int page = 0; page < kMaxRestockPages; ++page) {
    std::vector<Restock> open;
    RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(open, FindOpenRestocks(tx, program, after, kRestocksPage));
      return absl::OkStatus();
    }));
    if (open.empty()) break;
    after = open.back().id;
    for (const Restock& restock : open) {
      if (stop.stop_requested()) return Error(Reason::kDraining, "the next run goes on");
      // What one of them fails at holds up no other; the next run tries again.
      first_error.Update(TellAndEnd(program, restock, now, deadline, stop));
    }
  }
  return first_error;
}

absl::Status Restocks::TellAndEnd(const ledger::Program& program, const Restock& restock,
                                  absl::Time now, absl::Time deadline,
                                  const std::stop_token& stop) {
  // Told too late it may be gone again: who waits goes on waiting.
  if (now - restock.restocked_at <= kRestockPast) {
    RETURN_IF_ERROR(TellAll(program, restock, now, deadline, stop));
  }
  return pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) {
    EndRestock(tx, program, restock.id, now);
    return absl::OkStatus();
  });
}

absl::Status Restocks::TellAll(const ledger::Program& program, const Restock& restock,
                               absl::Time now, absl::Time deadline, const std::stop_token& stop) {
  const auto shared = std::make_shared<const Restock>(restock);
  return ActInPages(
      pool_, program, MemberId{},
      [&](pg::Tx& tx, int32_t partition, const MemberId& after, int32_t limit) {
        return FindWishers(tx, partition, restock, after, limit);
      },
      [&](int32_t, const std::vector<MemberId>& wishers) {
        return Tell(program, shared, wishers, now, deadline);
      },
      deadline, stop);
}

absl::Status Restocks::Tell(const ledger::Program& program,
                            const std::shared_ptr<const Restock>& restock,
                            const std::vector<MemberId>& wishers, absl::Time now,
                            absl::Time deadline) {
  const auto tell = [&](size_t i, const MemberId& whose) {
    return std::make_unique<TellOfRestock>(program, restock, wishers[i], whose, now);
  };
  absl::Status first_error;
  // In the same moment wishes are withdrawn, and noted by members and their orders.
  for (const absl::Status& status :
       PostForEach(poster_, kind_, wishers, tell, deadline, Company::kOwn)) {
    if (!IsNothingToDo(status)) first_error.Update(status);
  }
  return first_error;
}

}  // namespace gratis::thanks
