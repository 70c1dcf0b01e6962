#include "services/thanks/activations.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/in_pages.h"
#include "services/thanks/own_postings.h"
#include "services/thanks/purchase_posting.h"

namespace gratis::thanks {
EndWaiting::EndWaiting(const ledger::Program& program, int32_t partition, const Purchase& purchase,
                       const DueActivation& due, base::IdSource& ids, absl::Time now)
    : due_(due), transaction_{ids.Next(now)} {
  envelope.program = program;
  envelope.member = purchase.member;
  envelope.partition = partition;
  // What was bought before a merge is the duplicate's.
  envelope.of_merged = true;
  const MemberId& organization = purchase.for_organization.organization;
  if (!organization.IsNil()) envelope.also.push_back(organization);
  envelope.actor = kThanksActor;
  envelope.now = now;
}

void EndWaiting::AddPurchaseWants(PurchaseWants& wants) const {
  wants.purchases.push_back(due_.purchase);
}

absl::StatusOr<std::string> EndWaiting::Decide(ledger::Books& books) {
  const StoredPurchase* stored = run().FindPurchase(due_.purchase);
  if (stored == nullptr) return Error(Reason::kInternal, "what waits is of no purchase there is");
  RETURN_IF_ERROR(books.RequireHolder(stored->purchase.member));
  ASSIGN_OR_RETURN(const int64_t points,
                   ActivatePoints(books, stored->purchase, transaction_.uuid, due_.due_at));
  return absl::StrCat(points);
}

void EndWaiting::AddRows(PurchaseRows& rows) const { rows.activated.push_back(due_); }

absl::StatusOr<int64_t> Activations::Run(const ledger::Program& program, absl::Time now,
                                         absl::Time deadline, const std::stop_token& stop) {
  int64_t ended = 0;
  RETURN_IF_ERROR(ActInPages(
      pool_, program, DueActivation{.due_at = absl::InfinitePast(), .purchase = {}},
      [&](pg::Tx& tx, int32_t partition, const DueActivation& after, int32_t limit) {
        return FindActivations(tx, partition, now, after, limit);
      },
      [&](int32_t partition, const std::vector<DueActivation>& due) {
        ended += std::ssize(due);
        return End(program, partition, due, now, deadline);
      },
      deadline, stop));
  return ended;
}

absl::Status Activations::End(const ledger::Program& program, int32_t partition,
                              const std::vector<DueActivation>& due, absl::Time now,
                              absl::Time deadline) {
  std::vector<PurchaseId> ids;
  for (const DueActivation& one : due) ids.push_back(one.purchase);
  std::map<PurchaseId, Purchase> purchases;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(std::vector<Purchase> read, ReadPurchases(tx, partition, ids));
    for (Purchase& purchase : read) purchases.emplace(purchase.id, std::move(purchase));
    return absl::OkStatus();
  }));
  Postings ends;
  for (const DueActivation& one : due) {
    ends.push_back(
        std::make_unique<EndWaiting>(program, partition, purchases[one.purchase], one, ids_, now));
  }
  absl::Status first_error;
  for (const absl::Status& status : PostAll(poster_, changes_, std::move(ends), deadline))
    first_error.Update(status);
  return first_error;
}

}  // namespace gratis::thanks
