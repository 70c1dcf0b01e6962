#include "services/messages/composing.h"

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "services/messages/template_syntax.h"

namespace gratis::messages {
namespace {

Values ValuesOf(const ledger::Program& program, const MessagingPolicy& policy, const Sender& sender,
                const Recipient& recipient, const Topic& topic) {
  Values values{
      .member_name = recipient.name,
      .program_name = program.display_name,
      .sender_name = sender.name,
      .sender_title = sender.title,
      .occurred_day = base::FormatDay(base::DayOf(topic.occurred_at, recipient.zone)),
      .purchase_id = topic.purchase,
      .voucher = topic.voucher,
      .complaint = topic.after_complaint,
  };
  if (topic.points > 0 || !topic.item.empty()) {
    values.gift =
        Values::Gift{.points = topic.points > 0 ? absl::StrCat(topic.points) : std::string(),
                     .item = topic.item};
  }
  if (!topic.choice.empty()) values.choice_options = topic.choice;
  if (!topic.restocked.empty()) values.restock_item = topic.restocked;
  if (topic.feedback && !policy.feedback_url.empty()) {
    values.feedback_url = WithParameter(policy.feedback_url, "message", topic.message.ToString());
  }
  return values;
}

// Whether the wording says it in a section of its own, which can be left out.
bool KeepsApart(const Wording& wording, ChannelKind channel, std::string_view section) {
  return HasSection(wording.subject, section) || HasSection(wording.text, section) ||
         (channel == ChannelKind::kEmail && HasSection(wording.html, section));
}

// What it needs as a whole; see Compose.
void NoteWhole(const Template& message_template, const Wording& wording, const Topic& topic,
               Composed& composed) {
  bool marketing = topic.story;
  bool surveys = false;
  if (topic.channel != ChannelKind::kTask && message_template.code != kAfterComplaintTemplate) {
    const auto loose = [&](bool carried, std::string_view section) {
      return carried && !KeepsApart(wording, topic.channel, section);
    };
    marketing |= loose(topic.points > 0 || !topic.item.empty(), "gift");
    marketing |= loose(!topic.choice.empty(), "choice");
    marketing |= loose(topic.gives_voucher || topic.voucher.has_value(), "voucher");
    surveys = loose(topic.feedback, "feedback");
  }
  composed.purpose = message_template.purpose;
  if (marketing) {
    composed.purpose = Purpose::kMarketing;
    surveys |= message_template.purpose == Purpose::kSurveys;
  } else if (surveys && composed.purpose == Purpose::kService) {
    composed.purpose = Purpose::kSurveys;
  }
  composed.surveys_too = surveys;
}

}  // namespace

Composed Compose(const ledger::Program& program, const Template& message_template,
                 const MessagingPolicy& policy, const Recipient& recipient, const Topic& topic,
                 int32_t variant, const std::function<std::string()>& token) {
  Composed composed;
  const Sender* sender =
      policy.FindSender(topic.sender.empty() ? message_template.sender : topic.sender);
  if (sender != nullptr) composed.sender = *sender;
  const ChosenWording chosen = ChooseWording(message_template, recipient.language, variant);
  composed.variant = chosen.variant;
  composed.by_profile = ChosenByProfile(topic, message_template);
  NoteWhole(message_template, *chosen.wording, topic, composed);
  Values values = ValuesOf(program, policy, composed.sender, recipient, topic);
  // Of a template's wording staff are told the task alone.
  if (topic.channel == ChannelKind::kTask) {
    ForgetUnsaid({.task = chosen.wording->task}, values);
  } else {
    ForgetUnsaid(*chosen.wording, values);
  }
  const bool is_mail = topic.channel == ChannelKind::kEmail;
  if (is_mail) {
    composed.left_out = LeaveOut(recipient.consents.marketing, recipient.consents.surveys, values);
  } else if (recipient.consents.objected) {
    composed.left_out = LeaveOut(/*marketing=*/false, /*surveys=*/false, values);
  }
  composed.asks_consent = topic.occasion == Occasion::kGift ||
                          composed.purpose != Purpose::kService ||
                          NeedsConsent(message_template, values);
  if (is_mail && composed.asks_consent && !policy.unsubscribe_url.empty()) {
    composed.unsubscribe_url = WithParameter(policy.unsubscribe_url, "token", token());
    values.unsubscribe_url = composed.unsubscribe_url;
  }
  composed.wording = Render(*chosen.wording, values);
  return composed;
}

bool ChosenByProfile(const Topic& topic, const Template& message_template) {
  return topic.by_profile &&
         (topic.offer || PurposeOf(topic.occasion, message_template.purpose) != Purpose::kService);
}

bool HasPart(const Wording& wording, ChannelKind channel) {
  return channel == ChannelKind::kTask ? !wording.task.empty() : !wording.text.empty();
}

std::string WorthText(const ledger::VoucherTerms& terms, int64_t left,
                      std::string_view currency_code) {
  switch (terms.kind) {
    case ledger::VoucherKind::kPercentage: {
      const int32_t hundredths = terms.basis_points % 100;
      std::string text = absl::StrCat(terms.basis_points / 100);
      if (hundredths != 0) {
        absl::StrAppend(&text, ".", hundredths / 10);
        if (hundredths % 10 != 0) absl::StrAppend(&text, hundredths % 10);
      }
      return text + "%";
    }
    case ledger::VoucherKind::kItem:
      return terms.item;
    case ledger::VoucherKind::kFixed:
      break;
  }
  return base::FormatMoney({std::string(currency_code), left});
}

std::optional<Values::Voucher> VoucherWords(const ledger::Voucher& voucher, const ledger::Lot& lot,
                                            const ledger::Program& program, std::string_view code,
                                            const absl::TimeZone& zone, absl::Time now) {
  if (lot.available <= 0 || lot.expires_at <= now) return std::nullopt;
  Values::Voucher words{.code = std::string(code),
                        .worth = WorthText(voucher.terms, lot.available, program.currency_code)};
  if (lot.expires_at != absl::InfiniteFuture()) {
    // The last day on which it is good: what ends at midnight is over on the day that begins.
    words.ends = base::FormatDay(base::DayOf(lot.expires_at - absl::Seconds(1), zone));
  }
  return words;
}

}  // namespace gratis::messages
