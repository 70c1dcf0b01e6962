#include "services/thanks/purchase_run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/civil.h"
#include "common/status/macros.h"
#include "services/thanks/complaint_store.h"
#include "services/thanks/policy_store.h"

namespace gratis::thanks {
namespace {

// Each once: a purchase that several returns of a set ask for has its returns once.
template <class T>
std::vector<T> Distinct(std::vector<T> wanted) {
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return wanted;
}

}  // namespace

absl::StatusOr<std::shared_ptr<PurchaseRun>> PurchaseRun::Load(
    pg::Tx& tx, const ledger::Program& program, int32_t partition, const PurchaseWants& wants,
    Aftermath* aftermath, absl::Time now) {
  std::shared_ptr<PurchaseRun> run(
      new PurchaseRun(partition, base::LoadZone(program.time_zone).value_or(absl::UTCTimeZone())));
  // One round trip for all of it, but for what waits, what the rules look at, and complaints, which
  // travel with what the aftermath asks.
  const PolicyVersions policies = PolicyVersions::Ask(tx, program);
  std::optional<pg::Tx::Asked> parked;
  std::optional<AskedPurchases> purchases;
  std::vector<AskedUnclaimed> unclaimed;
  const std::vector<std::string> names = Distinct(wants.names);
  if (!names.empty()) parked = AskParked(tx, program, names);
  if (!wants.purchases.empty()) purchases = AskPurchases(tx, partition, Distinct(wants.purchases));
  for (const auto& [where, ids] : wants.unclaimed) {
    unclaimed.push_back(AskUnclaimed(tx, where, Distinct(ids), /*lock=*/true));
  }
  ASSIGN_OR_RETURN(run->buyers_, Buyers::Load(tx, program, partition, Distinct(wants.buyers)));
  std::vector<pg::Tx::Asked> complaints;
  if (!wants.earnings.empty() || !wants.claims.empty()) {
    // They came with the buyers.
    ASSIGN_OR_RETURN(run->policies_, policies.Take(tx));
    complaints = AskComplaining(tx, program, run->Thanked(wants));
  }
  if (aftermath != nullptr) {
    ASSIGN_OR_RETURN(run->aftermath_, aftermath->Load(tx, program, partition, wants.buyers, now));
  }
  if (run->policies_.empty()) {
    ASSIGN_OR_RETURN(run->policies_, policies.Take(tx));
  }
  if (!complaints.empty()) {
    ASSIGN_OR_RETURN(run->complaining_,
                     TakeComplaining(tx, program, std::move(complaints), run->buyers_.merged()));
  }
  if (purchases) {
    ASSIGN_OR_RETURN(run->purchases_, TakePurchases(tx, *purchases));
  }
  for (const AskedUnclaimed& asked : unclaimed) {
    ASSIGN_OR_RETURN(auto found, TakeUnclaimed(tx, asked));
    run->unclaimed_.merge(found);
  }
  if (parked) {
    ASSIGN_OR_RETURN(run->parked_, TakeParked(tx, *parked, program, names));
  }
  RETURN_IF_ERROR(run->LoadEarners(tx, program, wants));
  return run;
}

std::vector<MemberId> PurchaseRun::Thanked(const PurchaseWants& wants) const {
  std::vector<MemberId> members;
  for (const PurchaseWants::Earning& earning : wants.earnings) {
    if (PolicyAt(earning.at).thank_you.enabled) members.push_back(earning.member);
  }
  for (const auto& [member, purchase] : wants.claims) members.push_back(member);
  return Distinct(std::move(members));
}

absl::Status PurchaseRun::LoadEarners(pg::Tx& tx, const ledger::Program& program,
                                      const PurchaseWants& wants) {
  std::vector<EarnerWanted> wanted;
  for (const PurchaseWants::Earning& earning : wants.earnings) {
    wanted.push_back(Wanted(earning.member, earning.order, earning.at));
  }
  for (const auto& [member, purchase] : wants.claims) {
    const Unclaimed* unclaimed = FindUnclaimed(purchase);
    if (unclaimed == nullptr || !unclaimed->purchase) continue;
    const Purchase& claimed = unclaimed->purchase->purchase;
    wanted.push_back(Wanted(member, claimed.order, claimed.purchased_at));
  }
  ASSIGN_OR_RETURN(earners_, EarnerBook::Load(tx, program, partition_, zone_, wanted));
  return absl::OkStatus();
}

Earner PurchaseRun::EarnerOf(const MemberId& member, const OrderKey& order, absl::Time at) const {
  if (member.IsNil()) return {};
  return earners_.Find(Wanted(member, order, at), zone_);
}

const StoredPurchase* PurchaseRun::FindPurchase(const PurchaseId& id) const {
  const auto found = purchases_.find(id);
  return found == purchases_.end() ? nullptr : &found->second;
}

void PurchaseRun::Put(StoredPurchase purchase) {
  const PurchaseId id = purchase.purchase.id;
  purchases_.insert_or_assign(id, std::move(purchase));
}

std::optional<MemberId> PurchaseRun::RecordedFor(const PurchaseId& id) const {
  const auto found = recorded_.find(id);
  return found == recorded_.end() ? std::nullopt : std::optional(found->second);
}

const Unclaimed* PurchaseRun::FindUnclaimed(const PurchaseId& id) const {
  const auto found = unclaimed_.find(id);
  return found == unclaimed_.end() ? nullptr : &found->second;
}

void PurchaseRun::PutUnclaimed(const PurchaseId& id, Unclaimed unclaimed) {
  unclaimed_.insert_or_assign(id, std::move(unclaimed));
}

const std::vector<Parked>& PurchaseRun::ParkedFor(const std::string& name) const {
  static const auto& none = *new std::vector<Parked>;
  const auto found = parked_.find(name);
  return found == parked_.end() ? none : found->second;
}

absl::StatusOr<std::vector<Followed>> PurchaseRun::Follow(ledger::Books& books,
                                                          const ledger::Envelope& envelope,
                                                          const Occurrence& occurrence) {
  std::vector<Followed> followed;
  if (aftermath_ != nullptr) {
    RETURN_IF_ERROR(aftermath_->Decide(books, envelope, occurrence, followed));
  }
  return followed;
}

absl::Status PurchaseRun::Write(pg::Tx& tx, absl::Span<const PurchaseId> decided) const {
  buyers_.Write(tx, partition_);
  earners_.Write(tx, partition_);
  if (aftermath_ == nullptr) return absl::OkStatus();
  return aftermath_->Write(tx, decided);
}

}  // namespace gratis::thanks
