#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gratis/members/v1/segments.pb.h"

namespace gratis::cli {

// A segment as people write it: "press", "student until 2027-12-31", "founder since 2019-05-01". A
// time that names no zone is in `zone`; it begins with a day and ends after one.
// Errors: FIELD_INVALID, INVALID_DATE of `option` (usage).
absl::StatusOr<members::v1::SegmentMark> ParseSegment(std::string_view text,
                                                      const absl::TimeZone& zone,
                                                      std::string_view option);
// The same, the other way.
std::string SegmentText(const members::v1::SegmentMark& mark);

}  // namespace gratis::cli
