#pragma once

#include <functional>
#include <mutex>
#include <string>

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
};

// Where what is to be sent is put, in the transaction of whoever decides that it is: it goes out if
// that commits, and only then. Thread-safe.
class Outbox {
 public:
  // `clock` is the real one: attempts happen in the world's time, whatever a program's clock says.
  Outbox(base::IdSource& ids, const base::Clock& clock) : ids_(ids), clock_(clock) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Queues them in `tx`. A message goes out once by each channel, however often it is enqueued. Its
  // error surfaces with the next answer, at the latest at commit.
  void Enqueue(pg::Tx& tx, absl::Span<const OutboundMessage> messages);
  // The same for what reached its reader by being written in the same transaction, such as a row of
  // an inbox: it is in the log, as delivered.
  void Note(pg::Tx& tx, absl::Span<const OutboundMessage> messages);

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
