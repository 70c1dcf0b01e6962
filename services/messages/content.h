#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/app/module.h"
#include "common/jobs/journal_follower.h"
#include "services/messages/engagement_service.h"
#include "services/messages/engagements.h"
#include "services/messages/inbox_service.h"
#include "services/messages/intents.h"
#include "services/messages/kept_letters.h"
#include "services/messages/members_client.h"
#include "services/messages/message_service.h"
#include "services/messages/messages.h"
#include "services/messages/policy_service.h"
#include "services/messages/sending.h"
#include "services/messages/task_service.h"
#include "services/messages/template_service.h"
#include "services/messages/templates.h"
#include "services/messages/text_keys.h"

namespace gratis::messages {

class Outbox;

// What is said: from the journal to what waits, and from there to the outbox, each on a thread of
// its own. The second has the keys of what was said follow the master key, too.
class Content {
 public:
  // Both outlive this.
  Content(app::House& house, Outbox& outbox);
  ~Content() { Stop(); }
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  absl::Status Start();
  std::vector<grpc::Service*> services();
  // May be called more than once, and without Start.
  void Stop();

  Letters& letters() { return letters_; }

 private:
  void Work();
  absl::Status SendAll(const std::stop_token& stop);
  void Wake();

  app::House& house_;
  MembersClient members_;
  UnsubscribeTokens tokens_;
  KeptLetters letters_;
  Templates templates_;
  Messages messages_;
  Engagements engagements_;
  TextKeys text_keys_;
  Sending sending_;
  Intents intents_;

  TemplateService template_service_;
  MessagingPolicyService policy_service_;
  MessageService message_service_;
  TaskService task_service_;
  InboxService inbox_service_;
  EngagementService engagement_service_;
  std::optional<jobs::JournalFollower> follower_;

  std::vector<ledger::Program> programs_;
  std::set<int32_t> announced_;  // of them, by number, to the house
  absl::Time looked_around_ = absl::InfinitePast();
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace gratis::messages
