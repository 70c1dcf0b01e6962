#include "services/messages/webhook_channel.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "services/messages/plain_text.h"
#include "services/messages/subscription_store.h"
#include "services/messages/webhook_signature.h"

namespace gratis::messages {
namespace {

constexpr absl::Duration kHookConnectLimit = absl::Seconds(5);
constexpr int32_t kHookInFlight = 32;
constexpr absl::Duration kHookLease = absl::Seconds(45);
constexpr size_t kMaxResponseBytes = 64 << 10;  // of which nothing but the beginning is kept
constexpr int32_t kOkFrom = 200, kOkUntil = 300;
constexpr int32_t kGone = 410, kTooManyRequests = 429, kRequestTimeout = 408, kUnavailable = 503;
constexpr int32_t kServerErrors = 500;

struct WebhookContents final : Contents {
  explicit WebhookContents(Subscription of) : subscription(std::move(of)) {}
  const Subscription subscription;
};

class Post final : public Attempt {
 public:
  Post(const AddressGuard& guard, bool plain) : guard_(guard), plain_(plain) {}
  ~Post() override { curl_slist_free_all(headers_); }

  void AddHeader(const std::string& line) { headers_ = curl_slist_append(headers_, line.c_str()); }
  void Ready(CURL* easy, const std::string& url, const std::string& body,
             const WebhookOptions& options);
  Verdict Judge(CURLcode result) override;
  Verdict Abandon() override { return {.outcome = AttemptOutcome::kLost, .reason = "lost"}; }

 private:
  static curl_socket_t OpenSocket(void* self, curlsocktype, curl_sockaddr* address);
  static size_t Write(char* data, size_t size, size_t count, void* self);
  Verdict JudgeAnswer() const;
  Verdict JudgeFailure(CURLcode result) const;

  const AddressGuard& guard_;
  const bool plain_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::string body_;
  std::string answer_;
  size_t answered_ = 0;
  bool refused_ = false;  // one of its addresses
  bool let_out_ = false;  // to another
};

void Post::Ready(CURL* easy, const std::string& url, const std::string& body,
                 const WebhookOptions& options) {
  easy_ = easy;
  body_ = body;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain_ ? "http" : "https");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options.limit)));
  curl_easy_setopt(
      easy, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(std::min(options.limit, kHookConnectLimit))));
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  if (!options.ca_path.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_path.c_str());
}

curl_socket_t Post::OpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  Post& post = *static_cast<Post*>(self);
  if (!post.guard_.Allows(address->addr, post.plain_)) {
    post.refused_ = true;
    return CURL_SOCKET_BAD;
  }
  post.let_out_ = true;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t Post::Write(char* data, size_t size, size_t count, void* self) {
  Post& post = *static_cast<Post*>(self);
  const size_t bytes = size * count;
  const size_t room = kMaxAnswerBytes - std::min(kMaxAnswerBytes, post.answer_.size());
  post.answer_.append(data, std::min(room, bytes));
  post.answered_ += bytes;
  return post.answered_ > kMaxResponseBytes ? 0 : bytes;
}

Verdict Post::Judge(CURLcode result) {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  // A receiver that says more than anybody wants to know has answered all the same.
  const bool answered = result == CURLE_OK || (result == CURLE_WRITE_ERROR && status != 0);
  Verdict verdict = answered ? JudgeAnswer() : JudgeFailure(result);
  verdict.answer = PlainText(answer_);
  return verdict;
}

Verdict Post::JudgeAnswer() const {
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &retry_after);
  const auto code = static_cast<int32_t>(status);
  if (code >= kOkFrom && code < kOkUntil) return Verdict::Delivered(code);
  Verdict verdict =
      code == kGone ? Verdict::Dead("http_410") : Verdict::Retry(absl::StrCat("http_", code));
  verdict.answer_code = code;
  verdict.endpoint_failed =
      code >= kServerErrors || code == kTooManyRequests || code == kRequestTimeout;
  if (retry_after > 0 && (code == kTooManyRequests || code == kUnavailable)) {
    verdict.retry_after = absl::Seconds(retry_after);
  }
  return verdict;
}

