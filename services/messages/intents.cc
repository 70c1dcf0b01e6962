#include "services/messages/intents.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>
#include <vector>

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

// The partitions, besides `partition`, of whoever is one with somebody of whose purchases one came
// back.
std::set<int32_t> ToldElsewhere(const std::vector<ledger::JournalRow>& rows, const People& people,
                                int32_t partition) {
  std::set<int32_t> elsewhere;
  for (const ledger::JournalRow& row : rows) {
    if (!TakesBack(row.fact.kind)) continue;
    for (const auto& [where, one] : people.OneWith(row.fact.member)) elsewhere.insert(where);
  }
  elsewhere.erase(partition);
  return elsewhere;
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
        kind == ledger::FactKind::kMemberStateSet || TakesBack(kind);
    if (is_theirs_too) members.push_back(row.fact.member);
  }
  return People::Read(tx, program, members);
}

// What was decided for whoever is a part of the member does not hold.
absl::Status LapseAll(pg::Tx& tx, const MemberId& member, const People& people) {
  for (const auto& [partition, part] : people.PartsOf(member)) {
    RETURN_IF_ERROR(LapseLetters(tx, partition, part).status());
  }
  return absl::OkStatus();
}

absl::Status ApplyStanding(pg::Tx& tx, const StandsOtherwise& stands, const People& people,
                           absl::Time now) {
  RETURN_IF_ERROR(LapseAll(tx, stands.member, people));
  for (const auto& [partition, part] : people.PartsOf(stands.member)) {
    if (stands.silent) EndTasks(tx, partition, part, Why::kMemberState, now);
    if (stands.objection) EndTasks(tx, partition, part, Why::kObjection, now);
    if (stands.no_profiling) {
      EndTasks(tx, partition, part, Why::kNoProfiling, now);
      ForgetEngagements(tx, partition, part, kProfiling);
    }
  }
  return absl::OkStatus();
}

// `change` says nothing.
absl::Status ApplyOther(pg::Tx& tx, const ledger::JournalRow& row, const IntentChange& change,
                        const People& people, absl::Time now) {
  const int32_t partition = row.partition;
  if (const auto* unsay = std::get_if<Unsay>(&change)) {
    RETURN_IF_ERROR(UnsayAll(tx, *unsay, people, now));
  } else if (const auto* begins = std::get_if<ComplaintBegins>(&change)) {
    OpenComplaint(tx, partition, *begins, row.seq);
    RETURN_IF_ERROR(LapseAll(tx, begins->member, people));
  } else if (const auto* stands = std::get_if<StandsOtherwise>(&change)) {
    RETURN_IF_ERROR(ApplyStanding(tx, *stands, people, now));
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
  return Read(program, partition, now, deadline, stop, /*others_first=*/true);
}

absl::Status Intents::Read(const ledger::Program& program, int32_t partition, absl::Time now,
                           absl::Time deadline, const std::stop_token& stop,
                           bool others_first) const {
  bool at_head = false;
  bool changed = false;
  std::set<int32_t> locked = {partition};
  while (!at_head) {
    if (stop.stop_requested()) return Error(Reason::kDraining, "reading the journal was cut short");
    std::set<int32_t> elsewhere;
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const int64_t seq, LockCursors(tx, locked, partition));
      ASSIGN_OR_RETURN(const ledger::FeedPage page,
                       ledger::ReadFeedPage(tx, partition, seq, {.kinds = FollowedKinds()},
                                            kPageRows, kWindowRows));
      ASSIGN_OR_RETURN(const People people, ReadPeople(tx, program, page.rows));
      std::set<int32_t> needed = {partition};
      for (const auto& [where, all] : people.everyone()) needed.insert(where);
      if (!std::includes(locked.begin(), locked.end(), needed.begin(), needed.end())) {
        // What waits elsewhere is woken there: the page is read again with those cursors locked.
        locked = std::move(needed);
        elsewhere = ToldElsewhere(page.rows, people, partition);
        return absl::OkStatus();
      }
      locked = {partition};
      RETURN_IF_ERROR(Apply(tx, program, partition, page.rows, people, now));
      RETURN_IF_ERROR(CountRedemptions(tx, program, partition, page.rows, now));
      if (page.reached > seq) WriteIntentCursor(tx, partition, page.reached);
      at_head = page.at_head;
      changed = changed ||
                !std::all_of(page.rows.begin(), page.rows.end(), [](const ledger::JournalRow& row) {
                  return IsRedemption(row.fact.kind);
                });
      return absl::OkStatus();
    }));
    if (!others_first) continue;
    // What was said there of a purchase before it came back is unsaid only once it is written down.
    for (const int32_t one : elsewhere) {
      RETURN_IF_ERROR(Read(program, one, now, deadline, stop, /*others_first=*/false));
    }
  }
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
    RETURN_IF_ERROR(ApplyOther(tx, row, change, people, now));
  }
  InsertMessages(tx, partition, said, now);
  return absl::OkStatus();
}

}  // namespace gratis::messages
