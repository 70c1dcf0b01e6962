#include "services/members/member_names.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

// Stored as keyed hashes: these names may never change.
std::string_view LookupKind(ledger::DirectoryKind kind) {
  switch (kind) {
    case ledger::DirectoryKind::kExternalId:
      return "external_id";
    case ledger::DirectoryKind::kEmail:
      return "email";
    case ledger::DirectoryKind::kPhone:
      return "phone";
    case ledger::DirectoryKind::kCard:
      return "card";
    default:
      std::abort();  // no other kind leads to a member
  }
}
constexpr std::string_view kBirthdayLookup = "birthday";

}  // namespace

absl::Status IdentifierTaken(const std::string& field, const MemberId& by) {
  return InField(Error(Reason::kIdentifierTaken,
                       "another member has this identifier; look them up with IdentifyMember",
                       {{"field", field}, {"member_id", by.ToString()}}),
                 field);
}

ledger::DirectoryKey MemberNames::NameOf(int32_t program, const Identifier& identifier) const {
  return {identifier.kind,
          vault_.LookupKey(program, LookupKind(identifier.kind), identifier.key_text)};
}

std::vector<Claim> MemberNames::NamesOf(int32_t program, const Profile& profile) const {
  std::vector<Claim> names;
  for (Identifier& identifier : IdentifiersOf(profile)) {
    names.push_back({NameOf(program, identifier), std::move(identifier.field)});
  }
  return names;
}

std::string MemberNames::BirthdayKey(int32_t program, const MonthDay& day) const {
  return vault_.LookupKey(program, kBirthdayLookup, MonthDayText(day));
}

}  // namespace gratis::members
