#include "services/messages/subscriptions.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

constexpr size_t kMaxUrlBytes = 2000;
constexpr size_t kMaxLabelCharacters = 100;
constexpr size_t kMaxKinds = 100;

absl::Status NotAllowed(std::string_view why) {
  return FieldError(Reason::kEndpointNotAllowed, "settings.url", why);
}

// A URL, taken apart by libcurl, which is who follows it.
class Url {
 public:
  explicit Url(const std::string& text) : handle_(curl_url()) {
    good_ = curl_url_set(handle_, CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  }
  ~Url() { curl_url_cleanup(handle_); }
  Url(const Url&) = delete;
  Url& operator=(const Url&) = delete;

  bool good() const { return good_; }
  std::string Part(CURLUPart part) const {
    char* text = nullptr;
    if (curl_url_get(handle_, part, &text, 0) != CURLUE_OK) return "";
    std::string copy(text);
    curl_free(text);
    return copy;
  }

 private:
  CURLU* const handle_;
  bool good_ = false;
};

// Whether the host is an address itself, and one that is not to be sent to.
bool IsAddressRefused(std::string host, bool plain, const AddressGuard& guard) {
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  sockaddr_storage address{};
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&address, &v4, sizeof v4);
  } else if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    std::memcpy(&address, &v6, sizeof v6);
  } else {
    return false;
  }
  return !guard.Allows(reinterpret_cast<const sockaddr&>(address), plain);
}

absl::Status CheckUrl(const std::string& text, const AddressGuard& guard) {
  if (text.empty())
    return FieldError(Reason::kFieldMissing, "settings.url", "where to send is missing");
  if (text.size() > kMaxUrlBytes) {
    return FieldError(Reason::kFieldTooLong, "settings.url",
                      absl::StrCat("a URL has at most ", kMaxUrlBytes, " characters"));
  }
  const Url url(text);
  const std::string scheme = url.good() ? url.Part(CURLUPART_SCHEME) : "";
  if (scheme.empty() || url.Part(CURLUPART_HOST).empty()) {
    return FieldError(Reason::kFieldInvalid, "settings.url",
                      "this is no URL, such as https://shop.example/hooks");
  }
  if (scheme != "https" && !(scheme == "http" && guard.AllowsAny())) {
    return NotAllowed("webhooks go to https:// only");
  }
  if (!url.Part(CURLUPART_USER).empty() || !url.Part(CURLUPART_FRAGMENT).empty()) {
    return NotAllowed("a webhook's URL has no user and no fragment");
  }
  if (IsAddressRefused(url.Part(CURLUPART_HOST), scheme == "http", guard)) {
    return NotAllowed("webhooks do not go to this address; see the setting webhook-allow");
  }
  return absl::OkStatus();
}

// What the journal says: the whole of it but where its URL leads, which may hold a secret, and its
// label, which may name a person.
std::string DetailOf(const Subscription& subscription, std::string_view action) {
  const auto kind = [](std::string* out, ledger::FactKind k) {
    absl::StrAppend(out, static_cast<int>(k));
  };
  return absl::StrCat("{\"subscription\":", base::JsonString(subscription.id.ToString()),
                      ",\"action\":", base::JsonString(action),
                      ",\"host\":", base::JsonString(Url(subscription.url).Part(CURLUPART_HOST)),
                      ",\"kinds\":[", absl::StrJoin(subscription.kinds, ",", kind),
                      "],\"ordered\":", subscription.ordered ? "true" : "false",
                      ",\"max_in_flight\":", subscription.max_in_flight,
                      ",\"paused\":", subscription.paused ? "true" : "false",
                      ",\"generation\":", subscription.generation, "}");
}

void Apply(SubscriptionSettings settings, Subscription& subscription) {
  subscription.url = std::move(settings.url);
  subscription.label = std::move(settings.label);
  subscription.kinds = std::move(settings.kinds);
  subscription.ordered = settings.ordered;
  subscription.max_in_flight = settings.max_in_flight;
}

