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
#include "services/thanks/thanks_rules.h"

// What the service does: purchases in; points and thank-yous out.
namespace gratis::thanks {

// A purchase that somebody wants recorded.
struct PurchaseOrder {
  MemberId member;
  std::string source;
  std::string order_id;
  base::Money total;
  int32_t item_count = 0;
  absl::Time purchased_at;
  absl::Duration statable_past = absl::InfiniteDuration();  // how far back that may lie
  MemberId organization = {};                               // it is made for; nil for none
  int32_t organization_percent = 0;                         // of the points, its own
};

// One purchase on its way to the books: the points it earns, the thank-you that follows it, and
// what the answer says of both.
class RecordPurchase final : public ledger::Mutation {
 public:
  // Ids are chosen once, so that a set that is rerun stays the same.
  RecordPurchase(PurchaseOrder order, ledger::DirectoryKey name, base::IdSource& ids,
                 absl::Time now);

  void AddNeeds(ledger::Wants& wants) const override { wants.names.insert(name_); }
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class RecordPurchases;

  absl::Status PostFacts(ledger::Books& books) const;
  absl::Status PostForOrganization(ledger::Books& books) const;
  std::string Answer(const ledger::Books& books) const;

  const PurchaseOrder order_;
  const ledger::DirectoryKey name_;
  const PurchaseId id_;
  const TransactionId transaction_;
  const TransactionId organization_transaction_;  // nil without one
  std::shared_ptr<const Policy> policy_;          // loaded
  Purchase purchase_;                             // decided
  int64_t organization_points_ = 0;
};

class RecordPurchases final : public ledger::KindOf<RecordPurchase> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<RecordPurchase* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<RecordPurchase* const> set) override;
};

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

  // How an order is known in the directory: a keyed hash of its source and id.
  ledger::DirectoryKey NameOf(const ledger::Program& program, std::string_view source,
                              std::string_view order_id) const;

  struct Found {
    Purchase purchase;
    Policy policy;  // the version that decided
  };
  // Errors: PURCHASE_NOT_FOUND.
  absl::StatusOr<Found> FindPurchase(const ledger::Program& program, std::string_view source,
                                     std::string_view order_id, absl::Time deadline) const;

  struct Page {
    std::vector<Found> purchases;    // by id
    std::optional<PurchaseId> next;  // where the next page begins: behind it
  };
  // At most `limit` of a member's purchases after `after`. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<Page> ListPurchases(const ledger::Program& program, const MemberId& member,
                                     const PurchaseId& after, int32_t limit,
                                     absl::Time deadline) const;

  absl::StatusOr<Policy> CurrentPolicy(const ledger::Program& program, absl::Time deadline) const;

 private:
  pg::Pool& pool_;
  const vault::Vault& vault_;
};

}  // namespace gratis::thanks
