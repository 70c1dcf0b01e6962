#include "services/messages/subscription_follower.h"

#include <utility>

#include "common/ledger/loading.h"
#include "common/obs/log.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/messages/cloud_event.h"

namespace gratis::messages {
namespace {

constexpr int32_t kMaxSubscriptions = 10'000;  // followed by one process
constexpr std::string_view kVoucherMoney = "voucher-money";
constexpr std::string_view kVoucherUses = "voucher-uses";

// The code of a unit, as the ledger's contract names it.
std::string_view CodeOf(const std::vector<ledger::Unit>& units, int16_t number) {
  if (number == ledger::kVoucherMoneyUnit) return kVoucherMoney;
  if (number == ledger::kVoucherUseUnit) return kVoucherUses;
  for (const ledger::Unit& unit : units) {
    if (unit.number == number) return unit.code;
  }
  return "";
}

}  // namespace

SubscriptionFollower::SubscriptionFollower(FollowerOptions options, ledger::Feed& feed,
                                           pg::Pool& pool, Programs programs, base::IdSource& ids,
                                           std::function<void()> enqueued, const base::Clock& clock,
                                           obs::Log& log)
    : options_(options),
      feed_(feed),
      pool_(pool),
      programs_(std::move(programs)),
      ids_(ids),
      enqueued_(std::move(enqueued)),
      clock_(clock),
      log_(log) {}

SubscriptionFollower::~SubscriptionFollower() { Stop(); }

void SubscriptionFollower::Start() {
  thread_ = std::thread([this] { Work(); });
}

void SubscriptionFollower::Stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
  followed_.clear();
}

void SubscriptionFollower::Nudge() {
  const std::lock_guard lock(mutex_);
  nudged_ = woken_ = true;
  changed_.notify_one();
}

void SubscriptionFollower::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void SubscriptionFollower::Work() {
  const std::stop_token stop = stop_.get_token();
  while (!stop.stop_requested()) {
    bool nudged = false;
    {
      const std::lock_guard lock(mutex_);
      nudged = std::exchange(nudged_, false);
      woken_ = false;
    }
    absl::Status status;
    // The machine's clock may be set back.
    const absl::Time now = clock_.Now();
    const bool due = now >= looked_at_ + options_.look || now < looked_at_;
    if (nudged || due) status = LookAround();
    bool more = false, full = false;
    for (auto& [number, followed] : followed_) {
      if (stop.stop_requested()) return;
      status.Update(Follow(followed));
      status.Update(Advance(followed, more, full));
    }
    if (!status.ok() && !stop.stop_requested()) {
      log_.Warning("webhooks do not follow the journal for a moment", {{"error", status}});
    }
    Wait(!status.ok(), more, full);
  }
}

void SubscriptionFollower::Wait(bool failed, bool more, bool full) {
  const std::stop_token stop = stop_.get_token();
  std::unique_lock lock(mutex_);
  if (failed) {
    // What failed is not tried again at once, however much there is to do.
    changed_.wait_for(lock, stop, absl::ToChronoMilliseconds(options_.look), [] { return false; });
    return;
  }
  if (more) return;
  const absl::Duration patience = full ? options_.pause : options_.look;
  changed_.wait_for(lock, stop, absl::ToChronoMilliseconds(patience), [this] { return woken_; });
  changed_.wait_for(lock, stop, absl::ToChronoMilliseconds(options_.gather), [] { return false; });
}

absl::Status SubscriptionFollower::LookAround() {
  const absl::Time deadline = clock_.Now() + options_.limit;
  std::vector<Subscription> live;
  SubscriptionCursors cursors;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(live, ListLiveSubscriptions(tx, kMaxSubscriptions));
    std::vector<SubscriptionId> ids;
    for (const Subscription& subscription : live) ids.push_back(subscription.id);
    ASSIGN_OR_RETURN(cursors, ReadSubscriptionCursors(tx, ids));
    return absl::OkStatus();
  }));
  for (auto& [number, followed] : followed_) followed.subscriptions.clear();
  for (Subscription& subscription : live) {
    const int32_t number = subscription.program;
    if (!followed_.contains(number)) {
      ASSIGN_OR_RETURN(const ledger::Program program, programs_(number, deadline));
      followed_[number].program = program;
    }
    const SubscriptionId id = subscription.id;
    followed_[number].subscriptions[id] = std::move(subscription);
  }
  // Programs that nobody follows any more are not watched.
  std::erase_if(followed_, [](const auto& entry) { return entry.second.subscriptions.empty(); });
  for (auto& [number, followed] : followed_) {
    ASSIGN_OR_RETURN(const ledger::Cursor heads, feed_.Heads(followed.program));
    if (followed.reader == nullptr) {
      followed.heads = heads;
      followed.reader = feed_.Read(followed.program, heads, {.kinds = {}, .members = {MemberId{}}},
                                   [this] { Wake(); });
    }
    followed.behind.clear();
    for (const auto& [id, subscription] : followed.subscriptions) {
      for (const auto& [partition, seq] : cursors[id]) {
        const auto head = heads.find(partition);
        if (head != heads.end() && seq < head->second) followed.behind[id].insert(partition);
      }
    }
  }
  looked_at_ = clock_.Now();
  return absl::OkStatus();
}

