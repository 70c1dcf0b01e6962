#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/ledger/standing.h"
#include "services/thanks/trigger_rules.h"

// Surprise gifts: who takes part in a draw, and who wins. Values in, values out.
namespace gratis::thanks {

struct SurpriseAudience {
  int32_t member_days = 0;
  int32_t bought_within_days = 0;  // 0: no purchase is needed
  int32_t rest_days = 365;

  friend bool operator==(const SurpriseAudience&, const SurpriseAudience&) = default;
};

// Whether it picks people by what they bought and did: those who bought lately. How long they are
// members, and that they won nothing lately, says nothing of the kind.
bool PicksByProfile(const SurpriseAudience& audience);

// It has no field for a condition.
struct SurpriseGift {
  int64_t points = 0;
  std::optional<TriggerVoucher> voucher;
  std::string sender_code, sender_name, template_code;

  // What it takes from the budget.
  int64_t cost() const { return voucher ? voucher->worth : points; }
  // The unit of account that it is in.
  int16_t unit() const;
};

// What is drawn for.
struct SurpriseOrder {
  std::string code;
  std::string seed;  // public
  SurpriseAudience audience;
  SurpriseGift gift;
  BudgetId budget;
  int32_t winners = 0;
};
// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG.
absl::Status CheckSurprise(const SurpriseOrder& order);

// A draw.
struct Surprise {
  SurpriseOrder order;
  Uuid draw;
  absl::Time drawn_at;
  int64_t entrants = 0;
  std::string digest;  // of their ids
  int32_t won = 0;
  TransactionId transaction;
};

// What is known of somebody who might take part.
struct Candidate {
  ledger::MemberState state = ledger::MemberState::kNone;
  absl::Time enrolled_at;
  absl::Time last_bought_at = absl::InfinitePast();
  bool person = true;  // and no household, organization or community
  bool complaint_open = false;
  bool won_lately = false;
};
bool MayWin(const Candidate& candidate, const SurpriseAudience& audience, absl::Time now);

// What a member draws: HMAC-SHA-256 of their id as text under the seed. The smallest win.
base::Digest TicketOf(std::string_view seed, const MemberId& member);
// Those who win of all who take part, by id, whatever order they come in.
std::vector<MemberId> DrawWinners(std::string_view seed, absl::Span<const MemberId> entrants,
                                  int32_t winners);
// Pins who took part: SHA-256 of their ids as text, sorted, each followed by a line feed.
std::string DigestOf(std::vector<MemberId> entrants);

enum class EntrantOutcome : int16_t { kNone = 0, kWon = 1, kGiven = 2, kWithheld = 3 };

// How long a gift may wait for a complaint's end.
inline constexpr absl::Duration kSurpriseMaxAge = absl::Hours(24 * 7);

// The details of the facts: that it was drawn, and that somebody has their gift.
std::string DrawnFigures(const Surprise& surprise);
std::string SurpriseFigures(const SurpriseOrder& order, const VoucherId& voucher);

}  // namespace gratis::thanks
