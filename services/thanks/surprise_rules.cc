#include "services/thanks/surprise_rules.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/ledger/unit.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/field_checks.h"

namespace gratis::thanks {
namespace {

constexpr size_t kMaxSeed = 64;
constexpr int32_t kMaxWinners = 10'000;
constexpr int32_t kMaxMemberDays = 36'500;
constexpr int32_t kMaxDays = 3'650;

absl::Status CheckSeed(std::string_view seed) {
  if (seed.empty()) return FieldError(Reason::kFieldMissing, "seed", "what is drawn with?");
  if (seed.size() > kMaxSeed) {
    return FieldError(Reason::kFieldTooLong, "seed", absl::StrCat("at most ", kMaxSeed));
  }
  const bool printable =
      std::all_of(seed.begin(), seed.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (printable) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "seed", "printable ASCII characters");
}

// The same of a gift as of what a trigger gives.
absl::Status CheckGift(const SurpriseGift& gift) {
  if (gift.points == 0 && !gift.voucher) {
    return FieldError(Reason::kFieldMissing, "gift", "what do winners get?");
  }
  if (gift.voucher && gift.voucher->evergreen) {
    return FieldError(Reason::kFieldInvalid, "gift.voucher.evergreen",
                      "a surprise is a gift of its own");
  }
  Trigger as_trigger{.code = "gift"};
  as_trigger.points = gift.points;
  as_trigger.voucher = gift.voucher;
  as_trigger.sender_code = gift.sender_code;
  as_trigger.sender_name = gift.sender_name;
  as_trigger.template_code = gift.template_code;
  return CheckTrigger(as_trigger);
}

}  // namespace

bool PicksByProfile(const SurpriseAudience& audience) { return audience.bought_within_days > 0; }

int16_t SurpriseGift::unit() const {
  return voucher ? ledger::UnitOfVoucher(voucher->kind) : ledger::kPointsUnit;
}

absl::Status CheckSurprise(const SurpriseOrder& order) {
  RETURN_IF_ERROR(CheckCode("code", order.code));
  RETURN_IF_ERROR(CheckSeed(order.seed));
  RETURN_IF_ERROR(
      CheckRange("audience.member_days", order.audience.member_days, 0, kMaxMemberDays));
  RETURN_IF_ERROR(
      CheckRange("audience.bought_within_days", order.audience.bought_within_days, 0, kMaxDays));
  RETURN_IF_ERROR(CheckRange("audience.rest_days", order.audience.rest_days, 1, kMaxDays));
  RETURN_IF_ERROR(CheckGift(order.gift));
  if (order.budget.IsNil()) {
    return FieldError(Reason::kFieldMissing, "budget_id", "what pays for the gifts?");
  }
  return CheckRange("winners", order.winners, 1, kMaxWinners);
}

bool MayWin(const Candidate& candidate, const SurpriseAudience& audience, absl::Time now) {
  const absl::Duration day = absl::Hours(24);
  return candidate.person && ledger::Allows(candidate.state, ledger::Deed::kReceive) &&
         !candidate.complaint_open && !candidate.won_lately &&
         now - candidate.enrolled_at >= day * audience.member_days &&
         (audience.bought_within_days == 0 ||
          now - candidate.last_bought_at <= day * audience.bought_within_days);
}

base::Digest TicketOf(std::string_view seed, const MemberId& member) {
  return base::HmacSha256(seed, member.ToString());
}

std::vector<MemberId> DrawWinners(std::string_view seed, absl::Span<const MemberId> entrants,
                                  int32_t winners) {
  std::set<std::pair<base::Digest, MemberId>> best;
  for (const MemberId& member : entrants) {
    best.emplace(TicketOf(seed, member), member);
    if (std::ssize(best) > winners) best.erase(std::prev(best.end()));
  }
  std::vector<MemberId> won;
  for (const auto& [ticket, member] : best) won.push_back(member);
  std::sort(won.begin(), won.end());
  return won;
}

std::string DigestOf(std::vector<MemberId> entrants) {
  std::vector<std::string> texts;
  texts.reserve(entrants.size());
  for (const MemberId& member : entrants) texts.push_back(member.ToString());
  std::sort(texts.begin(), texts.end());
  std::string all;
  for (const std::string& text : texts) absl::StrAppend(&all, text, "\n");
  return std::string(base::AsBytes(base::Sha256(all)));
}

std::string DrawnFigures(const Surprise& surprise) {
  const SurpriseOrder& order = surprise.order;
  return absl::StrCat(
      "{\"surprise\":", base::JsonString(order.code), ",\"seed\":", base::JsonString(order.seed),
      ",\"entrants\":", surprise.entrants,
      ",\"entrants_digest\":", base::JsonString(base::Hex(surprise.digest)),
      ",\"winners\":", order.winners, ",\"won\":", surprise.won,
      ",\"member_days\":", order.audience.member_days,
      ",\"bought_within_days\":", order.audience.bought_within_days,
      ",\"rest_days\":", order.audience.rest_days, ",\"points\":", order.gift.points,
      ",\"budget\":", base::JsonString(order.budget.ToString()), "}");
}

std::string SurpriseFigures(const SurpriseOrder& order, const VoucherId& voucher) {
  std::string json = absl::StrCat("{\"surprise\":", base::JsonString(order.code));
  const auto add = [&json](const char* name, std::string_view value) {
    if (!value.empty()) absl::StrAppend(&json, ",\"", name, "\":", base::JsonString(value));
  };
  add("template", order.gift.template_code);
  if (!order.gift.template_code.empty()) add("purpose", "marketing");
  if (PicksByProfile(order.audience)) absl::StrAppend(&json, ",\"by_profile\":true");
  add("sender", order.gift.sender_code);
  if (order.gift.points > 0) absl::StrAppend(&json, ",\"points\":", order.gift.points);
  if (!voucher.IsNil()) add("voucher", voucher.ToString());
  if (order.gift.voucher && order.gift.voucher->kind == ledger::VoucherKind::kItem) {
    add("item", order.gift.voucher->item);
  }
  absl::StrAppend(&json, ",\"max_age_seconds\":", absl::ToInt64Seconds(kSurpriseMaxAge), "}");
  return json;
}

}  // namespace gratis::thanks
