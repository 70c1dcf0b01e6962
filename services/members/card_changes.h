#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/mutation.h"
#include "common/status/reasons.h"
#include "services/members/card_rules.h"

// What happens to cards. All of it is posted in the program's first partition, where the cards are,
// and journaled with the member whose card it is.
namespace gratis::members {

// The cards that one run looks at, as they stand in it.
using CardsInRun = std::map<CardId, CardRow>;

class CardChange : public ledger::Mutation {
 public:
  // The cards to be read for it.
  virtual std::vector<CardId> cards() const = 0;
  void SetCards(std::shared_ptr<CardsInRun> cards) { cards_ = std::move(cards); }

  // As decided.
  const std::vector<CardRow>& made() const { return made_; }
  const std::vector<CardRow>& changed() const { return changed_; }

  absl::StatusOr<std::string> Decide(ledger::Books& books) final;
  absl::Status CheckReplay(ledger::Books& books, std::string_view answer) const override;

 protected:
  virtual absl::StatusOr<std::string> DecideCards(ledger::Books& books) = 0;

  // Errors: BOOKS_DAMAGED (the directory leads to a card that is not there).
  absl::StatusOr<CardRow> Find(const CardId& card) const;
  void Make(CardRow card) { made_.push_back(std::move(card)); }
  void Change(CardRow card) { changed_.push_back(std::move(card)); }

 private:
  std::shared_ptr<CardsInRun> cards_;
  std::vector<CardRow> made_;
  std::vector<CardRow> changed_;
};

// A change of a card that there is not: refused, unless it is a retry of what was done before.
// Their card went with whoever was erased, so the stored answer says whose it was. `Response`: its
// type.
template <class Response>
class MissingCardChange final : public CardChange {
 public:
  explicit MissingCardChange(absl::Status why) { envelope.refusal = std::move(why); }
  std::vector<CardId> cards() const override { return {}; }
  absl::Status CheckReplay(ledger::Books& books, std::string_view answer) const override {
    Response response;
    if (!response.ParseFromArray(answer.data(), static_cast<int>(answer.size()))) {
      return Error(Reason::kInternal, "a stored answer is not one about a card");
    }
    const absl::StatusOr<MemberId> member = MemberId::Parse(response.member_id());
    return member.ok() ? books.CheckNotErased(*member) : absl::OkStatus();
  }

 private:
  absl::StatusOr<std::string> DecideCards(ledger::Books&) override { return envelope.refusal; }
};

class CardChanges final : public ledger::KindOf<CardChange> {
 private:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<CardChange* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<CardChange* const> set) override;
};

// A card that may be made, if its number is free.
struct CardDraft {
  CardId id;
  ledger::DirectoryKey name;
};

struct CardIssueOrder {
  TransactionId transaction;
  size_t count = 0;
  int16_t prefix = 0;
  std::string batch;
  std::vector<CardDraft> drafts;  // some more than count, since some numbers may be taken
};

// Cards being made for nobody. Answers with IssueCardsResponse. Errors: CONFLICT (too few of the
// drafts have a free number; others will).
class CardIssue final : public CardChange {
 public:
  explicit CardIssue(CardIssueOrder order) : order_(std::move(order)) {}
  std::vector<CardId> cards() const override { return {}; }
  void AddNeeds(ledger::Wants& wants) const override;

 private:
  absl::StatusOr<std::string> DecideCards(ledger::Books& books) override;
  const CardIssueOrder order_;
};

// A card that a request names, and the name in case it is another issuer's that nobody had yet.
struct CardToLink {
  CardId id;
  std::string field;                             // where the request names it
  std::optional<ledger::DirectoryKey> new_name;  // then it is made
  std::string issuer;
  std::string sealed_number;
};

// A card being given to a member. Answers with LinkCardResponse. Errors: those of Books::Permit,
// CONFLICT (somebody made the same card meanwhile), and those of MustLink.
class CardLink final : public CardChange {
 public:
  CardLink(TransactionId transaction, MemberId member, CardToLink card);
  std::vector<CardId> cards() const override { return {card_.id}; }
  void AddNeeds(ledger::Wants& wants) const override;

 private:
  absl::StatusOr<std::string> DecideCards(ledger::Books& books) override;
  const TransactionId transaction_;
  const MemberId member_;
  const CardToLink card_;
};

// A card being reported lost. Answers with ReportCardLostResponse. `member`: whose it was when the
// report came in. Errors: CONFLICT (that changed), and those of MustReport.
class CardLoss final : public CardChange {
 public:
  CardLoss(TransactionId transaction, MemberId member, CardId card);
  std::vector<CardId> cards() const override { return {card_}; }

 private:
  absl::StatusOr<std::string> DecideCards(ledger::Books& books) override;
  const TransactionId transaction_;
  const MemberId member_;
  const CardId card_;
};

// A card taking another's place. Answers with ReplaceCardResponse. `member`: whose the new card is
// to be and whom its number is sealed for; who had the old one, or whom they became.
// Errors: CONFLICT (they were parted meanwhile), FIELD_INVALID (both are one), and those of
// Books::Permit, ReplacedFor and MustLink.
class CardReplacement final : public CardChange {
 public:
  CardReplacement(TransactionId transaction, MemberId member, CardId old_card, CardToLink new_card);
  std::vector<CardId> cards() const override { return {old_, new_.id}; }
  void AddNeeds(ledger::Wants& wants) const override;

 private:
  absl::StatusOr<std::string> DecideCards(ledger::Books& books) override;
  const TransactionId transaction_;
  const MemberId member_;
  const CardId old_;
  const CardToLink new_;
};

}  // namespace gratis::members
