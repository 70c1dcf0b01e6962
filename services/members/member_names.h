#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/ledger/books.h"
#include "common/vault/vault.h"
#include "services/members/member_rules.h"

namespace gratis::members {

// A name that leads to a member, and the field of the request that it came in. `older`: the name
// that this very spelling was before (see Identifier), which must lead to nobody else either.
struct Claim {
  ledger::DirectoryKey name;
  std::string field;
  std::optional<ledger::DirectoryKey> older = {};
};

// As an error's metadata names several members: by id, parted by commas.
std::string JoinedIds(const std::set<MemberId>& members);

// A name that leads to somebody else, and the field that it came in.
struct TakenName {
  std::string field;
  MemberId by;
};
// What is told of such names, at least one: IDENTIFIER_TAKEN of the first (metadata: field,
// member_id). Of several also all their fields (metadata: fields) and, if they lead to several
// members, who these are (metadata: member_ids); parted by commas.
absl::Status IdentifiersTaken(absl::Span<const TakenName> taken);

// Under what members are found: keyed hashes, in a program, of what they are known by. Thread-safe.
class MemberNames {
 public:
  // `vault` outlives this.
  explicit MemberNames(const vault::Vault& vault) : vault_(vault) {}

  ledger::DirectoryKey NameOf(int32_t program, const Identifier& identifier) const;
  // Nothing if it always had the same.
  std::optional<ledger::DirectoryKey> OlderNameOf(int32_t program,
                                                  const Identifier& identifier) const;
  std::vector<Claim> NamesOf(int32_t program, const Profile& profile) const;
  std::string BirthdayKey(int32_t program, const MonthDay& day) const;

 private:
  const vault::Vault& vault_;
};

}  // namespace gratis::members
