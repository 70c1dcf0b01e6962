#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "gratis/messages/v1/messages.pb.h"
#include "services/thanks/trigger_rules.h"

// What is said of triggers: to people, in English, and to the journal, in ids and figures.
namespace gratis::thanks {

// What became of one trigger for one purchase or sign-up; what of it is kept.
struct TriggerResult {
  int32_t partition = 0;
  Uuid subject;  // the purchase, or the member who signed up
  MemberId member;
  PurchaseId purchase;  // nil at a sign-up
  std::string trigger;
  int32_t version = 0;
  TriggerOutcome outcome = TriggerOutcome::kNotMeant;
  TriggerWhy why = TriggerWhy::kNone;
  absl::Time due_at = absl::InfinitePast();
  absl::Time decided_at = absl::InfinitePast();  // not while it is due
  int64_t position = 0;
  std::string store;  // whose staff has the task
  bool counts = true;
  int64_t points = 0;
  VoucherId voucher;
  TransactionId transaction;

  // When it acted or is to act: its place among a member's.
  absl::Time acts_at() const { return decided_at > absl::InfinitePast() ? decided_at : due_at; }
};

// "20% off, with no end", "50 points"; empty for nothing.
std::string GiftText(const Trigger& trigger, std::string_view currency_code);

// What became of it and why: "Anna Keller, founder said thank you with 50 points on 2026-11-28."
// `trigger` is the version that decided; dates are in `zone`.
std::string SentenceOf(const TriggerResult& result, const Trigger& trigger,
                       std::string_view currency_code, const absl::TimeZone& zone);

// A result and the trigger that decided.
struct ToldResult {
  TriggerResult result;
  Trigger trigger;
  std::vector<messages::v1::Message> said = {};  // what it became, as far as messages were asked
};
// One line that a cashier understands, of all that became of a purchase: what was given, else what
// is on its way, else what waits; and why what was said of it did not go out whole, where it did
// not. Empty if nothing was meant.
std::string CashierLine(const std::vector<ToldResult>& told, std::string_view currency_code,
                        const absl::TimeZone& zone);

// The detail of the kThankYou that a trigger brings about, and of a kThanksCancelled: one JSON
// object of ids and figures; no names, no words. `by_profile` says of something to be said that the
// trigger picks by profile. In a preview no voucher is issued; then they say how many days it would
// live.
std::string FiguresOf(const TriggerResult& result, const Trigger& trigger);
std::string CancelFigures(const TriggerResult& result);

}  // namespace gratis::thanks
