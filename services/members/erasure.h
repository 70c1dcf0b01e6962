#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ledger/mutation.h"
#include "common/vault/vault.h"
#include "services/members/card_number.h"
#include "services/members/contributed.h"
#include "services/members/erasure_store.h"
#include "services/members/member_names.h"

namespace gratis::members {

// A name that leads to a person, or to a card of theirs.
struct HeldName {
  ledger::DirectoryKey name;
  Uuid leads_to;
  MemberId beside;  // in whose partition the name is counted; nil: the program's first
};

// What of a member has to go.
struct ToErase {
  std::vector<HeldName> names;
  std::vector<CardId> cards;
  int key_version = 0;  // of the master key that wraps their data key
};

// Erases a person: what they have ends, the names and cards that lead to them are given up, nothing
// can be done for the member any more, and what is kept of them goes with the key it was sealed
// with. The journal stays. Answers with EraseMemberResponse. To be posted alone: it knows nothing
// of a name that another mutation of its run gives the member. Errors: MEMBER_NOT_FOUND,
// MEMBER_ERASED; FAILED_PRECONDITION without a reason when `wanted` says no.
class Erasure final : public ledger::Mutation {
 public:
  Erasure(const MemberId& member, const TransactionId& transaction);

  // Asked under the lock, if set: whether what led to the erasure still holds.
  std::function<absl::StatusOr<bool>(pg::Tx&)> wanted;

  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  // The certificate may be had again.
  absl::Status CheckReplay(ledger::Books&, std::string_view) const override {
    return absl::OkStatus();
  }

 private:
  friend class Erasures;

  absl::StatusOr<int> GiveUpNames(ledger::Books& books) const;

  const TransactionId transaction_;
  bool is_wanted_ = true;  // loaded, as the next two
  std::vector<LeftInHousehold> left_;
  std::optional<ToErase> known_;
  int newest_version_ = 0;  // of the master key; what was written to them may be under it already
  ErasedMember erased_;     // decided
};

class Erasures final : public ledger::KindOf<Erasure> {
 public:
  // `vault` outlives this.
  explicit Erasures(const vault::Vault& vault) : vault_(vault), names_(vault), numbers_(vault) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<Erasure* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<Erasure* const> set) override;

 private:
  // Nothing if nothing is stored of them.
  absl::StatusOr<std::optional<ToErase>> Find(pg::Tx& tx, const ledger::Program& program,
                                              const MemberId& member) const;

  const vault::Vault& vault_;
  const MemberNames names_;
  const CardNumbers numbers_;
};

}  // namespace gratis::members
