#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/ledger/mutation.h"
#include "common/vault/vault.h"
#include "services/members/erasure_store.h"
#include "services/members/member_names.h"

namespace gratis::members {

// What of a member has to go.
struct ToErase {
  std::vector<ledger::DirectoryKey> names;
  int key_version = 0;  // of the master key that wraps their data key
};

// Erases a person: what they have ends, their names are given up, nothing can
// be done for the member any more, and what is kept of them goes with the key
// it was sealed with. The journal stays. Answers with EraseMemberResponse.
// Errors: MEMBER_NOT_FOUND, MEMBER_ERASED, CONFLICT (something else just gave
// them a name).
class Erasure final : public ledger::Mutation {
 public:
  Erasure(const MemberId& member, const TransactionId& transaction);

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  // The certificate may be had again.
  absl::Status CheckReplay(ledger::Books&, std::string_view) const override {
    return absl::OkStatus();
  }

 private:
  friend class Erasures;

  absl::StatusOr<int> GiveUpNames(ledger::Books& books, const ToErase& what) const;

  const TransactionId transaction_;
  std::shared_ptr<const std::map<MemberId, ToErase>> known_;  // loaded
  ErasedMember erased_;                                       // decided
};

class Erasures final : public ledger::KindOf<Erasure> {
 public:
  // `vault` outlives this.
  explicit Erasures(const vault::Vault& vault) : vault_(vault), names_(vault) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<Erasure* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Erasure* const> set) override;

 private:
  const vault::Vault& vault_;
  const MemberNames names_;
};

}  // namespace gratis::members
