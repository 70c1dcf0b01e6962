#include "services/messages/template_rules.h"

#include <algorithm>
#include <kainjow/mustache.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/template_syntax.h"

namespace gratis::messages {
namespace {

namespace mustache = kainjow::mustache;

constexpr size_t kMaxCode = 40;
constexpr size_t kMaxLanguage = 35;
constexpr size_t kMaxSubject = 200;
constexpr size_t kMaxText = 20'000;
constexpr size_t kMaxHtml = 100'000;
constexpr size_t kMaxTask = 2'000;
constexpr size_t kMaxWordings = 50;

absl::Status CheckLength(std::string_view text, size_t most, const std::string& field) {
  if (base::CodePoints(text) <= most) return absl::OkStatus();
  return FieldError(Reason::kFieldTooLong, absl::StrCat("template.", field),
                    absl::StrCat("at most ", most, " characters"));
}

// Letters, digits and dashes, as in "de-CH".
bool IsLanguage(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLanguage &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
         });
}

absl::Status Invalid(const std::string& where, std::string_view what) {
  return Error(Reason::kTemplateInvalid, absl::StrCat(where, ": ", base::Abs(what)),
               {{"where", where}});
}

absl::Status CheckWording(const Wording& wording, const std::string& where, bool asks_anyway) {
  if (!IsLanguage(wording.language)) {
    return FieldError(Reason::kFieldInvalid, absl::StrCat("template.", where, ".language"),
                      "a language is a tag of BCP 47, such as de or de-CH");
  }
  RETURN_IF_ERROR(CheckLength(wording.subject, kMaxSubject, where + ".subject"));
  RETURN_IF_ERROR(CheckLength(wording.text, kMaxText, where + ".text"));
  RETURN_IF_ERROR(CheckLength(wording.html, kMaxHtml, where + ".html"));
  RETURN_IF_ERROR(CheckLength(wording.task, kMaxTask, where + ".task"));
  const bool task_only = wording.subject.empty() && wording.text.empty() && wording.html.empty() &&
                         !wording.task.empty();
  PartUse task;
  RETURN_IF_ERROR(CheckPart(wording.task, /*html=*/false, where + ".task", task));
  if (task_only) return absl::OkStatus();
  if (wording.text.empty()) {
    return Invalid(where + ".text", "the plain text is missing: not everybody reads HTML");
  }
  if (wording.subject.empty()) return Invalid(where + ".subject", "the subject is missing");
  if (wording.subject.find_first_of("\r\n") != std::string::npos) {
    return Invalid(where + ".subject", "a subject is one line");
  }
  PartUse subject;
  PartUse text;
  PartUse html;
  RETURN_IF_ERROR(CheckPart(wording.subject, /*html=*/false, where + ".subject", subject));
  RETURN_IF_ERROR(CheckPart(wording.text, /*html=*/false, where + ".text", text));
  RETURN_IF_ERROR(CheckPart(wording.html, /*html=*/true, where + ".html", html));
  if (!asks_anyway && !subject.consent && !text.consent && !html.consent) return absl::OkStatus();
  constexpr std::string_view kSay =
      "what needs consent ends with the address to unsubscribe at, in no other section: "
      "{{#unsubscribe}}…{{unsubscribe.url}}…{{/unsubscribe}}";
  if (!text.unsubscribe) return Invalid(where + ".text", kSay);
  if (!wording.html.empty() && !html.unsubscribe) return Invalid(where + ".html", kSay);
  return absl::OkStatus();
}

std::string LowerLanguage(std::string_view language) {
  return absl::AsciiStrToLower(base::Abs(language));
}

std::string BaseOf(const std::string& language) { return language.substr(0, language.find('-')); }

// The wordings for which `is` holds.
template <class Is>
std::vector<const Wording*> Those(const Template& message_template, Is is) {
  std::vector<const Wording*> those;
  for (const Wording& wording : message_template.wordings) {
    if (is(LowerLanguage(wording.language))) those.push_back(&wording);
  }
  return those;
}

// Control characters would be markup of a kind: a line break in a name ends a header.
std::string WithoutControls(const std::string& text) {
  std::string plain = text;
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return absl::ascii_iscntrl(c) && c != '\0'; }, ' ');
  return plain;
}

// A text that may be empty: then its section is not said.
mustache::data Maybe(const std::string& text) {
  return text.empty() ? mustache::data(false) : mustache::data(text);
}

mustache::data ToData(const Values& values) {
  mustache::data data;
  data.set("member", mustache::object{{"name", Maybe(values.member_name)}});
  data.set("program", mustache::object{{"name", values.program_name}});
  data.set("sender",
           mustache::object{{"name", values.sender_name}, {"title", values.sender_title}});
  data.set("occurred", mustache::object{{"day", values.occurred_day}});
  data.set("purchase", mustache::object{{"id", Maybe(values.purchase_id)}});
  data.set("gift", false);
  if (values.gift) {
    data.set("gift", mustache::object{{"points", Maybe(values.gift->points)},
                                      {"item", Maybe(values.gift->item)}});
  }
  data.set("voucher", false);
  if (values.voucher) {
    data.set("voucher", mustache::object{{"code", values.voucher->code},
                                         {"worth", values.voucher->worth},
                                         {"ends", Maybe(values.voucher->ends)}});
  }
  data.set("choice", false);
  if (values.choice_options) {
    data.set("choice", mustache::object{{"options", *values.choice_options}});
  }
  data.set("restock", false);
  if (values.restock_item) data.set("restock", mustache::object{{"item", *values.restock_item}});
  data.set("feedback", false);
  if (values.feedback_url) data.set("feedback", mustache::object{{"url", *values.feedback_url}});
  data.set("unsubscribe", false);
  if (values.unsubscribe_url) {
    data.set("unsubscribe", mustache::object{{"url", *values.unsubscribe_url}});
  }
  data.set("complaint", values.complaint);
  return data;
}

