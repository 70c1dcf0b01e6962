#include "services/members/segment_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using BySegment = std::map<std::string, SegmentMark>;

// Those that are not over.
BySegment Standing(const SegmentMarks& marks, absl::Time now) {
  BySegment standing;
  for (const SegmentMark& mark : marks) {
    if (mark.until > now) standing.emplace(mark.segment, mark);
  }
  return standing;
}

SegmentMarks MarksOf(BySegment by_segment) {
  SegmentMarks marks;
  for (auto& [segment, mark] : by_segment) marks.push_back(std::move(mark));
  return marks;
}

absl::StatusOr<SegmentMark> MarkOf(const SegmentWish& wish, const BySegment& standing,
                                   absl::Time now, const std::string& field) {
  SegmentMark mark{.segment = wish.segment, .since = now};
  const auto was = standing.find(wish.segment);
  if (was != standing.end() && was->second.InEffect(now)) mark.since = was->second.since;
  if (wish.since) mark.since = *wish.since;
  if (wish.until) mark.until = *wish.until;
  if (mark.until <= now || mark.until <= mark.since) {
    return FieldError(Reason::kFieldInvalid, field + ".until",
                      "a segment ends after it begins, and not in the past; remove it instead");
  }
  return mark;
}

}  // namespace

bool IsIn(const SegmentMarks& marks, std::string_view segment, absl::Time at) {
  return std::any_of(marks.begin(), marks.end(), [&](const SegmentMark& mark) {
    return mark.segment == segment && mark.InEffect(at);
  });
}

void DropOver(SegmentMarks& marks, absl::Time now) {
  std::erase_if(marks, [&](const SegmentMark& mark) { return mark.until <= now; });
}

absl::Status CheckSegment(std::string_view segment) {
  if (segment.empty()) return Error(Reason::kFieldMissing, "say which segment");
  const auto is_lower = [](char c) { return absl::ascii_islower(static_cast<unsigned char>(c)); };
  const auto fits = [&](char c) {
    return is_lower(c) || absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' ||
           c == '_';
  };
  if (segment.size() < kMinSegmentBytes || segment.size() > kMaxSegmentBytes ||
      !is_lower(segment.front()) || !std::all_of(segment.begin(), segment.end(), fits)) {
    return Error(Reason::kFieldInvalid,
                 "a segment is a code of 2 to 40 of a-z, 0-9, - and _, and begins with a letter, "
                 "such as founder-circle");
  }
  return absl::OkStatus();
}

absl::Status CheckSegmentChange(const SegmentChange& change) {
  if (change.add.empty() && change.remove.empty()) {
    return FieldError(Reason::kFieldMissing, "add", "name a segment to add or to remove");
  }
  for (const auto& [count, field] :
       {std::pair(change.add.size(), "add"), std::pair(change.remove.size(), "remove")}) {
    if (count > kMaxSegments) {
      return FieldError(Reason::kFieldTooLong, field,
                        absl::StrCat("at most ", kMaxSegments, " in one request"));
    }
  }
  std::set<std::string_view> segments;
  const auto check = [&](const std::string& segment, const std::string& field) -> absl::Status {
    RETURN_IF_ERROR(InField(CheckSegment(segment), field));
    if (segments.insert(segment).second) return absl::OkStatus();
    return FieldError(Reason::kFieldInvalid, field, "the segment is there twice");
  };
  for (size_t i = 0; i < change.add.size(); ++i) {
    RETURN_IF_ERROR(check(change.add[i].segment, absl::StrCat("add[", i, "].segment")));
  }
  for (size_t i = 0; i < change.remove.size(); ++i) {
    RETURN_IF_ERROR(check(change.remove[i], absl::StrCat("remove[", i, "]")));
  }
  return absl::OkStatus();
}

absl::StatusOr<ChangedSegments> ChangeSegments(const SegmentMarks& marks,
                                               const SegmentChange& change, absl::Time now) {
  BySegment standing = Standing(marks, now);
  ChangedSegments changed;
  changed.was = MarksOf(standing);
  for (const std::string& segment : change.remove) {
    if (standing.erase(segment) > 0) changed.removed.push_back(segment);
  }
  for (size_t i = 0; i < change.add.size(); ++i) {
    ASSIGN_OR_RETURN(SegmentMark mark,
                     MarkOf(change.add[i], standing, now, absl::StrCat("add[", i, "]")));
    const std::string segment = mark.segment;
    const auto was = standing.find(segment);
    if (was != standing.end() && was->second == mark) continue;
    standing.insert_or_assign(segment, std::move(mark));
    changed.added.push_back(segment);
  }
  if (standing.size() > kMaxSegments) {
    return FieldError(
        Reason::kFieldInvalid, "add",
        absl::StrCat("a member is in at most ", kMaxSegments, " segments; remove some first"));
  }
  changed.marks = MarksOf(std::move(standing));
  return changed;
}

ChangedSegments JoinSegments(const SegmentMarks& survivor, const SegmentMarks& duplicate,
                             absl::Time now) {
  BySegment standing = Standing(survivor, now);
  ChangedSegments changed;
  changed.was = MarksOf(standing);
  for (const auto& [segment, mark] : Standing(duplicate, now)) {
    if (standing.size() == kMaxSegments) break;
    if (standing.emplace(segment, mark).second) changed.added.push_back(segment);
  }
  changed.marks = MarksOf(std::move(standing));
  return changed;
}

ChangedSegments PartSegments(const SegmentMarks& survivor, const SegmentMarks& came_over,
                             const SegmentMarks& others, absl::Time now) {
  BySegment standing = Standing(survivor, now);
  // Of several with one segment, the first.
  const BySegment kept = Standing(others, now);
  ChangedSegments changed;
  changed.was = MarksOf(standing);
  for (const SegmentMark& mark : came_over) {
    const auto found = standing.find(mark.segment);
    if (found == standing.end() || found->second != mark) continue;
    const auto others_mark = kept.find(mark.segment);
    if (others_mark == kept.end()) {
      standing.erase(found);
      changed.removed.push_back(mark.segment);
    } else if (others_mark->second != mark) {
      found->second = others_mark->second;
      changed.added.push_back(mark.segment);
    }
  }
  changed.marks = MarksOf(std::move(standing));
  return changed;
}

}  // namespace gratis::members
