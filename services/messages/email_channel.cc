#include "services/messages/email_channel.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "services/messages/message_ids.h"
#include "services/messages/mime.h"
#include "services/messages/plain_text.h"
#include "services/messages/smtp_reply.h"

namespace gratis::messages {
namespace {

constexpr absl::Duration kMailConnectLimit = absl::Seconds(20);
constexpr absl::Duration kAskLimit = absl::Minutes(1);  // for leave to hand over
constexpr int32_t kMailInFlight = 8;                    // connections to the one mail server
constexpr absl::Duration kMailLease = absl::Minutes(3);
constexpr int32_t kTransient = 400, kPermanent = 500;

struct EmailContents final : Contents {
  explicit EmailContents(Email of) : email(std::move(of)) {}
  const Email email;
};

Verdict InDoubt() { return {.outcome = AttemptOutcome::kInDoubt, .reason = "in_doubt"}; }

class Handing final : public Attempt {
 public:
  Handing(std::string letter, CURL* easy, Courier& courier)
      : letter_(std::move(letter)), easy_(easy), courier_(courier) {}
  ~Handing() override { curl_slist_free_all(to_); }

  void Ready(const EmailOptions& options, const std::string& from, const std::string& to);
  Verdict Judge(CURLcode result) override;
  void HandOver() override;
  Verdict Abandon() override;

 private:
  enum class State { kSending, kAsking, kHandingOver, kAbandoned };

  static size_t Read(char* to, size_t size, size_t count, void* self);
  // Whether the end of the letter may go: waits until somebody says so.
  bool MayHandOver();
  static size_t Hear(char* line, size_t size, size_t count, void* self);
  static int Watch(CURL*, curl_infotype type, char* data, size_t size, void* self);
  Verdict JudgeRefusal() const;

  const std::string letter_;
  CURL* const easy_;
  Courier& courier_;
  curl_slist* to_ = nullptr;
  size_t sent_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kSending;
  std::string command_;  // the last one sent: "RCPT"
  std::string reply_;    // the last line heard
  bool quitting_ = false;
  bool answered_end_ = false;  // a whole reply was heard after the letter's end was sent
};

void Handing::Ready(const EmailOptions& options, const std::string& from, const std::string& to) {
  to_ = curl_slist_append(nullptr, absl::StrCat("<", to, ">").c_str());
  curl_easy_setopt(easy_, CURLOPT_URL, options.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy_, CURLOPT_USE_SSL,
                   static_cast<long>(options.require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!options.user.empty()) {
    curl_easy_setopt(easy_, CURLOPT_USERNAME, options.user.c_str());
    curl_easy_setopt(easy_, CURLOPT_PASSWORD, options.password.c_str());
  }
  if (!options.ca_path.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options.ca_path.c_str());
  curl_easy_setopt(easy_, CURLOPT_MAIL_FROM, absl::StrCat("<", from, ">").c_str());
  curl_easy_setopt(easy_, CURLOPT_MAIL_RCPT, to_);
  curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, Read);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, Hear);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  // What was said and in which order is nowhere else to be had.
  curl_easy_setopt(easy_, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(easy_, CURLOPT_DEBUGFUNCTION, Watch);
  curl_easy_setopt(easy_, CURLOPT_DEBUGDATA, this);
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options.limit)));
  curl_easy_setopt(
      easy_, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(std::min(options.limit, kMailConnectLimit))));
}

size_t Handing::Read(char* to, size_t size, size_t count, void* self) {
  Handing& handing = *static_cast<Handing*>(self);
  if (handing.sent_ < handing.letter_.size()) {
    const size_t bytes = std::min(size * count, handing.letter_.size() - handing.sent_);
    std::memcpy(to, handing.letter_.data() + handing.sent_, bytes);
    handing.sent_ += bytes;
    return bytes;
  }
  // To abort is the one way to end it without sending its end.
  return handing.MayHandOver() ? 0 : CURL_READFUNC_ABORT;
}

bool Handing::MayHandOver() {
  std::unique_lock lock(mutex_);
  if (state_ == State::kSending) {
    state_ = State::kAsking;
    lock.unlock();
    courier_.AskToHandOver(easy_);
    lock.lock();
  }
  changed_.wait_for(lock, absl::ToChronoMilliseconds(kAskLimit),
                    [this] { return state_ != State::kAsking; });
  if (state_ != State::kHandingOver) state_ = State::kAbandoned;
  return state_ == State::kHandingOver;
}

void Handing::HandOver() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::kAsking) state_ = State::kHandingOver;
  changed_.notify_one();
}

size_t Handing::Hear(char* line, size_t size, size_t count, void* self) {
  Handing& handing = *static_cast<Handing*>(self);
  if (handing.quitting_) return size * count;  // a farewell says nothing of the letter
  handing.reply_.assign(line, std::min(size * count, kMaxAnswerBytes));
  const std::lock_guard lock(handing.mutex_);
  // One that breaks off before its last line is no answer.
  if (handing.state_ == State::kHandingOver && EndsSmtpReply({line, size * count})) {
    handing.answered_end_ = true;
  }
  return size * count;
}

