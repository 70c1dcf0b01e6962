#include "common/ledger/runner.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/chain.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr int kMaxRuns = 5;  // of one set, after conflicts and lost answers

struct Stored {
  std::string fingerprint;
  std::string answer;
};

absl::Status Conflict() {
  return Error(Reason::kConflict, "others took the same names or request ids at once");
}

// One attempt to post a set. Everything in it is made afresh for each attempt.
class Run {
 public:
  Run(pg::Tx& tx, std::string_view chain_key, absl::Span<Pending> set)
      : tx_(tx), chain_key_(chain_key), set_(set), outcomes_(set.size()) {}

  absl::Status Post();
  std::vector<Outcome> TakeOutcomes();

 private:
  using ByKind = std::vector<std::pair<MutationKind*, std::vector<Mutation*>>>;

  const Envelope& first() const { return set_.front().mutation->envelope; }
  int32_t partition() const { return PartitionOf(first().program, first().member); }

  absl::Status Load();
  void DecideAll();
  Outcome DecideOne(Mutation& mutation);
  absl::Status Write();
  void WriteRequests();
  void WriteBalances();
  void WriteJournal();
  absl::Status CheckClaims();

  template <class Filter>
  ByKind GroupByKind(Filter filter) const;

  pg::Tx& tx_;
  const std::string_view chain_key_;
  const absl::Span<Pending> set_;

  int64_t head_seq_ = 0;
  std::string head_hash_;
  std::unordered_map<std::string, Stored> stored_;  // answers by request_id, this run's included
  std::optional<Books> books_;
  std::vector<std::string> actors_;  // of the facts in the books, in their order
  std::vector<bool> decided_;        // items that post something new
  std::vector<std::optional<Outcome>> outcomes_;
  pg::Tx::Asked requests_inserted_{};
  pg::Tx::Asked names_claimed_{};
};

std::vector<Outcome> Run::TakeOutcomes() {
  std::vector<Outcome> outcomes;
  outcomes.reserve(outcomes_.size());
  for (std::optional<Outcome>& outcome : outcomes_) outcomes.push_back(*std::move(outcome));
  return outcomes;
}

template <class Filter>
Run::ByKind Run::GroupByKind(Filter filter) const {
  ByKind groups;
  for (size_t i = 0; i < set_.size(); ++i) {
    if (!filter(i)) continue;
    MutationKind* kind = set_[i].kind;
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == kind; });
    if (group == groups.end()) group = groups.insert(group, {kind, {}});
    group->second.push_back(set_[i].mutation.get());
  }
  return groups;
}

absl::Status Run::Load() {
  Needs needs;
  std::vector<std::string> request_ids;
  absl::Time now = absl::InfinitePast();
  for (const Pending& item : set_) {
    const Envelope& envelope = item.mutation->envelope;
    if (!envelope.validate_only) request_ids.push_back(envelope.request_id);
    if (!envelope.member.IsNil()) needs.members.push_back(envelope.member);
    item.mutation->AddNeeds(needs);
    now = std::max(now, envelope.now);
  }
  std::sort(needs.members.begin(), needs.members.end());
  needs.members.erase(std::unique(needs.members.begin(), needs.members.end()), needs.members.end());
  std::vector<int16_t> kinds;
  std::vector<pg::Bytes> hashes;
  for (const DirectoryKey& name : needs.names) {
    kinds.push_back(static_cast<int16_t>(name.kind));
    hashes.push_back({name.hash});
  }

  const int32_t program = first().program.number;
  const pg::Tx::Asked head = tx_.Ask(sql::kLockHead, partition());
  const pg::Tx::Asked accounts = tx_.Ask(sql::kReadAccounts, partition());
  const pg::Tx::Asked holders = tx_.Ask(sql::kReadHolders, partition(), needs.members);
  const pg::Tx::Asked names = tx_.Ask(sql::kFindDirectory, program, kinds, hashes);
  // After the names: when a twin of this request commits in another partition meanwhile, its answer
  // is to be seen rather than only the name it took.
  const pg::Tx::Asked requests = tx_.Ask(sql::kFindRequests, program, request_ids);
  for (const auto& [kind, items] : GroupByKind([](size_t) { return true; })) {
    RETURN_IF_ERROR(kind->Load(tx_, items));
  }

  ASSIGN_OR_RETURN(const pg::Rows head_rows, tx_.Take(head));
  if (head_rows.empty() || head_rows[0].Get<int32_t>(0) != program) {
    return Error(Reason::kInternal, "the partition has no head");
  }
  head_seq_ = head_rows[0].Get<int64_t>(1);
  head_hash_ = head_rows[0].Get<pg::Bytes>(2).value;
  // Recorded time never runs backwards within a partition.
  books_.emplace(partition(), std::max(now, head_rows[0].Get<absl::Time>(3)));

  ASSIGN_OR_RETURN(const pg::Rows request_rows, tx_.Take(requests));
  for (const pg::Row row : request_rows) {
    stored_[row.Get<std::string>(0)] = {row.Get<pg::Bytes>(1).value, row.Get<pg::Bytes>(2).value};
  }
  ASSIGN_OR_RETURN(const pg::Rows account_rows, tx_.Take(accounts));
  for (const pg::Row row : account_rows) {
    books_->LoadAccount(static_cast<Account>(row.Get<int16_t>(0)), row.Get<int64_t>(1));
  }
  ASSIGN_OR_RETURN(const pg::Rows holder_rows, tx_.Take(holders));
  for (const pg::Row row : holder_rows) {
    books_->LoadHolder(row.Get<MemberId>(0),
                       {row.Get<absl::Time>(1), row.Get<std::optional<int64_t>>(2).value_or(0)});
  }
  ASSIGN_OR_RETURN(const pg::Rows name_rows, tx_.Take(names));
  for (const pg::Row row : name_rows) {
    books_->LoadEntry(
        {static_cast<DirectoryKind>(row.Get<int16_t>(0)), row.Get<pg::Bytes>(1).value},
        {row.Get<int32_t>(2), row.Get<Uuid>(3)});
  }
  return absl::OkStatus();
}

