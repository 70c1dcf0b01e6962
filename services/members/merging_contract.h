#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/books.h"
#include "common/ledger/merging.h"
#include "gratis/members/v1/merging.pb.h"
#include "services/members/merging_store.h"

namespace gratis::members {

void ToContract(const MergeRow& row, v1::Merge& out);

// Errors: UNIT_NOT_FOUND.
absl::Status ToContract(const ledger::Books& books, const ledger::Carried& carried, v1::Moved& out);

// Errors: FIELD_MISSING, INVALID_ID, FIELD_TOO_LONG, FIELD_INVALID. The ids of transactions and the
// time are the caller's to set.
absl::StatusOr<ledger::MergePair> PairOf(const v1::MergeMembersRequest& request);

// Errors: FIELD_MISSING, INVALID_ID.
absl::StatusOr<TransactionId> MergeIdOf(std::string_view merge_id);

}  // namespace gratis::members
