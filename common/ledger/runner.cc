#include "common/ledger/runner.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/loading.h"
#include "common/ledger/merging.h"
#include "common/ledger/seal.h"
#include "common/ledger/writing.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr int kMaxRuns = 5;    // of one set, after conflicts and lost answers
constexpr int kMaxLooks = 50;  // of one run, for what decisions found missing

struct Stored {
  std::string fingerprint;
  std::string answer;
};

// The columns of names on their way.
struct NameColumns {
  std::vector<int16_t> kinds;
  std::vector<pg::BytesView> hashes;
  std::vector<int32_t> partitions;
  std::vector<Uuid> targets;
  std::vector<int64_t> numbers;
  std::vector<pg::Bytes> seals;

  void Add(const Books::Name& name) {
    kinds.push_back(static_cast<int16_t>(name.key.kind));
    hashes.push_back({name.key.hash});
    partitions.push_back(name.entry.partition);
    targets.push_back(name.entry.id);
    numbers.push_back(name.entry.number);
  }
};

bool OnlyValidated(absl::Span<const Pending> set) {
  return std::all_of(set.begin(), set.end(),
                     [](const Pending& item) { return item.mutation->envelope.validate_only; });
}

// Whether it is looked up whether it was done before, and kept that it was.
bool KeepsAnswer(const Envelope& envelope) {
  return !envelope.validate_only && !envelope.request_id.empty();
}

// Whoever posts for a member that was merged meanwhile is told who it is now, and posts again.
absl::Status CheckNotMerged(const Books& books, const Envelope& envelope) {
  if (envelope.of_merged) return absl::OkStatus();
  const auto check = [&](const MemberId& member) {
    const Holder* holder = books.FindHolder(member);
    const bool merged = holder != nullptr && holder->state == MemberState::kMerged;
    return merged ? BecameOf(member, holder->survivor) : absl::OkStatus();
  };
  RETURN_IF_ERROR(check(envelope.member));
  for (const MemberId& other : envelope.also) RETURN_IF_ERROR(check(other));
  return absl::OkStatus();
}

// One attempt to post a set. Everything in it is made afresh for each attempt.
class Run {
 public:
  Run(pg::Tx& tx, std::string_view chain_key, absl::Span<Pending> set, Bond bond)
      : tx_(tx),
        chain_key_(chain_key),
        sealer_(chain_key),
        set_(set),
        bond_(bond),
        rehearsal_(bond == Bond::kTogether && OnlyValidated(set)),
        outcomes_(set.size()) {}

  absl::Status Post();
  std::vector<Outcome> TakeOutcomes();

 private:
  // Mutations that one kind loads and writes together.
  struct Group {
    MutationKind* kind;
    int32_t partition;
    std::vector<Mutation*> items;
  };
  const Program& program() const { return set_.front().mutation->envelope.program; }
  std::set<int32_t> Partitions() const {
    std::set<int32_t> partitions;
    for (const auto& [partition, head] : heads_) partitions.insert(partition);
    return partitions;
  }

  absl::Status Load();
  absl::Status LoadMore();
  absl::Status LoadKinds();
  void DecideAll();
  Outcome DecideOne(Mutation& mutation);
  void AbortTogether();
  absl::Status Write();
  void WriteRequests();
  void WriteNames();
  void WriteJournals();
  void WriteHeads();

  template <class Filter>
  std::vector<Group> GroupByKind(Filter filter) const;

  pg::Tx& tx_;
  const std::string_view chain_key_;
  Sealer sealer_;
  const absl::Span<Pending> set_;
  const Bond bond_;
  const bool rehearsal_;  // nothing is written, and each item sees those before it

  std::map<int32_t, Head> heads_;
  // Heads that were moved on, each with the first of the rows posted there, if any were.
  std::map<int32_t, std::optional<int64_t>> moved_;
  std::unordered_map<std::string, Stored> stored_;    // answers of earlier runs, by request_id
  std::unordered_map<std::string, Stored> answered_;  // and of this one
  std::optional<Books> books_;
  std::vector<std::string> actors_;  // of the facts in the books, in their order
  std::vector<bool> decided_;        // items that post something new
  std::vector<std::optional<Outcome>> outcomes_;
};

std::vector<Outcome> Run::TakeOutcomes() {
  std::vector<Outcome> outcomes;
  outcomes.reserve(outcomes_.size());
  for (std::optional<Outcome>& outcome : outcomes_) outcomes.push_back(*std::move(outcome));
  return outcomes;
}

