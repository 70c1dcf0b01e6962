#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/pg/tx.h"
#include "services/messages/delivery.h"

namespace gratis::messages {

// What one attempt came to: delivered, to be tried again (after a while that the other side named),
// or dead, with a reason.
struct Verdict {
  AttemptOutcome outcome = AttemptOutcome::kFailed;
  std::string reason;       // a word for the log: "http_500"; empty when delivered
  int32_t answer_code = 0;  // an HTTP status or a code of SMTP
  std::string answer;       // the beginning of the other side's words
  std::optional<absl::Duration> retry_after;
  // It says something about the endpoint as a whole: whatever else waits for it would fail, too.
  bool endpoint_failed = false;

  static Verdict Delivered(int32_t code) {
    return {.outcome = AttemptOutcome::kDelivered, .answer_code = code};
  }
  static Verdict Retry(std::string_view reason) { return {.reason = std::string(reason)}; }
  static Verdict Dead(std::string_view reason) {
    return {.outcome = AttemptOutcome::kRefused, .reason = std::string(reason)};
  }
};

// How much of the other side's words is kept.
inline constexpr size_t kMaxAnswerBytes = 300;

// What a channel has to say for one parcel, as it loaded it.
struct Contents {
  virtual ~Contents() = default;
};

// A delivery in the hands of this process, for one attempt.
struct Parcel {
  DeliveryKey key;
  int32_t program = 0;
  ChannelKind channel = ChannelKind::kEmail;
  Uuid endpoint;
  Uuid message;
  MemberId member;
  std::string event_id;
  std::string body;
  int32_t attempt = 0;
  absl::Time created_at;
  absl::Time give_up_at;
  std::string address_key;
  bool suppressed = false;
  std::shared_ptr<const Contents> contents;  // null: there is nothing to say any more
};

// Who lets a letter go: see Attempt::HandOver.
class Courier {
 public:
  virtual ~Courier() = default;
  // `easy` has sent all but its end, and waits. On the thread that drives its transfer; does not
  // block.
  virtual void AskToHandOver(CURL* easy) = 0;
};

// One attempt under way. Called by the dispatcher, also while another thread drives its transfer.
class Attempt {
 public:
  virtual ~Attempt() = default;
  // What it came to, once its transfer is over.
  virtual Verdict Judge(CURLcode result) = 0;
  // It is written down that the answer may be lost from here on: go on. Only after AskToHandOver.
  virtual void HandOver() {}
  // Nobody waits for its end: what it came to, as far as is known. What is not handed over yet will
  // not be, and its transfer fails.
  virtual Verdict Abandon() = 0;
};

// What sends. A new one is one file that implements this, and a line where they are listed
// (delivering.cc). One by which members are written to is a row of ways.cc, too, and needs to know
// its readers: see the README.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual ChannelKind kind() const = 0;
  // As metrics call it: "webhook".
  virtual std::string_view name() const = 0;
  // What goes to one endpoint at a time, at most, in this process, where nobody set another number.
  virtual int32_t max_in_flight() const = 0;
  // How long a delivery is this process's for one attempt: longer than that may take.
  virtual absl::Duration lease() const = 0;
  // Whether libcurl may block the thread that drives its transfers: then each has one of its own.
  virtual bool blocks() const { return false; }
  // Reads what parcels of this channel say, in the transaction that takes them. It may be called
  // again for the same ones. Errors: those of the database.
  virtual absl::Status Load(pg::Tx& tx, absl::Span<Parcel* const> parcels) = 0;
  // Readies `easy` for one attempt, or says at once what it came to. `easy` is fresh, and outlives
  // the attempt, which outlives the transfer; `courier` outlives all.
  virtual std::variant<Verdict, std::unique_ptr<Attempt>> Send(const Parcel& parcel, CURL* easy,
                                                               Courier& courier) = 0;
};

}  // namespace gratis::messages
