#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/program.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"

namespace gratis::ledger {

// How far a program's journal was taken: the last seq of each of its partitions.
using Cursor = std::map<int32_t, int64_t>;

// What a watcher wants of the journal; an empty list lets all through.
struct FeedFilter {
  std::vector<FactKind> kinds;
  std::vector<MemberId> members;
};

struct FeedOptions {
  absl::Duration poll_every = absl::Milliseconds(20);
  int page_rows = 256;      // at most, in one page
  int window_rows = 4'096;  // looked at for one page of a partition, when filtered
  int page_partitions = 8;  // read for one page
  absl::Duration read_limit = absl::Seconds(10);  // for one page, real time
};

class FeedReader;

// Tells those who read the journal as it grows when there is more. It hears of what this process
// posts at once (Posted), and of what others do by looking at the heads, one statement for all
// partitions watched; while nobody watches it does nothing. It holds no rows, so whoever reads
// slowly holds nothing up. Thread-safe.
class Feed {
 public:
  // `pool` may read the ledger. It outlives the feed, and the feed its readers.
  Feed(FeedOptions options, pg::Pool& pool);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Something was committed in these partitions. Does not block.
  void Posted(const std::set<int32_t>& partitions);

  // A reader of the program's journal from `cursor` on, which names each of its partitions. `wake`
  // is called whenever there may be more than the reader knows of; it must not block.
  std::unique_ptr<FeedReader> Read(const Program& program, Cursor cursor, FeedFilter filter,
                                   std::function<void()> wake);

  // The last seq of each partition of the program. Errors: those of the database.
  absl::StatusOr<Cursor> Heads(const Program& program);

 private:
  friend class FeedReader;

  void Poll();
  std::vector<int32_t> Watched();
  // With the lock: tells the readers of `partition` that do not stand at `seq` yet.
  void Tell(int32_t partition, int64_t seq);
  void Forget(FeedReader* reader);

  const FeedOptions options_;
  pg::Pool& pool_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<FeedReader*> readers_;
  std::map<int32_t, int64_t> heads_;  // as last looked at, of what is watched
  bool stopping_ = false;
  std::thread poller_;
};

// One reader's way through the journal. Entries of a partition come in their order, none left out
// and none twice. Not thread-safe but for what the feed does.
class FeedReader {
 public:
  ~FeedReader();
  FeedReader(const FeedReader&) = delete;
  FeedReader& operator=(const FeedReader&) = delete;

  // The next rows that the filter lets through, at most FeedOptions::page_rows; possibly none
  // though there is more(). The cursor then stands behind them. Errors: those of the database; the
  // reader then stands where it stood.
  absl::StatusOr<std::vector<JournalRow>> Next();

  // Whether there is more to read, as far as is known. What is not known yet will wake.
  bool more();
  const Cursor& cursor() const { return cursor_; }

 private:
  friend class Feed;
  FeedReader(Feed& feed, Cursor cursor, FeedFilter filter, std::function<void()> wake);

  std::vector<int32_t> Choose();

  Feed& feed_;
  Cursor cursor_;
  std::vector<int16_t> kinds_;
  const std::vector<MemberId> members_;
  const std::function<void()> wake_;
  std::set<int32_t> behind_;  // partitions that have, or may have, more
  int32_t last_chosen_ = -1;
  std::set<int32_t> told_;  // under the feed's lock: of these there may be more
};

// --- for consumers that keep their cursor with what they write, in their own transaction --------

// A stretch of one partition's journal.
struct FeedPage {
  std::vector<JournalRow> rows;  // that the filter lets through, in their order
  int64_t reached = 0;           // how far it was looked: where the next page begins
  bool at_head = false;          // there is nothing behind it yet
};
// What is behind `after`: at most `limit` rows, out of the next `window` of the sequence.
absl::StatusOr<FeedPage> ReadFeedPage(pg::Tx& tx, int32_t partition, int64_t after,
                                      const FeedFilter& filter, int limit, int window);
// A member's rows of these kinds behind `after`, at most `limit`, in their order.
absl::StatusOr<std::vector<JournalRow>> ReadMemberRowsAfter(pg::Tx& tx, const Program& program,
                                                            const MemberId& member, int64_t after,
                                                            const std::vector<FactKind>& kinds,
                                                            int limit);
// The last seq of each partition of the program.
absl::StatusOr<Cursor> ReadHeads(pg::Tx& tx, const Program& program);

}  // namespace gratis::ledger