template <class Filter>
std::vector<Run::Group> Run::GroupByKind(Filter filter) const {
  std::vector<Group> groups;
  for (size_t i = 0; i < set_.size(); ++i) {
    if (!filter(i)) continue;
    Mutation* const mutation = set_[i].mutation.get();
    MutationKind* const kind = set_[i].kind;
    // All of a set are mostly of one partition.
    const int32_t partition =
        heads_.size() == 1 ? heads_.begin()->first : mutation->envelope.home();
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
      return g.kind == kind && g.partition == partition;
    });
    if (group == groups.end()) group = groups.insert(group, {kind, partition, {}});
    group->items.push_back(mutation);
  }
  return groups;
}

absl::Status Run::LoadKinds() {
  for (const Group& group : GroupByKind([](size_t) { return true; })) {
    RETURN_IF_ERROR(group.kind->Load(tx_, group.items));
  }
  return absl::OkStatus();
}

absl::Status Run::Load() {
  Wants wants;
  std::vector<std::string> request_ids;
  absl::Time now = absl::InfinitePast();
  for (const Pending& item : set_) {
    const Envelope& envelope = item.mutation->envelope;
    if (KeepsAnswer(envelope)) request_ids.push_back(envelope.request_id);
    if (!envelope.member.IsNil()) wants.members.insert(envelope.member);
    wants.members.insert(envelope.also.begin(), envelope.also.end());
    wants.members.insert(envelope.survivors.begin(), envelope.survivors.end());
    item.mutation->AddNeeds(wants);
    for (const int32_t partition : PartitionsOf(envelope)) heads_[partition];
    now = std::max(now, envelope.now);
  }
  std::vector<pg::Tx::Asked> heads, accounts;
  for (const auto& [partition, head] : heads_) heads.push_back(tx_.Ask(sql::kLockHead, partition));
  for (const auto& [partition, head] : heads_) {
    accounts.push_back(tx_.Ask(sql::kReadAccounts, partition));
  }
  const pg::Tx::Asked units = AskUnits(tx_, program());
  Loading loading(tx_, program(), std::move(wants), Partitions());
  loading.Ask();
  // After the names: when a twin of this request commits in another partition meanwhile, its answer
  // is to be seen rather than only the name it took.
  const pg::Tx::Asked requests = tx_.Ask(sql::kFindRequests, program().number, request_ids);
  RETURN_IF_ERROR(LoadKinds());

  std::map<int32_t, int64_t> seqs;
  auto asked = heads.begin();
  for (auto& [partition, head] : heads_) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(*asked++));
    if (rows.empty() || rows[0].Get<int32_t>(0) != program().number) {
      return Error(Reason::kInternal, "the partition has no head");
    }
    head = ReadHead(rows[0]);
    seqs[partition] = head.seq;
    // Recorded time never runs backwards within a partition.
    now = std::max(now, head.recorded_at);
  }
  books_.emplace(program(), std::move(seqs), now);
  for (const auto& [partition, head] : heads_) books_->LoadNames(partition, head.names);
  asked = accounts.begin();
  for (const auto& [partition, head] : heads_) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(*asked++));
    for (const pg::Row row : rows) {
      books_->LoadAccount(partition, row.Get<int16_t>(0), static_cast<Account>(row.Get<int16_t>(1)),
                          row.Get<int64_t>(2));
    }
  }
  ASSIGN_OR_RETURN(std::vector<Unit> own_units, TakeUnits(tx_, units));
  for (Unit& unit : own_units) books_->LoadUnit(std::move(unit));
  RETURN_IF_ERROR(loading.Take(*books_));
  ASSIGN_OR_RETURN(const pg::Rows request_rows, tx_.Take(requests));
  for (const pg::Row row : request_rows) {
    stored_[row.Get<std::string>(0)] = {row.Get<pg::Bytes>(1).value, row.Get<pg::Bytes>(2).value};
  }
  return absl::OkStatus();
}

absl::Status Run::LoadMore() {
  Loading loading(tx_, program(), books_->TakeWants(), Partitions());
  loading.Ask();
  // What kinds loaded may have been changed by decisions that are undone.
  RETURN_IF_ERROR(LoadKinds());
  return loading.Take(*books_);
}

