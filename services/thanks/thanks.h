#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "common/vault/vault.h"
#include "services/thanks/earning_rules.h"
#include "services/thanks/purchase.h"
#include "services/thanks/purchases.h"
#include "services/thanks/returns.h"
#include "services/thanks/thanks_rules.h"

// How purchases earn and are thanked for, and what is known of them.
namespace gratis::thanks {

// A new version of the policy.
class SetPolicy final : public ledger::Mutation {
 public:
  SetPolicy(Policy policy, base::IdSource& ids, absl::Time now);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SetPolicies;

  Policy policy_;
  const TransactionId transaction_;
  std::shared_ptr<int32_t> latest_;  // the version in force as of now in this run; the set's own
};

class SetPolicies final : public ledger::KindOf<SetPolicy> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SetPolicy* const> set) override;
};

// What the service reads, and the names it files purchases under. Thread-safe.
class Thanks {
 public:
  Thanks(pg::Pool& pool, const vault::Vault& vault) : pool_(pool), vault_(vault) {}

  // How an order is known in the directory: a keyed hash of what names it.
  ledger::DirectoryKey NameOf(const ledger::Program& program, const OrderKey& order) const;
  // The code on the receipt of an order that has no member, plain, and how it is known in the
  // directory. It follows from the order under a key that is not in the database.
  std::string ReceiptCodeOf(const ledger::Program& program, const OrderKey& order) const;
  ledger::DirectoryKey ReceiptNameOf(const ledger::Program& program, std::string_view code) const;

  // Where a name leads by now.
  absl::StatusOr<Located> Locate(const ledger::Program& program, const ledger::DirectoryKey& name,
                                 absl::Time deadline) const;

  // Those who became part of the order's member and may have spent what pays for it, by where that
  // was spent, and those between them and the member: who of them is in another partition than the
  // member.
  absl::StatusOr<std::vector<MemberId>> FindPayers(const ledger::Program& program,
                                                   const PurchaseOrder& order,
                                                   absl::Time deadline) const;

  struct Found {
    Purchase purchase;
    std::vector<Return> returns;
    Policy policy;  // the version that decided
  };
  // Errors: PURCHASE_NOT_FOUND.
  absl::StatusOr<Found> FindPurchase(const ledger::Program& program, const OrderKey& order,
                                     absl::Time deadline) const;
  // The same if it is this member's or, unless `as_named`, that of whoever was merged into them:
  // what is another's cannot be told from what does not exist. Errors: also MEMBER_NOT_FOUND,
  // MEMBER_ERASED.
  absl::StatusOr<Found> FindPurchaseOf(const ledger::Program& program, const MemberId& member,
                                       const OrderKey& order, absl::Time deadline,
                                       bool as_named = false) const;

  struct Page {
    std::vector<Found> purchases;    // by id; without their returns
    std::optional<PurchaseId> next;  // where the next page begins: behind it
  };
  // At most `limit` purchases after `after` of a member and, unless `as_named`, of whoever was
  // merged into them. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<Page> ListPurchases(const ledger::Program& program, const MemberId& member,
                                     const PurchaseId& after, int32_t limit, absl::Time deadline,
                                     bool as_named = false) const;

  struct Quoted {
    Earned earned;
    Split split;
    int32_t policy_version = 0;
    int64_t position = 0;                            // 0 without a member
    absl::Time available_at = absl::InfinitePast();  // at the latest; InfinitePast: at once
    bool same_as_recorded = false;  // under its other name: it would earn nothing more
  };
  // What it would earn if it were recorded at `now`, by the same rules and with what budgets have
  // left then; only when it was made is not looked at. `same_as`: its other name. An order that has
  // no name yet was not recorded. Errors: as RecordPurchase and RecordTwin.
  absl::StatusOr<Quoted> Quote(const ledger::Program& program, const PurchaseOrder& order,
                               const std::optional<OrderKey>& same_as, absl::Time now,
                               absl::Time deadline) const;

  // The version that purchases made then go by.
  absl::StatusOr<Policy> PolicyAt(const ledger::Program& program, absl::Time at,
                                  absl::Time deadline) const;
  // Errors: FIELD_INVALID (no such version).
  absl::StatusOr<Policy> PolicyVersion(const ledger::Program& program, int32_t version,
                                       absl::Time deadline) const;

 private:
  // What an order was recorded as before, under its other name; nothing if it was not. Errors:
  // PURCHASE_EXISTS (under its own).
  absl::StatusOr<std::optional<Located>> FindEarlier(pg::Tx& tx, const ledger::Program& program,
                                                     const OrderKey& order,
                                                     const std::optional<OrderKey>& same_as) const;

  pg::Pool& pool_;
  const vault::Vault& vault_;
};

}  // namespace gratis::thanks
