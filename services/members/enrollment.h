#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ledger/mutation.h"
#include "services/members/member_names.h"
#include "services/members/member_rules.h"
#include "services/members/member_store.h"

namespace gratis::members {

// What a person brings along, sealed already: nothing that happens under the partition's lock costs
// a cipher.
struct Newcomer {
  MemberRow row;  // enrolled_at is decided
  std::vector<Claim> claims;
  TransactionId transaction;
  std::optional<absl::Time> stated_enrolled_at;
  bool may_state_past = false;
  std::optional<Birthday> birthday;
};

// Makes a person a member. Answers with EnrollMemberResponse. Errors: IDENTIFIER_TAKEN (see
// IdentifiersTaken), EFFECTIVE_TIME_INVALID, INVALID_DATE.
class Enrollment final : public ledger::Mutation {
 public:
  explicit Enrollment(Newcomer newcomer);

  void AddNeeds(ledger::Wants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  // Who was enrolled then may have been erased since.
  absl::Status CheckReplay(ledger::Books& books, std::string_view answer) const override;

  const MemberRow& row() const { return newcomer_.row; }
  void SetDataKey(vault::SealedKey key) { newcomer_.row.data_key = std::move(key); }

 private:
  std::vector<TakenName> Taken(const ledger::Books& books) const;

  Newcomer newcomer_;
};

// Writes the members that were decided on.
class EnrollmentKind final : public ledger::KindOf<Enrollment> {
 public:
  // `vault` outlives it.
  explicit EnrollmentKind(vault::Vault& vault) : vault_(vault) {}

 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<Enrollment* const> enrollments) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Enrollment* const> enrollments) override;

  vault::Vault& vault_;
};

}  // namespace gratis::members