// A place in the journal that the caller named, for each partition at most as far as `most` is.
absl::Status CheckCursor(const ledger::Cursor& asked, const ledger::Cursor& most,
                         std::string_view field) {
  for (const auto& [partition, seq] : asked) {
    const auto known = most.find(partition);
    const bool fits = known != most.end() && seq >= 0 && seq <= known->second;
    if (fits) continue;
    return InField(Error(Reason::kCursorInvalid,
                         known == most.end()
                             ? absl::StrCat("partition ", partition, " is none of the program's")
                             : absl::StrCat("partition ", partition, ": from 0 to ", known->second),
                         {{"partition", absl::StrCat(partition)}}),
                   field);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status NoSuchSubscription(const SubscriptionId& id) {
  return FieldError(Reason::kSubscriptionNotFound, "subscription_id",
                    absl::StrCat("there is no subscription ", id.ToString()));
}

absl::StatusOr<SubscriptionSettings> CheckSettings(SubscriptionSettings settings,
                                                   const AddressGuard& guard) {
  RETURN_IF_ERROR(CheckUrl(settings.url, guard));
  if (base::CodePoints(settings.label) > kMaxLabelCharacters) {
    return FieldError(Reason::kFieldTooLong, "settings.label",
                      absl::StrCat("a label has at most ", kMaxLabelCharacters, " characters"));
  }
  if (settings.kinds.size() > kMaxKinds) {
    return FieldError(Reason::kFieldTooLong, "settings.kinds", absl::StrCat("at most ", kMaxKinds));
  }
  if (settings.max_in_flight == 0) settings.max_in_flight = kDefaultInFlight;
  if (settings.max_in_flight < 0 || settings.max_in_flight > kMostInFlight) {
    return FieldError(Reason::kFieldInvalid, "settings.max_in_flight",
                      absl::StrCat("from 1 to ", kMostInFlight));
  }
  return settings;
}

SubscriptionChange::SubscriptionChange(SubscriptionId id, TransactionId transaction, bool creates,
                                       Change change, Answer answer)
    : id_(id),
      transaction_(transaction),
      creates_(creates),
      change_(std::move(change)),
      answer_(std::move(answer)) {}

absl::StatusOr<std::string> SubscriptionChange::Decide(ledger::Books& books) {
  SubscriptionInRun subscription = run_->by_id[id_];
  const bool there = subscription.row && !subscription.row->deleted_at &&
                     subscription.row->program == envelope.program.number;
  if (!there && !creates_) return NoSuchSubscription(id_);
  ASSIGN_OR_RETURN(const std::optional<std::string> action,
                   change_(subscription, run_->heads, books.recorded_at()));
  if (action) {
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kSubscriptionSet,
                               .transaction = transaction_,
                               .member = {},
                               .effective_at = books.recorded_at(),
                               .source = id_.ToString(),
                               .detail = DetailOf(*subscription.row, *action)})
                        .status());
  }
  std::string answer = answer_(subscription);
  if (!envelope.validate_only) run_->by_id[id_] = std::move(subscription);
  return answer;
}

absl::Status SubscriptionChanges::LoadAll(pg::Tx& tx, absl::Span<SubscriptionChange* const> set) {
  std::vector<SubscriptionId> ids;
  for (const SubscriptionChange* change : set) ids.push_back(change->id_);
  const auto run = std::make_shared<SubscriptionsInRun>();
  ASSIGN_OR_RETURN(std::vector<Subscription> found, ReadSubscriptions(tx, ids));
  ASSIGN_OR_RETURN(SubscriptionCursors cursors, ReadSubscriptionCursors(tx, ids));
  for (Subscription& subscription : found) {
    SubscriptionInRun& entry = run->by_id[subscription.id];
    entry.cursor = cursors[subscription.id];
    entry.row = std::move(subscription);
  }
  ASSIGN_OR_RETURN(run->heads, ledger::ReadHeads(tx, set.front()->envelope.program));
  for (SubscriptionChange* change : set) change->run_ = run;
  return absl::OkStatus();
}

absl::Status SubscriptionChanges::WriteAll(pg::Tx& tx, absl::Span<SubscriptionChange* const> set) {
  std::map<SubscriptionId, SubscriptionInRun*> changed;
  for (SubscriptionChange* change : set) changed[change->id_] = &change->run_->by_id[change->id_];
  const absl::Time now = clock_.Now();
  for (const auto& [id, subscription] : changed) {
    const Subscription& row = *subscription->row;
    WriteSubscription(tx, row);
    if (subscription->new_cursor) WriteSubscriptionCursors(tx, id, *subscription->new_cursor);
    if (subscription->extend_at) {
      ExtendWaiting(tx, id, *subscription->extend_at, *subscription->extend_at + kTryingLimit);
    }
    if (subscription->event) {
      InsertEvents(tx, row.program, id.uuid, /*ordered=*/false, {&*subscription->event, 1}, now);
    }
  }
  return absl::OkStatus();
}