Outcome Run::DecideOne(Mutation& mutation) {
  const Envelope& envelope = mutation.envelope;
  if (KeepsAnswer(envelope)) {
    for (const auto* answers : {&stored_, &answered_}) {
      const auto earlier = answers->find(envelope.request_id);
      if (earlier == answers->end()) continue;
      if (earlier->second.fingerprint == envelope.fingerprint) {
        if (absl::Status told = mutation.CheckReplay(*books_, earlier->second.answer); !told.ok()) {
          return {.answer = std::move(told)};
        }
        return {.answer = earlier->second.answer, .replayed = true};
      }
      return {.answer = FieldError(Reason::kRequestIdReused, "request_id",
                                   absl::StrCat("request_id \"", envelope.request_id,
                                                "\" was used before with other content"))};
    }
  }
  if (!envelope.refusal.ok()) return {.answer = Apart(envelope.refusal)};
  if (absl::Status named = CheckNotMerged(*books_, envelope); !named.ok()) return {.answer = named};
  const Books::Mark mark = books_->mark();
  Outcome outcome{.answer = mutation.Decide(*books_)};
  if (!outcome.answer.ok() || (envelope.validate_only && !rehearsal_)) books_->UndoTo(mark);
  actors_.resize(books_->rows().size(), envelope.actor);
  return outcome;
}

void Run::DecideAll() {
  decided_.assign(set_.size(), false);
  actors_.clear();
  answered_.clear();
  for (size_t i = 0; i < set_.size(); ++i) {
    const Envelope& envelope = set_[i].mutation->envelope;
    Outcome outcome = DecideOne(*set_[i].mutation);
    decided_[i] = outcome.answer.ok() && !outcome.replayed && !envelope.validate_only;
    if (decided_[i] && KeepsAnswer(envelope)) {
      answered_[envelope.request_id] = {envelope.fingerprint, *outcome.answer};
    }
    outcomes_[i] = std::move(outcome);
  }
}

void Run::AbortTogether() {
  const auto failed = std::find_if(outcomes_.begin(), outcomes_.end(),
                                   [](const auto& outcome) { return !outcome->answer.ok(); });
  if (failed == outcomes_.end()) return;
  const auto item = failed - outcomes_.begin();
  for (size_t i = 0; i < outcomes_.size(); ++i) {
    if (!outcomes_[i]->answer.ok()) continue;
    // What an earlier run has done stays done; the twin of an item of this set was not done either.
    if (stored_.count(set_[i].mutation->envelope.request_id) > 0) continue;
    outcomes_[i] =
        Outcome{.answer = Error(Reason::kBatchAborted,
                                absl::StrCat("nothing was done, since item ", item, " failed"),
                                {{"failed_item", absl::StrCat(item)}})};
  }
  decided_.assign(set_.size(), false);
}

void Run::WriteRequests() {
  struct Columns {
    std::vector<std::string_view> ids;
    std::vector<pg::BytesView> fingerprints;
    std::vector<pg::BytesView> answers;
    std::vector<int64_t> numbers;
    std::vector<pg::Bytes> seals;
  };
  std::map<int32_t, Columns> parts;
  for (size_t i = 0; i < set_.size(); ++i) {
    const Envelope& envelope = set_[i].mutation->envelope;
    if (!decided_[i] || !KeepsAnswer(envelope)) continue;
    const int32_t partition = envelope.home();
    Columns& part = parts[partition];
    part.ids.push_back(envelope.request_id);
    part.fingerprints.push_back({envelope.fingerprint});
    part.answers.push_back({*outcomes_[i]->answer});
    part.numbers.push_back(++heads_.at(partition).requests);
    part.seals.push_back({sealer_.Seal({.program = program().number,
                                        .partition = partition,
                                        .number = part.numbers.back(),
                                        .request_id = envelope.request_id,
                                        .fingerprint = envelope.fingerprint,
                                        .answer = *outcomes_[i]->answer,
                                        .recorded_at = books_->recorded_at()})});
  }
  for (const auto& [partition, part] : parts) {
    tx_.Send(sql::kInsertRequests, program().number, partition, books_->recorded_at(), part.ids,
             part.fingerprints, part.answers, part.numbers, part.seals);
    moved_.try_emplace(partition);
  }
}

void Run::WriteNames() {
  NameColumns released, claimed;
  for (const Books::Name& name : books_->releases()) {
    // What was claimed in this run has no row.
    if (name.entry.number > heads_.at(name.entry.partition).names) continue;
    released.Add(name);
  }
  for (const Books::Name& name : books_->claims()) {
    if (books_->FindEntry(name.key) != name.entry) continue;  // and was given up again
    claimed.Add(name);
    claimed.seals.push_back({sealer_.Seal({.program = program().number,
                                           .partition = name.entry.partition,
                                           .number = name.entry.number,
                                           .kind = claimed.kinds.back(),
                                           .key = name.key.hash,
                                           .id = name.entry.id})});
  }
  for (const auto& [partition, names] : books_->names()) {
    if (std::exchange(heads_.at(partition).names, names) != names) moved_.try_emplace(partition);
  }
  // A name may go from one to another in one run.
  if (!released.kinds.empty()) {
    tx_.Send(sql::kReleaseDirectory, program().number, released.kinds, released.hashes,
             released.partitions, released.numbers);
  }
  if (!claimed.kinds.empty()) {
    tx_.Send(sql::kClaimDirectory, program().number, claimed.kinds, claimed.hashes,
             claimed.partitions, claimed.targets, claimed.numbers, claimed.seals);
  }
}

