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

absl::StatusOr<People> ReadWoken(pg::Tx& tx, const ledger::Program& program,
                                 const std::vector<ledger::JournalRow>& rows) {
  std::vector<MemberId> members;
  for (const ledger::JournalRow& row : rows) {
    const ledger::FactKind kind = row.fact.kind;
    const bool wakes =
        kind == ledger::FactKind::kComplaintResolved || kind == ledger::FactKind::kMergeUndone;
    if (wakes) members.push_back(row.fact.member);
  }
  return People::Read(tx, program, members);
}

// `change` says nothing.
absl::Status ApplyOther(pg::Tx& tx, const ledger::JournalRow& row, const IntentChange& change,
                        const People& woken, absl::Time now) {
  const int32_t partition = row.partition;
  if (const auto* unsay = std::get_if<Unsay>(&change)) {
    RETURN_IF_ERROR(UnsayMessages(tx, partition, *unsay, now));
  } else if (const auto* begins = std::get_if<ComplaintBegins>(&change)) {
    OpenComplaint(tx, partition, *begins, row.seq);
    RETURN_IF_ERROR(LapseLetters(tx, partition, begins->member).status());
  } else if (const auto* stands = std::get_if<StandsOtherwise>(&change)) {
    RETURN_IF_ERROR(LapseLetters(tx, partition, stands->member).status());
    if (stands->no_profiling) ForgetEngagements(tx, partition, stands->member, kProfiling);
  } else if (const auto* ends = std::get_if<ComplaintEnds>(&change)) {
    RETURN_IF_ERROR(CloseComplaint(tx, partition, *ends, woken, now));
  } else if (const auto* parted = std::get_if<Parted>(&change)) {
    LookAgain(tx, parted->member, woken, now);
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
  bool at_head = false;
  bool changed = false;
  std::set<int32_t> locked = {partition};
  while (!at_head) {
    if (stop.stop_requested()) return Error(Reason::kDraining, "reading the journal was cut short");
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const int64_t seq, LockCursors(tx, locked, partition));
      ASSIGN_OR_RETURN(const ledger::FeedPage page,
                       ledger::ReadFeedPage(tx, partition, seq, {.kinds = FollowedKinds()},
                                            kPageRows, kWindowRows));
      ASSIGN_OR_RETURN(const People woken, ReadWoken(tx, program, page.rows));
      std::set<int32_t> needed = {partition};
      for (const auto& [where, all] : woken.everyone()) needed.insert(where);
      if (!std::includes(locked.begin(), locked.end(), needed.begin(), needed.end())) {
        // What waits elsewhere is woken there: the page is read again with those cursors locked.
        locked = std::move(needed);
        return absl::OkStatus();
      }
      locked = {partition};
      RETURN_IF_ERROR(Apply(tx, program, partition, page.rows, woken, now));
      RETURN_IF_ERROR(CountRedemptions(tx, program, partition, page.rows, now));
      if (page.reached > seq) WriteIntentCursor(tx, partition, page.reached);
      at_head = page.at_head;
      changed = changed ||
                !std::all_of(page.rows.begin(), page.rows.end(), [](const ledger::JournalRow& row) {
                  return IsRedemption(row.fact.kind);
                });
      return absl::OkStatus();
    }));
  }
  if (changed) made_();
  return absl::OkStatus();
}

absl::Status Intents::Apply(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                            const std::vector<ledger::JournalRow>& rows, const People& woken,
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
    RETURN_IF_ERROR(ApplyOther(tx, row, change, woken, now));
  }
  InsertMessages(tx, partition, said, now);
  return absl::OkStatus();
}

}  // namespace gratis::messages
