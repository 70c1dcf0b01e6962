#include "services/members/erasure.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/member_contract.h"
#include "services/members/member_store.h"
#include "services/members/privacy_contract.h"

namespace gratis::members {

Erasure::Erasure(const MemberId& member, const TransactionId& transaction)
    : transaction_(transaction) {
  envelope.member = member;
}

absl::StatusOr<int> Erasure::GiveUpNames(ledger::Books& books, const ToErase& what) const {
  const MemberId& member = envelope.member;
  // What was read of them before the run knows nothing of names that the run
  // itself gave them.
  for (const ledger::Books::Name& claimed : books.claims()) {
    if (claimed.entry.id == member.uuid) {
      return Error(Reason::kConflict, "the member is just being given another identifier");
    }
  }
  int given_up = 0;
  for (const ledger::DirectoryKey& name : what.names) {
    ASSIGN_OR_RETURN(const auto entry, books.LookUp(name));
    if (!entry || entry->id != member.uuid) continue;
    RETURN_IF_ERROR(books.Release(name, {.kind = ledger::FactKind::kNameReleased,
                                         .transaction = transaction_,
                                         .member = member,
                                         .effective_at = envelope.now}));
    ++given_up;
  }
  return given_up;
}

absl::StatusOr<std::string> Erasure::Decide(ledger::Books& books) {
  const MemberId& member = envelope.member;
  RETURN_IF_ERROR(books.Permit(member, ledger::Deed::kCorrect));
  const auto what = known_->find(member);
  if (what == known_->end()) {
    return Error(Reason::kBooksDamaged, "the ledger has a member of whom nothing is stored");
  }
  const ledger::Posting posting{.kind = ledger::FactKind::kMemberStateSet,
                                .transaction = transaction_,
                                .member = member,
                                .effective_at = envelope.now,
                                .source = "erasure"};
  ASSIGN_OR_RETURN(const ledger::Forfeited forfeited, ledger::Forfeit(books, posting));
  erased_ = {.member = member,
             .erased_at = books.recorded_at(),
             .key_version = what->second.key_version,
             .transaction = transaction_};
  ASSIGN_OR_RETURN(erased_.names, GiveUpNames(books, what->second));
  RETURN_IF_ERROR(ledger::SetMemberState(books, posting, ledger::MemberState::kErased));
  RETURN_IF_ERROR(
      books
          .Post({.kind = ledger::FactKind::kMemberErased,
                 .transaction = transaction_,
                 .member = member,
                 .effective_at = envelope.now,
                 .source = "erasure",
                 .detail = absl::StrCat("{\"master_key_version\":", erased_.key_version, "}")})
          .status());
  return ErasureAnswer(books, erased_, forfeited, envelope.validate_only);
}

absl::Status Erasures::LoadAll(pg::Tx& tx, absl::Span<Erasure* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  const auto known = std::make_shared<std::map<MemberId, ToErase>>();
  for (Erasure* erasure : set) {
    const MemberId& member = erasure->envelope.member;
    erasure->known_ = known;
    ASSIGN_OR_RETURN(const std::optional<MemberRow> row,
                     MemberStore(tx).Find(ledger::PartitionOf(program, member), member));
    if (!row) continue;
    ASSIGN_OR_RETURN(const std::string bytes,
                     vault_.Open(row->data_key, member.uuid.AsBytes(), row->sealed_profile));
    ASSIGN_OR_RETURN(const Profile profile, ParseProfile(bytes));
    ToErase& what = (*known)[member];
    what.key_version = row->data_key.version();
    for (const Claim& claim : names_.NamesOf(program.number, profile)) {
      what.names.push_back(claim.name);
    }
  }
  return absl::OkStatus();
}

absl::Status Erasures::WriteAll(pg::Tx& tx, absl::Span<Erasure* const> set) {
  std::vector<const ErasedMember*> erased;
  for (const Erasure* erasure : set) erased.push_back(&erasure->erased_);
  const ledger::Envelope& any = set.front()->envelope;
  ErasureStore(tx).Erase(any.program.number, ledger::PartitionOf(any.program, any.member), erased);
  return absl::OkStatus();
}

}  // namespace gratis::members
