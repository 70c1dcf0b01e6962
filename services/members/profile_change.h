#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/members/member_rules.h"

// What may be changed of a profile, and what a change comes to: values in, values out.
namespace gratis::members {

// The parts of a profile, as the contract has its fields.
enum class Part {
  kExternalIds,
  kEmail,
  kPhone,
  kGreetingName,
  kBirthday,
  kTimeZone,
  kLanguage,
  kAcquisitionSource,
  kHomeStore,
};

// "greeting_name", as in masks, answers and the journal.
std::string_view NameOf(Part part);
std::optional<Part> PartNamed(std::string_view name);

struct ProfileChange {
  std::set<Part> parts;           // that become what they are in
  Profile wanted;                 // this; its other parts are empty
  std::vector<ExternalId> added;  // to the external ids, after that
  std::vector<ExternalId> removed;
};

// The change, checked (see CheckedParts); what is not among its parts is taken out of `wanted`.
// Errors: those of CheckedParts, and FIELD_MISSING (it changes nothing).
absl::StatusOr<ProfileChange> CheckedChange(ProfileChange change, const std::string& region);

// What a change makes of a profile. Errors: FIELD_MISSING (no identifier would be left),
// FIELD_INVALID (too many external ids, or one to take away that is not there).
absl::StatusOr<Profile> Changed(const Profile& before, const ProfileChange& change);

// The parts that differ, in their order.
std::vector<Part> Differences(const Profile& before, const Profile& after);

// Whether a birthday that was known is another day now; to say or forget one is no correction, nor
// is to add the year.
bool CorrectsBirthday(const Profile& before, const Profile& after);

}  // namespace gratis::members