Outcome Run::DecideOne(Mutation& mutation) {
  const Envelope& envelope = mutation.envelope;
  if (!envelope.validate_only) {
    const auto earlier = stored_.find(envelope.request_id);
    if (earlier != stored_.end()) {
      if (earlier->second.fingerprint == envelope.fingerprint) {
        return {.answer = earlier->second.answer, .replayed = true};
      }
      return {.answer = FieldError(Reason::kRequestIdReused, "request_id",
                                   absl::StrCat("request_id \"", envelope.request_id,
                                                "\" was used before with other content"))};
    }
  }
  const Books::Mark mark = books_->mark();
  Outcome outcome{.answer = mutation.Decide(*books_)};
  if (!outcome.answer.ok() || envelope.validate_only) books_->UndoTo(mark);
  actors_.resize(books_->rows().size(), envelope.actor);
  return outcome;
}

void Run::DecideAll() {
  decided_.resize(set_.size());
  for (size_t i = 0; i < set_.size(); ++i) {
    const Envelope& envelope = set_[i].mutation->envelope;
    Outcome outcome = DecideOne(*set_[i].mutation);
    decided_[i] = outcome.answer.ok() && !outcome.replayed && !envelope.validate_only;
    if (decided_[i]) stored_[envelope.request_id] = {envelope.fingerprint, *outcome.answer};
    outcomes_[i] = std::move(outcome);
  }
}

void Run::WriteRequests() {
  std::vector<std::string_view> ids;
  std::vector<pg::BytesView> fingerprints;
  std::vector<pg::BytesView> answers;
  for (size_t i = 0; i < set_.size(); ++i) {
    if (!decided_[i]) continue;
    const Envelope& envelope = set_[i].mutation->envelope;
    ids.push_back(envelope.request_id);
    fingerprints.push_back({envelope.fingerprint});
    answers.push_back({*outcomes_[i]->answer});
  }
  requests_inserted_ = tx_.Ask(sql::kInsertRequests, first().program.number, partition(),
                               books_->recorded_at(), ids, fingerprints, answers);

  std::vector<int16_t> kinds;
  std::vector<pg::BytesView> hashes;
  std::vector<Uuid> targets;
  for (const DirectoryKey& name : books_->claims()) {
    kinds.push_back(static_cast<int16_t>(name.kind));
    hashes.push_back({name.hash});
    targets.push_back(books_->entry(name).id);
  }
  names_claimed_ =
      tx_.Ask(sql::kClaimDirectory, first().program.number, partition(), kinds, hashes, targets);
}

absl::Status Run::CheckClaims() {
  const auto wanted = std::count(decided_.begin(), decided_.end(), true);
  ASSIGN_OR_RETURN(const pg::Rows requests, tx_.Take(requests_inserted_));
  ASSIGN_OR_RETURN(const pg::Rows names, tx_.Take(names_claimed_));
  const bool all_ours = requests.affected() == wanted &&
                        names.affected() == static_cast<int64_t>(books_->claims().size());
  return all_ours ? absl::OkStatus() : Conflict();
}

void Run::WriteBalances() {
  std::vector<MemberId> members;
  std::vector<absl::Time> enrolled;
  for (const MemberId& member : books_->new_holders()) {
    members.push_back(member);
    enrolled.push_back(books_->holder(member).enrolled_at);
  }
  if (!members.empty()) tx_.Send(sql::kInsertHolders, partition(), members, enrolled);

  members.clear();
  for (const JournalRow& row : books_->rows()) {
    if (row.fact.debit != Account::kNone) members.push_back(row.fact.member);
  }
  if (members.empty()) return;
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  std::vector<int64_t> available;
  for (const MemberId& member : members) available.push_back(books_->AvailablePoints(member));
  tx_.Send(sql::kWriteWallets, partition(), members, available);

  std::vector<int16_t> accounts;
  std::vector<int64_t> points;
  for (const auto& [account, balance] : books_->accounts()) {
    accounts.push_back(static_cast<int16_t>(account));
    points.push_back(balance);
  }
  tx_.Send(sql::kWriteAccounts, partition(), accounts, points);
}

