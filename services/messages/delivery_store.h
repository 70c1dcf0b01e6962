#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/pg/tx.h"
#include "services/messages/channel.h"
#include "services/messages/circuit.h"
#include "services/messages/delivery.h"

// The tables of what goes out, one function per query.
namespace gratis::messages {

// --- the dispatcher's ---

// An endpoint that somebody waits for.
struct Line {
  Uuid endpoint;
  absl::Time due;             // of the first in it
  int32_t max_in_flight = 0;  // as its subscription has it; 0: nobody said
  bool paused = false;
};
pg::Tx::Asked AskLines(pg::Tx& tx, int32_t limit);
absl::StatusOr<std::vector<Line>> TakeLines(pg::Tx& tx, pg::Tx::Asked asked);

// How many of an endpoint's to take, and until when they are this process's.
struct Room {
  Uuid endpoint;
  int32_t free = 0;
  absl::Time lease_until;
};
pg::Tx::Asked AskClaim(pg::Tx& tx, absl::Span<const Room> rooms, absl::Time now);
absl::StatusOr<std::vector<Parcel>> TakeClaim(pg::Tx& tx, pg::Tx::Asked asked);

// What an attempt came to, as it is written down.
struct Ended {
  DeliveryKey key;
  int32_t attempt = 0;
  DeliveryStatus status = DeliveryStatus::kWaiting;
  absl::Time next_at;
  AttemptOutcome outcome = AttemptOutcome::kFailed;
  std::string reason;
  int32_t answer_code = 0;
  std::string answer;
  int32_t elapsed_ms = 0;
};
void WriteEnded(pg::Tx& tx, absl::Span<const Ended> ended, absl::Time now);

// Letters that are about to be handed over.
struct Handover {
  DeliveryKey key;
  int32_t attempt = 0;
};
pg::Tx::Asked AskMarkHandingOver(pg::Tx& tx, absl::Span<const Handover> letters, absl::Time now);
// Those that may go: they are still this process's.
absl::StatusOr<std::vector<DeliveryKey>> TakeMarked(pg::Tx& tx, pg::Tx::Asked asked);

// At most `limit` whose lease is over wait again.
void RecoverLost(pg::Tx& tx, absl::Time now, int32_t limit);
// At most `limit` of each endpoint's that wait too long are dead.
void GiveUpLate(pg::Tx& tx, const std::vector<Uuid>& endpoints, absl::Time now, int32_t limit);

struct EndpointCircuit {
  Uuid endpoint;
  Circuit circuit;
};
absl::StatusOr<std::vector<EndpointCircuit>> ReadCircuits(pg::Tx& tx, int32_t limit);
absl::StatusOr<std::vector<EndpointCircuit>> ReadCircuitsOf(pg::Tx& tx,
                                                            const std::vector<Uuid>& endpoints);
// Those without trouble lose their row.
void WriteCircuits(pg::Tx& tx, absl::Span<const EndpointCircuit> circuits);

// At most `limit` of a partition's that ended before `ended_before`, and were made before
// `made_before`, are forgotten.
void Prune(pg::Tx& tx, int32_t partition, const Uuid& made_before, absl::Time ended_before,
           int32_t limit);

// --- the log's ---

// A delivery, with its body. Nothing if there is none.
struct LoggedDelivery {
  DeliveryState state;
  std::string body;
};
absl::StatusOr<std::optional<LoggedDelivery>> ReadDelivery(pg::Tx& tx, int32_t program,
                                                           const DeliveryKey& key);

struct DeliveryPage {
  std::optional<DeliveryStatus> state;
  Uuid before;  // ids sort by time
  int32_t limit = 0;
};
absl::StatusOr<std::vector<DeliveryState>> ListOfEndpoint(pg::Tx& tx, int32_t program,
                                                          const Uuid& endpoint,
                                                          const DeliveryPage& page);
absl::StatusOr<std::vector<DeliveryState>> ListOfMember(pg::Tx& tx, int32_t partition,
                                                        const MemberId& member,
                                                        const DeliveryPage& page);
// All of these messages, by each channel they go.
absl::StatusOr<std::vector<DeliveryState>> ReadDeliveries(pg::Tx& tx, int32_t program,
                                                          absl::Span<const Uuid> messages);
absl::StatusOr<std::vector<AttemptState>> ListAttempts(pg::Tx& tx, const DeliveryKey& key,
                                                       int32_t limit);

// At most `limit` dead ones of an endpoint, oldest first, locked.
absl::StatusOr<std::vector<DeliveryKey>> LockDead(pg::Tx& tx, int32_t program, const Uuid& endpoint,
                                                  int32_t limit);
void Revive(pg::Tx& tx, absl::Span<const DeliveryKey> dead, absl::Time now, absl::Time give_up_at);

struct LineCounts {
  int64_t waiting = 0;
  int64_t dead = 0;
};
// In the order of the endpoints; counted up to `limit`.
absl::StatusOr<std::vector<LineCounts>> CountLines(pg::Tx& tx, const std::vector<Uuid>& endpoints,
                                                   int32_t limit);

// --- the follower's ---

// An entry of the journal, put in line for a subscription.
struct Event {
  DeliveryKey key;
  MemberId member;
  std::string event_id;
  int16_t kind = 0;
  std::string body;
};
void InsertEvents(pg::Tx& tx, int32_t program, const Uuid& endpoint, bool ordered,
                  absl::Span<const Event> events, absl::Time now);

}  // namespace gratis::messages
