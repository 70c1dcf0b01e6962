#include "services/members/card_store.h"

#include <optional>

#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

CardRow ReadCard(const pg::Row& row) {
  return {.id = row.Get<CardId>(0),
          .prefix = row.Get<int16_t>(1),
          .issuer = row.Get<std::string>(2),
          .sealed_number = row.Get<pg::Bytes>(3).value,
          .batch = row.Get<std::string>(4),
          .state = static_cast<CardState>(row.Get<int16_t>(5)),
          .member = row.Get<std::optional<MemberId>>(6).value_or(MemberId{}),
          .successor = row.Get<std::optional<CardId>>(7).value_or(CardId{}),
          .issued_at = row.Get<absl::Time>(8),
          .changed_at = row.Get<absl::Time>(9)};
}

std::vector<CardRow> ReadCards(const pg::Rows& rows) {
  std::vector<CardRow> cards;
  cards.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) cards.push_back(ReadCard(row));
  return cards;
}

template <class Id>
std::optional<Id> OrNull(const Id& id) {
  return id.IsNil() ? std::nullopt : std::optional(id);
}

}  // namespace

void CardStore::Insert(int32_t partition, absl::Span<const CardRow> cards) {
  std::vector<CardId> ids;
  std::vector<int16_t> prefixes, states;
  std::vector<std::string_view> issuers, batches;
  std::vector<pg::BytesView> numbers;
  std::vector<std::optional<MemberId>> members;
  std::vector<absl::Time> issued;
  for (const CardRow& card : cards) {
    ids.push_back(card.id);
    prefixes.push_back(card.prefix);
    issuers.push_back(card.issuer);
    numbers.push_back({card.sealed_number});
    batches.push_back(card.batch);
    states.push_back(static_cast<int16_t>(card.state));
    members.push_back(OrNull(card.member));
    issued.push_back(card.issued_at);
  }
  tx_.Send(sql::kInsertCards, partition, ids, prefixes, issuers, numbers, batches, states, members,
           issued);
}

void CardStore::Update(int32_t partition, absl::Span<const CardRow> cards) {
  std::vector<CardId> ids;
  std::vector<int16_t> states;
  std::vector<std::optional<MemberId>> members;
  std::vector<std::optional<CardId>> successors;
  std::vector<absl::Time> changed;
  for (const CardRow& card : cards) {
    ids.push_back(card.id);
    states.push_back(static_cast<int16_t>(card.state));
    members.push_back(OrNull(card.member));
    successors.push_back(OrNull(card.successor));
    changed.push_back(card.changed_at);
  }
  tx_.Send(sql::kUpdateCards, partition, ids, states, members, successors, changed);
}

absl::StatusOr<std::vector<CardRow>> CardStore::Read(int32_t partition,
                                                     absl::Span<const CardId> ids) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kReadCards, partition, ids));
  return ReadCards(rows);
}

absl::StatusOr<std::vector<CardRow>> CardStore::ListOfMember(int32_t partition,
                                                             const MemberId& member,
                                                             const CardId& after, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kListCardsOfMember, partition, member, after,
                                                static_cast<int64_t>(limit)));
  return ReadCards(rows);
}

absl::StatusOr<std::vector<CardRow>> CardStore::ListOfBatch(int32_t partition,
                                                            std::string_view batch,
                                                            const CardId& after, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kListCardsOfBatch, partition, batch, after,
                                                static_cast<int64_t>(limit)));
  return ReadCards(rows);
}

}  // namespace gratis::members
