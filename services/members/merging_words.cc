#include "services/members/merging_words.h"

#include <limits>
#include <set>
#include <utility>

#include "common/ledger/feed.h"
#include "common/status/macros.h"
#include "services/members/merging_rules.h"

namespace gratis::members {
namespace {

using ledger::FactKind;

// Of rows that say who became part of a member, or was parted again; more than there are.
constexpr int kMostMergings = 10'000;

// Those in force for a member, of whatever partition.
absl::StatusOr<std::vector<Consent>> WordsInForce(pg::Tx& tx, const ledger::Program& program,
                                                  const MemberId& member) {
  ASSIGN_OR_RETURN(auto found, ReadConsents(tx, program, {member}));
  return std::move(found[member]);
}

// All that was ever recorded for a member, the last first.
absl::StatusOr<std::vector<ConsentRecord>> AllWords(pg::Tx& tx, const ledger::Program& program,
                                                    const MemberId& member) {
  constexpr int32_t kWordsAtOnce = 1'000;
  std::vector<ConsentRecord> all, page;
  do {
    const int64_t before = all.empty() ? std::numeric_limits<int64_t>::max() : all.back().number;
    ASSIGN_OR_RETURN(page, ListConsentHistory(tx, ledger::PartitionOf(program, member), member,
                                              before, kWordsAtOnce));
    all.insert(all.end(), page.begin(), page.end());
  } while (page.size() == static_cast<size_t>(kWordsAtOnce));
  return all;
}

// The transactions in which others became part of a survivor, or were parted from them: what was
// recorded in these nobody said then.
absl::StatusOr<std::set<TransactionId>> MergingsOf(pg::Tx& tx, const ledger::Program& program,
                                                   const MemberId& survivor) {
  ASSIGN_OR_RETURN(const std::vector<ledger::JournalRow> rows,
                   ledger::ReadMemberRowsAfter(tx, program, survivor, 0,
                                               {FactKind::kMembersMerged, FactKind::kMergeUndone},
                                               kMostMergings));
  std::set<TransactionId> transactions;
  for (const ledger::JournalRow& row : rows) {
    // Those in which they were the duplicate name the survivor.
    if (row.fact.about.IsNil()) transactions.insert(row.fact.transaction);
  }
  return transactions;
}

}  // namespace

absl::Status AddedWords::Load(pg::Tx& tx, const ledger::Program& program, const MemberId& member) {
  member_ = member;
  ASSIGN_OR_RETURN(auto numbers,
                   ReadLastConsentNumbers(tx, ledger::PartitionOf(program, member), {member}));
  last_ = numbers[member];
  return absl::OkStatus();
}

absl::Status AddedWords::Say(ledger::Books& books, const ledger::Envelope& envelope,
                             const TransactionId& transaction, const std::vector<Consent>& words) {
  records_.clear();
  for (const Consent& consent : words) {
    RETURN_IF_ERROR(books
                        .Post({.kind = FactKind::kConsentRecorded,
                               .transaction = transaction,
                               .member = member_,
                               .effective_at = consent.decided_at,
                               .source = consent.objection ? "objection" : "consent",
                               .detail = ConsentDetail({consent.decision}, consent)})
                        .status());
    records_.push_back({member_,
                        {.number = last_ + static_cast<int64_t>(records_.size()) + 1,
                         .consent = consent,
                         .recorded_at = books.recorded_at(),
                         .actor = envelope.actor,
                         .transaction = transaction}});
  }
  return absl::OkStatus();
}

void AddedWords::Write(pg::Tx& tx, const ledger::Program& program) const {
  if (!records_.empty()) InsertConsents(tx, ledger::PartitionOf(program, member_), records_);
}

absl::Status WordsOfBoth::Load(pg::Tx& tx, const ledger::Program& program, const MemberId& survivor,
                               const MemberId& duplicate) {
  ASSIGN_OR_RETURN(const std::vector<Consent> own, WordsInForce(tx, program, survivor));
  ASSIGN_OR_RETURN(const std::vector<Consent> theirs, WordsInForce(tx, program, duplicate));
  taken_ = TakenOver(own, theirs);
  return words_.Load(tx, program, survivor);
}

absl::StatusOr<size_t> WordsOfBoth::Take(ledger::Books& books, const ledger::Envelope& envelope,
                                         const TransactionId& transaction) {
  RETURN_IF_ERROR(words_.Say(books, envelope, transaction, taken_));
  return taken_.size();
}

absl::Status WordsComeOver::Load(pg::Tx& tx, const ledger::Program& program,
                                 const Parting& parting) {
  const MergeRow& merge = parting.merge;
  ASSIGN_OR_RETURN(const std::vector<ConsentRecord> all, AllWords(tx, program, merge.survivor));
  ASSIGN_OR_RETURN(const std::set<TransactionId> mergings, MergingsOf(tx, program, merge.survivor));
  const auto granted_elsewhere = [&](const ConsentRecord& record) {
    return record.consent.decision.state == ConsentState::kGranted &&
           mergings.count(record.transaction) > 0;
  };
  came_over_.clear();
  for (const ConsentRecord& record : InForceOf(all)) {
    if (granted_elsewhere(record)) came_over_.push_back(record.consent);
  }
  std::vector<ConsentRecord> own, since;
  for (const ConsentRecord& record : all) {
    // A no that came over is the survivor's, too, whoever is parted.
    if (!granted_elsewhere(record)) own.push_back(record);
    if (record.recorded_at >= merge.merged_at && mergings.count(record.transaction) == 0) {
      since.push_back(record);
    }
  }
  own_.clear();
  for (const ConsentRecord& record : InForceOf(own)) own_.push_back(record.consent);
  for (const MergeRow& other : parting.standing) {
    ASSIGN_OR_RETURN(const std::vector<Consent> theirs, WordsInForce(tx, program, other.duplicate));
    own_ = WithThoseOf(std::move(own_), theirs);
  }
  ASSIGN_OR_RETURN(const std::vector<Consent> duplicates,
                   WordsInForce(tx, program, merge.duplicate));
  refused_ = TakenOver(duplicates, RefusedIn(since));
  RETURN_IF_ERROR(survivors_.Load(tx, program, merge.survivor));
  return duplicates_.Load(tx, program, merge.duplicate);
}

absl::StatusOr<size_t> WordsComeOver::GiveBack(ledger::Books& books,
                                               const ledger::Envelope& envelope,
                                               const ledger::MergePair& undo) {
  const std::vector<Consent> back = GivenBack(came_over_, own_, envelope.now);
  RETURN_IF_ERROR(survivors_.Say(books, envelope, undo.arriving, back));
  RETURN_IF_ERROR(duplicates_.Say(books, envelope, undo.leaving, refused_));
  return back.size();
}

void WordsComeOver::Write(pg::Tx& tx, const ledger::Program& program) const {
  survivors_.Write(tx, program);
  duplicates_.Write(tx, program);
}

}  // namespace gratis::members
