#pragma once

#include <optional>
#include <string>
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

// Makes a person a member. Answers with EnrollMemberResponse. Errors: IDENTIFIER_TAKEN (metadata:
// field, member_id of who has it), EFFECTIVE_TIME_INVALID, INVALID_DATE.
class Enrollment final : public ledger::Mutation {
 public:
  explicit Enrollment(Newcomer newcomer);

  void AddNeeds(ledger::Wants& wants) const override;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

  const MemberRow& row() const { return newcomer_.row; }

 private:
  Newcomer newcomer_;
};

// Writes the members that were decided on.
class EnrollmentKind final : public ledger::KindOf<Enrollment> {
 private:
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Enrollment* const> enrollments) override;
};

}  // namespace gratis::members
