#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/fact.h"
#include "services/members/segment_rules.h"

// A member's segments as text: in the journal, where whoever follows it finds them, and beside the
// member, for who asks.
namespace gratis::members {

// [{"segment":"press","since":"2027-01-31T09:00:00.000000Z"}], with "until" of those that end;
// empty for none. And back. Errors: BOOKS_DAMAGED.
std::string SegmentsText(const SegmentMarks& marks);
absl::StatusOr<SegmentMarks> ParseSegments(std::string_view text);

// That they changed, as a fact (MEMBER_UPDATED): which were added and which removed, all there are
// from then on, and those there were before, if any.
ledger::Fact FactOf(const ChangedSegments& changed, const MemberId& member,
                    const TransactionId& transaction, absl::Time effective_at, std::string source);

// What such a fact says. Nothing of one that is about other parts of a profile. Errors:
// BOOKS_DAMAGED.
absl::StatusOr<std::optional<ChangedSegments>> SegmentsIn(const ledger::Fact& fact);

}  // namespace gratis::members
