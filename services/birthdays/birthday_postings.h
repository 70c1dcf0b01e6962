#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "services/birthdays/birthday_rules.h"
#include "services/birthdays/birthday_store.h"
#include "services/birthdays/gift_reads.h"
#include "services/birthdays/handing.h"

// What this service changes: one gift, one policy. What is chosen of a choice: gift_choosing.h.
namespace gratis::birthdays {

// A gift on its way to the books. Its request_id is made of member and year, and its fingerprint of
// nothing else, so that whoever tries to give it again finds it given, whatever the policy says by
// then.
class GiveGift final : public ledger::Mutation {
 public:
  // Judges by `policy` again, under the partition's lock, and gives what is due as of `as_of`;
  // `now` is when it is given. Ids are chosen once, so that a set that is rerun stays the same.
  GiveGift(ledger::Program program, MemberId member, int32_t year, Celebrant celebrant,
           std::shared_ptr<const Policy> policy, absl::Time as_of, absl::Time now,
           base::IdSource& ids, const ledger::VoucherCodes& codes);

  void AddNeeds(ledger::Wants& wants) const override;
  // The transaction's id. Errors: MEMBER_NOT_FOUND, POINTS_OVERFLOW, CONFLICT; FAILED_PRECONDITION
  // without a reason when, looked at under the lock, no gift is due after all, or none that its
  // budget has room for.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class GiveGifts;
  // The set's own, so that each decision sees those before it.
  struct Known {
    GiftsOfMembers gifts;
    std::set<MemberId> complaining;
  };
  // Errors: FAILED_PRECONDITION without a reason when there is no room.
  absl::Status CheckRoom(ledger::Books& books) const;
  absl::Status Post(ledger::Books& books);
  std::string Detail() const;

  const int32_t year_;
  const Celebrant celebrant_;
  const std::shared_ptr<const Policy> policy_;
  const Offer offer_;
  const absl::Time as_of_;
  const Handing handing_;
  std::shared_ptr<Known> known_;  // loaded
  MemberGift given_;              // decided
};

class GiveGifts final : public ledger::KindOf<GiveGift> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<GiveGift* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<GiveGift* const> set) override;
};

// A new version of the policy, which is checked. Errors: BUDGET_NOT_FOUND (none, or of another unit
// than the gift draws on).
class SetPolicy final : public ledger::Mutation {
 public:
  SetPolicy(const Policy& policy, base::IdSource& ids, absl::Time now);
  void AddNeeds(ledger::Wants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SetPolicies;

  Policy policy_;
  TransactionId transaction_;
  std::shared_ptr<int32_t> latest_;  // the version in force as of now in this run; the set's own
};

class SetPolicies final : public ledger::KindOf<SetPolicy> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) override;
};

// What the journal calls a kind of gift: "points".
std::string_view NameOf(GiftKind kind);

}  // namespace gratis::birthdays
