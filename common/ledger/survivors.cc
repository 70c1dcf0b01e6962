#include "common/ledger/survivors.h"

#include <set>
#include <utility>

#include "common/ledger/ledger_sql.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"

namespace gratis::ledger {
Survivors::~Survivors() {
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (looker_.joinable()) looker_.join();
}

absl::Status Survivors::Start() {
  RETURN_IF_ERROR(Look());
  looker_ = std::thread([this] { Work(); });
  return absl::OkStatus();
}

absl::Status Survivors::Look() {
  const std::lock_guard one(looking_);
  int64_t learned = 0;
  {
    const std::shared_lock lock(mutex_);
    learned = learned_;
  }
  int64_t count = 0;
  bool read = false;
  absl::flat_hash_map<MemberId, MemberId> found;
  RETURN_IF_ERROR(
      pg::RunTx(pool_, pg::Reading(clock_.Now() + options_.look_limit), [&](pg::Tx& tx) {
        // The count first: what is merged between the two is counted by the next look.
        ASSIGN_OR_RETURN(const pg::Rows counted, tx.Run(sql::kCountMerges));
        count = counted[0].Get<int64_t>(0);
        read = count != counted_ || learned != counted_learned_;
        if (!read) return absl::OkStatus();
        ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListMerged));
        found.clear();
        for (const pg::Row row : rows) found[row.Get<MemberId>(0)] = row.Get<MemberId>(1);
        return absl::OkStatus();
      }));
  if (!read) return absl::OkStatus();
  const std::unique_lock lock(mutex_);
  // What was learned meanwhile may be younger than what was read: the next look has both.
  if (learned != learned_) return absl::OkStatus();
  survivors_ = std::move(found);
  counted_ = count;
  counted_learned_ = learned;
  return absl::OkStatus();
}

void Survivors::Work() {
  std::unique_lock lock(stop_mutex_);
  while (!stop_.wait_for(lock, absl::ToChronoMilliseconds(options_.look_every),
                         [&] { return stopping_; })) {
    lock.unlock();
    // A database that does not answer is noticed by whoever watches it; the next look tries again.
    (void)Look();
    lock.lock();
  }
}

MemberId Survivors::Of(const MemberId& member) const {
  const std::shared_lock lock(mutex_);
  MemberId last = member;
  for (int i = 0; i < kLongestChain; ++i) {
    const auto found = survivors_.find(last);
    if (found == survivors_.end()) break;
    last = found->second;
  }
  return last;
}

bool Survivors::none() const {
  const std::shared_lock lock(mutex_);
  return survivors_.empty();
}

void Survivors::Learn(const MemberId& merged, const MemberId& survivor) {
  const std::unique_lock lock(mutex_);
  survivors_[merged] = survivor;
  ++learned_;
}

void Survivors::Forget(const MemberId& merged) {
  const std::unique_lock lock(mutex_);
  survivors_.erase(merged);
  ++learned_;
}

namespace {

// Of members and of all whom they are part of, those who are merged: a step of each chain.
absl::StatusOr<std::map<MemberId, MemberId>> ReadSteps(pg::Tx& tx, const Program& program,
                                                       absl::Span<const MemberId> members) {
  std::map<MemberId, MemberId> next;
  std::vector<MemberId> asked(members.begin(), members.end());
  for (int i = 0; i < kLongestChain && !asked.empty(); ++i) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kReadSurvivors, PartitionsOf(program, asked), asked));
    asked.clear();
    for (const pg::Row row : rows) {
      const auto survivor = row.Get<MemberId>(1);
      if (next.emplace(row.Get<MemberId>(0), survivor).second) asked.push_back(survivor);
    }
  }
  return next;
}

}  // namespace

absl::StatusOr<std::map<MemberId, MemberId>> ReadSurvivors(pg::Tx& tx, const Program& program,
                                                           absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const auto next, ReadSteps(tx, program, members));
  std::map<MemberId, MemberId> survivors;
  for (const MemberId& member : members) {
    MemberId last = member;
    for (int i = 0; i < kLongestChain && next.count(last) > 0; ++i) last = next.at(last);
    if (last != member) survivors[member] = last;
  }
  return survivors;
}

absl::StatusOr<std::vector<MemberId>> ReadChains(pg::Tx& tx, const Program& program,
                                                 absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const auto next, ReadSteps(tx, program, members));
  std::set<MemberId> distinct;
  for (const auto& [member, survivor] : next) distinct.insert(survivor);
  return std::vector<MemberId>(distinct.begin(), distinct.end());
}

absl::StatusOr<std::vector<std::pair<MemberId, MemberId>>> ReadDuplicates(
    pg::Tx& tx, absl::Span<const MemberId> survivors) {
  return TakeDuplicates(tx, AskDuplicates(tx, survivors));
}

pg::Tx::Asked AskDuplicates(pg::Tx& tx, absl::Span<const MemberId> survivors) {
  const std::vector<MemberId> asked(survivors.begin(), survivors.end());
  return tx.Ask(sql::kReadDuplicates, asked);
}

absl::StatusOr<std::vector<std::pair<MemberId, MemberId>>> TakeDuplicates(pg::Tx& tx,
                                                                          pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::vector<std::pair<MemberId, MemberId>> duplicates;
  for (const pg::Row row : rows) {
    duplicates.emplace_back(row.Get<MemberId>(0), row.Get<MemberId>(1));
  }
  return duplicates;
}

absl::StatusOr<std::vector<MemberId>> DuplicatesOf(pg::Tx& tx, const MemberId& survivor,
                                                   int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListDuplicatesOf, survivor, static_cast<int64_t>(limit)));
  std::vector<MemberId> members;
  for (const pg::Row row : rows) members.push_back(row.Get<MemberId>(0));
  return members;
}

}  // namespace gratis::ledger
