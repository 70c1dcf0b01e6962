#include "services/cli/member_row.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/base/civil.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/cli/consent_words.h"
#include "services/cli/import_request_id.h"
#include "services/cli/json.h"
#include "services/cli/order_row.h"
#include "services/cli/preference_words.h"
#include "services/cli/proto_values.h"
#include "services/cli/segment_words.h"

namespace gratis::cli {
namespace {

namespace v1 = members::v1;

constexpr std::array<std::string_view, kMemberColumns> kColumnNames = {
    "external_id", "email",       "phone",    "name",
    "birthday",    "time_zone",   "language", "acquisition_source",
    "home_store",  "enrolled_at", "consents", "preferences",
    "segments",    "member_state"};

std::string_view NameOf(MemberColumn column) { return kColumnNames[static_cast<size_t>(column)]; }

constexpr std::string_view kActiveState = "active";
// What stands among the consents of whoever objected, and then when.
constexpr std::string_view kObjectionWord = "objection";

const std::string& In(const MemberTexts& texts, MemberColumn column) {
  return texts[static_cast<size_t>(column)];
}

// An error of a column, whatever option it was found under.
absl::Status InColumn(const absl::Status& status, MemberColumn column) {
  return FieldError(ReasonOf(status).value_or(Reason::kFieldInvalid), NameOf(column),
                    base::Std(status.message()));
}

// Made of what the request says and does not show it, for request ids are kept for ever.
std::string ContentId(std::string_view kind, const MemberDefaults& defaults,
                      const std::string& content) {
  constexpr size_t kHashBytes = 10;
  const base::Digest digest = base::Sha256(content);
  return ImportRequestId(defaults.source, kind,
                         base::Hex(base::AsBytes(digest).substr(0, kHashBytes)));
}

// An import makes active members: whoever died, left or was merged is not to come back by it.
absl::Status CheckMemberState(const MemberTexts& texts) {
  const std::string& state = In(texts, MemberColumn::kMemberState);
  if (state.empty() || absl::EqualsIgnoreCase(state, base::Abs(kActiveState))) {
    return absl::OkStatus();
  }
  return FieldError(Reason::kFieldInvalid, NameOf(MemberColumn::kMemberState),
                    "an import makes an active member of each row, and this is of somebody who is "
                    "none: leave the row out");
}

absl::Status ReadProfile(const MemberTexts& texts, const MemberDefaults& defaults,
                         v1::EnrollMemberRequest& enrollment) {
  v1::Profile& profile = *enrollment.mutable_profile();
  for (const std::string& text : SplitList(In(texts, MemberColumn::kExternalId))) {
    const size_t colon = text.find(':');
    v1::ExternalId& id = *profile.add_external_ids();
    id.set_source(colon == std::string::npos ? defaults.source : text.substr(0, colon));
    id.set_id(colon == std::string::npos ? text : text.substr(colon + 1));
  }
  profile.set_email(In(texts, MemberColumn::kEmail));
  profile.set_phone(In(texts, MemberColumn::kPhone));
  profile.set_greeting_name(In(texts, MemberColumn::kName));
  profile.set_time_zone(In(texts, MemberColumn::kTimeZone));
  profile.set_language(In(texts, MemberColumn::kLanguage));
  profile.set_acquisition_source(In(texts, MemberColumn::kAcquisitionSource));
  profile.set_home_store(In(texts, MemberColumn::kHomeStore));
  if (const std::string& text = In(texts, MemberColumn::kBirthday); !text.empty()) {
    const absl::StatusOr<Birthday> birthday = ParseBirthday(text);
    if (!birthday.ok()) return InColumn(birthday.status(), MemberColumn::kBirthday);
    *profile.mutable_birthday() = ToProto(*birthday);
  }
  if (const std::string& text = In(texts, MemberColumn::kEnrolledAt); !text.empty()) {
    const absl::StatusOr<absl::Time> time = ParseTime(text, defaults.zone, DayAs::kNoon);
    if (!time.ok()) return InColumn(time.status(), MemberColumn::kEnrolledAt);
    const bool is_now = MeansNow(text, defaults.zone, DayAs::kNoon, defaults.now);
    if (!is_now) *enrollment.mutable_enrolled_at() = ToProto(*time);
  }
  if (profile.external_ids().empty() && profile.email().empty() && profile.phone().empty()) {
    return FieldError(Reason::kFieldMissing, NameOf(MemberColumn::kExternalId),
                      "a member needs an external id, an e-mail address or a phone number");
  }
  return absl::OkStatus();
}

// "-marketing/email@2026-05 2026-05-01T10:00:00Z".
struct Said {
  v1::ConsentDecision decision;
  std::string wording;
  std::string at;
};

absl::StatusOr<Said> ParseSaid(std::string_view text, const MemberDefaults& defaults) {
  Said said;
  v1::ConsentState state = v1::CONSENT_STATE_GRANTED;
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    state = v1::CONSENT_STATE_WITHDRAWN;
  }
  if (const size_t space = text.find(' '); space != std::string_view::npos) {
    said.at = text.substr(space + 1);
    text = text.substr(0, space);
  }
  said.wording = defaults.wording;
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    said.wording = text.substr(at + 1);
    text = text.substr(0, at);
  }
  ASSIGN_OR_RETURN(said.decision, ParseMatter(text, state, "consents"));
  return said;
}

