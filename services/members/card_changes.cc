#include "services/members/card_changes.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/program.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/cards.pb.h"
#include "services/members/card_store.h"

namespace gratis::members {
namespace {

absl::Status Meanwhile() {
  return Error(Reason::kConflict, "the card changed hands meanwhile; call again");
}

// What happened, as the journal says it.
absl::Status PostFact(ledger::Books& books, const TransactionId& transaction,
                      const MemberId& member, std::string_view source, std::string detail) {
  return books
      .Post({.kind = ledger::FactKind::kCardChanged,
             .transaction = transaction,
             .member = member,
             .effective_at = books.recorded_at(),
             .source = std::string(source),
             .detail = std::move(detail)})
      .status();
}

std::string DetailOf(std::string_view change) {
  return absl::StrCat("{\"change\":", base::JsonString(change), "}");
}

// The row of a card that is linked to a member, whether it was there before or not.
CardRow Linked(CardRow card, const MemberId& member, absl::Time now) {
  card.state = CardState::kLinked;
  card.member = member;
  card.changed_at = now;
  return card;
}

CardRow FirstSeen(const CardToLink& card, absl::Time now) {
  return {
      .id = card.id, .issuer = card.issuer, .sealed_number = card.sealed_number, .issued_at = now};
}

// Whether somebody is the member, or became part of them. Who did stays so until the run is
// written: `member`'s partition is posted in, and no merge is made or undone without it.
absl::StatusOr<bool> IsPartOf(ledger::Books& books, const MemberId& somebody,
                              const MemberId& member) {
  MemberId last = somebody;
  for (int i = 0; i <= ledger::kLongestChain; ++i) {
    if (last == member) return true;
    RETURN_IF_ERROR(books.RequireHolder(last));
    const ledger::Holder& holder = *books.FindHolder(last);
    if (holder.state != ledger::MemberState::kMerged) return false;
    last = holder.survivor;
  }
  return Error(Reason::kBooksDamaged, "members are merged in a ring");
}

// As MustLink, where a card of whoever became part of the member is the member's.
absl::StatusOr<bool> MustLinkTo(ledger::Books& books, const CardRow& card, const MemberId& member,
                                std::string_view field) {
  if (card.member.IsNil()) return MustLink(card, member, field);
  ASSIGN_OR_RETURN(const bool is_theirs, IsPartOf(books, card.member, member));
  return MustLink(card, is_theirs ? card.member : member, field);
}

}  // namespace

absl::StatusOr<CardRow> CardChange::Find(const CardId& card) const {
  const auto found = cards_->find(card);
  if (found != cards_->end()) return found->second;
  return Error(Reason::kBooksDamaged, "the directory leads to a card that is not there");
}

absl::StatusOr<std::string> CardChange::Decide(ledger::Books& books) {
  made_.clear();
  changed_.clear();
  // Their cards went with them, since this one was looked for.
  RETURN_IF_ERROR(CheckReplay(books, ""));
  ASSIGN_OR_RETURN(std::string answer, DecideCards(books));
  if (envelope.validate_only) return answer;
  for (const std::vector<CardRow>* rows : {&made_, &changed_}) {
    for (const CardRow& row : *rows) cards_->insert_or_assign(row.id, row);
  }
  return answer;
}

absl::Status CardChange::CheckReplay(ledger::Books& books, std::string_view) const {
  for (const MemberId& member : envelope.also) RETURN_IF_ERROR(books.CheckNotErased(member));
  return absl::OkStatus();
}

absl::Status CardChanges::LoadAll(pg::Tx& tx, absl::Span<CardChange* const> set) {
  std::vector<CardId> ids;
  for (const CardChange* change : set) {
    for (const CardId& id : change->cards()) ids.push_back(id);
  }
  auto cards = std::make_shared<CardsInRun>();
  if (!ids.empty()) {
    ASSIGN_OR_RETURN(std::vector<CardRow> rows,
                     CardStore(tx).Read(set.front()->envelope.program.first_partition, ids));
    for (CardRow& row : rows) cards->insert_or_assign(row.id, std::move(row));
  }
  for (CardChange* change : set) change->SetCards(cards);
  return absl::OkStatus();
}

absl::Status CardChanges::WriteAll(pg::Tx& tx, absl::Span<CardChange* const> set) {
  std::vector<CardRow> made;
  CardsInRun changed;  // a card that changed twice, as it is in the end
  for (const CardChange* change : set) {
    made.insert(made.end(), change->made().begin(), change->made().end());
    for (const CardRow& row : change->changed()) changed.insert_or_assign(row.id, row);
  }
  const int32_t partition = set.front()->envelope.program.first_partition;
  if (!made.empty()) CardStore(tx).Insert(partition, made);
  if (changed.empty()) return absl::OkStatus();
  std::vector<CardRow> rows;
  for (auto& [id, row] : changed) rows.push_back(std::move(row));
  CardStore(tx).Update(partition, rows);
  return absl::OkStatus();
}

void CardIssue::AddNeeds(ledger::Wants& wants) const {
  for (const CardDraft& draft : order_.drafts) wants.names.insert(draft.name);
}

absl::StatusOr<std::string> CardIssue::DecideCards(ledger::Books& books) {
  RETURN_IF_ERROR(PostFact(books, order_.transaction, {}, order_.batch,
                           absl::StrCat("{\"change\":\"issued\",\"count\":", order_.count, "}")));
  for (const CardDraft& draft : order_.drafts) {
    if (made().size() == order_.count) break;
    if (books.FindEntry(draft.name)) continue;
    books.Claim(draft.name, {}, draft.id.uuid);
    Make({.id = draft.id,
          .prefix = order_.prefix,
          .batch = order_.batch,
          .issued_at = books.recorded_at()});
  }
  if (made().size() < order_.count) {
    return Error(Reason::kConflict, "too many numbers were taken by chance; call again");
  }
  v1::IssueCardsResponse response;
  response.set_batch(order_.batch);
  response.set_issued_count(static_cast<int32_t>(order_.count));
  return response.SerializeAsString();
}

CardLink::CardLink(TransactionId transaction, MemberId member, CardToLink card)
    : transaction_(transaction), member_(member), card_(std::move(card)) {
  envelope.also.push_back(member_);
}

void CardLink::AddNeeds(ledger::Wants& wants) const {
  if (card_.new_name) wants.names.insert(*card_.new_name);
}

absl::StatusOr<std::string> CardLink::DecideCards(ledger::Books& books) {
  RETURN_IF_ERROR(InField(books.Permit(member_, ledger::Deed::kEarn), "member_id"));
  const absl::Time now = books.recorded_at();
  bool must_link = true;
  if (card_.new_name) {
    if (books.FindEntry(*card_.new_name)) return Meanwhile();
    books.Claim(*card_.new_name, {}, card_.id.uuid);
    Make(Linked(FirstSeen(card_, now), member_, now));
  } else {
    ASSIGN_OR_RETURN(const CardRow card, Find(card_.id));
    ASSIGN_OR_RETURN(must_link, MustLinkTo(books, card, member_, card_.field));
    if (must_link) Change(Linked(card, member_, now));
  }
  if (must_link) {
    RETURN_IF_ERROR(
        PostFact(books, transaction_, member_, card_.id.ToString(), DetailOf("linked")));
  }
  v1::LinkCardResponse response;
  if (!envelope.validate_only) response.set_card_id(card_.id.ToString());
  return response.SerializeAsString();
}

CardLoss::CardLoss(TransactionId transaction, MemberId member, CardId card)
    : transaction_(transaction), member_(member), card_(card) {
  if (!member_.IsNil()) envelope.also.push_back(member_);
  // A card stays with whom it was linked to, though it leads to who they became.
  envelope.of_merged = true;
}

absl::StatusOr<std::string> CardLoss::DecideCards(ledger::Books& books) {
  ASSIGN_OR_RETURN(CardRow card, Find(card_));
  ASSIGN_OR_RETURN(const bool must_report, MustReport(card));
  if (card.member != member_) return Meanwhile();
  if (must_report) {
    RETURN_IF_ERROR(PostFact(books, transaction_, member_, card_.ToString(), DetailOf("lost")));
    card.state = CardState::kLost;
    card.changed_at = books.recorded_at();
    Change(std::move(card));
  }
  v1::ReportCardLostResponse response;
  response.set_card_id(card_.ToString());
  if (!member_.IsNil()) response.set_member_id(member_.ToString());
  return response.SerializeAsString();
}

CardReplacement::CardReplacement(TransactionId transaction, MemberId member, CardId old_card,
                                 CardToLink new_card)
    : transaction_(transaction), member_(member), old_(old_card), new_(std::move(new_card)) {
  envelope.also.push_back(member_);
}

void CardReplacement::AddNeeds(ledger::Wants& wants) const {
  if (new_.new_name) wants.names.insert(*new_.new_name);
}

absl::StatusOr<std::string> CardReplacement::DecideCards(ledger::Books& books) {
  if (new_.id == old_) {
    return FieldError(Reason::kFieldInvalid, new_.field, "a card does not take its own place");
  }
  const absl::Time now = books.recorded_at();
  ASSIGN_OR_RETURN(CardRow old_card, Find(old_));
  ASSIGN_OR_RETURN(const MemberId holder, ReplacedFor(old_card));
  ASSIGN_OR_RETURN(const bool is_theirs, IsPartOf(books, holder, member_));
  if (!is_theirs) return Meanwhile();
  RETURN_IF_ERROR(books.Permit(member_, ledger::Deed::kEarn));
  if (new_.new_name) {
    if (books.FindEntry(*new_.new_name)) return Meanwhile();
    books.Claim(*new_.new_name, {}, new_.id.uuid);
    Make(Linked(FirstSeen(new_, now), member_, now));
  } else {
    ASSIGN_OR_RETURN(const CardRow new_card, Find(new_.id));
    ASSIGN_OR_RETURN(const bool must_link, MustLinkTo(books, new_card, member_, new_.field));
    if (must_link) Change(Linked(new_card, member_, now));
  }
  RETURN_IF_ERROR(PostFact(
      books, transaction_, member_, old_.ToString(),
      absl::StrCat("{\"change\":\"replaced\",\"by\":", base::JsonString(new_.id.ToString()), "}")));
  // One that was lost stays lost to whoever shows it.
  if (old_card.state != CardState::kLost) old_card.state = CardState::kReplaced;
  old_card.successor = new_.id;
  old_card.changed_at = now;
  Change(std::move(old_card));

  v1::ReplaceCardResponse response;
  response.set_card_id(old_.ToString());
  if (!envelope.validate_only) response.set_new_card_id(new_.id.ToString());
  response.set_member_id(member_.ToString());
  return response.SerializeAsString();
}

}  // namespace gratis::members
