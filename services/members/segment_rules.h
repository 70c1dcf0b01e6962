#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// The segments that a program puts its members into: values in, values out.
namespace gratis::members {

inline constexpr size_t kMaxSegments = 20;  // of one member
inline constexpr size_t kMinSegmentBytes = 2;
inline constexpr size_t kMaxSegmentBytes = 40;

// A member's being in a segment.
struct SegmentMark {
  std::string segment;
  absl::Time since;
  absl::Time until = absl::InfiniteFuture();  // from then on no more

  bool InEffect(absl::Time at) const { return since <= at && at < until; }
  friend bool operator==(const SegmentMark&, const SegmentMark&) = default;
};
using SegmentMarks = std::vector<SegmentMark>;  // by segment, each once

bool IsIn(const SegmentMarks& marks, std::string_view segment, absl::Time at);
// Those that have ended by `now` fall away.
void DropOver(SegmentMarks& marks, absl::Time now);

// A segment to be put into.
struct SegmentWish {
  std::string segment;
  std::optional<absl::Time> since;  // nothing: since they are in it, else from now on
  std::optional<absl::Time> until;  // nothing: for good
};

// What is to become of a member's segments; those it does not name stay.
struct SegmentChange {
  std::vector<SegmentWish> add;
  std::vector<std::string> remove;
};

// 2 to 40 of a-z, 0-9, - and _, beginning with a letter. Errors: FIELD_MISSING, FIELD_INVALID; the
// field is the caller's to name.
absl::Status CheckSegment(std::string_view segment);

// Errors name the field as SetMemberSegmentsRequest has it: FIELD_MISSING, FIELD_INVALID,
// FIELD_TOO_LONG.
absl::Status CheckSegmentChange(const SegmentChange& change);

// What became of a member's segments.
struct ChangedSegments {
  SegmentMarks marks;
  std::vector<std::string> added;    // come into, or for another time than before
  std::vector<std::string> removed;  // left
  SegmentMarks was = {};             // as they stood

  bool anything() const { return !added.empty() || !removed.empty(); }
};

// What a checked change makes of `marks` at `now`. Those that are over by then fall away, and
// nothing is said of them. Errors: FIELD_INVALID (a time that is over before it begins, or too
// many).
absl::StatusOr<ChangedSegments> ChangeSegments(const SegmentMarks& marks,
                                               const SegmentChange& change, absl::Time now);

// The survivor's segments once a duplicate became part of them: those of the duplicate that they
// are not in are added, as long as there is room.
ChangedSegments JoinSegments(const SegmentMarks& survivor, const SegmentMarks& duplicate,
                             absl::Time now);
// And once that was undone: those that came over and are as they came go, unless others who stay
// part of the survivor are in them, too; then they are so for the others' time. `others`: all that
// those are in, of who came first before the rest.
ChangedSegments PartSegments(const SegmentMarks& survivor, const SegmentMarks& came_over,
                             const SegmentMarks& others, absl::Time now);

}  // namespace gratis::members
