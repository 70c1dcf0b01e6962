#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/standing.h"
#include "common/ledger/state.h"
#include "services/thanks/purchase.h"

// Triggers: when somebody is thanked, for what, and why not. Values in, values out. The numbers of
// the enums are stored and are those of the contract.
namespace gratis::thanks {

enum class TriggerEvent : int16_t {
  kPurchase = 1,
  kDelivery = 2,
  kFirstPurchase = 3,
  kNthPurchase = 4,
  kAfterGap = 5,
  kSignUp = 6,
};

enum class Question : int16_t { kNone = 0, kFeedback = 1, kReview = 2 };

// What a message is for, which decides the consent it needs.
enum class Purpose : int16_t { kNone = 0, kService = 1, kMarketing = 2, kSurvey = 3, kReview = 4 };

struct TriggerVoucher {
  ledger::VoucherKind kind = ledger::VoucherKind::kFixed;
  int64_t worth = 1;  // minor units of kFixed
  int32_t basis_points = 0;
  std::string item;
  int32_t valid_days = 0;  // 0: no end
  bool evergreen = false;  // at most one lives per member and trigger

  friend bool operator==(const TriggerVoucher&, const TriggerVoucher&) = default;
};

// An empty list lets everybody through.
struct TriggerAudience {
  std::vector<std::string> stores, channels, skus, categories, tiers;
  bool lacking = false;  // something of what was ordered could not be had

  friend bool operator==(const TriggerAudience&, const TriggerAudience&) = default;
};

struct Trigger {
  std::string code;
  int32_t version = 0;
  bool enabled = true;
  TriggerEvent event = TriggerEvent::kPurchase;
  int32_t nth = 0;
  bool every = false;
  int32_t gap_days = 0;
  int32_t delay_minutes = 0;
  TriggerAudience audience = {};
  bool once_per_member = false;
  int32_t rest_days = 0;
  int32_t max_age_days = 7;
  int32_t priority = 0;
  // What it does.
  std::string sender_code = {};
  std::string sender_name = {};
  std::string template_code = {};
  std::vector<std::string> channels = {};  // none: those the program says
  bool brand_story = false;
  Question question = Question::kNone;
  int64_t points = 0;
  std::optional<TriggerVoucher> voucher = {};
  BudgetId budget = {};
  std::string task = {};
  std::string receipt_line = {};
  absl::Time set_at = absl::InfinitePast();  // since when this version is in force

  absl::Duration delay() const { return absl::Minutes(delay_minutes); }
  absl::Duration max_age() const { return absl::Hours(24) * max_age_days; }
  // Of what it gives.
  int16_t unit() const;
  // Whether it says or gives anything beyond the receipt, and so counts towards the limits.
  bool counts() const {
    return !template_code.empty() || points > 0 || voucher.has_value() || !task.empty();
  }
};

// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, INVALID_CURRENCY, each with its field.
absl::Status CheckTrigger(const Trigger& trigger);

// A code: 1 to 40 of a-z, 0-9, - and _. Errors: FIELD_MISSING, FIELD_INVALID.
absl::Status CheckCode(std::string_view field, std::string_view code);

// What a message of it is for: the strictest of what it carries; kNone if nothing is said.
Purpose PurposeOf(const Trigger& trigger);

// Whether it picks people by what they bought and did: by goods, tier, a gap, or how often they
// bought. A first or any purchase, a delivery, a sign-up, a store or channel, and that something
// was lacking say nothing of the kind.
bool PicksByProfile(const Trigger& trigger);

// How much one member gets over all triggers.
struct TriggerLimits {
  int32_t version = 0;
  int32_t most = 0;  // 0: no limit
  int32_t within_days = 0;

  friend bool operator==(const TriggerLimits&, const TriggerLimits&) = default;
};
// Errors: FIELD_INVALID, FIELD_MISSING.
absl::Status CheckLimits(const TriggerLimits& limits);

enum class TriggerOutcome : int16_t {
  kGiven = 1,
  kDue = 2,
  kHeldBack = 3,  // never stored: what is due and waits for a complaint's end
  kNotMeant = 4,
  kWithheld = 5,
  kCancelled = 6,
};

enum class TriggerWhy : int16_t {
  kNone = 0,
  kOtherPosition = 1,
  kNoGap = 2,
  kOtherStore = 3,
  kOtherChannel = 4,
  kOtherGoods = 5,
  kOtherTier = 6,
  kNothingLacking = 7,
  kMemberState = 8,
  kHadIt = 9,
  kHadItLately = 10,
  kTooLate = 11,
  kLimit = 12,
  kBudgetUsedUp = 13,
  kComplaintOpen = 14,
  kReturned = 15,
  kSwitchedOff = 16,
};

// "too_late", as facts and metrics say it.
std::string_view NameOf(TriggerWhy why);

// What triggers look at: a purchase made or delivered, or a sign-up.
enum class Moment { kPurchase, kDelivery, kSignUp };
struct TriggerOccasion {
  Moment moment = Moment::kPurchase;
  absl::Time at;                       // when that was
  const Purchase* purchase = nullptr;  // null at a sign-up
  int64_t position = 0;                // of the member's purchases, from 1
  bool new_position = true;            // not reached before
  std::optional<absl::Duration> gap;   // since their purchase before
};

// Whether the trigger looks at such moments at all.
bool Concerns(const Trigger& trigger, Moment moment);

// What was given to a member before, or is due.
struct PastThanks {
  std::string trigger;
  Uuid subject;  // the purchase, or the member who signed up
  int32_t version = 0;
  TriggerOutcome outcome = TriggerOutcome::kGiven;  // or kDue
  absl::Time at;                                    // when it was given, or is due
  bool counts = true;                               // towards the limits
};

struct MemberFacts {
  ledger::MemberState state = ledger::MemberState::kActive;
  std::string tier;  // empty: they never changed tier
  bool complaint_open = false;
  std::vector<PastThanks> past;
};

struct TriggerVerdict {
  TriggerOutcome outcome = TriggerOutcome::kNotMeant;
  TriggerWhy why = TriggerWhy::kNone;
  absl::Time due_at = absl::InfinitePast();

  friend bool operator==(const TriggerVerdict&, const TriggerVerdict&) = default;
};

// What becomes of a trigger that looks at such a moment, at `now`: kGiven means that it is to act
// now.
TriggerVerdict Judge(const Trigger& trigger, const TriggerOccasion& occasion,
                     const MemberFacts& facts, const TriggerLimits& limits, absl::Time now);

// The same of what was due at `due_at` and about `subject`; `facts.past` may have it among the
// rest.
TriggerVerdict JudgeDue(const Trigger& trigger, const Uuid& subject, absl::Time due_at,
                        const MemberFacts& facts, const TriggerLimits& limits, absl::Time now);

}  // namespace gratis::thanks
