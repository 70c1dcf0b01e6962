#include <algorithm>
#include <utility>

#include "common/ledger/acts.h"
#include "common/ledger/ledger_sql.h"
#include "common/ledger/run.h"
#include "common/ledger/writing.h"
#include "common/status/macros.h"

// The half of Run that writes what was decided.
namespace gratis::ledger {
namespace {

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

}  // namespace

void Run::WriteRequests() {
  std::vector<std::string_view> ids;
  std::vector<pg::BytesView> fingerprints;
  std::vector<pg::BytesView> answers;
  std::vector<int32_t> partitions;
  std::vector<int64_t> numbers;
  std::vector<pg::Bytes> seals;
  for (size_t i = 0; i < set_.size(); ++i) {
    const Envelope& envelope = set_[i].mutation->envelope;
    if (!decided_[i] || !KeepsAnswer(envelope)) continue;
    const int32_t partition = envelope.home();
    moved_.try_emplace(partition);
    ids.push_back(envelope.request_id);
    fingerprints.push_back({envelope.fingerprint});
    answers.push_back({*outcomes_[i]->answer});
    partitions.push_back(partition);
    numbers.push_back(++heads_.at(partition).requests);
    seals.push_back({sealer_.Seal({.program = program().number,
                                   .partition = partition,
                                   .number = numbers.back(),
                                   .request_id = envelope.request_id,
                                   .fingerprint = envelope.fingerprint,
                                   .answer = *outcomes_[i]->answer,
                                   .recorded_at = books_->recorded_at()})});
  }
  if (ids.empty()) return;
  tx_.Send(sql::kInsertRequests, program().number, books_->recorded_at(), ids, fingerprints,
           answers, partitions, numbers, seals);
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

void Run::WriteNetworks() {
  std::vector<int32_t> partitions;
  std::vector<int64_t> seqs;
  std::vector<std::string> networks;
  const std::vector<JournalRow>& rows = books_->rows();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (networks_[i].empty() || rows[i].fact.by_engine || !IsAct(rows[i].fact)) continue;
    partitions.push_back(rows[i].partition);
    seqs.push_back(rows[i].seq);
    networks.push_back(networks_[i]);
  }
  if (!seqs.empty()) tx_.Send(sql::kWriteActNetworks, partitions, seqs, networks);
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
  WriteNetworks();
  WriteHeads();
  for (const Group& group : GroupByKind([&](size_t i) { return decided_[i]; })) {
    RETURN_IF_ERROR(group.kind->Write(tx_, group.items));
  }
  // Sent and answered together with the COMMIT, which does nothing when one of them failed.
  return absl::OkStatus();
}

}  // namespace gratis::ledger
