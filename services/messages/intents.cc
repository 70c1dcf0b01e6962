#include "services/messages/intents.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "common/ledger/feed.h"
#include "common/pg/pool.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/engagement_store.h"
#include "services/messages/intent_rules.h"
#include "services/messages/message_store.h"
#include "services/messages/redemptions.h"
#include "services/messages/task_store.h"

namespace gratis::messages {
namespace {

constexpr int kPageRows = 500;
constexpr int kWindowRows = 20'000;
constexpr int kWordsPage = 1'000;

constexpr EngagementKind kProfiling[] = {EngagementKind::kOpened, EngagementKind::kClicked};
constexpr EngagementKind kAllEngagements[] = {EngagementKind::kOpened, EngagementKind::kClicked,
                                              EngagementKind::kUnsubscribed};

// Locks these cursors, lowest first, so that no two who need several wait for each other. Returns
// where that of `partition` stands.
absl::StatusOr<int64_t> LockCursors(pg::Tx& tx, const std::set<int32_t>& all, int32_t partition) {
  int64_t own = 0;
  for (const int32_t one : all) {
    ASSIGN_OR_RETURN(const int64_t seq, LockIntentCursor(tx, one));
    if (one == partition) own = seq;
  }
  return own;
}

bool TakesBack(ledger::FactKind kind) {
  return kind == ledger::FactKind::kReturn || kind == ledger::FactKind::kThanksCancelled;
}

// The partitions, besides those that are being read, of whoever is one with somebody whose purchase
// came back, and that were not read since. `read_after`: of those that were, up to which row of
// this partition.
std::set<int32_t> ToldElsewhere(const ledger::JournalRow& row, const People& people,
                                const std::set<int32_t>& under_way,
                                const ledger::Cursor& read_after) {
  std::set<int32_t> elsewhere;
  if (!TakesBack(row.fact.kind)) return elsewhere;
  for (const auto& [where, one] : people.OneWith(row.fact.member)) {
    if (under_way.count(where) > 0) continue;
    const auto read = read_after.find(where);
    if (read == read_after.end() || read->second < row.seq) elsewhere.insert(where);
  }
  return elsewhere;
}

// Leaves the rows before this one in the page; those behind are the next one's.
void EndBefore(size_t row, ledger::FeedPage& page) {
  page.reached = page.rows[row].seq - 1;
  page.rows.erase(page.rows.begin() + static_cast<std::ptrdiff_t>(row), page.rows.end());
}

// Leaves what was recorded by then; that is all there is.
void EndAt(absl::Time until, ledger::FeedPage& page) {
  const auto later =
      std::find_if(page.rows.begin(), page.rows.end(),
                   [&](const ledger::JournalRow& row) { return row.recorded_at > until; });
  if (later == page.rows.end()) return;
  EndBefore(static_cast<size_t>(later - page.rows.begin()), page);
  page.at_head = true;
}

// Whoever they are by now: what is about a duplicate's purchase may be said to their survivor.
absl::Status UnsayAll(pg::Tx& tx, const Unsay& unsay, const People& people, absl::Time now) {
  for (const auto& [partition, one] : people.OneWith(unsay.member)) {
    RETURN_IF_ERROR(UnsayMessages(tx, partition, {one, unsay.purchase, unsay.trigger}, now));
  }
  return absl::OkStatus();
}

absl::StatusOr<People> ReadPeople(pg::Tx& tx, const ledger::Program& program,
                                  const std::vector<ledger::JournalRow>& rows) {
  std::vector<MemberId> members;
  for (const ledger::JournalRow& row : rows) {
    const ledger::FactKind kind = row.fact.kind;
    const bool is_theirs_too =
        kind == ledger::FactKind::kComplaintResolved || kind == ledger::FactKind::kMergeUndone ||
        kind == ledger::FactKind::kComplaintOpened || kind == ledger::FactKind::kConsentRecorded ||
        kind == ledger::FactKind::kMemberStateSet || TakesBack(kind) ||
        (kind == ledger::FactKind::kMembersMerged && !row.fact.about.IsNil());
    if (is_theirs_too) members.push_back(row.fact.member);
  }
  return People::Read(tx, program, members);
}

// Members, each with their partition.
using Parts = std::vector<std::pair<int32_t, MemberId>>;

// What was decided for these does not hold.
absl::Status LapseAll(pg::Tx& tx, const Parts& parts) {
  for (const auto& [partition, part] : parts) {
    RETURN_IF_ERROR(LapseLetters(tx, partition, part).status());
  }
  return absl::OkStatus();
}

absl::Status ApplyStanding(pg::Tx& tx, const StandsOtherwise& stands, const Parts& parts,
                           absl::Time now) {
  RETURN_IF_ERROR(LapseAll(tx, parts));
  for (const auto& [partition, part] : parts) {
    if (stands.silent) EndTasks(tx, partition, part, Why::kMemberState, now);
    if (stands.objection) EndTasks(tx, partition, part, Why::kObjection, now);
    if (stands.no_profiling) {
      EndTasks(tx, partition, part, Why::kNoProfiling, now);
      ForgetEngagements(tx, partition, part, kProfiling);
    }
  }
  return absl::OkStatus();
}

// What the member says by now.
absl::StatusOr<StandsOtherwise> ReadInForce(pg::Tx& tx, const ledger::Program& program,
                                            const MemberId& member) {
  std::vector<ledger::JournalRow> recorded, page;
  do {
    const int64_t after = recorded.empty() ? 0 : recorded.back().seq;
    ASSIGN_OR_RETURN(page,
                     ledger::ReadMemberRowsAfter(tx, program, member, after,
                                                 {ledger::FactKind::kConsentRecorded}, kWordsPage));
    recorded.insert(recorded.end(), page.begin(), page.end());
  } while (page.size() == static_cast<size_t>(kWordsPage));
  return InForceBy(member, recorded);
}

// The members service records for the survivor what comes over from the duplicate, which is read as
// any other word of theirs is. What the survivor said before holds for the duplicate from here on.
absl::Status ApplyMerge(pg::Tx& tx, const ledger::Program& program, const BecamePart& became,
                        const People& people, absl::Time now) {
  ASSIGN_OR_RETURN(const StandsOtherwise stands,
                   ReadInForce(tx, program, people.Of(became.member)));
  return ApplyStanding(tx, stands, people.OneWith(became.member), now);
}

// `change` says nothing.
absl::Status ApplyOther(pg::Tx& tx, const ledger::Program& program, const ledger::JournalRow& row,
                        const IntentChange& change, const People& people, absl::Time now) {
  const int32_t partition = row.partition;
  if (const auto* unsay = std::get_if<Unsay>(&change)) {
    RETURN_IF_ERROR(UnsayAll(tx, *unsay, people, now));
  } else if (const auto* begins = std::get_if<ComplaintBegins>(&change)) {
    OpenComplaint(tx, partition, *begins, row.seq);
    RETURN_IF_ERROR(LapseAll(tx, people.OneWith(begins->member)));
  } else if (const auto* stands = std::get_if<StandsOtherwise>(&change)) {
    RETURN_IF_ERROR(ApplyStanding(tx, *stands, people.PartsOf(stands->member), now));
  } else if (const auto* became = std::get_if<BecamePart>(&change)) {
    RETURN_IF_ERROR(ApplyMerge(tx, program, *became, people, now));
  } else if (const auto* ends = std::get_if<ComplaintEnds>(&change)) {
    RETURN_IF_ERROR(CloseComplaint(tx, partition, *ends, people, now));
  } else if (const auto* parted = std::get_if<Parted>(&change)) {
    LookAgain(tx, parted->member, people, now);
  } else if (const auto* forget = std::get_if<Forget>(&change)) {
    ForgetMessages(tx, partition, forget->member, now);
    ForgetEngagements(tx, partition, forget->member, kAllEngagements);
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<ledger::FactKind>& FollowedKinds() {
  static const std::vector<ledger::FactKind> kKinds = [] {
    std::vector<ledger::FactKind> kinds = IntentKinds();
    kinds.insert(kinds.end(), RedemptionKinds().begin(), RedemptionKinds().end());
    return kinds;
  }();
  return kKinds;
}

absl::StatusOr<std::optional<ledger::Cursor>> Intents::Followed(const ledger::Program& program,
                                                                absl::Time deadline) const {
  ledger::Cursor cursor;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(cursor, ReadIntentCursors(tx, program));
    return absl::OkStatus();
  }));
  return std::optional(std::move(cursor));
}

absl::Status Intents::Keep(const ledger::Program& program, int32_t partition, absl::Time now,
                           absl::Time deadline, const std::stop_token& stop) const {
  std::set<int32_t> under_way;
  return Read(program, partition, {now, deadline, absl::InfiniteFuture()}, stop, under_way);
}

absl::Status Intents::Read(const ledger::Program& program, int32_t partition, const Reading& how,
                           const std::stop_token& stop, std::set<int32_t>& under_way) const {
  under_way.insert(partition);
  bool at_head = false;
  bool changed = false;
  std::set<int32_t> locked = {partition};
  ledger::Cursor read_after;
  while (!at_head) {
    if (stop.stop_requested()) return Error(Reason::kDraining, "reading the journal was cut short");
    std::set<int32_t> elsewhere;
    std::optional<ledger::JournalRow> waits;
    bool applied = false;
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = how.deadline}, [&](pg::Tx& tx) -> absl::Status {
      // It may run again: what it found before was not committed.
      elsewhere.clear();
      applied = at_head = false;
      ASSIGN_OR_RETURN(const int64_t seq, LockCursors(tx, locked, partition));
      ASSIGN_OR_RETURN(ledger::FeedPage page,
                       ledger::ReadFeedPage(tx, partition, seq, {.kinds = FollowedKinds()},
                                            kPageRows, kWindowRows));
      EndAt(how.until, page);
      ASSIGN_OR_RETURN(const People people, ReadPeople(tx, program, page.rows));
      std::set<int32_t> needed = {partition};
      for (const auto& [where, all] : people.everyone()) needed.insert(where);
      if (!std::includes(locked.begin(), locked.end(), needed.begin(), needed.end())) {
        // What waits elsewhere is woken there: the page is read again with those cursors locked.
        // It may be longer by then.
        locked = std::move(needed);
        return absl::OkStatus();
      }
      // What came back waits until what was said of it elsewhere is written down; what is before it
      // does not.
      for (size_t i = 0; i < page.rows.size() && elsewhere.empty(); ++i) {
        elsewhere = ToldElsewhere(page.rows[i], people, under_way, read_after);
        if (elsewhere.empty()) continue;
        if (i == 0) {
          waits = page.rows[0];
          return absl::OkStatus();
        }
        EndBefore(i, page);
        page.at_head = false;
      }
      elsewhere.clear();
      applied = true;
      RETURN_IF_ERROR(Apply(tx, program, partition, page.rows, people, how.now));
      RETURN_IF_ERROR(CountRedemptions(tx, program, partition, page.rows, how.now));
      if (page.reached > seq) WriteIntentCursor(tx, partition, page.reached);
      at_head = page.at_head;
      changed = changed ||
                !std::all_of(page.rows.begin(), page.rows.end(), [](const ledger::JournalRow& row) {
                  return IsRedemption(row.fact.kind);
                });
      return absl::OkStatus();
    }));
    if (applied) locked = {partition};
    // They may wait for others in turn, but only as of before: what is read is ever older.
    for (const int32_t one : elsewhere) {
      RETURN_IF_ERROR(
          Read(program, one, {how.now, how.deadline, waits->recorded_at}, stop, under_way));
      read_after[one] = waits->seq;
    }
  }
  under_way.erase(partition);
  if (changed) made_();
  return absl::OkStatus();
}

absl::Status Intents::Apply(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                            const std::vector<ledger::JournalRow>& rows, const People& people,
                            absl::Time now) const {
  // What is said is written in one go, before whatever else the journal says that may be about it.
  std::vector<NewMessage> said;
  for (const ledger::JournalRow& row : rows) {
    IntentChange change = ChangeBy(row);
    if (auto* say = std::get_if<Say>(&change)) {
      for (Intent& intent : say->intents) {
        const MessageId id{ledger::InPartition(program, partition, ids_.Next(now))};
        said.push_back({id, std::move(intent), row.seq});
      }
      continue;
    }
    if (std::holds_alternative<std::monostate>(change)) continue;
    InsertMessages(tx, partition, std::exchange(said, {}), now);
    RETURN_IF_ERROR(ApplyOther(tx, program, row, change, people, now));
  }
  InsertMessages(tx, partition, said, now);
  return absl::OkStatus();
}

}  // namespace gratis::messages