std::string RenderPart(const std::string& part, const mustache::data& data,
                       const mustache::mustache::escape_handler& escape) {
  mustache::mustache parsed{part};
  parsed.set_custom_escape(escape);
  return parsed.render(data);
}

}  // namespace

bool IsCode(std::string_view text) {
  return !text.empty() && text.size() <= kMaxCode &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '_';
         });
}

Template PlainTask(const std::string& kind) {
  return {
      .code = kind,
      .default_language = "en",
      .wordings = {
          {.language = "en",
           .task = kind + ": {{member.name}}{{#purchase.id}}, {{purchase.id}}{{/purchase.id}}"}}};
}

absl::Status CheckTemplate(const Template& message_template) {
  if (!IsCode(message_template.code)) {
    return FieldError(Reason::kFieldInvalid, "template.code", "1 to 40 of a-z, 0-9, - and _");
  }
  if (message_template.purpose < Purpose::kService ||
      message_template.purpose > Purpose::kSurveys) {
    return FieldError(Reason::kFieldMissing, "template.purpose", "say what the message is for");
  }
  if (!IsCode(message_template.sender)) {
    return FieldError(Reason::kFieldMissing, "template.sender",
                      "say who says it: the code of a sender of the messaging policy");
  }
  if (message_template.wordings.empty() || message_template.wordings.size() > kMaxWordings) {
    return FieldError(Reason::kFieldInvalid, "template.wordings", "there are 1 to 50 wordings");
  }
  const bool asks = message_template.purpose != Purpose::kService;
  for (size_t i = 0; i < message_template.wordings.size(); ++i) {
    RETURN_IF_ERROR(
        CheckWording(message_template.wordings[i], absl::StrCat("wordings[", i, "]"), asks));
  }
  const std::string fallback = LowerLanguage(message_template.default_language);
  if (Those(message_template, [&](const std::string& has) { return has == fallback; }).empty()) {
    return FieldError(Reason::kFieldInvalid, "template.default_language",
                      "one of the wordings is in the default language");
  }
  return absl::OkStatus();
}

void ForgetUnsaid(const Wording& wording, Values& values) {
  const auto says = [&](std::string_view section) {
    return HasSection(wording.subject, section) || HasSection(wording.text, section) ||
           HasSection(wording.html, section) || HasSection(wording.task, section);
  };
  if (!says("gift")) values.gift.reset();
  if (!says("choice")) values.choice_options.reset();
  if (!says("voucher")) values.voucher.reset();
  if (!says("feedback")) values.feedback_url.reset();
}

bool NeedsConsent(const Template& message_template, const Values& values) {
  return message_template.purpose != Purpose::kService || values.gift || values.choice_options ||
         values.voucher || values.feedback_url;
}

std::vector<std::string> LeaveOut(bool marketing, bool surveys, Values& values) {
  std::vector<std::string> left_out;
  if (!marketing && values.gift) {
    left_out.emplace_back("gift");
    values.gift.reset();
  }
  if (!marketing && values.choice_options) {
    left_out.emplace_back("choice");
    values.choice_options.reset();
  }
  if (!marketing && values.voucher) {
    left_out.emplace_back("voucher");
    values.voucher.reset();
  }
  if (!surveys && values.feedback_url) {
    left_out.emplace_back("feedback");
    values.feedback_url.reset();
  }
  return left_out;
}

ChosenWording ChooseWording(const Template& message_template, std::string_view language,
                            int32_t variant) {
  const std::string wanted = LowerLanguage(language);
  const std::string base = BaseOf(wanted);
  std::vector<const Wording*> those =
      Those(message_template, [&](const std::string& has) { return has == wanted; });
  if (those.empty()) {
    those = Those(message_template, [&](const std::string& has) { return has == base; });
  }
  if (those.empty() && !base.empty()) {
    // All of them in one language: that of the first.
    std::string first;
    those = Those(message_template, [&](const std::string& has) {
      if (BaseOf(has) != base || (!first.empty() && has != first)) return false;
      first = has;
      return true;
    });
  }
  if (those.empty()) {
    const std::string fallback = LowerLanguage(message_template.default_language);
    those = Those(message_template, [&](const std::string& has) { return has == fallback; });
  }
  const int32_t chosen = variant % static_cast<int32_t>(those.size());
  return {those[static_cast<size_t>(chosen)], chosen};
}

Wording Render(const Wording& wording, const Values& values) {
  const mustache::data data = ToData(values);
  const auto as_html = [](const std::string& text) {
    return mustache::html_escape<std::string>(WithoutControls(text));
  };
  return {.language = wording.language,
          .subject = RenderPart(wording.subject, data, WithoutControls),
          .text = RenderPart(wording.text, data, WithoutControls),
          .html = RenderPart(wording.html, data, as_html),
          .task = RenderPart(wording.task, data, WithoutControls)};
}

}  // namespace gratis::messages
