#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/ledger/books.h"
#include "common/vault/vault.h"
#include "services/members/member_rules.h"

namespace gratis::members {

// A name that leads to a member, and the field of the request that it came in.
struct Claim {
  ledger::DirectoryKey name;
  std::string field;
};

// What is told of a name that leads to somebody else: IDENTIFIER_TAKEN.
absl::Status IdentifierTaken(const std::string& field, const MemberId& by);

// Under what members are found: keyed hashes, in a program, of what they are known by. Thread-safe.
class MemberNames {
 public:
  // `vault` outlives this.
  explicit MemberNames(const vault::Vault& vault) : vault_(vault) {}

  ledger::DirectoryKey NameOf(int32_t program, const Identifier& identifier) const;
  std::vector<Claim> NamesOf(int32_t program, const Profile& profile) const;
  std::string BirthdayKey(int32_t program, const MonthDay& day) const;

 private:
  const vault::Vault& vault_;
};

}  // namespace gratis::members
