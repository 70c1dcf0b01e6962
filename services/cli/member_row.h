#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gratis/members/v1/consents.pb.h"
#include "gratis/members/v1/export.pb.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/members/v1/preferences.pb.h"
#include "gratis/members/v1/segments.pb.h"

namespace gratis::cli {

// What a file of members holds of each.
enum class MemberColumn {
  kExternalId,  // at least one of these three
  kEmail,
  kPhone,
  kName,
  kBirthday,
  kTimeZone,
  kLanguage,
  kAcquisitionSource,
  kHomeStore,
  kEnrolledAt,
  kConsents,
  kPreferences,
  kSegments,
  kMemberState,  // "active", or empty: of nobody else a member is made
};
inline constexpr size_t kMemberColumns = 14;

// The columns' names, in --map, in a CSV file's header, as keys of JSON lines.
absl::Span<const std::string_view> MemberColumnNames();

// A member's columns as text; empty is unknown. Several things in one column stand side by side,
// with "|" between them, and "\|" and "\\" for these two characters themselves:
//   external_id   webshop:77|crm:4711; without a source, the import's
//   consents      marketing/email@2026-05 2026-05-01T10:00:00Z|-surveys: what, the version of the
//                 wording, and when it was said; "-" before what was said no to. "objection", and
//                 when: no to everything, as an objection
//   preferences   seat:choice=window|station=Swiss Jazz
//   segments      press|student since 2026-09-01 until 2027-08-31
using MemberTexts = std::array<std::string, kMemberColumns>;

std::vector<std::string> SplitList(std::string_view text);
std::string JoinList(const std::vector<std::string>& items);

// What the rows of a file leave open.
struct MemberDefaults {
  std::string source;                     // of external ids that name none, and in all request ids
  std::string wording;                    // of what they said yes to
  absl::TimeZone zone;                    // of times that name none
  absl::Time now = absl::InfinitePast();  // by the program's clock, where that is asked for
};

// A row, as requests. All have request ids made of what is in them, so that whatever is sent again
// is a replay. What they said keeps its id where a day of the row stood for now in the morning and
// is its noon by the afternoon; the enrollment does not. Whom consents, preferences and segments
// are of, the answer to the enrollment says.
struct MemberRow {
  int64_t line = 0;
  std::string text;  // as it stands in the file
  members::v1::EnrollMemberRequest enrollment;
  std::optional<members::v1::RecordObjectionRequest> objection;
  std::vector<members::v1::RecordConsentRequest> consents;
  std::optional<members::v1::SetPreferencesRequest> preferences;
  std::optional<members::v1::SetMemberSegmentsRequest> segments;
};

// Errors, each with the column as its field: FIELD_MISSING, FIELD_INVALID, INVALID_DATE.
absl::StatusOr<MemberRow> ReadMember(const MemberTexts& texts, const MemberDefaults& defaults);

// A member as texts that ReadMember understands; of who is not active, it says no.
MemberTexts TextsOf(const members::v1::ExportedMember& member);

}  // namespace gratis::cli
