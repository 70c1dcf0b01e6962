#include "services/messages/delivery_store.h"

#include <map>
#include <utility>

#include "common/status/macros.h"
#include "services/messages/messages_sql.h"

namespace gratis::messages {
namespace {

struct KeyColumns {
  std::vector<int32_t> partitions;
  std::vector<Uuid> deliveries;

  void Add(const DeliveryKey& key) {
    partitions.push_back(key.partition);
    deliveries.push_back(key.delivery);
  }
};

std::vector<DeliveryKey> KeysIn(const pg::Rows& rows) {
  std::vector<DeliveryKey> keys;
  for (const pg::Row row : rows) keys.push_back({row.Get<int32_t>(0), row.Get<Uuid>(1)});
  return keys;
}

DeliveryState StateOf(const pg::Row& row) {
  return {.key = {row.Get<int32_t>(0), row.Get<Uuid>(1)},
          .program = row.Get<int32_t>(2),
          .channel = static_cast<ChannelKind>(row.Get<int16_t>(3)),
          .endpoint = row.Get<Uuid>(4),
          .message = row.Get<std::optional<Uuid>>(5).value_or(Uuid{}),
          .member = row.Get<std::optional<MemberId>>(6).value_or(MemberId{}),
          .event_id = row.Get<std::optional<std::string>>(7).value_or(""),
          .event_kind = row.Get<std::optional<int16_t>>(8).value_or(int16_t{0}),
          .state = static_cast<DeliveryStatus>(row.Get<int16_t>(9)),
          .attempts = row.Get<int32_t>(10),
          .in_doubt = row.Get<bool>(11),
          .created_at = row.Get<absl::Time>(12),
          .next_at = row.Get<absl::Time>(13),
          .give_up_at = row.Get<absl::Time>(14),
          .changed_at = row.Get<absl::Time>(15),
          .reason = row.Get<std::string>(16),
          .answer_code = row.Get<int32_t>(17),
          .elapsed_ms = row.Get<int32_t>(18)};
}
constexpr int kBodyColumn = 19;

absl::StatusOr<std::vector<DeliveryState>> StatesIn(absl::StatusOr<pg::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<DeliveryState> states;
  for (const pg::Row row : *rows) states.push_back(StateOf(row));
  return states;
}

absl::StatusOr<std::vector<EndpointCircuit>> CircuitsIn(absl::StatusOr<pg::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<EndpointCircuit> circuits;
  for (const pg::Row row : *rows) {
    circuits.push_back({row.Get<Uuid>(0), Circuit(row.Get<int32_t>(1), row.Get<absl::Time>(2))});
  }
  return circuits;
}

int16_t NumberOf(const std::optional<DeliveryStatus>& state) {
  return state ? static_cast<int16_t>(*state) : int16_t{0};
}

}  // namespace

pg::Tx::Asked AskLines(pg::Tx& tx, int32_t limit) {
  return tx.Ask(sql::kListLines, static_cast<int64_t>(limit));
}

absl::StatusOr<std::vector<Line>> TakeLines(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::vector<Line> lines;
  for (const pg::Row row : rows) {
    lines.push_back({.endpoint = row.Get<Uuid>(0),
                     .due = row.Get<absl::Time>(1),
                     .max_in_flight = row.Get<std::optional<int32_t>>(2).value_or(0),
                     .paused = row.Get<bool>(3)});
  }
  return lines;
}

pg::Tx::Asked AskClaim(pg::Tx& tx, absl::Span<const Room> rooms, absl::Time now) {
  std::vector<Uuid> endpoints;
  std::vector<int32_t> free;
  std::vector<absl::Time> leases;
  for (const Room& room : rooms) {
    endpoints.push_back(room.endpoint);
    free.push_back(room.free);
    leases.push_back(room.lease_until);
  }
  return tx.Ask(sql::kClaimDeliveries, endpoints, free, leases, now);
}

absl::StatusOr<std::vector<Parcel>> TakeClaim(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::vector<Parcel> parcels;
  parcels.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) {
    parcels.push_back(
        {.key = {row.Get<int32_t>(0), row.Get<Uuid>(1)},
         .program = row.Get<int32_t>(2),
         .channel = static_cast<ChannelKind>(row.Get<int16_t>(3)),
         .endpoint = row.Get<Uuid>(4),
         .message = row.Get<std::optional<Uuid>>(5).value_or(Uuid{}),
         .member = row.Get<std::optional<MemberId>>(6).value_or(MemberId{}),
         .event_id = row.Get<std::optional<std::string>>(7).value_or(""),
         .body = row.Get<std::optional<std::string>>(8).value_or(""),
         .attempt = row.Get<int32_t>(9),
         .created_at = row.Get<absl::Time>(10),
         .give_up_at = row.Get<absl::Time>(11),
         .address_key = row.Get<std::optional<pg::Bytes>>(12).value_or(pg::Bytes{}).value,
         .suppressed = row.Get<bool>(13),
         .contents = nullptr});
  }
  return parcels;
}

