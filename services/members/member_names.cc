#include "services/members/member_names.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/str_join.h"
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

absl::Status IdentifiersTaken(absl::Span<const TakenName> taken) {
  const TakenName& first = taken.front();
  Metadata metadata = {{"field", first.field}, {"member_id", first.by.ToString()}};
  std::set<MemberId> members;
  for (const TakenName& name : taken) members.insert(name.by);
  if (taken.size() > 1) {
    metadata.emplace_back("fields",
                          absl::StrJoin(taken, ",", [](std::string* text, const TakenName& name) {
                            text->append(name.field);
                          }));
  }
  if (members.size() > 1) metadata.emplace_back("member_ids", JoinedIds(members));
  return InField(
      Error(Reason::kIdentifierTaken, "another member has this identifier", std::move(metadata)),
      first.field);
}

std::string JoinedIds(const std::set<MemberId>& members) {
  return absl::StrJoin(members, ",", [](std::string* text, const MemberId& member) {
    text->append(member.ToString());
  });
}

ledger::DirectoryKey MemberNames::NameOf(int32_t program, const Identifier& identifier) const {
  return {identifier.kind,
          vault_.LookupKey(program, LookupKind(identifier.kind), identifier.key_text)};
}

std::optional<ledger::DirectoryKey> MemberNames::OlderNameOf(int32_t program,
                                                             const Identifier& identifier) const {
  if (identifier.older_key_text.empty()) return std::nullopt;
  return ledger::DirectoryKey{
      identifier.kind,
      vault_.LookupKey(program, LookupKind(identifier.kind), identifier.older_key_text)};
}

std::vector<Claim> MemberNames::NamesOf(int32_t program, const Profile& profile) const {
  std::vector<Claim> names;
  for (const Identifier& identifier : IdentifiersOf(profile)) {
    names.push_back({.name = NameOf(program, identifier),
                     .field = identifier.field,
                     .older = OlderNameOf(program, identifier)});
  }
  return names;
}

std::string MemberNames::BirthdayKey(int32_t program, const MonthDay& day) const {
  return vault_.LookupKey(program, kBirthdayLookup, MonthDayText(day));
}

}  // namespace gratis::members
