#pragma once

#include "absl/status/status.h"
#include "common/ledger/books.h"
#include "common/ledger/voucher_code.h"
#include "services/thanks/trigger_words.h"

// What a trigger posts. Each has a transaction of its own, so that taking back a purchase leaves
// what was given for it.
namespace gratis::thanks {

// Whether a result is about something new, and who does it.
struct GivingOrder {
  const Trigger& trigger;
  const ledger::VoucherCodes& codes;
  absl::Time now;
};

// Gives what the trigger gives to `result.member`, and journals it: fills in what was given. When
// the budget has too little left, or is none that can pay for it, nothing is given, and the result
// says so. An evergreen voucher that lives on takes nothing of the budget, nor does one that
// replaces one of the same with as much left, whichever budget paid for that, or none. May fail
// with Books::Lacking().
absl::Status Give(ledger::Books& books, const GivingOrder& order, TriggerResult& result);

// Journals that something that was due will not come, and why.
absl::Status CallOff(ledger::Books& books, absl::Time now, const TriggerResult& result);

// An id of the form of a UUIDv7 that follows from what it is for and from when, so that a set that
// is run again has the same.
Uuid IdFor(std::string_view what, absl::Time at);

}  // namespace gratis::thanks