void WriteEnded(pg::Tx& tx, absl::Span<const Ended> ended, absl::Time now) {
  KeyColumns keys;
  std::vector<int32_t> attempts, codes, elapsed;
  std::vector<int16_t> states, outcomes;
  std::vector<absl::Time> next;
  std::vector<std::string_view> reasons, answers;
  for (const Ended& one : ended) {
    keys.Add(one.key);
    attempts.push_back(one.attempt);
    states.push_back(static_cast<int16_t>(one.status));
    next.push_back(one.next_at);
    outcomes.push_back(static_cast<int16_t>(one.outcome));
    reasons.push_back(one.reason);
    codes.push_back(one.answer_code);
    answers.push_back(one.answer);
    elapsed.push_back(one.elapsed_ms);
  }
  tx.Send(sql::kSettleDeliveries, now, keys.partitions, keys.deliveries, attempts, states, next,
          outcomes, reasons, codes, answers, elapsed);
}

pg::Tx::Asked AskMarkHandingOver(pg::Tx& tx, absl::Span<const Handover> letters, absl::Time now) {
  KeyColumns keys;
  std::vector<int32_t> attempts;
  for (const Handover& letter : letters) {
    keys.Add(letter.key);
    attempts.push_back(letter.attempt);
  }
  return tx.Ask(sql::kMarkHandingOver, keys.partitions, keys.deliveries, attempts, now);
}

absl::StatusOr<std::vector<DeliveryKey>> TakeMarked(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  return KeysIn(rows);
}

void RecoverLost(pg::Tx& tx, absl::Time now, int32_t limit) {
  tx.Send(sql::kRecoverDeliveries, now, static_cast<int64_t>(limit));
}

void GiveUpLate(pg::Tx& tx, const std::vector<Uuid>& endpoints, absl::Time now, int32_t limit) {
  tx.Send(sql::kGiveUpDeliveries, endpoints, now, static_cast<int64_t>(limit));
}

absl::StatusOr<std::vector<EndpointCircuit>> ReadCircuits(pg::Tx& tx, int32_t limit) {
  return CircuitsIn(tx.Run(sql::kReadCircuits, static_cast<int64_t>(limit)));
}

absl::StatusOr<std::vector<EndpointCircuit>> ReadCircuitsOf(pg::Tx& tx,
                                                            const std::vector<Uuid>& endpoints) {
  return CircuitsIn(tx.Run(sql::kReadCircuit, endpoints));
}

void WriteCircuits(pg::Tx& tx, absl::Span<const EndpointCircuit> circuits) {
  std::vector<Uuid> troubled, well;
  std::vector<int32_t> failures;
  std::vector<absl::Time> open_until;
  for (const EndpointCircuit& one : circuits) {
    if (!one.circuit.troubled()) {
      well.push_back(one.endpoint);
      continue;
    }
    troubled.push_back(one.endpoint);
    failures.push_back(one.circuit.failures());
    open_until.push_back(one.circuit.open_until());
  }
  if (!troubled.empty()) tx.Send(sql::kWriteCircuits, troubled, failures, open_until);
  if (!well.empty()) tx.Send(sql::kDeleteCircuits, well);
}

void Prune(pg::Tx& tx, int32_t partition, const Uuid& made_before, absl::Time ended_before,
           int32_t limit) {
  tx.Send(sql::kPruneDeliveries, partition, made_before, ended_before, static_cast<int64_t>(limit));
}

absl::StatusOr<std::optional<LoggedDelivery>> ReadDelivery(pg::Tx& tx, int32_t program,
                                                           const DeliveryKey& key) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadDelivery, key.partition, key.delivery, program));
  if (rows.empty()) return std::nullopt;
  return LoggedDelivery{StateOf(rows[0]),
                        rows[0].Get<std::optional<std::string>>(kBodyColumn).value_or("")};
}

