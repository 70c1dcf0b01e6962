#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/messages/v1/messages.pb.h"
#include "gratis/messages/v1/policy.pb.h"
#include "services/cli/command.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/member_name.h"
#include "services/cli/paging.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace message_commands {
namespace {

namespace v1 = messages::v1;

struct ListOptions {
  MemberName member;
  std::string state;
  PageOptions page;
};

struct OneOptions {
  std::string message;
};

struct UnsubscribeOptions {
  std::string token;
};

struct PolicyOptions {
  std::vector<std::string> senders;
  std::optional<int> quiet_from;
  std::optional<int> quiet_until;
  std::optional<int> cap_messages;
  std::optional<int> cap_days;
  std::optional<int> max_age_days;
  std::optional<std::string> unsubscribe_url;
  std::optional<std::string> feedback_url;
  bool dry_run = false;
};

// "waiting: quiet hours", "sent", "withheld: no consent".
std::string StateText(const v1::Message& message) {
  std::string text = EnumWords(message, "state");
  if (message.why() != v1::MESSAGE_REASON_UNSPECIFIED) {
    absl::StrAppend(&text, ": ", EnumWords(message, "why"));
  }
  return text;
}

absl::Status List(Context& context, const ListOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ListMessagesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_member_id(), ResolveMember(context, *engine, options.member));
  if (options.state == "waiting") request.set_state(v1::MESSAGE_STATE_WAITING);
  if (options.state == "sent") request.set_state(v1::MESSAGE_STATE_SENT);
  if (options.state == "withheld") request.set_state(v1::MESSAGE_STATE_WITHHELD);
  v1::ListMessagesResponse all;
  RETURN_IF_ERROR(ReadPages(context, *engine, options.page, request, all,
                            [](auto& answer) { return answer.mutable_messages(); }));
  Table table({{"message"}, {"template"}, {"by"}, {"state"}, {"when"}, {"mail"}});
  for (const v1::Message& message : all.messages()) {
    table.Add({message.message_id(), message.template_code(), EnumWords(message, "channel"),
               StateText(message),
               FormatTime(message.has_decided_at() ? message.decided_at() : message.due_at()),
               message.delivery()});
  }
  context.Show(all, table.empty() ? "nothing was said to them yet"
                                  : absl::StrCat(table.ToString(), MoreAt(all.next_page_token())));
  return absl::OkStatus();
}

Card Describe(const v1::Message& message) {
  Card card;
  card.Line("message", message.message_id())
      .Line("to", message.member_id())
      .Line("by", EnumWords(message, "channel"))
      .Line("template",
            message.template_version() == 0
                ? message.template_code()
                : absl::StrCat(message.template_code(), ", version ", message.template_version()))
      .Line("about",
            message.purchase_id().empty() ? message.transaction_id() : message.purchase_id())
      .Line("happened", FormatTime(message.occurred_at()))
      .Line("state", StateText(message))
      .Line("due", FormatTime(message.due_at()))
      .Line("decided", FormatTime(message.decided_at()))
      .Line("without", absl::StrJoin(message.left_out(), ", "))
      .Line("mail", message.delivery());
  return card;
}

absl::Status Show(Context& context, const OneOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::GetMessageRequest request;
  request.set_message_id(options.message);
  v1::GetMessageResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  Card card = Describe(answer.message());
  const v1::RenderedMessage& rendered = answer.rendered();
  if (!rendered.from_address().empty()) {
    card.Line("from", absl::StrCat(rendered.from_name(), " <", rendered.from_address(), ">"));
  }
  card.Line("address", rendered.to()).Line("subject", rendered.subject());
  std::string text = card.Line("task", rendered.task()).ToString();
  if (!rendered.text().empty()) absl::StrAppend(&text, "\n", rendered.text(), "\n");
  context.Show(answer, text);
  return absl::OkStatus();
}

absl::Status Explain(Context& context, const OneOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::ExplainMessageRequest request;
  request.set_message_id(options.message);
  v1::ExplainMessageResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer,
               absl::StrCat(answer.sentence(), "\n", Describe(answer.message()).ToString()));
  return absl::OkStatus();
}

absl::Status Unsubscribe(Context& context, const UnsubscribeOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::UnsubscribeRequest request;
  request.set_request_id(context.RequestId());
  request.set_token(options.token);
  v1::UnsubscribeResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Card().Line("off the list", answer.member_id()).ToString());
  return absl::OkStatus();
}

std::string Describe(const v1::MessagingPolicy& policy) {
  Card card;
  for (const v1::Sender& sender : policy.senders()) {
    card.Line("sender",
              absl::StrCat(sender.code(), ": ", sender.name(), sender.title().empty() ? "" : ", ",
                           sender.title(), " <", sender.address(), ">"));
  }
  if (policy.senders().empty()) card.Line("sender", "none: nothing is mailed");
  return card
      .Line("nights", policy.quiet_from_hour() == policy.quiet_until_hour()
                          ? "none"
                          : absl::StrCat(policy.quiet_from_hour(), ":00 to ",
                                         policy.quiet_until_hour(), ":00, where the member lives"))
      .Line("at most", absl::StrCat(Counted(policy.cap_messages(), "message", "messages"), " in ",
                                    Counted(policy.cap_days(), "day", "days")))
      .Line("not after", Counted(policy.max_age_days(), "day", "days"))
      .Line("unsubscribe at", policy.unsubscribe_url().empty()
                                  ? "nowhere: what needs consent is not mailed"
                                  : policy.unsubscribe_url())
      .Line("answers at", policy.feedback_url())
      .Line("version",
            policy.version() == 0 ? "0, as every program starts" : absl::StrCat(policy.version()))
      .ToString();
}

