#include "common/ledger/feed.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/ledger/ledger_sql.h"
#include "common/ledger/reads.h"
#include "common/pg/pause.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"

// Why nothing is missed: a seq is given out under the lock of its partition's head, and the lock is
// held until the commit is visible. So the commits of a partition become visible in the order of
// their seqs, and a statement that sees a row sees all rows before it; under READ COMMITTED each
// statement sees all that was committed when it began. A reader needs to know only that there is
// something new, never what: being told too often, or of something older, does no harm, and being
// told by both a poster and the poll neither.

namespace gratis::ledger {
namespace {

absl::StatusOr<Cursor> TakeHeads(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  Cursor heads;
  for (const pg::Row row : rows) heads[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  return heads;
}

absl::StatusOr<Cursor> ReadHeads(pg::Pool& pool, const std::vector<int32_t>& partitions,
                                 absl::Duration limit) {
  Cursor heads;
  RETURN_IF_ERROR(pg::RunTx(pool, pg::Reading(pg::RealNow() + limit), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(heads, TakeHeads(tx, tx.Ask(sql::kReadHeads, partitions)));
    return absl::OkStatus();
  }));
  return heads;
}

std::vector<int32_t> PartitionsOf(const Program& program) {
  std::vector<int32_t> partitions;
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
    partitions.push_back(i);
  }
  return partitions;
}

}  // namespace

absl::StatusOr<FeedPage> ReadFeedPage(pg::Tx& tx, int32_t partition, int64_t after,
                                      const FeedFilter& filter, int limit, int window) {
  // The head first: the statement after it sees every row up to it.
  const pg::Tx::Asked heads_asked = tx.Ask(sql::kReadHeads, std::vector<int32_t>{partition});
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kPageFeed, partition, after, after + window, NumbersOf(filter.kinds),
                          filter.members, static_cast<int64_t>(limit)));
  ASSIGN_OR_RETURN(Cursor heads, TakeHeads(tx, heads_asked));
  const int64_t head = heads[partition];
  FeedPage page{.rows = {}, .reached = std::max(after, std::min(head, after + window))};
  for (const pg::Row row : rows) page.rows.push_back(ReadJournalRow(row));
  // A page that is cut short ends with its last row; one that saw beyond the head, too.
  if (std::ssize(page.rows) >= limit) {
    page.reached = page.rows.back().seq;
  } else if (!page.rows.empty()) {
    page.reached = std::max(page.reached, page.rows.back().seq);
  }
  page.at_head = page.reached >= head;
  return page;
}

absl::StatusOr<std::vector<JournalRow>> ReadMemberRowsAfter(pg::Tx& tx, const Program& program,
                                                            const MemberId& member, int64_t after,
                                                            const std::vector<FactKind>& kinds,
                                                            int limit) {
  ASSIGN_OR_RETURN(const pg::Rows found,
                   tx.Run(sql::kReadMemberRowsAfter, PartitionOf(program, member), member, after,
                          NumbersOf(kinds), static_cast<int64_t>(limit)));
  std::vector<JournalRow> rows;
  for (const pg::Row row : found) rows.push_back(ReadJournalRow(row));
  return rows;
}

absl::StatusOr<Cursor> ReadHeads(pg::Tx& tx, const Program& program) {
  return TakeHeads(tx, tx.Ask(sql::kReadHeads, PartitionsOf(program)));
}

Feed::Feed(FeedOptions options, pg::Pool& pool)
    : options_(options), pool_(pool), poller_([this] { Poll(); }) {}

Feed::~Feed() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  poller_.join();
}

void Feed::Posted(const std::set<int32_t>& partitions) {
  const std::lock_guard lock(mutex_);
  if (readers_.empty()) return;
  for (const int32_t partition : partitions) {
    Tell(partition, std::numeric_limits<int64_t>::max());
  }
}

std::unique_ptr<FeedReader> Feed::Read(const Program& program, Cursor cursor, FeedFilter filter,
                                       std::function<void()> wake) {
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) cursor[i];
  std::unique_ptr<FeedReader> reader(
      new FeedReader(*this, std::move(cursor), std::move(filter), std::move(wake)));
  const std::lock_guard lock(mutex_);
  readers_.insert(reader.get());
  changed_.notify_all();
  return reader;
}

absl::StatusOr<Cursor> Feed::Heads(const Program& program) {
  return ReadHeads(pool_, PartitionsOf(program), options_.read_limit);
}

void Feed::Forget(FeedReader* reader) {
  const std::lock_guard lock(mutex_);
  readers_.erase(reader);
}

void Feed::Tell(int32_t partition, int64_t seq) {
  for (FeedReader* reader : readers_) {
    const auto stands = reader->cursor_.find(partition);
    if (stands == reader->cursor_.end() || stands->second >= seq) continue;
    reader->told_.insert(partition);
    reader->wake_();
  }
}