absl::StatusOr<std::vector<DeliveryState>> ListOfEndpoint(pg::Tx& tx, int32_t program,
                                                          const Uuid& endpoint,
                                                          const DeliveryPage& page) {
  return StatesIn(tx.Run(sql::kListDeliveriesOfEndpoint, endpoint, program, page.before,
                         NumberOf(page.state), static_cast<int64_t>(page.limit)));
}

absl::StatusOr<std::vector<DeliveryState>> ListOfMember(pg::Tx& tx, int32_t partition,
                                                        const MemberId& member,
                                                        const DeliveryPage& page) {
  return StatesIn(tx.Run(sql::kListDeliveriesOfMember, partition, member, page.before,
                         NumberOf(page.state), static_cast<int64_t>(page.limit)));
}

absl::StatusOr<std::vector<DeliveryState>> ReadDeliveries(pg::Tx& tx, int32_t program,
                                                          absl::Span<const Uuid> messages) {
  return StatesIn(tx.Run(sql::kReadDeliveriesOfMessages, program, messages));
}

absl::StatusOr<std::vector<AttemptState>> ListAttempts(pg::Tx& tx, const DeliveryKey& key,
                                                       int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListAttempts, key.partition, key.delivery,
                                               static_cast<int64_t>(limit)));
  std::vector<AttemptState> attempts;
  for (const pg::Row row : rows) {
    attempts.push_back({.number = row.Get<int32_t>(0),
                        .ended_at = row.Get<absl::Time>(1),
                        .outcome = static_cast<AttemptOutcome>(row.Get<int16_t>(2)),
                        .reason = row.Get<std::string>(3),
                        .answer_code = row.Get<int32_t>(4),
                        .answer = row.Get<std::string>(5),
                        .elapsed_ms = row.Get<int32_t>(6)});
  }
  return attempts;
}

absl::StatusOr<std::vector<DeliveryKey>> LockDead(pg::Tx& tx, int32_t program, const Uuid& endpoint,
                                                  int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kLockDeadDeliveries, endpoint, program,
                                               static_cast<int64_t>(limit)));
  return KeysIn(rows);
}

void Revive(pg::Tx& tx, absl::Span<const DeliveryKey> dead, absl::Time now, absl::Time give_up_at) {
  KeyColumns keys;
  for (const DeliveryKey& key : dead) keys.Add(key);
  tx.Send(sql::kReviveDeliveries, keys.partitions, keys.deliveries, now, give_up_at);
}

absl::StatusOr<std::vector<LineCounts>> CountLines(pg::Tx& tx, const std::vector<Uuid>& endpoints,
                                                   int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kCountDeliveries, endpoints, static_cast<int64_t>(limit)));
  std::map<Uuid, LineCounts> counted;
  for (const pg::Row row : rows) {
    counted[row.Get<Uuid>(0)] = {row.Get<int64_t>(1), row.Get<int64_t>(2)};
  }
  std::vector<LineCounts> counts;
  for (const Uuid& endpoint : endpoints) counts.push_back(counted[endpoint]);
  return counts;
}

void InsertEvents(pg::Tx& tx, int32_t program, const Uuid& endpoint, bool ordered,
                  absl::Span<const Event> events, absl::Time now) {
  KeyColumns keys;
  std::vector<std::optional<MemberId>> members;
  std::vector<std::string_view> ids, bodies;
  std::vector<std::optional<int16_t>> kinds;
  std::vector<std::optional<Uuid>> order_keys;
  for (const Event& event : events) {
    keys.Add(event.key);
    const bool of_member = !event.member.IsNil();
    members.push_back(of_member ? std::optional(event.member) : std::nullopt);
    ids.push_back(event.event_id);
    kinds.push_back(event.kind != 0 ? std::optional(event.kind) : std::nullopt);
    bodies.push_back(event.body);
    // What is about the program is about one thing, too: its key is nil.
    order_keys.push_back(ordered ? std::optional(event.member.uuid) : std::nullopt);
  }
  tx.Send(sql::kInsertEvents, program, static_cast<int16_t>(ChannelKind::kWebhook), endpoint, now,
          now + kTryingLimit, keys.partitions, keys.deliveries, members, ids, kinds, bodies,
          order_keys);
}

}  // namespace gratis::messages