int Handing::Watch(CURL*, curl_infotype type, char* data, size_t size, void* self) {
  // Only the verb: what follows it may be a password.
  if (type != CURLINFO_HEADER_OUT) return 0;
  Handing& handing = *static_cast<Handing*>(self);
  const std::string verb =
      absl::AsciiStrToUpper(absl::string_view(data, std::min<size_t>(size, 4)));
  if (verb == "QUIT") {
    handing.quitting_ = true;
  } else {
    handing.command_ = verb;
  }
  return 0;
}

Verdict Handing::Abandon() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::kHandingOver) return InDoubt();
  state_ = State::kAbandoned;
  changed_.notify_one();
  return {.outcome = AttemptOutcome::kLost, .reason = "lost"};
}

Verdict Handing::Judge(CURLcode result) {
  const int32_t code = SmtpCodeOf(reply_);
  Verdict verdict;
  if (result == CURLE_OK) {
    verdict = Verdict::Delivered(code);
  } else if (state_ == State::kHandingOver && !answered_end_) {
    return InDoubt();
  } else if (state_ == State::kAbandoned) {
    return Abandon();
  } else if (code >= kTransient && result != CURLE_OPERATION_TIMEDOUT) {
    verdict = JudgeRefusal();
  } else {
    verdict = Verdict::Retry(result == CURLE_OPERATION_TIMEDOUT         ? "timeout"
                             : result == CURLE_COULDNT_RESOLVE_HOST     ? "name_not_found"
                             : result == CURLE_COULDNT_CONNECT          ? "connection_refused"
                             : result == CURLE_USE_SSL_FAILED           ? "tls"
                             : result == CURLE_SSL_CONNECT_ERROR        ? "tls"
                             : result == CURLE_PEER_FAILED_VERIFICATION ? "tls"
                             : result == CURLE_LOGIN_DENIED             ? "login_refused"
                                                                        : "connection_lost");
    verdict.endpoint_failed = sent_ == 0;
  }
  verdict.answer_code = code;
  verdict.answer = PlainText(reply_);
  return verdict;
}

// The server said no: to this letter or its reader, or to us.
Verdict Handing::JudgeRefusal() const {
  const int32_t code = SmtpCodeOf(reply_);
  const bool about_reader = command_ == "RCPT";
  const bool about_letter = about_reader || command_ == "MAIL" || command_ == "DATA" || sent_ > 0;
  if (about_letter && code >= kPermanent) {
    return Verdict::Dead(about_reader ? "mailbox_rejected" : "letter_rejected");
  }
  Verdict verdict = Verdict::Retry(absl::StrCat("smtp_", code));
  verdict.endpoint_failed = !about_letter;
  return verdict;
}

class EmailChannel final : public Channel {
 public:
  EmailChannel(EmailOptions options, Letters& letters)
      : options_(std::move(options)), letters_(letters) {}

  ChannelKind kind() const override { return ChannelKind::kEmail; }
  std::string_view name() const override { return "email"; }
  int32_t max_in_flight() const override { return kMailInFlight; }
  absl::Duration lease() const override { return kMailLease; }
  bool blocks() const override { return true; }

  absl::Status Load(pg::Tx& tx, absl::Span<Parcel* const> parcels) override {
    std::vector<LetterKey> asked;
    for (const Parcel* parcel : parcels) {
      asked.push_back({parcel->program, parcel->key.partition, parcel->message});
    }
    ASSIGN_OR_RETURN(std::vector<std::optional<Email>> letters, letters_.Open(tx, asked));
    for (size_t i = 0; i < parcels.size(); ++i) {
      parcels[i]->contents =
          letters[i] ? std::make_shared<EmailContents>(*std::move(letters[i])) : nullptr;
    }
    return absl::OkStatus();
  }

  std::variant<Verdict, std::unique_ptr<Attempt>> Send(const Parcel& parcel, CURL* easy,
                                                       Courier& courier) override {
    const Email& email = static_cast<const EmailContents&>(*parcel.contents).email;
    if (options_.url.empty()) {
      Verdict verdict = Verdict::Retry("no_mail_server");
      verdict.endpoint_failed = true;
      return verdict;
    }
    const bool mailable = IsMailable(email.to) && IsMailable(email.from_address) &&
                          (email.reply_to.empty() || IsMailable(email.reply_to));
    if (!mailable) return Verdict::Dead("address_invalid");
    const std::string id =
        MessageIdHeader(DeliveryId{parcel.key.delivery}.ToString(), email.from_address);
    auto handing = std::make_unique<Handing>(MimeText(email, id, parcel.created_at), easy, courier);
    handing->Ready(options_, options_.sender.empty() ? email.from_address : options_.sender,
                   email.to);
    return handing;
  }

 private:
  const EmailOptions options_;
  Letters& letters_;
};

}  // namespace

std::unique_ptr<Channel> MakeEmailChannel(EmailOptions options, Letters& letters) {
  return std::make_unique<EmailChannel>(std::move(options), letters);
}

}  // namespace gratis::messages