Verdict Post::JudgeFailure(CURLcode result) const {
  // An endpoint that may be called at one address and was slow there is not given up for another.
  if (refused_ && !let_out_) return Verdict::Dead("address_refused");
  Verdict verdict = Verdict::Retry([result] {
    switch (result) {
      case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
      case CURLE_COULDNT_RESOLVE_HOST:
        return "name_not_found";
      case CURLE_COULDNT_CONNECT:
        return "connection_refused";
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CONNECT_ERROR:
      case CURLE_SSL_CACERT_BADFILE:
        return "tls";
      default:
        return "connection_lost";
    }
  }());
  verdict.endpoint_failed = true;
  return verdict;
}

class WebhookChannel final : public Channel {
 public:
  WebhookChannel(WebhookOptions options, const AddressGuard& guard, const base::Clock& clock)
      : options_(std::move(options)), guard_(guard), clock_(clock) {}

  ChannelKind kind() const override { return ChannelKind::kWebhook; }
  std::string_view name() const override { return "webhook"; }
  int32_t max_in_flight() const override { return kHookInFlight; }
  absl::Duration lease() const override { return kHookLease; }

  absl::Status Load(pg::Tx& tx, absl::Span<Parcel* const> parcels) override {
    std::map<SubscriptionId, std::shared_ptr<const Contents>> known;
    for (const Parcel* parcel : parcels) known[{parcel->endpoint}];
    std::vector<SubscriptionId> ids;
    for (const auto& [id, contents] : known) ids.push_back(id);
    ASSIGN_OR_RETURN(std::vector<Subscription> found, ReadSubscriptions(tx, ids));
    for (Subscription& subscription : found) {
      if (subscription.deleted_at) continue;
      const SubscriptionId id = subscription.id;
      known[id] = std::make_shared<WebhookContents>(std::move(subscription));
    }
    for (Parcel* parcel : parcels) parcel->contents = known[{parcel->endpoint}];
    return absl::OkStatus();
  }

  std::variant<Verdict, std::unique_ptr<Attempt>> Send(const Parcel& parcel, CURL* easy,
                                                       Courier&) override {
    const Subscription& to = static_cast<const WebhookContents&>(*parcel.contents).subscription;
    const absl::Time now = clock_.Now();
    const int64_t timestamp = absl::ToUnixSeconds(now);
    const auto sign = [&](int32_t generation) {
      return WebhookSignature(WebhookSecret(options_.secret_key, to.id.uuid, generation),
                              parcel.event_id, timestamp, parcel.body);
    };
    std::string signatures = sign(to.generation);
    if (to.previous_until && *to.previous_until > now) {
      absl::StrAppend(&signatures, " ", sign(to.generation - 1));
    }
    auto post = std::make_unique<Post>(guard_, absl::StartsWithIgnoreCase(to.url, "http://"));
    post->AddHeader("content-type: application/cloudevents+json; charset=utf-8");
    post->AddHeader("user-agent: gratis-webhooks/1");
    post->AddHeader("expect:");
    post->AddHeader(absl::StrCat("webhook-id: ", parcel.event_id));
    post->AddHeader(absl::StrCat("webhook-timestamp: ", timestamp));
    post->AddHeader(absl::StrCat("webhook-signature: ", signatures));
    post->Ready(easy, to.url, parcel.body, options_);
    return post;
  }

 private:
  const WebhookOptions options_;
  const AddressGuard& guard_;
  const base::Clock& clock_;
};

}  // namespace

std::unique_ptr<Channel> MakeWebhookChannel(WebhookOptions options, const AddressGuard& guard,
                                            const base::Clock& clock) {
  return std::make_unique<WebhookChannel>(std::move(options), guard, clock);
}

}  // namespace gratis::messages