// How and when something was said: at `at`, or as they were enrolled if it is empty.
template <class Request>
absl::Status SayHow(const std::string& at, const MemberDefaults& defaults, const MemberRow& row,
                    Request& request) {
  request.set_source(v1::CONSENT_SOURCE_IMPORT);
  if (!at.empty()) {
    ASSIGN_OR_RETURN(const absl::Time time, ParseTime(at, defaults.zone, DayAs::kNoon));
    const bool is_now = MeansNow(at, defaults.zone, DayAs::kNoon, defaults.now);
    if (!is_now) *request.mutable_decided_at() = ToProto(time);
  } else if (row.enrollment.has_enrolled_at()) {
    *request.mutable_decided_at() = row.enrollment.enrolled_at();
  }
  return absl::OkStatus();
}

// "objection 2026-05-01T10:00:00Z": whether the text is one, read into the row.
absl::StatusOr<bool> ReadObjection(const std::string& text, const MemberDefaults& defaults,
                                   MemberRow& row) {
  const size_t space = std::min(text.find(' '), text.size());
  if (text.compare(0, space, kObjectionWord) != 0) return false;
  if (row.objection) {
    return FieldError(Reason::kFieldInvalid, "consents", "an objection is of all, and stands once");
  }
  const std::string at = space < text.size() ? text.substr(space + 1) : "";
  RETURN_IF_ERROR(SayHow(at, defaults, row, row.objection.emplace()));
  return true;
}

// What was said at one time and to the same words is one request.
absl::Status ReadConsents(const MemberTexts& texts, const MemberDefaults& defaults,
                          MemberRow& row) {
  std::map<std::pair<std::string, std::string>, v1::RecordConsentRequest> sayings;
  for (const std::string& text : SplitList(In(texts, MemberColumn::kConsents))) {
    ASSIGN_OR_RETURN(const bool objected, ReadObjection(text, defaults, row));
    if (objected) continue;
    ASSIGN_OR_RETURN(Said said, ParseSaid(text, defaults));
    v1::RecordConsentRequest& request = sayings[{said.at, said.wording}];
    *request.add_decisions() = std::move(said.decision);
    if (request.decisions_size() > 1) continue;
    request.set_wording_version(said.wording);
    RETURN_IF_ERROR(SayHow(said.at, defaults, row, request));
  }
  for (auto& [how, request] : sayings) row.consents.push_back(std::move(request));
  return absl::OkStatus();
}

absl::Status ReadPreferences(const MemberTexts& texts, MemberRow& row) {
  for (const std::string& text : SplitList(In(texts, MemberColumn::kPreferences))) {
    if (!row.preferences) row.preferences.emplace();
    ASSIGN_OR_RETURN(*row.preferences->add_set(), ParsePreference(text, "preferences"));
  }
  return absl::OkStatus();
}

absl::Status ReadSegments(const MemberTexts& texts, const MemberDefaults& defaults,
                          MemberRow& row) {
  for (const std::string& text : SplitList(In(texts, MemberColumn::kSegments))) {
    if (!row.segments) row.segments.emplace();
    ASSIGN_OR_RETURN(*row.segments->add_add(), ParseSegment(text, defaults.zone, "segments"));
  }
  return absl::OkStatus();
}

// What the row says by the clock of `defaults`: all but the request ids.
absl::StatusOr<MemberRow> ReadRow(const MemberTexts& texts, const MemberDefaults& defaults) {
  MemberRow row;
  RETURN_IF_ERROR(CheckMemberState(texts));
  RETURN_IF_ERROR(ReadProfile(texts, defaults, row.enrollment));
  if (const absl::Status status = ReadConsents(texts, defaults, row); !status.ok()) {
    return InColumn(status, MemberColumn::kConsents);
  }
  if (const absl::Status status = ReadPreferences(texts, row); !status.ok()) {
    return InColumn(status, MemberColumn::kPreferences);
  }
  if (const absl::Status status = ReadSegments(texts, defaults, row); !status.ok()) {
    return InColumn(status, MemberColumn::kSegments);
  }
  return row;
}

