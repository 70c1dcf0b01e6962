#include "services/messages/content.h"

#include "common/base/clock.h"
#include "common/house/clock.h"
#include "common/jobs/scheduler.h"
#include "common/obs/log.h"
#include "common/status/macros.h"

namespace gratis::messages {
namespace {

constexpr absl::Duration kGather = absl::Milliseconds(20);
// Between two looks at what fell due by the passing of time, and at which programs there are.
constexpr absl::Duration kLook = absl::Seconds(1);
constexpr absl::Duration kLookForPrograms = absl::Seconds(2);
constexpr absl::Duration kRoundLimit = absl::Minutes(1);
constexpr absl::Duration kPurgeEvery = absl::Hours(24);
constexpr absl::Duration kPurgeLimit = absl::Minutes(5);

}  // namespace

Content::Content(app::House& house, Outbox& outbox)
    : house_(house),
      members_([&house] { return house.ChannelTo("members"); }),
      tokens_(house.vault.Derive("unsubscribe")),
      letters_(house.vault),
      templates_(house.pool),
      messages_(house.pool, members_, house.vault, tokens_),
      engagements_(house.pool, members_),
      text_keys_(house.pool, house.vault),
      sending_(house.pool, members_, outbox, house.vault, tokens_),
      intents_(house.pool, house.ids, [this] { Wake(); }),
      template_service_(house.shell, house.poster, house.ids, templates_, messages_),
      policy_service_(house.shell, house.poster, house.ids, templates_, messages_),
      message_service_(house.shell, messages_),
      task_service_(house.shell, house.poster, house.ids, messages_),
      inbox_service_(house.shell, house.poster, messages_),
      engagement_service_(house.shell, house.poster, engagements_) {}

absl::Status Content::Start() {
  follower_.emplace(
      jobs::JournalFollowerOptions{.gather = kGather}, house_.feed,
      jobs::Projection{
          .name = "messages",
          .kinds = FollowedKinds(),
          .followed = [this](const ledger::Program& program,
                             absl::Time deadline) { return intents_.Followed(program, deadline); },
          .keep =
              [this](const ledger::Program& program, int32_t partition, absl::Time now,
                     absl::Time deadline, const std::stop_token& stop) {
                return intents_.Keep(program, partition, now, deadline, stop);
              }},
      [this](absl::Time deadline) { return jobs::AllPrograms(house_.programs, deadline); },
      [this](int32_t program) { return house_.clock.Now(program); }, house_.real_clock, house_.log);
  house_.jobs.Add({.name = "messages.purge",
                   .every = kPurgeEvery,
                   .run = [this](const ledger::Program& program, absl::Time now,
                                 const std::stop_token& stop) -> absl::Status {
                     const absl::Time deadline = house_.real_clock.Now() + kPurgeLimit;
                     RETURN_IF_ERROR(messages_.Purge(program, now, deadline, stop).status());
                     return engagements_.Purge(program, now, deadline, stop).status();
                   }});
  follower_->Start();
  thread_ = std::thread([this] { Work(); });
  return absl::OkStatus();
}

std::vector<grpc::Service*> Content::services() {
  return {&template_service_, &policy_service_, &message_service_,
          &task_service_,     &inbox_service_,  &engagement_service_};
}

void Content::Stop() {
  if (follower_) follower_->Stop();
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Content::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void Content::Work() {
  const std::stop_token stop = stop_.get_token();
  while (!stop.stop_requested()) {
    absl::Status status = SendAll(stop);
    // Whether or not anything could be sent.
    status.Update(text_keys_.Follow(house_.real_clock.Now() + kRoundLimit, stop).status());
    if (!status.ok() && !stop.stop_requested()) {
      house_.log.Warning("messages are not sent for a moment", {{"error", status}});
    }
    std::unique_lock lock(mutex_);
    // What failed is not tried again at once, however much there is to do.
    changed_.wait_for(lock, stop, absl::ToChronoMilliseconds(kLook),
                      [&] { return woken_ && status.ok(); });
    woken_ = false;
  }
}

absl::Status Content::SendAll(const std::stop_token& stop) {
  const absl::Time now = house_.real_clock.Now();
  const absl::Time deadline = now + kRoundLimit;
  // The machine's clock may be set back.
  if (now >= looked_around_ + kLookForPrograms || now < looked_around_) {
    ASSIGN_OR_RETURN(programs_, jobs::AllPrograms(house_.programs, deadline));
    for (const ledger::Program& program : programs_) {
      if (announced_.contains(program.number)) continue;
      RETURN_IF_ERROR(text_keys_.Announce(program, deadline));
      announced_.insert(program.number);
    }
    looked_around_ = house_.real_clock.Now();
  }
  absl::Status first_error;
  for (const ledger::Program& program : programs_) {
    const absl::StatusOr<Sending::Report> report =
        sending_.SendDue(program, house_.clock.Now(program.number), deadline, stop);
    first_error.Update(report.status());
    if (!report.ok()) continue;
    if (report->postponed > 0) {
      house_.log.Warning("members did not say whom messages are for; they are asked again",
                         {{"program", program.code}, {"messages", report->postponed}});
    }
    if (report->sent + report->withheld > 0) {
      house_.log.Debug(
          "messages decided",
          {{"program", program.code}, {"sent", report->sent}, {"withheld", report->withheld}});
    }
  }
  return first_error;
}

}  // namespace gratis::messages
