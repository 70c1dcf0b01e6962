#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/books.h"
#include "common/ledger/merging.h"
#include "gratis/members/v1/merging.pb.h"
#include "services/members/duplicates.h"
#include "services/members/merging_store.h"
#include "services/members/proposal_rules.h"

namespace gratis::members {

void ToContract(const MergeRow& row, v1::Merge& out);

// Errors: UNIT_NOT_FOUND.
absl::Status ToContract(const ledger::Books& books, const ledger::Carried& carried, v1::Moved& out);

// Errors: FIELD_MISSING, INVALID_ID, FIELD_TOO_LONG, FIELD_INVALID. The ids of transactions and the
// time are the caller's to set.
absl::StatusOr<ledger::MergePair> PairOf(const v1::MergeMembersRequest& request);

void ToContract(const ProposedMerge& row, v1::ProposedMerge& out);
void ToContract(const Duplicate& duplicate, v1::Duplicate& out);

// Errors: FIELD_MISSING, FIELD_INVALID, INVALID_ID.
absl::StatusOr<MemberPair> PairOf(const v1::DismissDuplicateRequest& request);

// Errors: FIELD_MISSING, INVALID_ID.
absl::StatusOr<TransactionId> MergeIdOf(std::string_view merge_id);

}  // namespace gratis::members