// The reader lets nothing through (no entry is about nobody): it says how far there is something.
// What it is, is read in the transaction that puts it in line.
absl::Status SubscriptionFollower::Follow(Followed& followed) {
  while (followed.reader->more() && !stop_.stop_requested()) {
    RETURN_IF_ERROR(followed.reader->Next().status());
  }
  for (const auto& [partition, seq] : followed.reader->cursor()) {
    if (std::exchange(followed.heads[partition], seq) == seq) continue;
    for (const auto& [id, subscription] : followed.subscriptions) {
      followed.behind[id].insert(partition);
    }
  }
  return absl::OkStatus();
}

absl::Status SubscriptionFollower::Advance(Followed& followed, bool& more, bool& full) {
  for (auto& [id, behind] : followed.behind) {
    if (behind.empty() || stop_.stop_requested()) continue;
    const auto subscription = followed.subscriptions.find(id);
    if (subscription == followed.subscriptions.end()) continue;
    bool line_full = false;
    RETURN_IF_ERROR(Keep(followed, subscription->second, behind, line_full));
    full |= line_full;
    more |= !line_full && !behind.empty();
  }
  return absl::OkStatus();
}

absl::Status SubscriptionFollower::Keep(const Followed& followed, const Subscription& subscription,
                                        std::set<int32_t>& behind, bool& full) {
  const absl::Time now = clock_.Now();
  std::set<int32_t> left;
  bool any = false;
  RETURN_IF_ERROR(
      pg::RunTx(pool_, {.deadline = now + options_.limit}, [&](pg::Tx& tx) -> absl::Status {
        left.clear();
        any = false;
        ASSIGN_OR_RETURN(const int64_t waiting,
                         CountWaiting(tx, subscription.id, options_.max_waiting));
        full = waiting >= options_.max_waiting;
        if (full) {
          left = behind;
          return absl::OkStatus();
        }
        // Those that another process moves just now are not waited for.
        ASSIGN_OR_RETURN(
            ledger::Cursor cursor,
            LockSubscriptionCursors(tx, subscription.id, {behind.begin(), behind.end()}));
        std::vector<Event> events;
        for (auto& [partition, seq] : cursor) {
          ASSIGN_OR_RETURN(const bool has_more,
                           KeepPartition(tx, followed, subscription, partition, seq, events, now));
          if (has_more) left.insert(partition);
        }
        if (cursor.empty()) return absl::OkStatus();
        any = !events.empty();
        if (any) {
          InsertEvents(tx, followed.program.number, subscription.id.uuid, subscription.ordered,
                       events, now);
        }
        WriteSubscriptionCursors(tx, subscription.id, cursor);
        return absl::OkStatus();
      }));
  behind = std::move(left);
  if (any) enqueued_();
  return absl::OkStatus();
}

absl::StatusOr<bool> SubscriptionFollower::KeepPartition(pg::Tx& tx, const Followed& followed,
                                                         const Subscription& subscription,
                                                         int32_t partition, int64_t& seq,
                                                         std::vector<Event>& events,
                                                         absl::Time now) {
  const ledger::FeedFilter filter{.kinds = subscription.kinds, .members = {}};
  const int32_t window = filter.kinds.empty() ? options_.page_rows : options_.window_rows;
  ASSIGN_OR_RETURN(const ledger::FeedPage page,
                   ledger::ReadFeedPage(tx, partition, seq, filter, options_.page_rows, window));
  seq = page.reached;
  if (page.rows.empty()) return !page.at_head;
  ASSIGN_OR_RETURN(const std::vector<ledger::Unit> units, ledger::ReadUnits(tx, followed.program));
  for (const ledger::JournalRow& row : page.rows) {
    events.push_back(
        {.key = {partition, ledger::InPartition(followed.program, partition, ids_.Next(now))},
         .member = row.fact.member,
         .event_id = EventIdOf(row),
         .kind = static_cast<int16_t>(row.fact.kind),
         .body = EventBody(followed.program.code, row, CodeOf(units, row.fact.unit))});
  }
  return !page.at_head;
}

}  // namespace gratis::messages
