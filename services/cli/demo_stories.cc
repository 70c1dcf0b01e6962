#include "services/cli/demo_stories.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/members/v1/consents.pb.h"
#include "gratis/messages/v1/policy.pb.h"
#include "gratis/messages/v1/templates.pb.h"
#include "gratis/thanks/v1/returns.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "gratis/thanks/v1/triggers.pb.h"
#include "services/cli/demo.h"

namespace gratis::cli {
namespace {

constexpr size_t kReaders = 6;
constexpr char kFounder[] = "founder";
constexpr char kNote[] = "ceo-note";

absl::Status SetPolicy(Context& context, RemoteEngine& engine) {
  messages::v1::SetMessagingPolicyRequest request;
  request.set_request_id("demo:messaging-policy");
  messages::v1::MessagingPolicy& policy = *request.mutable_policy();
  messages::v1::Sender& sender = *policy.add_senders();
  sender.set_code(kFounder);
  sender.set_name("Anna Keller");
  sender.set_title("founder");
  sender.set_address("anna@keller.example");
  // No nights: whoever tries it out wants to see the letter now.
  policy.set_cap_messages(3);
  policy.set_cap_days(7);
  policy.set_max_age_days(7);
  policy.set_unsubscribe_url("https://keller.example/unsubscribe");
  policy.set_feedback_url("https://keller.example/how-was-it");
  messages::v1::SetMessagingPolicyResponse answer;
  return context.Call(engine, request, answer);
}

absl::Status SetTemplate(Context& context, RemoteEngine& engine, const std::string& code,
                         messages::v1::MessagePurpose purpose, const std::string& subject,
                         const std::string& text) {
  messages::v1::SetTemplateRequest request;
  request.set_request_id(absl::StrCat("demo:template:", code));
  messages::v1::Template& note = *request.mutable_template_();
  note.set_code(code);
  note.set_purpose(purpose);
  note.set_sender(kFounder);
  note.set_default_language("en");
  messages::v1::Wording& wording = *note.add_wordings();
  wording.set_language("en");
  wording.set_subject(subject);
  wording.set_text(text);
  messages::v1::SetTemplateResponse answer;
  return context.Call(engine, request, answer);
}

absl::Status SetTemplates(Context& context, RemoteEngine& engine) {
  constexpr char kOut[] =
      "{{#unsubscribe}}\nIf you would rather not get these: {{unsubscribe.url}}\n{{/unsubscribe}}";
  RETURN_IF_ERROR(SetTemplate(
      context, engine, kNote, messages::v1::MESSAGE_PURPOSE_SERVICE, "Thank you, {{member.name}}",
      absl::StrCat("Dear {{member.name}},\n\nthank you for buying from us.\n"
                   "{{#voucher}}\nHere are {{voucher.worth}} off whatever you buy next, whenever "
                   "that is: {{voucher.code}}\n{{/voucher}}"
                   "{{#feedback}}\nHow was it? I read every answer: {{feedback.url}}\n{{/feedback}}"
                   "\n{{sender.name}}, {{sender.title}}\n",
                   kOut)));
  return SetTemplate(
      context, engine, "birthday-gift", messages::v1::MESSAGE_PURPOSE_MARKETING,
      "Happy birthday, {{member.name}}",
      absl::StrCat(
          "Happy birthday, {{member.name}}!\n"
          "{{#gift}}{{#points}}\n{{points}} points are in your wallet. No strings attached.\n"
          "{{/points}}{{#item}}\nSomething waits for you: {{item}}.\n{{/item}}{{/gift}}"
          "{{#voucher}}\nA voucher for you, {{voucher.worth}}: {{voucher.code}}\n{{/voucher}}"
          "{{#choice}}\nChoose what you like best: {{choice.options}}.\n{{/choice}}"
          "\n{{sender.name}}, {{sender.title}}\n",
          kOut));
}

absl::Status SetTrigger(Context& context, RemoteEngine& engine) {
  thanks::v1::SetTriggerRequest request;
  request.set_request_id("demo:trigger");
  thanks::v1::Trigger& trigger = *request.mutable_trigger();
  trigger.set_code(kNote);
  trigger.set_enabled(true);
  trigger.set_event(thanks::v1::TRIGGER_EVENT_PURCHASE);
  trigger.mutable_sender()->set_code(kFounder);
  trigger.mutable_sender()->set_name("Anna Keller, founder");
  trigger.set_template_(kNote);
  trigger.set_question(thanks::v1::TRIGGER_QUESTION_FEEDBACK);
  trigger.mutable_voucher()->set_basis_points(2000);
  trigger.mutable_voucher()->set_evergreen(true);
  thanks::v1::SetTriggerResponse answer;
  return context.Call(engine, request, answer);
}

absl::Status Agree(Context& context, RemoteEngine& engine,
                   const std::vector<std::string>& members) {
  for (size_t i = 0; i < std::min(members.size(), kReaders); ++i) {
    members::v1::RecordConsentRequest request;
    request.set_request_id(absl::StrCat("demo:consent:", i + 1));
    request.set_member_id(members[i]);
    request.set_source(members::v1::CONSENT_SOURCE_WEB_FORM);
    request.set_wording_version("demo");
    for (const auto purpose :
         {members::v1::CONSENT_PURPOSE_MARKETING, members::v1::CONSENT_PURPOSE_SURVEYS}) {
      members::v1::ConsentDecision& decision = *request.add_decisions();
      decision.set_purpose(purpose);
      decision.set_channel(members::v1::CONSENT_CHANNEL_EMAIL);
      decision.set_state(members::v1::CONSENT_STATE_GRANTED);
    }
    members::v1::RecordConsentResponse answer;
    RETURN_IF_ERROR(context.Call(engine, request, answer));
  }
  return absl::OkStatus();
}

absl::Status Buy(Context& context, RemoteEngine& engine, const std::string& member,
                 const std::string& order) {
  thanks::v1::RecordPurchaseRequest request;
  request.set_request_id(absl::StrCat("demo:story:", order));
  request.mutable_order()->set_source("demo");
  request.mutable_order()->set_order_id(order);
  request.set_member_id(member);
  request.mutable_total()->set_currency_code(DemoShop::kCurrency);
  request.mutable_total()->set_minor_units(12'900);
  request.set_item_count(1);
  thanks::v1::RecordPurchaseResponse answer;
  return context.Call(engine, request, answer);
}

absl::StatusOr<int64_t> BringBack(Context& context, RemoteEngine& engine,
                                  const std::string& order) {
  thanks::v1::RecordReturnRequest request;
  request.set_request_id(absl::StrCat("demo:story:back:", order));
  request.mutable_order()->set_source("demo");
  request.mutable_order()->set_order_id(order);
  request.set_return_id("back");
  request.set_everything(true);
  thanks::v1::RecordReturnResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  return answer.points_taken();
}

}  // namespace

absl::StatusOr<DemoStories> PlayStories(Context& context, RemoteEngine& engine,
                                        const std::vector<std::string>& members) {
  DemoStories stories{.thanked = members.front(), .returned = members.back()};
  RETURN_IF_ERROR(SetPolicy(context, engine));
  RETURN_IF_ERROR(SetTemplates(context, engine));
  RETURN_IF_ERROR(Agree(context, engine, members));
  // Bought and brought back before anybody is thanked for it.
  RETURN_IF_ERROR(Buy(context, engine, stories.returned, "coat"));
  ASSIGN_OR_RETURN(stories.points_taken, BringBack(context, engine, "coat"));
  RETURN_IF_ERROR(SetTrigger(context, engine));
  RETURN_IF_ERROR(Buy(context, engine, stories.thanked, "boots"));
  birthdays::v1::RunBirthdaysResponse birthdays;
  RETURN_IF_ERROR(context.Call(engine, birthdays::v1::RunBirthdaysRequest(), birthdays));
  // The engine gives what is due to a new program by itself, and may have come first.
  stories.birthday_gifts = birthdays.given() + birthdays.already_given();
  return stories;
}

}  // namespace gratis::cli
