#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/ledger/mutation.h"
#include "common/ledger/standing.h"
#include "common/vault/vault.h"
#include "services/members/contributed.h"

// How members come to stand otherwise, leave, and come back.
namespace gratis::members {

// Answers with SetMemberStateResponse. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED, MEMBER_NOT_ACTIVE
// (they are closed).
class StateChange final : public ledger::Mutation {
 public:
  StateChange(const MemberId& member, ledger::MemberState state, std::string source,
              const TransactionId& transaction);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  const ledger::MemberState state_;
  const std::string source_;
  const TransactionId transaction_;
};

// A member leaves, and what they have ends. Answers with CloseMemberResponse. Errors:
// MEMBER_NOT_FOUND, MEMBER_ERASED, MEMBER_NOT_ACTIVE (they are closed), FIELD_INVALID (it is a
// group, whose contributors would lose what is theirs).
class Closing final : public ledger::Mutation {
 public:
  // `leaving_answer`: why, in their own words; empty if they did not say.
  Closing(const MemberId& member, std::string leaving_answer, const TransactionId& transaction);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class Closings;

  const std::string leaving_answer_;
  const TransactionId transaction_;
  bool is_group_ = false;  // loaded, as the next
  std::vector<LeftInHousehold> left_;
  std::map<MemberId, vault::SealedKey> data_keys_;  // loaded; their own
};

// Keeps what they answered, sealed with their own key.
class Closings final : public ledger::KindOf<Closing> {
 public:
  // `vault` outlives this.
  explicit Closings(const vault::Vault& vault) : vault_(vault) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<Closing* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Closing* const> set) override;

 private:
  const vault::Vault& vault_;
};

// A member who left comes back. Answers with ReopenMemberResponse. Errors: MEMBER_NOT_FOUND,
// MEMBER_ERASED, MEMBER_NOT_ACTIVE (they did not leave).
class Reopening final : public ledger::Mutation {
 public:
  Reopening(const MemberId& member, const TransactionId& transaction);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  const TransactionId transaction_;
};

}  // namespace gratis::members