void Run::WriteJournals() {
  std::map<int32_t, std::vector<const JournalRow*>> parts;
  std::vector<JournalRow>& rows = books_->rows();
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].recorded_at = books_->recorded_at();
    rows[i].actor = rows[i].fact.by_engine ? kEngineActor : actors_[i];
    parts[rows[i].partition].push_back(&rows[i]);
  }
  for (const auto& [partition, part] : parts) {
    WriteJournal(tx_, partition, part, chain_key_, books_->recorded_at(), heads_.at(partition));
    moved_[partition] = part.front()->seq;
  }
}

void Run::WriteHeads() {
  for (const auto& [partition, block_from] : moved_) {
    WriteHead(tx_, partition, heads_.at(partition), block_from, sealer_);
  }
}

absl::Status Run::Write() {
  // Request ids and names first: one that another partition has taken meanwhile is a CONFLICT, as a
  // violated primary key, and the rest is not done.
  WriteRequests();
  WriteNames();
  WriteState(tx_, *books_);
  WriteJournals();
  WriteHeads();
  for (const Group& group : GroupByKind([&](size_t i) { return decided_[i]; })) {
    RETURN_IF_ERROR(group.kind->Write(tx_, group.items));
  }
  // Sent and answered together with the COMMIT, which does nothing when one of them failed.
  return absl::OkStatus();
}

absl::Status Run::Post() {
  RETURN_IF_ERROR(Load());
  const Books::Mark nothing = books_->mark();
  DecideAll();
  for (int look = 1; books_->lacks_something(); ++look) {
    if (look == kMaxLooks)
      return Error(Reason::kInternal, "decisions never have enough to look at");
    books_->UndoTo(nothing);
    RETURN_IF_ERROR(LoadMore());
    DecideAll();
  }
  if (bond_ == Bond::kTogether) AbortTogether();
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
                                                  absl::Time deadline, absl::Span<Pending> set,
                                                  Bond bond) {
  std::vector<Outcome> outcomes;
  absl::Status status;
  bool in_doubt = false;
  for (int run = 0; run < kMaxRuns; ++run) {
    status = pg::RunTx(pool, {.deadline = deadline}, [&](pg::Tx& tx) {
      Run attempt(tx, chain_key, set, bond);
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

absl::Status Mutation::CheckReplay(Books& books, std::string_view) const {
  return envelope.member.IsNil() ? absl::OkStatus() : books.CheckNotErased(envelope.member);
}

std::set<int32_t> PartitionsOf(const Envelope& envelope) {
  std::set<int32_t> partitions{envelope.home()};
  for (const MemberId& survivor : envelope.survivors) {
    partitions.insert(PartitionOf(envelope.program, survivor));
  }
  for (const MemberId& other : envelope.also) {
    partitions.insert(PartitionOf(envelope.program, other));
  }
  if (envelope.all_partitions) {
    for (int32_t i = envelope.program.first_partition; i <= envelope.program.last_partition();
         ++i) {
      partitions.insert(i);
    }
  }
  return partitions;
}

std::vector<Outcome> RunSet(pg::Pool& pool, std::string_view chain_key, absl::Time deadline,
                            absl::Span<Pending> set, Bond bond) {
  absl::StatusOr<std::vector<Outcome>> together =
      PostTogether(pool, chain_key, deadline, set, bond);
  if (together.ok()) return *std::move(together);
  std::vector<Outcome> outcomes;
  outcomes.reserve(set.size());
  if (set.size() > 1 && bond == Bond::kNone && MayBeOneItemsFault(together.status())) {
    for (size_t i = 0; i < set.size(); ++i) {
      outcomes.push_back(std::move(RunSet(pool, chain_key, deadline, set.subspan(i, 1)).front()));
    }
  } else {
    for (size_t i = 0; i < set.size(); ++i)
      outcomes.push_back({.answer = Apart(together.status())});
  }
  return outcomes;
}

}  // namespace gratis::ledger
