#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/ledger/state.h"
#include "services/messages/message_ids.h"
#include "services/messages/message_policy.h"
#include "services/messages/message_rules.h"
#include "services/messages/recipients.h"
#include "services/messages/template_rules.h"

// A message as it goes out: a template, with what it is about and whom it is for. Values in, values
// out; a preview is made by the same.
namespace gratis::messages {

// What a message is about.
struct Topic {
  MessageId message;
  ChannelKind channel = ChannelKind::kEmail;
  Occasion occasion = Occasion::kThanks;
  absl::Time occurred_at;
  std::string purchase;
  std::string sender;  // its own; empty: the template's
  int64_t points = 0;
  std::string item;
  std::string choice;     // "mug, tote"; empty for what is no choice
  std::string restocked;  // what is there again; empty for nothing
  bool feedback = false;
  bool story = false;          // the brand's, which is marketing
  bool gives_voucher = false;  // though that may be over by now, and `voucher` nothing
  bool offer = false;          // it gives, asks or tells more than a bare thank-you
  bool by_profile = false;     // whom it is for was picked by what they bought and did
  bool after_complaint = false;
  std::optional<Values::Voucher> voucher;
};

struct Composed {
  Wording wording;  // with its values
  int32_t variant = 0;
  std::vector<std::string> left_out;
  Purpose purpose = Purpose::kService;  // of the whole
  bool surveys_too = false;   // whatever its purpose, it asks something that nobody can leave out
  bool asks_consent = false;  // anything in it needs consent
  bool by_profile = false;    // it is not for those who want no profiling; see ChosenByProfile
  std::string unsubscribe_url;
  Sender sender;
};

// `variant`: see ChooseWording. `token`: makes what the unsubscribe address ends with, if there is
// one. By mail, sections are left out that the member has not consented to; of what interrupts
// nobody, the inbox and staff's tasks, the same ones for who objected to marketing.
//
// What is given or asked and has no section in the wording may stand in its own words, which
// nobody can leave out: then the whole message is marketing, or a survey, whatever its template
// says. A brand's story is always. Not so of staff's tasks, whose template is of their own kind,
// and of the template that speaks after a complaint, which is for whatever waited.
Composed Compose(const ledger::Program& program, const Template& message_template,
                 const MessagingPolicy& policy, const Recipient& recipient, const Topic& topic,
                 int32_t variant, const std::function<std::string()>& token);

// Whether it is for them because of what they bought and did, and is more than a bare thank-you: by
// what it carries, or by its template's purpose. What is left out of it for want of consent counts.
bool ChosenByProfile(const Topic& topic, const Template& message_template);

// Whether a wording has anything to say by this channel.
bool HasPart(const Wording& wording, ChannelKind channel);

// "20%", "12.5%", "10.00 CHF", or the thing. `left`: of its lot, in the currency's minor units.
std::string WorthText(const ledger::VoucherTerms& terms, int64_t left,
                      std::string_view currency_code);

// What a voucher is called in a message; nothing for one that cannot be used any more.
std::optional<Values::Voucher> VoucherWords(const ledger::Voucher& voucher, const ledger::Lot& lot,
                                            const ledger::Program& program, std::string_view code,
                                            const absl::TimeZone& zone, absl::Time now);

}  // namespace gratis::messages
