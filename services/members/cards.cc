#include "services/members/cards.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/card_store.h"
#include "services/members/member_store.h"

namespace gratis::members {
namespace {

// More numbers than cards, for those that are taken by chance: with ten million cards of a prefix
// one in a thousand is.
constexpr size_t SpareDrafts(size_t count) { return 8 + count / 16; }

// Of somebody of whom nothing is stored. Errors: MEMBER_NOT_FOUND, MEMBER_ERASED.
absl::Status NoMember(pg::Tx& tx, const ledger::Program& program, const MemberId& member) {
  RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
  return Error(Reason::kBooksDamaged, "the ledger has a member of whom nothing is stored");
}

absl::Status NoSuchCard(std::string_view field) {
  return FieldError(Reason::kCardNotFound, field, "no card of the program has this number or id");
}

}  // namespace

TransactionId Cards::NewTransaction(const ledger::Program& program, const MemberId& member,
                                    absl::Time now) const {
  return ledger::Beside(program, member, TransactionId{ids_.Next(now)});
}

std::unique_ptr<CardChange> Cards::Issue(const ledger::Program& program, size_t count,
                                         int16_t prefix, const std::string& batch,
                                         absl::Time now) const {
  CardIssueOrder order{.transaction = NewTransaction(program, {}, now),
                       .count = count,
                       .prefix = prefix,
                       .batch = batch,
                       .drafts = {}};
  order.drafts.reserve(count + SpareDrafts(count));
  while (order.drafts.size() < count + SpareDrafts(count)) {
    const CardId id{ids_.Next(now)};
    const CardName name{"", numbers_.NumberOf(program.number, prefix, id)};
    order.drafts.push_back({id, numbers_.NameOf(program.number, name)});
  }
  return std::make_unique<CardIssue>(std::move(order));
}

absl::StatusOr<std::optional<CardId>> Cards::FindNamed(pg::Tx& tx, const ledger::Program& program,
                                                       const CardName& card) const {
  ASSIGN_OR_RETURN(const auto found,
                   ledger::FindNames(tx, program, {numbers_.NameOf(program.number, card)}));
  if (found.empty()) return std::nullopt;
  return CardId{found.front().second.id};
}

absl::StatusOr<CardRow> Cards::FindRow(pg::Tx& tx, const ledger::Program& program,
                                       const CardReference& card) const {
  std::optional<CardId> id;
  if (const CardId* given = std::get_if<CardId>(&card.card)) {
    id = *given;
  } else {
    ASSIGN_OR_RETURN(id, FindNamed(tx, program, std::get<CardName>(card.card)));
  }
  if (!id) return NoSuchCard(card.field);
  ASSIGN_OR_RETURN(const std::vector<CardRow> rows,
                   CardStore(tx).Read(program.first_partition, {*id}));
  if (rows.empty()) return NoSuchCard(card.field);
  return rows.front();
}

absl::StatusOr<CardToLink> Cards::FindToLink(pg::Tx& tx, const ledger::Program& program,
                                             const MemberId& member, const CardName& card,
                                             std::string field, absl::Time now) const {
  CardToLink found{.id = {}, .field = std::move(field), .new_name = {}, .issuer = card.issuer};
  ASSIGN_OR_RETURN(const std::optional<CardId> known, FindNamed(tx, program, card));
  if (known) {
    found.id = *known;
    return found;
  }
  if (card.issuer.empty()) return NoSuchCard(found.field);
  ASSIGN_OR_RETURN(const std::optional<MemberRow> row,
                   MemberStore(tx).Find(ledger::PartitionOf(program, member), member));
  if (!row) return NoMember(tx, program, member);
  found.id = CardId{ids_.Next(now)};
  found.new_name = numbers_.NameOf(program.number, card);
  ASSIGN_OR_RETURN(found.sealed_number,
                   vault_.Seal(row->data_key, member.uuid.AsBytes(), card.number));
  return found;
}

Cards::ChangeOr Cards::Link(const ledger::Program& program, const MemberId& member,
                            const CardName& card, const Moment& moment) const {
  CardToLink found;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(moment.deadline), [&](pg::Tx& tx) -> absl::Status {
    const absl::StatusOr<CardToLink> to_link =
        FindToLink(tx, program, member, card, "card", moment.now);
    if (to_link.ok()) {
      found = *to_link;
      return absl::OkStatus();
    }
    // Of who was erased no card is known any more.
    RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
    return to_link.status();
  }));
  return std::make_unique<CardLink>(NewTransaction(program, member, moment.now), member,
                                    std::move(found));
}

