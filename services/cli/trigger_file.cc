#include "services/cli/trigger_file.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/reasons.h"
#include "gratis/messages/v1/policy.pb.h"
#include "gratis/messages/v1/templates.pb.h"
#include "services/cli/failure.h"
#include "services/cli/json_file.h"

namespace gratis::cli {

absl::Status ReadTrigger(const std::string& file, thanks::v1::Trigger& trigger) {
  const absl::Status read = ReadJsonFile(file, "--file", "a trigger", trigger);
  if (read.ok() || !absl::StrContains(read.message(), "event")) return read;
  std::vector<std::string> events;
  for (int i = 1; i < thanks::v1::TriggerEvent_descriptor()->value_count(); ++i) {
    events.push_back(thanks::v1::TriggerEvent_descriptor()->value(i)->name());
  }
  return UsageError("--file",
                    absl::StrCat(read.message(), "; events are ", absl::StrJoin(events, ", ")));
}

void WarnOfMissing(Context& context, Engine& engine, const thanks::v1::Trigger& trigger) {
  if (trigger.template_().empty()) return;
  messages::v1::GetTemplateRequest request;
  request.set_code(trigger.template_());
  messages::v1::GetTemplateResponse ignored;
  if (ReasonOf(context.Call(engine, request, ignored)) == Reason::kTemplateNotFound) {
    context.Remark(absl::StrCat("there is no template ", trigger.template_(),
                                " yet: nothing is written until gratis templates set makes it"));
  }
  messages::v1::GetMessagingPolicyResponse answer;
  if (!context.Call(engine, messages::v1::GetMessagingPolicyRequest(), answer).ok()) return;
  const auto& senders = answer.policy().senders();
  const std::string& named = trigger.sender().code();
  if (senders.empty()) {
    context.Remark("the messaging policy has no sender yet: nothing is mailed");
    return;
  }
  // Whoever names none means the first one.
  if (named.empty()) return;
  const auto speaks = [&](const messages::v1::Sender& one) { return one.code() == named; };
  if (std::any_of(senders.begin(), senders.end(), speaks)) return;
  context.Remark(
      absl::StrCat("the messaging policy has no sender ", named, ": its first one speaks instead"));
}

}  // namespace gratis::cli
