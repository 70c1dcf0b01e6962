#include "services/messages/intents.h"

#include <algorithm>
#include <variant>

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
  RETURN_IF_ERROR(
      pg::RunTx(pool_, {.deadline = deadline, .read_only = true}, [&](pg::Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(cursor, ReadIntentCursors(tx, program));
        return absl::OkStatus();
      }));
  return std::optional(std::move(cursor));
}

absl::Status Intents::Keep(const ledger::Program& program, int32_t partition, absl::Time now,
                           absl::Time deadline, const std::stop_token& stop) const {
  bool at_head = false;
  bool changed = false;
  while (!at_head) {
    if (stop.stop_requested()) return Error(Reason::kDraining, "reading the journal was cut short");
    RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const int64_t seq, LockIntentCursor(tx, partition));
      ASSIGN_OR_RETURN(const ledger::FeedPage page,
                       ledger::ReadFeedPage(tx, partition, seq, {.kinds = FollowedKinds()},
                                            kPageRows, kWindowRows));
      for (const ledger::JournalRow& row : page.rows) {
        RETURN_IF_ERROR(Apply(tx, program, row, now));
      }
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

absl::Status Intents::Apply(pg::Tx& tx, const ledger::Program& program,
                            const ledger::JournalRow& row, absl::Time now) const {
  const IntentChange change = ChangeBy(row);
  const int32_t partition = row.partition;
  if (const auto* say = std::get_if<Say>(&change)) {
    for (const Intent& intent : say->intents) {
      const MessageId id{ledger::InPartition(program, partition, ids_.Next(now))};
      InsertMessage(tx, partition, id, intent, row.seq, now);
    }
  } else if (const auto* unsay = std::get_if<Unsay>(&change)) {
    UnsayMessages(tx, partition, *unsay, now);
  } else if (const auto* begins = std::get_if<ComplaintBegins>(&change)) {
    OpenComplaint(tx, partition, *begins, row.seq);
  } else if (const auto* ends = std::get_if<ComplaintEnds>(&change)) {
    RETURN_IF_ERROR(CloseComplaint(tx, partition, *ends, now));
  } else if (const auto* forget = std::get_if<Forget>(&change)) {
    ForgetMessages(tx, partition, forget->member, now);
    ForgetEngagements(tx, partition, forget->member, kAllEngagements);
  } else if (const auto* stop = std::get_if<StopProfiling>(&change)) {
    ForgetEngagements(tx, partition, stop->member, kProfiling);
  }
  return absl::OkStatus();
}

}  // namespace gratis::messages
