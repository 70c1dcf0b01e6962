#include "services/members/profile_change.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

constexpr std::pair<Part, std::string_view> kNames[] = {
    {Part::kExternalIds, "external_ids"},
    {Part::kEmail, "email"},
    {Part::kPhone, "phone"},
    {Part::kGreetingName, "greeting_name"},
    {Part::kBirthday, "birthday"},
    {Part::kTimeZone, "time_zone"},
    {Part::kLanguage, "language"},
    {Part::kAcquisitionSource, "acquisition_source"},
    {Part::kHomeStore, "home_store"},
};

bool IsSame(const Profile& a, const Profile& b, Part part) {
  switch (part) {
    case Part::kExternalIds:
      return a.external_ids == b.external_ids;
    case Part::kEmail:
      return a.email == b.email && a.email_removed == b.email_removed;
    case Part::kPhone:
      return a.phone == b.phone && a.phone_removed == b.phone_removed;
    case Part::kGreetingName:
      return a.greeting_name == b.greeting_name;
    case Part::kBirthday:
      return a.birthday == b.birthday;
    case Part::kTimeZone:
      return a.time_zone == b.time_zone;
    case Part::kLanguage:
      return a.language == b.language;
    case Part::kAcquisitionSource:
      return a.acquisition_source == b.acquisition_source;
    case Part::kHomeStore:
      return a.home_store == b.home_store;
  }
  return true;
}

void Take(const Profile& from, Part part, Profile& to) {
  switch (part) {
    case Part::kExternalIds:
      to.external_ids = from.external_ids;
      break;
    case Part::kEmail:
      to.email = from.email;
      to.email_removed = from.email.empty();
      break;
    case Part::kPhone:
      to.phone = from.phone;
      to.phone_removed = from.phone.empty();
      break;
    case Part::kGreetingName:
      to.greeting_name = from.greeting_name;
      break;
    case Part::kBirthday:
      to.birthday = from.birthday;
      break;
    case Part::kTimeZone:
      to.time_zone = from.time_zone;
      break;
    case Part::kLanguage:
      to.language = from.language;
      break;
    case Part::kAcquisitionSource:
      to.acquisition_source = from.acquisition_source;
      break;
    case Part::kHomeStore:
      to.home_store = from.home_store;
      break;
  }
}

absl::StatusOr<std::vector<ExternalId>> CheckedAll(std::vector<ExternalId> external_ids,
                                                   std::string_view list) {
  for (size_t i = 0; i < external_ids.size(); ++i) {
    absl::StatusOr<ExternalId> checked = CheckedExternalId(std::move(external_ids[i]));
    if (!checked.ok()) {
      return InField(checked.status(), absl::StrCat(base::Abs(list), "[", i, "]"));
    }
    external_ids[i] = *std::move(checked);
  }
  return external_ids;
}

auto Named(const ExternalId& checked) {
  return [&checked](const ExternalId& stored) { return IsSameId(stored, checked); };
}

}  // namespace

std::string_view NameOf(Part part) {
  for (const auto& [named, name] : kNames) {
    if (named == part) return name;
  }
  return "";
}

std::optional<Part> PartNamed(std::string_view name) {
  for (const auto& [part, of] : kNames) {
    if (of == name) return part;
  }
  return std::nullopt;
}

absl::StatusOr<ProfileChange> CheckedChange(ProfileChange change, const std::string& region) {
  if (change.parts.empty() && change.added.empty() && change.removed.empty()) {
    return FieldError(Reason::kFieldMissing, "update_mask",
                      "name the fields of the profile that change");
  }
  Profile wanted;
  for (const Part part : change.parts) Take(change.wanted, part, wanted);
  ASSIGN_OR_RETURN(change.wanted, CheckedParts(std::move(wanted), region));
  ASSIGN_OR_RETURN(change.added, CheckedAll(std::move(change.added), "add_external_ids"));
  ASSIGN_OR_RETURN(change.removed, CheckedAll(std::move(change.removed), "remove_external_ids"));
  return change;
}

absl::StatusOr<Profile> Changed(const Profile& before, const ProfileChange& change) {
  Profile after = before;
  for (const Part part : change.parts) Take(change.wanted, part, after);
  std::vector<ExternalId>& ids = after.external_ids;
  for (size_t i = 0; i < change.removed.size(); ++i) {
    const auto gone = std::find_if(ids.begin(), ids.end(), Named(change.removed[i]));
    if (gone == ids.end()) {
      return FieldError(Reason::kFieldInvalid, absl::StrCat("remove_external_ids[", i, "]"),
                        "the member has no such id");
    }
    ids.erase(gone);
  }
  for (const ExternalId& added : change.added) {
    if (std::find(ids.begin(), ids.end(), added) != ids.end()) continue;
    const auto older = std::find_if(ids.begin(), ids.end(), Named(added));
    if (older == ids.end()) {
      ids.push_back(added);
    } else {
      // Kept as it was once written: from now on all its spellings lead here.
      *older = added;
    }
  }
  if (ids.size() > kMaxExternalIds) {
    return FieldError(Reason::kFieldInvalid, "add_external_ids", "at most 10 ids of other systems");
  }
  RETURN_IF_ERROR(CheckFindable(after));
  return after;
}

std::vector<Part> Differences(const Profile& before, const Profile& after) {
  std::vector<Part> parts;
  for (const auto& [part, name] : kNames) {
    if (!IsSame(before, after, part)) parts.push_back(part);
  }
  return parts;
}

bool CorrectsBirthday(const Profile& before, const Profile& after) {
  return before.birthday && after.birthday && before.birthday->on != after.birthday->on;
}

}  // namespace gratis::members
