#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/random.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/messages/delivery.h"

namespace gratis::messages {

// A message to a member on its way out. What it says is found by its id (see Letters).
struct OutboundMessage {
  ledger::Program program;
  int32_t partition = 0;  // of the member
  Uuid message;
  MemberId member;
  ChannelKind channel = ChannelKind::kEmail;
  bool marketing = false;
  std::string address_key;                    // see AddressKey; empty where there is no address
  absl::Duration keep_trying = kTryingLimit;  // at most
  // How long it holds that it is to go out; after that it stays in line (see Lapsed). Nothing: for
  // good.
  std::optional<absl::Duration> holds;
};

// A message in line that must be decided anew before it goes out.
struct LapsedMessage {
  int32_t partition = 0;
  Uuid message;
  int16_t state = 0;  // of the message, as it is stored
};

// How much longer a message is to wait in line.
struct HeldMessage {
  Uuid message;
  absl::Duration wait;
};

// Where what is to be sent is put, in the transaction of whoever decides that it is: it goes out if
// that commits, and only then. Thread-safe.
class Outbox {
 public:
  // `clock` is the real one: attempts happen in the world's time, whatever a program's clock says.
  Outbox(base::IdSource& ids, const base::Clock& clock) : ids_(ids), clock_(clock) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Queues them in `tx`. A message goes out once by each channel, however often it is enqueued; for
  // one that waits in line it holds again that it may. Errors surface with the next answer, at the
  // latest at commit.
  void Enqueue(pg::Tx& tx, absl::Span<const OutboundMessage> messages);
  // The same for what reached its reader by being written in the same transaction, such as a row of
  // an inbox: it is in the log, as delivered.
  void Note(pg::Tx& tx, absl::Span<const OutboundMessage> messages);

  // Those due by `channel` of which it holds no more that they are to go out: of the first `limit`
  // in line, so while nobody takes any they are few. Errors: those of the database.
  absl::StatusOr<std::vector<LapsedMessage>> Lapsed(pg::Tx& tx, const ledger::Program& program,
                                                    ChannelKind channel, int32_t limit) const;
  // Of those that wait in line by `channel`, and of no others: they wait longer; they are dead.
  void Hold(pg::Tx& tx, const ledger::Program& program, ChannelKind channel,
            absl::Span<const HeldMessage> messages) const;
  void Withdraw(pg::Tx& tx, const ledger::Program& program, ChannelKind channel,
                absl::Span<const Uuid> messages) const;

  // There is more, after the commit. Does not block.
  void Wake();
  // Whom Wake tells; nobody from when it is empty.
  void SetWaker(std::function<void()> waker);

 private:
  void Insert(pg::Tx& tx, absl::Span<const OutboundMessage> messages, DeliveryStatus status);

  base::IdSource& ids_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::function<void()> waker_;
};

}  // namespace gratis::messages
