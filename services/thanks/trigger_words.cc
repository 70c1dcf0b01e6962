#include "services/thanks/trigger_words.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/base/money.h"
#include "common/base/text.h"

namespace gratis::thanks {
namespace {

std::string View(std::string_view text) { return std::string(text); }

// 2000 as "20", 1250 as "12.5".
std::string Percent(int32_t basis_points) {
  std::string text = absl::StrCat(basis_points / 100);
  const int32_t rest = basis_points % 100;
  if (rest == 0) return text;
  absl::StrAppend(&text, ".", rest / 10);
  if (rest % 10 > 0) absl::StrAppend(&text, rest % 10);
  return text;
}

std::string Worth(const TriggerVoucher& voucher, std::string_view currency_code) {
  switch (voucher.kind) {
    case ledger::VoucherKind::kFixed:
      return base::FormatMoney({View(currency_code), voucher.worth}) + " off";
    case ledger::VoucherKind::kPercentage:
      return absl::StrCat(Percent(voucher.basis_points), "% off");
    case ledger::VoucherKind::kItem:
      return absl::StrCat("the item ", voucher.item);
  }
  return "";
}

// What it does, as "did" says: "said thank you", "asked for a review".
std::string Deed(const Trigger& trigger) {
  switch (trigger.question) {
    case Question::kFeedback:
      return "said thank you and asked how it was";
    case Question::kReview:
      return "asked for a review";
    case Question::kNone:
      break;
  }
  if (trigger.brand_story) return "told them what we stand for";
  if (trigger.event == TriggerEvent::kSignUp) return "welcomed them";
  return "said thank you";
}

std::string Given(const TriggerResult& result, const Trigger& trigger,
                  std::string_view currency_code, const std::string& day) {
  std::string text = trigger.sender_name;
  // "Anna Keller, founder, said": a name with what they are.
  if (text.find(',') != std::string::npos) text += ",";
  text = text.empty() ? "They were thanked" : absl::StrCat(text, " ", Deed(trigger));
  const std::string gift = GiftText(trigger, currency_code);
  if (!gift.empty()) absl::StrAppend(&text, " and gave ", gift);
  if (!trigger.task.empty()) absl::StrAppend(&text, "; staff has a task, ", trigger.task);
  if (result.position > 1) absl::StrAppend(&text, ", for purchase number ", result.position);
  return absl::StrCat(text, ", on ", day, ".");
}

std::string Because(TriggerWhy why, const Trigger& trigger) {
  switch (why) {
    case TriggerWhy::kNone:
      return "of nothing";
    case TriggerWhy::kOtherPosition:
      return "it is for another purchase in their row";
    case TriggerWhy::kNoGap:
      return absl::StrCat("they had bought something within the ", trigger.gap_days,
                          " days before");
    case TriggerWhy::kOtherStore:
      return "it is for other stores";
    case TriggerWhy::kOtherChannel:
      return "it is for another channel";
    case TriggerWhy::kOtherGoods:
      return "it is for other goods";
    case TriggerWhy::kOtherTier:
      return "it is for another tier";
    case TriggerWhy::kNothingLacking:
      return "nothing was lacking";
    case TriggerWhy::kMemberState:
      return "the member's state did not allow it";
    case TriggerWhy::kHadIt:
      return "it comes once to each member, and they had it";
    case TriggerWhy::kHadItLately:
      return absl::StrCat("they had it within the ", trigger.rest_days, " days before");
    case TriggerWhy::kTooLate:
      return absl::StrCat("it was more than ", trigger.max_age_days,
                          " days old, and would have been odd");
    case TriggerWhy::kLimit:
      return "they had been thanked as often as the limits allow";
    case TriggerWhy::kBudgetUsedUp:
      return "its budget could not pay for it";
    case TriggerWhy::kComplaintOpen:
      return "a complaint was open";
    case TriggerWhy::kReturned:
      return "all of the purchase came back";
    case TriggerWhy::kSwitchedOff:
      return "the trigger was switched off";
  }
  return "";
}

void Add(std::string& json, const char* name, std::string_view value) {
  if (!value.empty()) absl::StrAppend(&json, ",\"", name, "\":", base::JsonString(value));
}

const char* NameOfPurpose(Purpose purpose) {
  switch (purpose) {
    case Purpose::kMarketing:
      return "marketing";
    case Purpose::kSurvey:
      return "survey";
    case Purpose::kReview:
      return "review";
    default:
      return "service";
  }
}

void AddVoucher(std::string& json, const TriggerVoucher& voucher) {
  if (voucher.kind == ledger::VoucherKind::kItem) Add(json, "item", voucher.item);
  if (voucher.kind == ledger::VoucherKind::kPercentage) {
    absl::StrAppend(&json, ",\"basis_points\":", voucher.basis_points);
  }
  if (voucher.kind == ledger::VoucherKind::kFixed) {
    absl::StrAppend(&json, ",\"worth_minor\":", voucher.worth);
  }
}

const char* WayOf(messages::v1::MessageChannel channel) {
  switch (channel) {
    case messages::v1::MESSAGE_CHANNEL_EMAIL:
      return "E-mail";
    case messages::v1::MESSAGE_CHANNEL_INBOX:
      return "Inbox";
    case messages::v1::MESSAGE_CHANNEL_TASK:
      return "Staff's task";
    default:
      return "Message";
  }
}

std::string Beginning(const TriggerResult& result) {
  std::string json = absl::StrCat("{\"trigger\":", base::JsonString(result.trigger),
                                  ",\"trigger_version\":", result.version);
  if (!result.purchase.IsNil()) Add(json, "purchase", result.purchase.ToString());
  return json;
}

}  // namespace

std::string GiftText(const Trigger& trigger, std::string_view currency_code) {
  if (trigger.points > 0) {
    return absl::StrCat(trigger.points, trigger.points == 1 ? " point" : " points");
  }
  if (!trigger.voucher) return "";
  const std::string worth = Worth(*trigger.voucher, currency_code);
  if (trigger.voucher->valid_days == 0) return absl::StrCat(worth, ", with no end");
  return absl::StrCat(worth, ", for ", trigger.voucher->valid_days,
                      trigger.voucher->valid_days == 1 ? " day" : " days");
}

std::string SentenceOf(const TriggerResult& result, const Trigger& trigger,
                       std::string_view currency_code, const absl::TimeZone& zone) {
  const auto day = [&](absl::Time time) { return base::FormatDay(base::DayOf(time, zone)); };
  switch (result.outcome) {
    case TriggerOutcome::kGiven:
      return Given(result, trigger, currency_code, day(result.decided_at));
    case TriggerOutcome::kDue:
      return absl::StrCat("It comes on ", day(result.due_at), ".");
    case TriggerOutcome::kHeldBack:
      return absl::StrCat(
          "It waits: a complaint is open. It comes once that is resolved, if that is "
          "by ",
          day(result.due_at + trigger.max_age()), ".");
    case TriggerOutcome::kNotMeant:
      return absl::StrCat("Not meant: ", Because(result.why, trigger), ".");
    case TriggerOutcome::kWithheld:
      return absl::StrCat("Not given: ", Because(result.why, trigger), ".");
    case TriggerOutcome::kCancelled:
      return absl::StrCat("Called off: ", Because(result.why, trigger), ".");
  }
  return "";
}

std::string CashierLine(const std::vector<ToldResult>& told, std::string_view currency_code,
                        const absl::TimeZone& zone) {
  const TriggerOutcome order[] = {TriggerOutcome::kGiven, TriggerOutcome::kDue,
                                  TriggerOutcome::kHeldBack, TriggerOutcome::kWithheld,
                                  TriggerOutcome::kCancelled};
  for (const TriggerOutcome outcome : order) {
    const auto found = std::find_if(told.begin(), told.end(), [&](const ToldResult& one) {
      return one.result.outcome == outcome;
    });
    if (found == told.end()) continue;
    std::string line = SentenceOf(found->result, found->trigger, currency_code, zone);
    for (const messages::v1::Message& message : found->said) {
      const bool went_out = message.state() == messages::v1::MESSAGE_STATE_SENT;
      if (went_out && message.left_out().empty()) continue;
      absl::StrAppend(&line, " ", WayOf(message.channel()), ": ", message.sentence());
    }
    const auto more = std::count_if(told.begin(), told.end(), [&](const ToldResult& one) {
      return one.result.outcome == outcome;
    });
    if (more > 1) absl::StrAppend(&line, " And ", more - 1, " more.");
    return line;
  }
  return "";
}

std::string FiguresOf(const TriggerResult& result, const Trigger& trigger) {
  std::string json = Beginning(result);
  if (trigger.event == TriggerEvent::kSignUp) Add(json, "event", "sign_up");
  Add(json, "template", trigger.template_code);
  if (!trigger.template_code.empty()) Add(json, "purpose", NameOfPurpose(PurposeOf(trigger)));
  const bool says = !trigger.template_code.empty() || !trigger.task.empty();
  if (says && PicksByProfile(trigger)) absl::StrAppend(&json, ",\"by_profile\":true");
  Add(json, "sender", trigger.sender_code);
  std::vector<std::string> channels = trigger.channels;
  // Who wants a task and names no way still wants the program's own.
  const bool named = std::find(channels.begin(), channels.end(), "task") != channels.end();
  if (!trigger.task.empty() && !named && (!channels.empty() || trigger.template_code.empty())) {
    channels.emplace_back("task");
  }
  if (!channels.empty()) {
    absl::StrAppend(&json, ",\"channels\":[",
                    absl::StrJoin(channels, ",",
                                  [](std::string* out, const std::string& channel) {
                                    absl::StrAppend(out, base::JsonString(channel));
                                  }),
                    "]");
  }
  Add(json, "task", trigger.task);
  if (trigger.question == Question::kFeedback) absl::StrAppend(&json, ",\"feedback\":true");
  if (trigger.question == Question::kReview) absl::StrAppend(&json, ",\"review\":true");
  if (trigger.brand_story) absl::StrAppend(&json, ",\"brand_story\":true");
  if (trigger.points > 0) absl::StrAppend(&json, ",\"points\":", trigger.points);
  if (!result.voucher.IsNil()) Add(json, "voucher", result.voucher.ToString());
  if (trigger.voucher) AddVoucher(json, *trigger.voucher);
  // Of one that is not issued yet nothing else says how long it will live.
  if (trigger.voucher && result.voucher.IsNil()) {
    absl::StrAppend(&json, ",\"valid_days\":", trigger.voucher->valid_days);
  }
  Add(json, "store", result.store);
  Add(json, "occurred_at", base::FormatTime(result.due_at));
  absl::StrAppend(&json, ",\"max_age_seconds\":", absl::ToInt64Seconds(trigger.max_age()), "}");
  return json;
}

std::string CancelFigures(const TriggerResult& result) {
  std::string json = Beginning(result);
  Add(json, "why", NameOf(result.why));
  return json + "}";
}

}  // namespace gratis::thanks
