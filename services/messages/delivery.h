#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "services/messages/message_ids.h"

namespace gratis::messages {

// How something is sent. The numbers are stored, and the contract has the same.
enum class ChannelKind : int16_t {
  kEmail = 1,
  kWebhook = 2,
  kInbox = 3,
  kTask = 4,
  kReceipt = 5,
};

// Where a delivery stands. Stored; the contract has the same.
enum class DeliveryStatus : int16_t {
  kWaiting = 1,    // for its first attempt, or the next
  kSending = 2,    // a process holds it until its lease is over
  kDelivered = 3,  // the other side took it
  kDead = 4,       // given up, with a reason
};

// What became of an attempt. Stored; the contract has the same.
enum class AttemptOutcome : int16_t {
  kDelivered = 1,
  kFailed = 2,   // another may succeed
  kRefused = 3,  // none will
  kLost = 4,     // its process ended in the middle
  kInDoubt = 5,  // all of a letter was sent, and the answer did not come
};

// How long a delivery is tried for, at most.
inline constexpr absl::Duration kTryingLimit = absl::Hours(24);
// How long its log is kept after it ended.
inline constexpr absl::Duration kKeptAfter = absl::Hours(24 * 90);

// The line that all letters wait in: they have one mail server.
inline constexpr base::Uuid kMailServer = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

struct DeliveryKey {
  int32_t partition = 0;
  Uuid delivery;
  friend auto operator<=>(const DeliveryKey&, const DeliveryKey&) = default;
};

// A delivery as its log shows it.
struct DeliveryState {
  DeliveryKey key;
  int32_t program = 0;
  ChannelKind channel = ChannelKind::kEmail;
  Uuid endpoint;    // the subscription, for webhooks
  Uuid message;     // nil for webhooks
  MemberId member;  // nil for none
  std::string event_id;
  int16_t event_kind = 0;  // 0: none
  DeliveryStatus state = DeliveryStatus::kWaiting;
  int32_t attempts = 0;
  bool in_doubt = false;
  absl::Time created_at;
  absl::Time next_at;
  absl::Time give_up_at;
  absl::Time changed_at;
  std::string reason;  // why it did not arrive, as a word; empty while nothing failed
  int32_t answer_code = 0;
  int32_t elapsed_ms = 0;  // of the last attempt
};

// One attempt as the log shows it.
struct AttemptState {
  int32_t number = 0;
  absl::Time ended_at;
  AttemptOutcome outcome = AttemptOutcome::kFailed;
  std::string reason;
  int32_t answer_code = 0;
  std::string answer;
  int32_t elapsed_ms = 0;
};

}  // namespace gratis::messages