SubscriptionChange::Change Creating(const ledger::Program& program, SubscriptionId id,
                                    SubscriptionSettings settings,
                                    std::optional<ledger::Cursor> from) {
  return [number = program.number, id, settings = std::move(settings), from = std::move(from)](
             SubscriptionInRun& subscription, const ledger::Cursor& heads,
             absl::Time now) -> absl::StatusOr<std::optional<std::string>> {
    ledger::Cursor cursor = heads;
    if (from) {
      RETURN_IF_ERROR(CheckCursor(*from, heads, "from"));
      for (auto& [partition, seq] : cursor) seq = 0;
      for (const auto& [partition, seq] : *from) cursor[partition] = seq;
    }
    Subscription row{.program = number, .id = id, .created_at = now};
    Apply(settings, row);
    subscription.row = std::move(row);
    subscription.cursor = cursor;
    subscription.new_cursor = std::move(cursor);
    return std::optional<std::string>("created");
  };
}

SubscriptionChange::Change Setting(SubscriptionSettings settings) {
  return
      [settings = std::move(settings)](SubscriptionInRun& subscription, const ledger::Cursor&,
                                       absl::Time) -> absl::StatusOr<std::optional<std::string>> {
        Apply(settings, *subscription.row);
        return std::optional<std::string>("set");
      };
}

SubscriptionChange::Change Pausing() {
  return [](SubscriptionInRun& subscription, const ledger::Cursor&,
            absl::Time) -> absl::StatusOr<std::optional<std::string>> {
    if (subscription.row->paused) return std::nullopt;
    subscription.row->paused = true;
    return std::optional<std::string>("paused");
  };
}

SubscriptionChange::Change Resuming(absl::Time real_now) {
  return [real_now](SubscriptionInRun& subscription, const ledger::Cursor&,
                    absl::Time) -> absl::StatusOr<std::optional<std::string>> {
    if (!subscription.row->paused) return std::nullopt;
    subscription.row->paused = false;
    subscription.extend_at = real_now;
    return std::optional<std::string>("resumed");
  };
}

SubscriptionChange::Change Rotating(std::optional<absl::Time> previous_until) {
  return [previous_until](SubscriptionInRun& subscription, const ledger::Cursor&,
                          absl::Time) -> absl::StatusOr<std::optional<std::string>> {
    ++subscription.row->generation;
    subscription.row->previous_until = previous_until;
    return std::optional<std::string>("rotated");
  };
}

SubscriptionChange::Change Testing(Event event) {
  return [event = std::move(event)](SubscriptionInRun& subscription, const ledger::Cursor&,
                                    absl::Time) -> absl::StatusOr<std::optional<std::string>> {
    // There is room for one in a run; the second caller comes again.
    if (subscription.event) return Error(Reason::kConflict, "it is being tried by somebody else");
    subscription.event = event;
    return std::optional<std::string>("tested");
  };
}

SubscriptionChange::Change Replaying(ledger::Cursor back_to) {
  return [back_to = std::move(back_to)](SubscriptionInRun& subscription, const ledger::Cursor&,
                                        absl::Time) -> absl::StatusOr<std::optional<std::string>> {
    RETURN_IF_ERROR(CheckCursor(back_to, subscription.cursor, "cursor"));
    if (!subscription.new_cursor) subscription.new_cursor.emplace();
    subscription.entries_again = 0;
    for (const auto& [partition, seq] : back_to) {
      subscription.entries_again += subscription.cursor[partition] - seq;
      subscription.cursor[partition] = seq;
      (*subscription.new_cursor)[partition] = seq;
    }
    return std::optional<std::string>("replayed");
  };
}

SubscriptionChange::Change Deleting() {
  return [](SubscriptionInRun& subscription, const ledger::Cursor&,
            absl::Time now) -> absl::StatusOr<std::optional<std::string>> {
    subscription.row->deleted_at = now;
    // What is left in its line is not kept for it.
    subscription.row->paused = false;
    return std::optional<std::string>("deleted");
  };
}

}  // namespace gratis::messages
