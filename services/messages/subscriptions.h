#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/ledger/feed.h"
#include "common/ledger/mutation.h"
#include "services/messages/address_guard.h"
#include "services/messages/delivery_store.h"
#include "services/messages/subscription_store.h"

// What can be done to a webhook subscription. Each change is a fact in the program's books.
namespace gratis::messages {

// What a caller says of a subscription, checked by CheckSettings.
struct SubscriptionSettings {
  std::string url;
  std::string label;
  std::vector<ledger::FactKind> kinds;
  bool ordered = false;
  int32_t max_in_flight = 0;  // 0: kDefaultInFlight
};
// The settings, with what was left open filled in. A name is not resolved here: where it leads is
// checked whenever it is connected to. Errors, for fields of `settings`: FIELD_MISSING,
// FIELD_TOO_LONG, FIELD_INVALID, ENDPOINT_NOT_ALLOWED.
absl::StatusOr<SubscriptionSettings> CheckSettings(SubscriptionSettings settings,
                                                   const AddressGuard& guard);

// A subscription as it stands in one run, changes made in it included.
struct SubscriptionInRun {
  std::optional<Subscription> row;  // nothing: there is none yet
  ledger::Cursor cursor;
  std::optional<ledger::Cursor> new_cursor;  // to be written
  std::optional<Event> event;                // to be put in line
  std::optional<absl::Time> extend_at;       // what waits is due then
  int64_t entries_again = 0;                 // between where it was and where it was put back to
};
struct SubscriptionsInRun {
  std::map<SubscriptionId, SubscriptionInRun> by_id;
  ledger::Cursor heads;  // of the program's journal
};

class SubscriptionChange final : public ledger::Mutation {
 public:
  // What to do: returns what the journal calls it, or nothing when nothing changes. Nothing is
  // changed when it fails.
  using Change = std::function<absl::StatusOr<std::optional<std::string>>(
      SubscriptionInRun& subscription, const ledger::Cursor& heads, absl::Time now)>;
  // The answer to store and send; without secrets.
  using Answer = std::function<std::string(const SubscriptionInRun& subscription)>;

  SubscriptionChange(SubscriptionId id, TransactionId transaction, bool creates, Change change,
                     Answer answer);

  // Errors: SUBSCRIPTION_NOT_FOUND, and those of the change.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class SubscriptionChanges;

  const SubscriptionId id_;
  const TransactionId transaction_;
  const bool creates_;
  const Change change_;
  const Answer answer_;
  std::shared_ptr<SubscriptionsInRun> run_;
};

class SubscriptionChanges final : public ledger::KindOf<SubscriptionChange> {
 public:
  // `clock` is the real one: what waits, waits in the world's time.
  explicit SubscriptionChanges(const base::Clock& clock) : clock_(clock) {}
  absl::Status LoadAll(pg::Tx& tx, absl::Span<SubscriptionChange* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<SubscriptionChange* const> set) override;

 private:
  const base::Clock& clock_;
};

// --- the changes; real times are the caller's ---

// `from`: where in the journal to begin; nothing: behind its heads. Errors: CURSOR_INVALID.
SubscriptionChange::Change Creating(const ledger::Program& program, SubscriptionId id,
                                    SubscriptionSettings settings,
                                    std::optional<ledger::Cursor> from);
SubscriptionChange::Change Setting(SubscriptionSettings settings);
SubscriptionChange::Change Pausing();
SubscriptionChange::Change Resuming(absl::Time real_now);
// The secret before signs until `previous_until`; nothing: not any more.
SubscriptionChange::Change Rotating(std::optional<absl::Time> previous_until);
SubscriptionChange::Change Testing(Event event);
// Errors: CURSOR_INVALID.
SubscriptionChange::Change Replaying(ledger::Cursor back_to);
SubscriptionChange::Change Deleting();

absl::Status NoSuchSubscription(const SubscriptionId& id);

}  // namespace gratis::messages