absl::StatusOr<v1::MessagingPolicy> Policy(Context& context, Engine& engine) {
  v1::GetMessagingPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(engine, v1::GetMessagingPolicyRequest(), answer));
  return answer.policy();
}

absl::Status ShowPolicy(Context& context) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  ASSIGN_OR_RETURN(const v1::MessagingPolicy policy, Policy(context, *engine));
  context.Show(policy, Describe(policy));
  return absl::OkStatus();
}

// "founder=Anna Keller, founder <anna@shop.example>".
absl::StatusOr<v1::Sender> SenderOf(const std::string& text) {
  const size_t equals = text.find('=');
  const size_t open = text.rfind('<');
  if (equals == text.npos || open == text.npos || open < equals || text.back() != '>') {
    return AsUsage(Error(Reason::kFieldInvalid,
                         "write it as founder=Anna Keller, founder <anna@shop.example>"),
                   "--sender");
  }
  v1::Sender sender;
  sender.set_code(text.substr(0, equals));
  sender.set_address(text.substr(open + 1, text.size() - open - 2));
  const std::vector<std::string> words =
      absl::StrSplit(base::Abs(std::string_view(text).substr(equals + 1, open - equals - 1)),
                     absl::MaxSplits(',', 1));
  const auto trimmed = [](const std::string& word) {
    return std::string(absl::StripAsciiWhitespace(word));
  };
  sender.set_name(trimmed(words[0]));
  if (words.size() > 1) sender.set_title(trimmed(words[1]));
  return sender;
}

void DeclarePolicy(CLI::App& command, PolicyOptions& options) {
  command.add_option("--sender", options.senders,
                     "In whose name: CODE=NAME, TITLE <ADDRESS>; again for others. All of them");
  command.add_option("--quiet-from", options.quiet_from, "The local hour nights begin at, 0 to 23");
  command.add_option("--quiet-until", options.quiet_until, "The local hour nights end at, 0 to 23");
  command.add_option("--cap", options.cap_messages, "At most so many messages to a member");
  command.add_option("--cap-days", options.cap_days, "In so many days");
  command.add_option("--max-age-days", options.max_age_days,
                     "What happened longer ago is not written about");
  command.add_option("--unsubscribe-url", options.unsubscribe_url,
                     "The shop's page that takes people off the list");
  command.add_option("--feedback-url", options.feedback_url,
                     "The shop's page that asks how it was");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
}

absl::Status SetPolicy(Context& context, const PolicyOptions& options) {
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  v1::SetMessagingPolicyRequest request;
  v1::MessagingPolicy& policy = *request.mutable_policy();
  ASSIGN_OR_RETURN(policy, Policy(context, *engine));
  policy.clear_version();
  if (!options.senders.empty()) policy.clear_senders();
  for (const std::string& text : options.senders) {
    ASSIGN_OR_RETURN(*policy.add_senders(), SenderOf(text));
  }
  if (options.quiet_from) policy.set_quiet_from_hour(*options.quiet_from);
  if (options.quiet_until) policy.set_quiet_until_hour(*options.quiet_until);
  if (options.cap_messages) policy.set_cap_messages(*options.cap_messages);
  if (options.cap_days) policy.set_cap_days(*options.cap_days);
  if (options.max_age_days) policy.set_max_age_days(*options.max_age_days);
  if (options.unsubscribe_url) policy.set_unsubscribe_url(*options.unsubscribe_url);
  if (options.feedback_url) policy.set_feedback_url(*options.feedback_url);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::SetMessagingPolicyResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  policy.set_version(answer.version());
  context.Show(policy, Describe(policy));
  return absl::OkStatus();
}

}  // namespace
}  // namespace message_commands

void AddMessageCommands(CLI::App& app, Context& context) {
  using namespace message_commands;
  CLI::App& family = *app.add_subcommand(
      "messages",
      "What members are told, and what came of it: list, show, explain, results, engaged, "
      "unsubscribe, policy");
  family.require_subcommand(1);
  AddCommand<ListOptions>(
      family, context, "list", "A member's messages: sent, waiting and withheld, newest first",
      [](CLI::App& command, ListOptions& options) {
        DeclareMember(command, options.member, "MEMBER");
        command.add_option("--state", options.state, "Only those in this state")
            ->check(CLI::IsMember({"waiting", "sent", "withheld"}));
        DeclarePages(command, options.page);
      },
      List);
  const auto declare = [](CLI::App& command, OneOptions& options) {
    command.add_option("MESSAGE", options.message, "msg_…")->required();
  };
  AddCommand<OneOptions>(family, context, "show", "A message, with its text as it went out",
                         declare, Show);
  AddCommand<OneOptions>(family, context, "explain", "What became of a message, and why", declare,
                         Explain);
  AddCommand<UnsubscribeOptions>(
      family, context, "unsubscribe", "Take off the list whoever pressed a message's link",
      [](CLI::App& command, UnsubscribeOptions& options) {
        command.add_option("TOKEN", options.token, "What the link's address ends with")->required();
      },
      Unsubscribe);
  AddMessageResultCommands(family, context);
  CLI::App& policy = *family.add_subcommand("policy", "How much is said, when, by whom: show, set");
  policy.require_subcommand(1);
  AddCommand(policy, context, "show", "Show the policy in force", ShowPolicy);
  AddCommand<PolicyOptions>(policy, context, "set",
                            "Change what is named, from now on; the rest stays", DeclarePolicy,
                            SetPolicy);
}

}  // namespace gratis::cli