Cards::ChangeOr Cards::ReportLost(const ledger::Program& program, const CardReference& card,
                                  const Moment& moment) const {
  CardRow row;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(moment.deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(row, FindRow(tx, program, card));
    return absl::OkStatus();
  }));
  return std::make_unique<CardLoss>(NewTransaction(program, row.member, moment.now), row.member,
                                    row.id);
}

Cards::ChangeOr Cards::Replace(const ledger::Program& program, const CardReference& old_card,
                               const CardName& new_card, const Moment& moment) const {
  CardRow row;
  MemberId member;
  CardToLink found;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(moment.deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(row, FindRow(tx, program, old_card));
    if (row.member.IsNil()) return ReplacedFor(row).status();
    // Whoever gets the card is who its number is sealed for.
    ASSIGN_OR_RETURN(const auto survivors, ledger::ReadSurvivors(tx, program, {row.member}));
    member = survivors.empty() ? row.member : survivors.at(row.member);
    ASSIGN_OR_RETURN(found, FindToLink(tx, program, member, new_card, "new_card", moment.now));
    return absl::OkStatus();
  }));
  return std::make_unique<CardReplacement>(NewTransaction(program, member, moment.now), member,
                                           row.id, std::move(found));
}

absl::StatusOr<CardPage> Cards::ListOfMember(const ledger::Program& program, const MemberId& member,
                                             const CardId& after, int32_t limit,
                                             absl::Time deadline, bool as_named) const {
  std::map<MemberId, MemberRow> holders;
  std::vector<CardRow> rows;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    holders.clear();
    rows.clear();
    std::vector<MemberId> whose = {member};
    if (!as_named) {
      ASSIGN_OR_RETURN(const auto duplicates, ledger::ReadDuplicates(tx, {member}));
      for (const auto& [survivor, duplicate] : duplicates) whose.push_back(duplicate);
    }
    // Before their cards: of whoever is erased in between there are none any more.
    MemberStore members(tx);
    const pg::Tx::Asked asked = members.AskAnywhere(ledger::PartitionsOf(program, whose), whose);
    ASSIGN_OR_RETURN(std::vector<MemberRow> found, members.TakeAnywhere(asked));
    for (MemberRow& row : found) {
      const MemberId id = row.id;
      holders.emplace(id, std::move(row));
    }
    if (holders.count(member) == 0) return NoMember(tx, program, member);
    for (const auto& [holder, row] : holders) {
      ASSIGN_OR_RETURN(
          std::vector<CardRow> more,
          CardStore(tx).ListOfMember(program.first_partition, holder, after, limit + 1));
      std::move(more.begin(), more.end(), std::back_inserter(rows));
    }
    return absl::OkStatus();
  }));
  std::sort(rows.begin(), rows.end(),
            [](const CardRow& a, const CardRow& b) { return a.id < b.id; });
  CardPage page;
  for (CardRow& row : rows) {
    if (static_cast<int32_t>(page.cards.size()) == limit) {
      page.next = page.cards.back().row.id;
      break;
    }
    std::string number;
    if (row.issuer.empty()) {
      number = numbers_.NumberOf(program.number, row.prefix, row.id);
    } else {
      ASSIGN_OR_RETURN(number, vault_.Open(holders.at(row.member).data_key,
                                           row.member.uuid.AsBytes(), row.sealed_number));
    }
    page.cards.push_back({std::move(row), std::move(number)});
  }
  return page;
}

absl::StatusOr<CardPage> Cards::ListOfBatch(const ledger::Program& program, std::string_view batch,
                                            const CardId& after, int32_t limit,
                                            absl::Time deadline) const {
  std::vector<CardRow> rows;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(rows,
                     CardStore(tx).ListOfBatch(program.first_partition, batch, after, limit + 1));
    return absl::OkStatus();
  }));
  CardPage page;
  for (CardRow& row : rows) {  // ours all: others' are in no batch
    if (static_cast<int32_t>(page.cards.size()) == limit) {
      page.next = page.cards.back().row.id;
      break;
    }
    std::string number = numbers_.NumberOf(program.number, row.prefix, row.id);
    page.cards.push_back({std::move(row), std::move(number)});
  }
  return page;
}

}  // namespace gratis::members
