#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "gratis/messages/v1/engagements.pb.h"
#include "services/messages/engagements.h"

// Between the contract's messages and the domain's values.
namespace gratis::messages {

// What a mail service says that it saw; without the message, which it may name by a delivery.
// Errors: FIELD_INVALID.
absl::StatusOr<EngagementReport> ParseReport(const v1::RecordEngagementRequest& request,
                                             absl::Time now);

// Which results are asked for: of the last thirty days unless the request says otherwise. `cursor`:
// of the page token, as PlaceText makes it; empty: from the first. Errors: INVALID_DATE,
// FIELD_INVALID, INVALID_PAGE_TOKEN.
absl::StatusOr<ResultsOrder> ParseOrder(const v1::ListMessageResultsRequest& request,
                                        const std::string& cursor, const ledger::Program& program,
                                        absl::Time now);
std::string PlaceText(const ResultKey& key);

v1::MessageResult ToContract(const MessageResult& result, bool mail_opens_known);

}  // namespace gratis::messages
