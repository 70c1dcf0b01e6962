#include "services/members/erasure.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/house/master_keys/master_keys.h"
#include "common/ledger/ops.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/card_store.h"
#include "services/members/member_contract.h"
#include "services/members/privacy_contract.h"
#include "services/members/proposal_store.h"

namespace gratis::members {
namespace {

constexpr int32_t kCardsAtOnce = 1000;

absl::StatusOr<std::vector<CardRow>> AllCards(pg::Tx& tx, const ledger::Program& program,
                                              const MemberId& member) {
  std::vector<CardRow> cards;
  CardId after;
  while (true) {
    ASSIGN_OR_RETURN(
        const std::vector<CardRow> page,
        CardStore(tx).ListOfMember(program.first_partition, member, after, kCardsAtOnce));
    cards.insert(cards.end(), page.begin(), page.end());
    if (page.size() < static_cast<size_t>(kCardsAtOnce)) return cards;
    after = page.back().id;
  }
}

}  // namespace

Erasure::Erasure(const MemberId& member, const TransactionId& transaction)
    : transaction_(transaction) {
  envelope.member = member;
  // Where cards are, and pairs who may be one.
  envelope.also.push_back(MemberId{});
}

absl::StatusOr<int> Erasure::GiveUpNames(ledger::Books& books) const {
  // All are asked for before the first is missed, so that one look is enough.
  absl::Status known;
  for (const HeldName& held : known_->names) known.Update(books.LookUp(held.name).status());
  RETURN_IF_ERROR(known);
  int given_up = 0;
  for (const HeldName& held : known_->names) {
    const auto entry = books.FindEntry(held.name);
    if (!entry || entry->id != held.leads_to) continue;
    RETURN_IF_ERROR(books.Release(held.name, {.kind = ledger::FactKind::kNameReleased,
                                              .transaction = transaction_,
                                              .member = held.beside,
                                              .effective_at = envelope.now}));
    ++given_up;
  }
  return given_up;
}

absl::StatusOr<std::string> Erasure::Decide(ledger::Books& books) {
  const MemberId& member = envelope.member;
  RETURN_IF_ERROR(books.Permit(member, ledger::Deed::kCorrect));
  if (!is_wanted_) return absl::FailedPreconditionError("what led to the erasure holds no more");
  if (!known_) {
    return Error(Reason::kBooksDamaged, "the ledger has a member of whom nothing is stored");
  }
  const ledger::Posting posting{.kind = ledger::FactKind::kMemberStateSet,
                                .transaction = transaction_,
                                .member = member,
                                .effective_at = envelope.now,
                                .source = "erasure",
                                .detail = ""};
  ASSIGN_OR_RETURN(const ledger::Forfeited forfeited, ledger::Forfeit(books, posting));
  erased_ = {.member = member,
             .erased_at = books.recorded_at(),
             .key_version = std::max(known_->key_version, newest_version_),
             .transaction = transaction_};
  ASSIGN_OR_RETURN(erased_.names, GiveUpNames(books));
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
  return ErasureAnswer(books, erased_, forfeited, left_, envelope.validate_only);
}

absl::StatusOr<std::optional<ToErase>> Erasures::Find(pg::Tx& tx, const ledger::Program& program,
                                                      const MemberId& member) const {
  const std::string_view owner = member.uuid.AsBytes();
  ASSIGN_OR_RETURN(const std::optional<LockedMember> row,
                   ErasureStore(tx).Lock(ledger::PartitionOf(program, member), member));
  if (!row) return std::nullopt;
  ToErase what{.names = {}, .cards = {}, .key_version = row->data_key.version()};
  ASSIGN_OR_RETURN(const std::string bytes, vault_.Open(row->data_key, owner, row->sealed_profile));
  ASSIGN_OR_RETURN(const Profile profile, ParseProfile(bytes));
  for (const Claim& claim : names_.NamesOf(program.number, profile)) {
    what.names.push_back({claim.name, member.uuid, member});
  }
  ASSIGN_OR_RETURN(const std::vector<CardRow> cards, AllCards(tx, program, member));
  for (const CardRow& card : cards) {
    CardName name{card.issuer, ""};
    if (card.issuer.empty()) {
      name.number = numbers_.NumberOf(program.number, card.prefix, card.id);
    } else {
      ASSIGN_OR_RETURN(name.number, vault_.Open(row->data_key, owner, card.sealed_number));
    }
    what.cards.push_back(card.id);
    what.names.push_back({numbers_.NameOf(program.number, name), card.id.uuid, MemberId{}});
  }
  return what;
}

absl::Status Erasures::LoadAll(pg::Tx& tx, absl::Span<Erasure* const> set) {
  ASSIGN_OR_RETURN(const int newest, house::ReadNewestVersion(tx));
  for (Erasure* erasure : set) {
    erasure->newest_version_ = newest;
    if (erasure->wanted) {
      ASSIGN_OR_RETURN(erasure->is_wanted_, erasure->wanted(tx));
    }
    ASSIGN_OR_RETURN(erasure->left_,
                     ReadLeftInHouseholds(tx, erasure->envelope.program, erasure->envelope.member,
                                          erasure->envelope.now));
    ASSIGN_OR_RETURN(erasure->known_,
                     Find(tx, erasure->envelope.program, erasure->envelope.member));
  }
  return absl::OkStatus();
}

absl::Status Erasures::WriteAll(pg::Tx& tx, absl::Span<Erasure* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  std::vector<const ErasedMember*> erased;
  std::vector<CardId> cards;
  std::vector<MemberId> members;
  for (const Erasure* erasure : set) {
    erased.push_back(&erasure->erased_);
    members.push_back(erasure->erased_.member);
    cards.insert(cards.end(), erasure->known_->cards.begin(), erasure->known_->cards.end());
  }
  ErasureStore store(tx);
  if (!cards.empty()) store.DeleteCards(program.first_partition, cards);
  ProposalStore(tx, program).DeleteOf(members);
  store.Erase(program.number, set.front()->envelope.home(), erased);
  return absl::OkStatus();
}

}  // namespace gratis::members
