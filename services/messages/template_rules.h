#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

// What messages say: templates, what may stand in them, and which of their wordings is said to
// whom. Values in, values out.
namespace gratis::messages {

// What a message, or a section of one, needs from whoever gets it. Stored by number; the contract's
// MessagePurpose has the same.
enum class Purpose : int16_t { kService = 1, kMarketing = 2, kSurveys = 3 };

// The templates that facts ask for which name none.
inline constexpr char kBirthdayGiftTemplate[] = "birthday-gift";
inline constexpr char kSurpriseGiftTemplate[] = "surprise-gift";
inline constexpr char kAccountEndingTemplate[] = "account-ending";
inline constexpr char kAfterComplaintTemplate[] = "after-complaint";

// See the contract's Wording.
struct Wording {
  std::string language;
  std::string subject;
  std::string text;
  std::string html;
  std::string task;

  friend bool operator==(const Wording&, const Wording&) = default;
};

// See the contract's Template.
struct Template {
  std::string code;
  Purpose purpose = Purpose::kService;
  std::string sender;
  std::string default_language;
  std::vector<Wording> wordings;
  int32_t version = 0;
  absl::Time set_at;
  std::string set_by;
};

// 1 to 40 of a-z, 0-9, - and _: of templates, senders, stores.
bool IsCode(std::string_view text);

// What staff are told of a task of a kind that nobody has written a template for.
Template PlainTask(const std::string& kind);

// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, naming the field of `template`;
// TEMPLATE_INVALID (metadata `where`): a tag that is not closed, that names no variable, that
// stands in a place where its value could not be kept apart from what is around it, a missing text
// part, nothing to unsubscribe by. That there is such a sender is for whoever knows the policy.
absl::Status CheckTemplate(const Template& message_template);

// What goes out with a template: the names are the contract's variables. Sections that are nothing
// are not said.
struct Values {
  struct Gift {
    std::string points;  // "100"; empty for a thing
    std::string item;
  };
  struct Voucher {
    std::string code;
    std::string worth;
    std::string ends;  // empty: never
  };
  std::string member_name;
  std::string program_name;
  std::string sender_name;
  std::string sender_title;
  std::string occurred_day;
  std::string purchase_id;
  std::optional<Gift> gift;
  std::optional<Voucher> voucher;
  std::optional<std::string> choice_options;
  std::optional<std::string> restock_item;
  std::optional<std::string> feedback_url;
  std::optional<std::string> unsubscribe_url;
  bool complaint = false;
};

// Takes out sections that the wording does not have.
void ForgetUnsaid(const Wording& wording, Values& values);

// Whether anything in it may be said only to those who have consented.
bool NeedsConsent(const Template& message_template, const Values& values);

// Takes out what consent is lacking for; which sections these were.
std::vector<std::string> LeaveOut(bool marketing, bool surveys, Values& values);

// One of the wordings, and which of its language's it is.
struct ChosenWording {
  const Wording* wording;
  int32_t variant;
};
// In the language asked for: "de-CH", else "de", else any "de-…", else the template's default. Of
// several wordings in it, number `variant`, counted round and round.
ChosenWording ChooseWording(const Template& message_template, std::string_view language,
                            int32_t variant);

// A wording with its values in it: in the subject on one line, in HTML as text and never as markup,
// without control characters anywhere.
Wording Render(const Wording& wording, const Values& values);

}  // namespace gratis::messages
