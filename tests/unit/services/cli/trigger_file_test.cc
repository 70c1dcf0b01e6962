#include "services/cli/trigger_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/status/reasons.h"
#include "gratis/messages/v1/policy.pb.h"
#include "gratis/messages/v1/templates.pb.h"
#include "services/cli/context.h"
#include "services/cli/engine.h"

namespace gratis::cli {
namespace {

using testing::HasSubstr;

// Has every template, and a messaging policy with these senders.
class PostRoom final : public Engine {
 public:
  std::vector<std::string> senders;

  absl::Status Call(const google::protobuf::Message& request,
                    google::protobuf::Message& answer) override {
    if (request.GetDescriptor() == messages::v1::GetTemplateRequest::descriptor()) {
      return absl::OkStatus();
    }
    auto& policy = static_cast<messages::v1::GetMessagingPolicyResponse&>(answer);
    for (const std::string& code : senders) policy.mutable_policy()->add_senders()->set_code(code);
    return absl::OkStatus();
  }
};

std::string WarningOf(std::vector<std::string> senders, const std::string& sender) {
  PostRoom engine;
  engine.senders = std::move(senders);
  Context context;
  thanks::v1::Trigger trigger;
  trigger.set_template_("ceo-note");
  if (!sender.empty()) trigger.mutable_sender()->set_code(sender);
  testing::internal::CaptureStderr();
  WarnOfMissing(context, engine, trigger);
  return testing::internal::GetCapturedStderr();
}

TEST(TriggerFile, WhoNamesNoSenderIsToldOfNoneMissing) {
  EXPECT_EQ(WarningOf({"ceo", "shop"}, ""), "");
  EXPECT_EQ(WarningOf({"shop", "ceo"}, "ceo"), "");
  EXPECT_THAT(WarningOf({"shop"}, "ceo"), HasSubstr("no sender ceo: its first one speaks instead"));
  for (const char* sender : {"", "ceo"}) {
    EXPECT_THAT(WarningOf({}, sender), HasSubstr("no sender yet: nothing is mailed"));
  }
}

}  // namespace
}  // namespace gratis::cli