std::vector<int32_t> Feed::Watched() {
  std::set<int32_t> watched;
  for (const FeedReader* reader : readers_) {
    for (const auto& [partition, seq] : reader->cursor_) watched.insert(partition);
  }
  return {watched.begin(), watched.end()};
}

void Feed::Poll() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (readers_.empty()) {
      heads_.clear();
      changed_.wait(lock, [this] { return stopping_ || !readers_.empty(); });
      continue;
    }
    const std::vector<int32_t> watched = Watched();
    lock.unlock();
    const absl::StatusOr<Cursor> heads = ReadHeads(pool_, watched, options_.read_limit);
    lock.lock();
    // While the database is away there is nothing new to tell of.
    if (heads.ok()) {
      for (const auto& [partition, seq] : *heads) {
        // What is seen for the first time is told, too: it may have grown since a reader began.
        int64_t& known = heads_.emplace(partition, -1).first->second;
        if (std::exchange(known, seq) != seq) Tell(partition, seq);
      }
    }
    changed_.wait_for(lock, absl::ToChronoMicroseconds(options_.poll_every),
                      [this] { return stopping_; });
  }
}

FeedReader::FeedReader(Feed& feed, Cursor cursor, FeedFilter filter, std::function<void()> wake)
    : feed_(feed),
      cursor_(std::move(cursor)),
      kinds_(NumbersOf(filter.kinds)),
      members_(std::move(filter.members)),
      wake_(std::move(wake)) {
  for (const auto& [partition, seq] : cursor_) behind_.insert(partition);
}

FeedReader::~FeedReader() { feed_.Forget(this); }

bool FeedReader::more() {
  const std::lock_guard lock(feed_.mutex_);
  behind_.merge(told_);
  told_.clear();
  return !behind_.empty();
}

// Those that are behind, in turn.
std::vector<int32_t> FeedReader::Choose() {
  std::vector<int32_t> chosen;
  auto next = behind_.upper_bound(last_chosen_);
  const size_t count =
      std::min(behind_.size(), static_cast<size_t>(feed_.options_.page_partitions));
  while (chosen.size() < count) {
    if (next == behind_.end()) next = behind_.begin();
    chosen.push_back(*next++);
  }
  if (!chosen.empty()) last_chosen_ = chosen.back();
  return chosen;
}

absl::StatusOr<std::vector<JournalRow>> FeedReader::Next() {
  std::vector<JournalRow> rows;
  if (!more()) return rows;
  const std::vector<int32_t> chosen = Choose();
  const FeedOptions& options = feed_.options_;
  const int64_t limit = std::max<int64_t>(1, options.page_rows / std::ssize(chosen));
  const bool filtered = !kinds_.empty() || !members_.empty();
  const int64_t window = filtered ? std::max<int64_t>(options.window_rows, limit) : limit;

  Cursor heads;
  Cursor reached;
  const pg::TxOptions reading = pg::Reading(pg::RealNow() + options.read_limit);
  RETURN_IF_ERROR(pg::RunTx(feed_.pool_, reading, [&](pg::Tx& tx) -> absl::Status {
    rows.clear();
    // The heads first: the statements after it see every row up to them.
    const pg::Tx::Asked heads_asked = tx.Ask(sql::kReadHeads, chosen);
    std::vector<pg::Tx::Asked> pages;
    for (const int32_t partition : chosen) {
      const int64_t from = cursor_.at(partition);
      pages.push_back(
          tx.Ask(sql::kPageFeed, partition, from, from + window, kinds_, members_, limit));
    }
    ASSIGN_OR_RETURN(heads, TakeHeads(tx, heads_asked));
    for (size_t i = 0; i < chosen.size(); ++i) {
      const int64_t from = cursor_.at(chosen[i]);
      ASSIGN_OR_RETURN(const pg::Rows page, tx.Take(pages[i]));
      int64_t& until = reached[chosen[i]];
      until = std::max(from, std::min(heads[chosen[i]], from + window));
      for (const pg::Row row : page) rows.push_back(ReadJournalRow(row));
      // A page that is cut short ends with its last row; one that saw beyond the head, too.
      if (page.size() >= limit) {
        until = rows.back().seq;
      } else if (!page.empty()) {
        until = std::max(until, rows.back().seq);
      }
    }
    return absl::OkStatus();
  }));
  const std::lock_guard lock(feed_.mutex_);
  for (const auto& [partition, until] : reached) {
    cursor_[partition] = until;
    if (until >= heads[partition]) behind_.erase(partition);
  }
  return rows;
}

}  // namespace gratis::ledger
