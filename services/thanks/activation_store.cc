#include "services/thanks/activation_store.h"

#include "common/status/macros.h"
#include "services/thanks/thanks_sql.h"

namespace gratis::thanks {
namespace {

// Their columns.
struct ActivationColumns {
  std::vector<absl::Time> due_at;
  std::vector<PurchaseId> purchases;
};
ActivationColumns ColumnsOf(absl::Span<const DueActivation> activations) {
  ActivationColumns columns;
  for (const DueActivation& one : activations) {
    columns.due_at.push_back(one.due_at);
    columns.purchases.push_back(one.purchase);
  }
  return columns;
}

}  // namespace

void InsertActivations(pg::Tx& tx, int32_t partition, absl::Span<const DueActivation> activations) {
  if (activations.empty()) return;
  const ActivationColumns columns = ColumnsOf(activations);
  tx.Send(sql::kInsertActivations, partition, columns.due_at, columns.purchases);
}

absl::StatusOr<std::vector<DueActivation>> FindActivations(pg::Tx& tx, int32_t partition,
                                                           absl::Time now,
                                                           const DueActivation& after,
                                                           int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindActivations, partition, now, after.due_at,
                                               after.purchase, static_cast<int64_t>(limit)));
  std::vector<DueActivation> found;
  for (const pg::Row row : rows) {
    found.push_back({row.Get<absl::Time>(0), row.Get<PurchaseId>(1)});
  }
  return found;
}

void DeleteActivations(pg::Tx& tx, int32_t partition, absl::Span<const DueActivation> activations) {
  if (activations.empty()) return;
  const ActivationColumns columns = ColumnsOf(activations);
  tx.Send(sql::kDeleteActivations, partition, columns.due_at, columns.purchases);
}

}  // namespace gratis::thanks
