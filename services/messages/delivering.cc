#include "services/messages/delivering.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/app/config.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/house/clock.h"
#include "common/jobs/scheduler.h"
#include "common/ledger/poster.h"
#include "common/obs/log.h"
#include "common/pg/tx.h"
#include "common/pg/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "common/vault/vault.h"
#include "services/messages/email_channel.h"
#include "services/messages/webhook_channel.h"

namespace gratis::messages {
namespace {

constexpr absl::Duration kForgetEvery = absl::Hours(1);
constexpr absl::Duration kForgetLimit = absl::Minutes(1);
constexpr int32_t kForgottenAtATime = 10'000;
constexpr absl::Duration kBounceLimit = absl::Seconds(30);
constexpr char kActor[] = "service:messages";

// Errors: CONFIG_INVALID.
absl::StatusOr<std::string> PasswordOf(const app::Config& config) {
  if (config.smtp_password_file.empty()) return config.smtp_password;
  std::ifstream file(config.smtp_password_file);
  std::string line;
  if (!std::getline(file, line)) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("smtp-password-file: ", config.smtp_password_file,
                              " cannot be read, or is empty"),
                 {{"key", "smtp-password-file"}});
  }
  return line;
}

// The least id that was made at or after `time`: ids begin with their milliseconds.
Uuid FirstIdOf(absl::Time time) {
  Uuid id;
  const int64_t millis = absl::ToUnixMillis(time);
  for (int i = 0; i < 6; ++i) {
    id.bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(millis >> (8 * (5 - i)));
  }
  return id;
}

}  // namespace

// Every way to send, one line each.
absl::StatusOr<std::vector<std::unique_ptr<Channel>>> Delivering::Channels() {
  const app::Config& config = house_.config;
  ASSIGN_OR_RETURN(std::string password, PasswordOf(config));
  std::vector<std::unique_ptr<Channel>> channels;
  channels.push_back(MakeEmailChannel({.url = config.smtp_url,
                                       .user = config.smtp_user,
                                       .password = std::move(password),
                                       .sender = config.smtp_sender,
                                       .ca_path = config.smtp_ca,
                                       .require_tls = config.smtp_tls != "none"},
                                      letters_));
  channels.push_back(MakeWebhookChannel(
      {.secret_key = house_.vault.Derive("webhook-secret"), .ca_path = config.webhook_ca}, *guard_,
      house_.real_clock));
  return channels;
}

absl::Status Delivering::Start() {
  ASSIGN_OR_RETURN(guard_, AddressGuard::Of(house_.config.webhook_allow));
  ASSIGN_OR_RETURN(std::vector<std::unique_ptr<Channel>> channels, Channels());
  DispatcherOptions options;
  options.seed = pg::GetInt<uint64_t>(base::RandomBytes(sizeof(uint64_t)));
  dispatcher_.emplace(
      options, house_.pool, std::move(channels), [this](const Parcel& parcel) { Suppress(parcel); },
      house_.real_clock, house_.log, house_.metrics);
  outbox_.SetWaker([this] { dispatcher_->Wake(); });
  follower_.emplace(
      FollowerOptions{}, house_.feed, house_.pool,
      [this](int32_t number, absl::Time deadline) {
        return house_.programs.Find(number, deadline);
      },
      house_.ids, [this] { dispatcher_->Wake(); }, house_.real_clock, house_.log);
  webhooks_.emplace(house_.shell, house_.poster, house_.pool, *guard_, house_.ids,
                    house_.vault.Derive("webhook-secret"), [this] {
                      follower_->Nudge();
                      dispatcher_->Wake();
                    });
  deliveries_.emplace(house_.shell, house_.poster, house_.pool, house_.ids,
                      [this] { dispatcher_->Wake(); });
  suppressions_.emplace(house_.shell, house_.poster, house_.pool, house_.vault, house_.ids);
  house_.jobs.Add({.name = "messages.deliveries",
                   .every = kForgetEvery,
                   .run = [this](const ledger::Program& program, absl::Time,
                                 const std::stop_token&) { return Forget(program); }});
  dispatcher_->Start();
  follower_->Start();
  return absl::OkStatus();
}

std::vector<grpc::Service*> Delivering::services() {
  return {&*webhooks_, &*deliveries_, &*suppressions_};
}

void Delivering::Stop() {
  outbox_.SetWaker(nullptr);
  if (follower_) follower_->Stop();
  if (dispatcher_) dispatcher_->Stop();
}

// A mailbox that is not there is written to no more. Told on the dispatcher's thread, once for each
// letter, whichever process learned of it.
void Delivering::Suppress(const Parcel& bounced) {
  if (bounced.address_key.empty()) return;
  const absl::Time deadline = house_.real_clock.Now() + kBounceLimit;
  const absl::StatusOr<ledger::Program> program = house_.programs.Find(bounced.program, deadline);
  if (!program.ok())
    return house_.log.Warning("a bounce is not noted", {{"error", program.status()}});
  const absl::Time now = house_.clock.Now(program->number);
  auto change = std::make_unique<SuppressionChange>(
      SuppressionChange::Wish{.address_key = bounced.address_key,
                              .on = true,
                              .scope = SuppressionScope::kAll,
                              .cause = SuppressionCause::kBounced},
      SuppressionId{house_.ids.Next(now)},
      ledger::TransactionOfProgram(*program, house_.ids.Next(now)),
      [](const Suppression& suppression) { return suppression.id.ToString(); });
  const std::string what = absl::StrCat("bounce:", DeliveryId{bounced.key.delivery}.ToString());
  change->envelope = {.program = *program,
                      .request_id = ledger::OwnRequestId(what),
                      .fingerprint = what,
                      .actor = kActor,
                      .now = now,
                      .deadline = deadline};
  house_.poster.Submit(bounces_, std::move(change), [this](const ledger::Outcome& outcome) {
    if (outcome.answer.ok()) return;
    house_.log.Warning("a bounce is not noted", {{"error", outcome.answer.status()}});
  });
}

// Logs are kept in the world's time, as deliveries are made in it.
absl::Status Delivering::Forget(const ledger::Program& program) {
  const absl::Time now = house_.real_clock.Now();
  const absl::Time before = now - kKeptAfter;
  return pg::RunTx(house_.pool, {.deadline = now + kForgetLimit}, [&](pg::Tx& tx) {
    for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
      Prune(tx, i, FirstIdOf(before), before, kForgottenAtATime);
    }
    return absl::OkStatus();
  });
}

}  // namespace gratis::messages