// All request ids, of what the row says: a row that is mended keeps those of what it said before.
// `dated` is the same row with each day at its noon. What was said has its id of that: what said
// now in the morning is the same saying in the afternoon, and not a newer one.
void Name(const MemberDefaults& defaults, const MemberRow& dated, MemberRow& row) {
  row.enrollment.set_request_id(ContentId("member", defaults, row.enrollment.SerializeAsString()));
  const std::string whom = dated.enrollment.SerializeAsString();
  if (row.objection) {
    row.objection->set_request_id(
        ContentId("objection", defaults, whom + dated.objection->SerializeAsString()));
  }
  for (size_t i = 0; i < row.consents.size(); ++i) {
    row.consents[i].set_request_id(
        ContentId("consent", defaults, whom + dated.consents[i].SerializeAsString()));
  }
  if (row.preferences) {
    row.preferences->set_request_id(
        ContentId("prefer", defaults, whom + row.preferences->SerializeAsString()));
  }
  if (row.segments) {
    row.segments->set_request_id(
        ContentId("segment", defaults, whom + row.segments->SerializeAsString()));
  }
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return base::FormatTime(FromProto(time));
}

// "earn-only", as `gratis member state` takes it.
std::string MemberStateText(const v1::Member& member) {
  if (member.state() == v1::MEMBER_STATE_UNSPECIFIED) return "";
  return absl::StrReplaceAll(EnumWords(member, "state"), {{" ", "-"}});
}

// What is in force. What is left of an objection is one text: whatever of it a later yes or no took
// the place of stands there itself, and with its own time counts again.
std::vector<std::string> ConsentTexts(const v1::ExportedMember& member) {
  std::vector<std::string> texts;
  absl::Time objected_at = absl::InfiniteFuture();
  for (const v1::Consent& consent : member.consents()) {
    if (consent.objection()) {
      objected_at = std::min(objected_at, FromProto(consent.decided_at()));
      continue;
    }
    const bool granted = consent.state() == v1::CONSENT_STATE_GRANTED;
    const std::string& wording = consent.wording_version();
    texts.push_back(absl::StrCat(granted ? "" : "-",
                                 MatterText(consent.purpose(), consent.channel()), "@", wording,
                                 " ", TimeText(consent.decided_at())));
  }
  if (objected_at < absl::InfiniteFuture()) {
    texts.push_back(absl::StrCat(base::Abs(kObjectionWord), " ", base::FormatTime(objected_at)));
  }
  return texts;
}

std::string BirthdayText(const type::v1::Birthday& birthday) {
  const std::string day = absl::StrFormat("%02d-%02d", birthday.month(), birthday.day());
  return birthday.has_year() ? absl::StrFormat("%04d-%s", birthday.year(), day) : day;
}

}  // namespace

absl::Span<const std::string_view> MemberColumnNames() { return kColumnNames; }

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '|' || text[i + 1] == '\\')) {
      item += text[++i];
    } else if (text[i] == '|') {
      items.push_back(std::exchange(item, {}));
    } else {
      item += text[i];
    }
  }
  if (!item.empty() || !items.empty()) items.push_back(std::move(item));
  return items;
}

std::string JoinList(const std::vector<std::string>& items) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += '|';
    for (const char c : items[i]) {
      if (c == '|' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text;
}

absl::StatusOr<MemberRow> ReadMember(const MemberTexts& texts, const MemberDefaults& defaults) {
  ASSIGN_OR_RETURN(MemberRow row, ReadRow(texts, defaults));
  MemberDefaults by_date = defaults;
  by_date.now = absl::InfinitePast();
  ASSIGN_OR_RETURN(const MemberRow dated, ReadRow(texts, by_date));
  Name(defaults, dated, row);
  return row;
}

MemberTexts TextsOf(const v1::ExportedMember& member) {
  const v1::Profile& profile = member.member().profile();
  MemberTexts texts;
  const auto set = [&texts](MemberColumn column, std::string text) {
    texts[static_cast<size_t>(column)] = std::move(text);
  };
  std::vector<std::string> ids;
  for (const v1::ExternalId& id : profile.external_ids()) {
    ids.push_back(absl::StrCat(id.source(), ":", id.id()));
  }
  set(MemberColumn::kExternalId, JoinList(ids));
  set(MemberColumn::kEmail, profile.email());
  set(MemberColumn::kPhone, profile.phone());
  set(MemberColumn::kName, profile.greeting_name());
  if (profile.has_birthday()) set(MemberColumn::kBirthday, BirthdayText(profile.birthday()));
  set(MemberColumn::kTimeZone, profile.time_zone());
  set(MemberColumn::kLanguage, profile.language());
  set(MemberColumn::kAcquisitionSource, profile.acquisition_source());
  set(MemberColumn::kHomeStore, profile.home_store());
  set(MemberColumn::kEnrolledAt, TimeText(member.member().enrolled_at()));
  set(MemberColumn::kConsents, JoinList(ConsentTexts(member)));
  std::vector<std::string> preferences;
  for (const v1::KeptPreference& kept : member.preferences()) {
    preferences.push_back(PreferenceText(kept.preference()));
  }
  set(MemberColumn::kPreferences, JoinList(preferences));
  std::vector<std::string> segments;
  for (const v1::SegmentMark& mark : member.member().segments()) {
    segments.push_back(SegmentText(mark));
  }
  set(MemberColumn::kSegments, JoinList(segments));
  set(MemberColumn::kMemberState, MemberStateText(member.member()));
  return texts;
}

}  // namespace gratis::cli