void Run::WriteJournal() {
  std::vector<JournalRow>& rows = books_->rows();
  if (rows.empty()) return;
  std::vector<int64_t> seqs, points, debits_after, credits_after;
  std::vector<TransactionId> transactions;
  std::vector<int16_t> kinds, debits, credits;
  std::vector<std::optional<MemberId>> members;
  std::vector<absl::Time> effective;
  std::vector<std::string_view> actors, sources, details;
  BlockHash hash(chain_key_, head_hash_);
  int64_t seq = head_seq_;
  for (size_t i = 0; i < rows.size(); ++i) {
    JournalRow& row = rows[i];
    const Fact& fact = row.fact;
    row.seq = ++seq;
    row.recorded_at = books_->recorded_at();
    row.actor = actors_[i];
    hash.Add(row);
    seqs.push_back(row.seq);
    transactions.push_back(fact.transaction);
    kinds.push_back(static_cast<int16_t>(fact.kind));
    members.push_back(fact.member.IsNil() ? std::nullopt : std::optional(fact.member));
    points.push_back(fact.points);
    debits.push_back(static_cast<int16_t>(fact.debit));
    credits.push_back(static_cast<int16_t>(fact.credit));
    debits_after.push_back(row.debit_after);
    credits_after.push_back(row.credit_after);
    effective.push_back(fact.effective_at);
    actors.push_back(row.actor);
    sources.push_back(fact.source);
    details.push_back(fact.detail);
  }
  const base::Digest digest = hash.Finish();
  const pg::BytesView chain_hash{base::AsBytes(digest)};
  tx_.Send(sql::kInsertJournal, partition(), books_->recorded_at(), seqs, transactions, kinds,
           members, points, debits, credits, debits_after, credits_after, effective, actors,
           sources, details);
  tx_.Send(sql::kInsertBlock, partition(), head_seq_ + 1, seq, chain_hash);
  tx_.Send(sql::kWriteHead, partition(), seq, chain_hash, books_->recorded_at());
}

absl::Status Run::Write() {
  // Request ids and names first: if another partition has taken one, the rest need not be sent.
  WriteRequests();
  WriteBalances();
  WriteJournal();
  for (const auto& [kind, items] : GroupByKind([&](size_t i) { return decided_[i]; })) {
    RETURN_IF_ERROR(kind->Write(tx_, items));
  }
  RETURN_IF_ERROR(tx_.Flush());
  return CheckClaims();
}

absl::Status Run::Post() {
  RETURN_IF_ERROR(Load());
  DecideAll();
  const bool anything_new = std::find(decided_.begin(), decided_.end(), true) != decided_.end();
  return anything_new ? Write() : absl::OkStatus();
}

// Whether the failure of a set may be the fault of one of its items.
bool MayBeOneItemsFault(const absl::Status& status) {
  switch (ReasonOf(status).value_or(Reason::kInternal)) {
    case Reason::kDatabaseUnavailable:
    case Reason::kPoolExhausted:
    case Reason::kDeadlineExceeded:
    case Reason::kConflict:
    case Reason::kCommitInDoubt:
      return false;
    default:
      return true;
  }
}

// Posts the set as a whole, again after conflicts and lost answers.
absl::StatusOr<std::vector<Outcome>> PostTogether(pg::Pool& pool, std::string_view chain_key,
                                                  absl::Time deadline, absl::Span<Pending> set) {
  std::vector<Outcome> outcomes;
  absl::Status status;
  bool in_doubt = false;
  for (int run = 0; run < kMaxRuns; ++run) {
    status = pg::RunTx(pool, {.deadline = deadline}, [&](pg::Tx& tx) {
      Run attempt(tx, chain_key, set);
      RETURN_IF_ERROR(attempt.Post());
      outcomes = attempt.TakeOutcomes();
      return absl::OkStatus();
    });
    if (status.ok()) return outcomes;
    const std::optional<Reason> reason = ReasonOf(status);
    in_doubt = in_doubt || reason == Reason::kCommitInDoubt;
    if (reason != Reason::kConflict && reason != Reason::kCommitInDoubt) break;
  }
  // A COMMIT was sent and its outcome never learned; whatever happened since does not say.
  if (in_doubt) {
    return Error(Reason::kCommitInDoubt,
                 "the connection was lost while committing; call again with the same request_id");
  }
  return status;
}

}  // namespace

std::vector<Outcome> RunSet(pg::Pool& pool, std::string_view chain_key, absl::Time deadline,
                            absl::Span<Pending> set) {
  absl::StatusOr<std::vector<Outcome>> together = PostTogether(pool, chain_key, deadline, set);
  if (together.ok()) return *std::move(together);
  std::vector<Outcome> outcomes;
  outcomes.reserve(set.size());
  if (set.size() > 1 && MayBeOneItemsFault(together.status())) {
    for (size_t i = 0; i < set.size(); ++i) {
      outcomes.push_back(std::move(RunSet(pool, chain_key, deadline, set.subspan(i, 1)).front()));
    }
  } else {
    for (size_t i = 0; i < set.size(); ++i) outcomes.push_back({.answer = together.status()});
  }
  return outcomes;
}

}  // namespace gratis::ledger
