#include "services/members/segment_text.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

using nlohmann::json;

absl::Status DamagedSegments() {
  return Error(Reason::kBooksDamaged, "what is kept of a member's segments cannot be read");
}

absl::StatusOr<absl::Time> TimeIn(const json& mark, const char* name) {
  const auto found = mark.find(name);
  absl::Time time;
  std::string error;
  if (found == mark.end() || !found->is_string() ||
      !absl::ParseTime(absl::RFC3339_full, found->get<std::string>(), &time, &error)) {
    return DamagedSegments();
  }
  return time;
}

absl::StatusOr<SegmentMarks> MarksIn(const json& list) {
  if (!list.is_array()) return DamagedSegments();
  SegmentMarks marks;
  for (const json& entry : list) {
    const auto segment = entry.is_object() ? entry.find("segment") : entry.end();
    if (segment == entry.end() || !segment->is_string()) return DamagedSegments();
    SegmentMark mark{.segment = segment->get<std::string>(), .since = {}};
    ASSIGN_OR_RETURN(mark.since, TimeIn(entry, "since"));
    if (entry.contains("until")) {
      ASSIGN_OR_RETURN(mark.until, TimeIn(entry, "until"));
    }
    marks.push_back(std::move(mark));
  }
  return marks;
}

absl::StatusOr<std::vector<std::string>> CodesIn(const json& detail, const char* name) {
  const auto found = detail.find(name);
  if (found == detail.end() || !found->is_array()) return DamagedSegments();
  std::vector<std::string> codes;
  for (const json& code : *found) {
    if (!code.is_string()) return DamagedSegments();
    codes.push_back(code.get<std::string>());
  }
  return codes;
}

void AppendCode(std::string* out, const std::string& code) { *out += base::JsonString(code); }

std::string ListText(const SegmentMarks& marks) {
  const auto append = [](std::string* out, const SegmentMark& mark) {
    absl::StrAppend(out, "{\"segment\":", base::JsonString(mark.segment), ",\"since\":\"",
                    base::FormatTime(mark.since), "\"");
    if (mark.until != absl::InfiniteFuture()) {
      absl::StrAppend(out, ",\"until\":\"", base::FormatTime(mark.until), "\"");
    }
    *out += "}";
  };
  return absl::StrCat("[", absl::StrJoin(marks, ",", append), "]");
}

}  // namespace

std::string SegmentsText(const SegmentMarks& marks) { return marks.empty() ? "" : ListText(marks); }

absl::StatusOr<SegmentMarks> ParseSegments(std::string_view text) {
  if (text.empty()) return SegmentMarks();
  return MarksIn(json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false));
}

ledger::Fact FactOf(const ChangedSegments& changed, const MemberId& member,
                    const TransactionId& transaction, absl::Time effective_at, std::string source) {
  const std::string before =
      changed.was.empty() ? ""
                          : absl::StrCat(",\"before\":{\"segments\":", ListText(changed.was), "}");
  return {.kind = ledger::FactKind::kMemberUpdated,
          .transaction = transaction,
          .member = member,
          .effective_at = effective_at,
          .source = std::move(source),
          .detail = absl::StrCat("{\"changed\":[\"segments\"],\"added\":[",
                                 absl::StrJoin(changed.added, ",", AppendCode), "],\"removed\":[",
                                 absl::StrJoin(changed.removed, ",", AppendCode),
                                 "],\"segments\":", ListText(changed.marks), before, "}")};
}

absl::StatusOr<std::optional<ChangedSegments>> SegmentsIn(const ledger::Fact& fact) {
  if (fact.kind != ledger::FactKind::kMemberUpdated) return std::nullopt;
  const json detail = json::parse(fact.detail, nullptr, /*allow_exceptions=*/false);
  if (!detail.is_object()) return DamagedSegments();
  const auto marks = detail.find("segments");
  if (marks == detail.end()) return std::nullopt;
  ChangedSegments changed;
  ASSIGN_OR_RETURN(changed.marks, MarksIn(*marks));
  ASSIGN_OR_RETURN(changed.added, CodesIn(detail, "added"));
  ASSIGN_OR_RETURN(changed.removed, CodesIn(detail, "removed"));
  return changed;
}

}  // namespace gratis::members
