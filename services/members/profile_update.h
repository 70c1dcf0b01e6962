#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/ledger/mutation.h"
#include "common/vault/vault.h"
#include "services/members/member_names.h"
#include "services/members/member_store.h"
#include "services/members/profile_change.h"

namespace gratis::members {

// What is stored of a member, opened; an erased one's profile does not open any more.
struct MemberFile {
  MemberRow row;
  absl::StatusOr<Profile> profile;
};

// Changes parts of a member's profile. Names that fall away are given up, new ones are taken. The
// journal says which parts changed, never what they say; of what staff changed, also which there
// were and are. Answers with UpdateMemberResponse. Errors:
// MEMBER_NOT_FOUND, MEMBER_ERASED, IDENTIFIER_TAKEN (see IdentifiersTaken), INVALID_DATE, and those
// of Changed.
class ProfileUpdate final : public ledger::Mutation {
 public:
  // `change` is checked; `names` outlives this.
  ProfileUpdate(const MemberNames& names, const MemberId& member, ProfileChange change,
                const TransactionId& transaction);

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class ProfileUpdates;
  using Files = std::map<MemberId, MemberFile>;

  absl::Status MoveNames(ledger::Books& books, const Profile& before, const Profile& after) const;
  // Where in the request a name came from.
  std::string FieldOfName(const std::vector<Claim>& names, size_t place,
                          const Profile& after) const;

  const MemberNames& names_;
  const ProfileChange change_;
  const TransactionId transaction_;
  std::shared_ptr<Files>
      files_;  // of the set's members, so that each decision sees those before it
};

// Opens profiles under the partition's lock, and seals again those that changed.
class ProfileUpdates final : public ledger::KindOf<ProfileUpdate> {
 public:
  // `vault` outlives this.
  explicit ProfileUpdates(const vault::Vault& vault) : vault_(vault) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<ProfileUpdate* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<ProfileUpdate* const> set) override;

 private:
  const vault::Vault& vault_;
};

}  // namespace gratis::members
