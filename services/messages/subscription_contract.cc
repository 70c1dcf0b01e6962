#include "services/messages/subscription_contract.h"

#include "absl/strings/str_cat.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::messages {

absl::StatusOr<SubscriptionId> ParseSubscription(const std::string& text) {
  absl::StatusOr<SubscriptionId> id = SubscriptionId::Parse(text);
  if (!id.ok()) return InField(id.status(), "subscription_id");
  return id;
}

absl::StatusOr<SubscriptionSettings> ParseSettings(const v1::SubscriptionSettings& settings) {
  SubscriptionSettings parsed{.url = settings.url(),
                              .label = settings.label(),
                              .kinds = {},
                              .ordered = settings.ordered(),
                              .max_in_flight = settings.max_in_flight()};
  for (const int kind : settings.kinds()) {
    if (!ledger::v1::EntryKind_IsValid(kind) || kind == ledger::v1::ENTRY_KIND_UNSPECIFIED) {
      return FieldError(Reason::kFieldInvalid, "settings.kinds",
                        absl::StrCat(kind, " is no kind of entry that this version knows"));
    }
    parsed.kinds.push_back(static_cast<ledger::FactKind>(kind));
  }
  return parsed;
}

absl::StatusOr<ledger::Cursor> ParseCursor(const ledger::v1::Cursor& cursor,
                                           std::string_view field) {
  ledger::Cursor parsed;
  for (const ledger::v1::Position& position : cursor.positions()) {
    if (parsed.emplace(position.partition(), position.sequence()).second) continue;
    return FieldError(Reason::kCursorInvalid, field,
                      absl::StrCat("partition ", position.partition(), " is named twice"));
  }
  return parsed;
}

v1::Subscription ToContract(const Subscription& subscription) {
  v1::Subscription out;
  out.set_subscription_id(subscription.id.ToString());
  out.set_url(subscription.url);
  out.set_label(subscription.label);
  for (const ledger::FactKind kind : subscription.kinds) {
    out.add_kinds(static_cast<ledger::v1::EntryKind>(kind));
  }
  out.set_ordered(subscription.ordered);
  out.set_max_in_flight(subscription.max_in_flight);
  out.set_paused(subscription.paused);
  out.set_generation(subscription.generation);
  if (subscription.previous_until) {
    rpc::SetTime(*subscription.previous_until, *out.mutable_previous_until());
  }
  rpc::SetTime(subscription.created_at, *out.mutable_created_at());
  return out;
}

v1::Subscription ToContract(const Subscription& subscription, const SubscriptionStanding& standing,
                            absl::Time now) {
  v1::Subscription out = ToContract(subscription);
  if (subscription.previous_until && *subscription.previous_until <= now) {
    out.clear_previous_until();
  }
  for (const auto& [partition, seq] : standing.cursor) {
    ledger::v1::Position& position = *out.mutable_cursor()->add_positions();
    position.set_partition(partition);
    position.set_sequence(seq);
  }
  out.set_waiting_deliveries(standing.counts.waiting);
  out.set_dead_deliveries(standing.counts.dead);
  const bool open = standing.circuit.open_until() > now;
  out.set_circuit(open ? v1::CIRCUIT_STATE_OPEN : v1::CIRCUIT_STATE_CLOSED);
  if (open) rpc::SetTime(standing.circuit.open_until(), *out.mutable_circuit_open_until());
  return out;
}

}  // namespace gratis::messages
