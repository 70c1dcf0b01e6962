#include "services/members/member_cursor.h"

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::members {

std::string MemberCursor::ToString() const {
  return absl::StrCat(partition, "/", member.IsNil() ? "" : member.ToString());
}

std::optional<MemberCursor> MemberCursor::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  MemberCursor cursor;
  if (slash == std::string_view::npos ||
      !absl::SimpleAtoi(base::Abs(text.substr(0, slash)), &cursor.partition)) {
    return std::nullopt;
  }
  text.remove_prefix(slash + 1);
  if (text.empty()) return cursor;
  const absl::StatusOr<MemberId> member = MemberId::Parse(text);
  if (!member.ok()) return std::nullopt;
  cursor.member = *member;
  return cursor;
}

}  // namespace gratis::members
