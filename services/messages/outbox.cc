#include "services/messages/outbox.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "services/messages/messages_sql.h"
#include "services/messages/ways.h"

namespace gratis::messages {

void Outbox::Enqueue(pg::Tx& tx, absl::Span<const OutboundMessage> messages) {
  Insert(tx, messages, DeliveryStatus::kWaiting);
}

void Outbox::Note(pg::Tx& tx, absl::Span<const OutboundMessage> messages) {
  Insert(tx, messages, DeliveryStatus::kDelivered);
}

void Outbox::Insert(pg::Tx& tx, absl::Span<const OutboundMessage> messages, DeliveryStatus status) {
  if (messages.empty()) return;
  const absl::Time now = clock_.Now();
  std::vector<int32_t> partitions, programs;
  std::vector<Uuid> deliveries, endpoints, ids;
  std::vector<int16_t> channels, states;
  std::vector<MemberId> members;
  std::vector<std::optional<pg::Bytes>> address_keys;
  std::vector<bool> marketing;
  std::vector<absl::Time> give_up;
  std::vector<std::optional<absl::Time>> holds_until;
  for (const OutboundMessage& message : messages) {
    partitions.push_back(message.partition);
    deliveries.push_back(ledger::InPartition(message.program, message.partition, ids_.Next(now)));
    programs.push_back(message.program.number);
    channels.push_back(static_cast<int16_t>(message.channel));
    const Way* const way = FindWay(message.channel);
    endpoints.push_back(way == nullptr ? Uuid{} : way->line);
    ids.push_back(message.message);
    members.push_back(message.member);
    address_keys.push_back(
        message.address_key.empty() ? std::nullopt : std::optional(pg::Bytes{message.address_key}));
    marketing.push_back(message.marketing);
    states.push_back(static_cast<int16_t>(status));
    give_up.push_back(now + std::min(message.keep_trying, kTryingLimit));
    holds_until.push_back(message.holds ? std::optional(now + *message.holds) : std::nullopt);
  }
  tx.Send(sql::kInsertDeliveries, now, partitions, deliveries, programs, channels, endpoints, ids,
          members, address_keys, marketing, states, give_up, holds_until);
}

absl::StatusOr<std::vector<LapsedMessage>> Outbox::Lapsed(pg::Tx& tx,
                                                          const ledger::Program& program,
                                                          ChannelKind channel,
                                                          int32_t limit) const {
  const Way* const way = FindWay(channel);
  if (way == nullptr) return std::vector<LapsedMessage>();
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListLapsedLetters, way->line, program.number,
                                               clock_.Now(), static_cast<int64_t>(limit)));
  std::vector<LapsedMessage> lapsed;
  for (const pg::Row row : rows) {
    lapsed.push_back({row.Get<int32_t>(0), row.Get<Uuid>(1), row.Get<int16_t>(2)});
  }
  return lapsed;
}

void Outbox::Hold(pg::Tx& tx, const ledger::Program& program, ChannelKind channel,
                  absl::Span<const HeldMessage> messages) const {
  if (messages.empty()) return;
  const absl::Time now = clock_.Now();
  std::vector<Uuid> ids;
  std::vector<absl::Time> next;
  for (const HeldMessage& held : messages) {
    ids.push_back(held.message);
    next.push_back(now + held.wait);
  }
  tx.Send(sql::kHoldDeliveries, program.number, static_cast<int16_t>(channel), now, ids, next);
}

void Outbox::Withdraw(pg::Tx& tx, const ledger::Program& program, ChannelKind channel,
                      absl::Span<const Uuid> messages) const {
  if (messages.empty()) return;
  tx.Send(sql::kWithdrawDeliveries, program.number, static_cast<int16_t>(channel), clock_.Now(),
          messages);
}

void Outbox::Wake() {
  const std::lock_guard lock(mutex_);
  if (waker_) waker_();
}

void Outbox::SetWaker(std::function<void()> waker) {
  const std::lock_guard lock(mutex_);
  waker_ = std::move(waker);
}

}  // namespace gratis::messages
