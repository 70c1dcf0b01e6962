#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "gratis/thanks/v1/complaints.pb.h"
#include "services/thanks/complaint_rules.h"

// Between what the contract says of complaints and the domain's values.
namespace gratis::thanks {

// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, INVALID_ID, each with its field.
absl::StatusOr<Complaint> ParseComplaint(const v1::OpenComplaintRequest& request, absl::Time now);
absl::StatusOr<ComplaintId> ParseComplaintId(const std::string& id);

v1::Complaint ToContract(const Complaint& complaint);

// Serialized answers, as they are stored and sent.
std::string OpenedAnswer(const Complaint& complaint);
std::string ResolvedAnswer(const Complaint& complaint);

}  // namespace gratis::thanks
