#include "common/ledger/run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/loading.h"
#include "common/ledger/merging.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr int kMaxLooks = 50;  // of one run, for what decisions found missing

bool OnlyValidated(absl::Span<const Pending> set) {
  return std::all_of(set.begin(), set.end(),
                     [](const Pending& item) { return item.mutation->envelope.validate_only; });
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

}  // namespace

absl::Status Mutation::CheckReplay(Books& books, std::string_view) const {
  return envelope.member.IsNil() ? absl::OkStatus() : books.CheckNotErased(envelope.member);
}

bool KeepsAnswer(const Envelope& envelope) {
  return !envelope.validate_only && !envelope.request_id.empty();
}

Run::Run(pg::Tx& tx, std::string_view chain_key, absl::Span<Pending> set, Bond bond)
    : tx_(tx),
      chain_key_(chain_key),
      sealer_(chain_key),
      set_(set),
      bond_(bond),
      rehearsal_(bond == Bond::kTogether && OnlyValidated(set)),
      outcomes_(set.size()) {}

std::vector<Outcome> Run::TakeOutcomes() {
  std::vector<Outcome> outcomes;
  outcomes.reserve(outcomes_.size());
  for (std::optional<Outcome>& outcome : outcomes_) outcomes.push_back(*std::move(outcome));
  return outcomes;
}

std::set<int32_t> Run::Partitions() const {
  std::set<int32_t> partitions;
  for (const auto& [partition, head] : heads_) partitions.insert(partition);
  return partitions;
}

std::vector<Run::Group> Run::GroupByKind(const std::function<bool(size_t)>& filter) const {
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
  networks_.resize(books_->rows().size(), envelope.network);
  return outcome;
}

void Run::DecideAll() {
  decided_.assign(set_.size(), false);
  actors_.clear();
  networks_.clear();
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

}  // namespace gratis::ledger
