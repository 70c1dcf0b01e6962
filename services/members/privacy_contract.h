#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/books.h"
#include "common/ledger/ops.h"
#include "services/members/contributed.h"
#include "services/members/erasure_store.h"

// Between what the contract says of erasures and what the rules work on.
namespace gratis::members {

namespace v1 {
class EraseMemberResponse;
class GetErasureResponse;
}  // namespace v1

// The serialized EraseMemberResponse, as it is stored and sent. `left`: in households.
absl::StatusOr<std::string> ErasureAnswer(const ledger::Books& books, const ErasedMember& erased,
                                          const ledger::Forfeited& forfeited,
                                          const std::vector<LeftInHousehold>& left,
                                          bool validate_only);

// When the answer says that it was.
absl::Time ErasedAtOf(const v1::EraseMemberResponse& response);

// `retired_at`: of the version that the certificate names.
void ToContract(const ErasedMember& erased, std::optional<absl::Time> retired_at,
                v1::GetErasureResponse& proto);

}  // namespace gratis::members
