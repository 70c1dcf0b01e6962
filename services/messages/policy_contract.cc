#include "services/messages/policy_contract.h"

#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

MessagingPolicy Read(const v1::MessagingPolicy& from) {
  MessagingPolicy policy{.quiet_from_hour = from.quiet_from_hour(),
                         .quiet_until_hour = from.quiet_until_hour(),
                         .cap_messages = from.cap_messages(),
                         .cap_days = from.cap_days(),
                         .max_age_days = from.max_age_days(),
                         .unsubscribe_url = from.unsubscribe_url(),
                         .feedback_url = from.feedback_url()};
  for (const v1::Sender& sender : from.senders()) {
    policy.senders.push_back({.code = sender.code(),
                              .name = sender.name(),
                              .title = sender.title(),
                              .address = sender.address(),
                              .reply_to = sender.reply_to()});
  }
  return policy;
}

}  // namespace

absl::StatusOr<MessagingPolicy> ParsePolicy(const v1::SetMessagingPolicyRequest& request) {
  if (!request.has_policy()) {
    return FieldError(Reason::kFieldMissing, "policy", "say what the policy shall be");
  }
  MessagingPolicy policy = Read(request.policy());
  RETURN_IF_ERROR(CheckPolicy(policy));
  return policy;
}

v1::MessagingPolicy ToContract(const MessagingPolicy& policy) {
  v1::MessagingPolicy to;
  for (const Sender& sender : policy.senders) {
    v1::Sender& one = *to.add_senders();
    one.set_code(sender.code);
    one.set_name(sender.name);
    one.set_title(sender.title);
    one.set_address(sender.address);
    one.set_reply_to(sender.reply_to);
  }
  to.set_quiet_from_hour(policy.quiet_from_hour);
  to.set_quiet_until_hour(policy.quiet_until_hour);
  to.set_cap_messages(policy.cap_messages);
  to.set_cap_days(policy.cap_days);
  to.set_max_age_days(policy.max_age_days);
  to.set_unsubscribe_url(policy.unsubscribe_url);
  to.set_feedback_url(policy.feedback_url);
  to.set_version(policy.version);
  return to;
}

std::string PolicyContentOf(const MessagingPolicy& policy) {
  v1::MessagingPolicy content = ToContract(policy);
  content.clear_version();
  return content.SerializeAsString();
}

absl::StatusOr<MessagingPolicy> PolicyOf(std::string_view content) {
  v1::MessagingPolicy stored;
  if (!stored.ParseFromArray(content.data(), static_cast<int>(content.size()))) {
    return Error(Reason::kBooksDamaged, "a stored messaging policy cannot be read");
  }
  return Read(stored);
}

}  // namespace gratis::messages
