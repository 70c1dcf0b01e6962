#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/thanks/aftermath.h"
#include "services/thanks/buyers.h"
#include "services/thanks/earner_book.h"
#include "services/thanks/thanks_rules.h"
#include "services/thanks/thanks_store.h"

namespace gratis::thanks {

// What a set of changes to purchases needs to look at.
struct PurchaseWants {
  std::vector<MemberId> buyers;
  std::vector<PurchaseId> purchases;                     // of the set's partition
  std::map<int32_t, std::vector<PurchaseId>> unclaimed;  // by partition
  std::vector<std::string> names;                        // of orders for which returns may wait
  // What will earn: new purchases of members, and those of `unclaimed` that somebody claims.
  struct Earning {
    MemberId member;
    OrderKey order;
    absl::Time at;
  };
  std::vector<Earning> earnings;
  std::vector<std::pair<MemberId, PurchaseId>> claims;
};

// The service's own state that one run of a set works on: what was loaded, and what was decided
// since. Each decision sees the ones before it; it changes this only once nothing can make it fail.
// Not thread-safe.
class PurchaseRun {
 public:
  // `aftermath`: null if nothing follows.
  static absl::StatusOr<std::shared_ptr<PurchaseRun>> Load(pg::Tx& tx,
                                                           const ledger::Program& program,
                                                           int32_t partition,
                                                           const PurchaseWants& wants,
                                                           Aftermath* aftermath, absl::Time now);

  // The version that a purchase made then goes by.
  const Policy& PolicyAt(absl::Time at) const { return *InForce(policies_, at); }
  // In the program's zone; where stores are that say nothing else.
  const absl::TimeZone& zone() const { return zone_; }
  int32_t partition() const { return partition_; }

  // With those who were merged into them; one who never bought, if unknown.
  Buyer BuyerOf(const MemberId& member) const { return buyers_.Of(member); }
  void SetBuyer(const MemberId& member, const Buyer& buyer) { buyers_.Set(member, buyer); }

  // As Buyers.
  MemberId StaffFor(const MemberId& buyer, const MemberId& staff) const {
    return buyers_.StaffFor(buyer, staff);
  }

  // Whether they, or somebody who was merged into them, have a complaint open; of those who might
  // be thanked.
  bool Complains(const MemberId& member) const { return complaining_.count(member) > 0; }

  // What rules look at of a member besides, for a purchase that was made then and was wanted. Of
  // nobody: nothing.
  Earner EarnerOf(const MemberId& member, const OrderKey& order, absl::Time at) const;
  // Counts under caps over several purchases.
  void Count(const MemberId& member, absl::Span<const CapCount> more) {
    earners_.Count(member, more);
  }

  // Null if there is none in the set's partition.
  const StoredPurchase* FindPurchase(const PurchaseId& id) const;
  void Put(StoredPurchase purchase);

  // Whose a purchase is that this very set records, nil for nobody; nothing of any other.
  std::optional<MemberId> RecordedFor(const PurchaseId& id) const;
  void NoteRecorded(const PurchaseId& id, const MemberId& member) {
    recorded_.insert_or_assign(id, member);
  }

  // Null if it was not asked for.
  const Unclaimed* FindUnclaimed(const PurchaseId& id) const;
  void PutUnclaimed(const PurchaseId& id, Unclaimed unclaimed);

  // The returns that wait for the order of this name.
  const std::vector<Parked>& ParkedFor(const std::string& name) const;
  void Park(const std::string& name, Parked parked) { parked_[name].push_back(std::move(parked)); }
  void Unpark(const std::string& name) { parked_.erase(name); }

  // What follows: nothing if there is no aftermath.
  absl::StatusOr<std::vector<Followed>> Follow(ledger::Books& books,
                                               const ledger::Envelope& envelope,
                                               const Occurrence& occurrence);
  // Writes what buyers, caps and triggers became, beside the purchases that were decided.
  absl::Status Write(pg::Tx& tx, absl::Span<const PurchaseId> decided) const;

 private:
  PurchaseRun(int32_t partition, absl::TimeZone zone) : partition_(partition), zone_(zone) {}

  // Members whom the policy thanks for what they bought or claim. Once policies are there.
  std::vector<MemberId> Thanked(const PurchaseWants& wants) const;
  // Once policies and what nobody has claimed are there.
  absl::Status LoadEarners(pg::Tx& tx, const ledger::Program& program, const PurchaseWants& wants);
  EarnerWanted Wanted(const MemberId& member, const OrderKey& order, absl::Time at) const {
    return {.member = member, .rule = &PolicyAt(at).earning, .order = order, .at = at};
  }

  const int32_t partition_;
  const absl::TimeZone zone_;
  std::vector<Policy> policies_;
  Buyers buyers_;
  EarnerBook earners_;
  std::set<MemberId> complaining_;
  std::map<PurchaseId, StoredPurchase> purchases_;
  std::map<PurchaseId, Unclaimed> unclaimed_;
  std::map<PurchaseId, MemberId> recorded_;
  std::map<std::string, std::vector<Parked>> parked_;
  std::unique_ptr<AftermathRun> aftermath_;
};

}  // namespace gratis::thanks
