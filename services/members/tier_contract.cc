#include "services/members/tier_contract.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

constexpr size_t kMaxNameCharacters = 100;
constexpr int kMaxBenefits = 20;
constexpr size_t kMaxGiftBytes = 64;
constexpr size_t kMaxTextCharacters = 500;
constexpr int32_t kMaxMultiplier = 1'000'000;

absl::Status DamagedPolicy() {
  return Error(Reason::kBooksDamaged, "a stored tier policy cannot be read");
}

absl::Status CheckTexts(const google::protobuf::RepeatedPtrField<std::string>& texts, size_t most,
                        const std::string& field) {
  if (texts.size() > kMaxBenefits) {
    return FieldError(Reason::kFieldInvalid, field, absl::StrCat("at most ", kMaxBenefits));
  }
  for (const std::string& text : texts) {
    if (text.empty()) return FieldError(Reason::kFieldMissing, field, "one of them is empty");
    if (base::CodePoints(text) > most) {
      return FieldError(Reason::kFieldTooLong, field,
                        absl::StrCat("at most ", most, " characters each"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBenefits(v1::TierBenefits& benefits, const std::string& field) {
  const int32_t multiplier = benefits.points_multiplier_basis_points();
  if (multiplier < 0 || multiplier > kMaxMultiplier) {
    return FieldError(Reason::kFieldInvalid, field + ".points_multiplier_basis_points",
                      absl::StrCat("basis points are 1 to ", kMaxMultiplier));
  }
  if (multiplier == 0) benefits.set_points_multiplier_basis_points(10'000);
  RETURN_IF_ERROR(CheckTexts(benefits.gifts(), kMaxGiftBytes, field + ".gifts"));
  return CheckTexts(benefits.texts(), kMaxTextCharacters, field + ".texts");
}

// Of whoever is in it 1 is counted, of others 0.
TierRule SegmentRule(const v1::Tier& tier) { return {TierMeasure::kSegment, 0, 1, tier.segment()}; }

absl::StatusOr<TierRule> RuleOf(v1::Tier& tier, const ledger::Program& program, UnitByCode unit_of,
                                const std::string& field) {
  switch (tier.reached_by_case()) {
    case v1::Tier::kPoints: {
      v1::TierPoints& points = *tier.mutable_points();
      if (points.unit().empty()) points.set_unit("points");
      const absl::StatusOr<ledger::Unit> unit = unit_of(points.unit());
      if (!unit.ok()) {
        return FieldError(Reason::kUnitNotFound, field + ".points.unit",
                          absl::StrCat("the program has no unit \"", points.unit(), "\""));
      }
      return TierRule{TierMeasure::kPoints, unit->number, points.points()};
    }
    case v1::Tier::kSpend: {
      ASSIGN_OR_RETURN(const base::Money spend, rpc::ParseMoney(tier.spend(), field + ".spend"));
      if (spend.currency_code != program.currency_code) {
        return FieldError(Reason::kFieldInvalid, field + ".spend.currency_code",
                          absl::StrCat("the program's currency is ", program.currency_code));
      }
      return TierRule{TierMeasure::kSpend, 0, spend.minor_units};
    }
    case v1::Tier::kVisits:
      return TierRule{TierMeasure::kVisits, 0, tier.visits()};
    case v1::Tier::kSegment:
      return SegmentRule(tier);
    case v1::Tier::REACHED_BY_NOT_SET:
      break;
  }
  return TierRule{};
}

TierLadder LadderWithoutSteps(const v1::TierPolicy& policy) {
  return {.version = policy.version(),
          .period = static_cast<TierPeriod>(policy.period()),
          .rolling_months = policy.rolling_months(),
          .demotion = static_cast<TierDemotion>(policy.demotion()),
          .grace_days = policy.grace_days()};
}

TierRule StoredRule(const v1::Tier& tier, int16_t unit) {
  switch (tier.reached_by_case()) {
    case v1::Tier::kPoints:
      return {TierMeasure::kPoints, unit, tier.points().points()};
    case v1::Tier::kSpend:
      return {TierMeasure::kSpend, 0, tier.spend().minor_units()};
    case v1::Tier::kVisits:
      return {TierMeasure::kVisits, 0, tier.visits()};
    case v1::Tier::kSegment:
      return SegmentRule(tier);
    case v1::Tier::REACHED_BY_NOT_SET:
      break;
  }
  return {};
}

absl::StatusOr<TierPolicyVersion> VersionOf(const TierPolicyRow& row) {
  using nlohmann::json;
  const json detail = json::parse(row.detail, nullptr, /*allow_exceptions=*/false);
  if (!detail.is_object() || !detail.contains("heads") || !detail.contains("units") ||
      !detail.contains("policy")) {
    return DamagedPolicy();
  }
  TierPolicyVersion version;
  for (const json& head : detail["heads"]) {
    if (!head.is_number_integer()) return DamagedPolicy();
    version.heads.push_back(head.get<int64_t>());
  }
  std::vector<int16_t> units;
  for (const json& unit : detail["units"]) {
    if (!unit.is_number_integer()) return DamagedPolicy();
    units.push_back(unit.get<int16_t>());
  }
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(detail["policy"].dump(), &version.policy);
  if (!parsed.ok() || units.size() != static_cast<size_t>(version.policy.tiers_size())) {
    return DamagedPolicy();
  }
  version.ladder = LadderWithoutSteps(version.policy);
  ASSIGN_OR_RETURN(version.ladder.effective_from,
                   rpc::ParseTime(version.policy.effective_from(), "effective_from"));
  for (size_t i = 0; i < units.size(); ++i) {
    const v1::Tier& tier = version.policy.tiers(static_cast<int>(i));
    version.ladder.steps.push_back({tier.code(), StoredRule(tier, units[i])});
  }
  rpc::SetTime(row.set_at, *version.policy.mutable_set_at());
  version.policy.set_set_by(row.set_by);
  return version;
}

int64_t Clamped(absl::int128 figure) {
  return static_cast<int64_t>(std::min<absl::int128>(figure, std::numeric_limits<int64_t>::max()));
}

v1::TierProgress ProgressOf(const MemberTier& tier, const TierLadder& ladder, size_t rank,
                            const v1::TierPolicy& policy) {
  const TierRule& rule = ladder.steps[rank].rule;
  v1::TierProgress progress;
  *progress.mutable_tier() = policy.tiers(static_cast<int>(rank));
  const int64_t counted = Clamped(tier.Counted(ladder, rule));
  progress.set_counted(counted);
  progress.set_required(rule.at_least);
  progress.set_missing(std::max<int64_t>(0, rule.at_least - counted));
  return progress;
}

std::string FigureText(const TierRule& rule, int64_t figure, std::string_view currency) {
  switch (rule.measure) {
    case TierMeasure::kPoints:
      return absl::StrCat(figure, figure == 1 ? " point" : " points");
    case TierMeasure::kSpend:
      return absl::StrCat(figure, " minor units of ", base::Abs(currency));
    default:
      return absl::StrCat(figure, figure == 1 ? " visit" : " visits");
  }
}

// What the tier takes that the member is in, and what they have of it.
std::string RuleText(const MemberTier& tier, std::string_view currency) {
  const TierLadder& ladder = *tier.ladder();
  const TierRule& rule = ladder.steps[static_cast<size_t>(tier.standing().rank)].rule;
  const int64_t counted = Clamped(tier.Counted(ladder, rule));
  if (rule.measure == TierMeasure::kSegment) {
    return absl::StrCat(", which is for whoever is in ", rule.segment,
                        counted > 0 ? "; they are in it" : "; they are not in it");
  }
  const std::string period = IsYearly(ladder)
                                 ? "the year so far"
                                 : absl::StrCat("the last ", ladder.rolling_months,
                                                ladder.rolling_months == 1 ? " month" : " months");
  return absl::StrCat(", which takes ", FigureText(rule, rule.at_least, currency), "; ",
                      FigureText(rule, counted, currency), " count in ", period);
}

}  // namespace

TierLadders TierPolicies::For(int32_t place) const {
  TierLadders ladders{.zone = zone, .versions = {}};
  for (const TierPolicyVersion& version : versions) {
    ladders.versions.push_back(version.ladder);
    const auto at = static_cast<size_t>(place);
    ladders.versions.back().known_after = at < version.heads.size() ? version.heads[at] : 0;
  }
  return ladders;
}

const v1::TierPolicy& TierPolicies::Policy(int32_t version) const {
  return std::find_if(versions.begin(), versions.end(),
                      [&](const TierPolicyVersion& v) { return v.ladder.version == version; })
      ->policy;
}

int32_t TierPolicies::latest_version() const {
  return versions.empty() ? 0 : versions.back().ladder.version;
}

absl::StatusOr<TierLadder> LadderOf(v1::TierPolicy& policy, const ledger::Program& program,
                                    UnitByCode unit_of) {
  TierLadder ladder = LadderWithoutSteps(policy);
  for (int i = 0; i < policy.tiers_size(); ++i) {
    const std::string field = absl::StrCat("policy.tiers[", i, "]");
    v1::Tier& tier = *policy.mutable_tiers(i);
    ASSIGN_OR_RETURN(const TierRule rule, RuleOf(tier, program, unit_of, field));
    ladder.steps.push_back({tier.code(), rule});
    if (base::CodePoints(tier.display_name()) > kMaxNameCharacters) {
      return FieldError(Reason::kFieldTooLong, field + ".display_name",
                        absl::StrCat("at most ", kMaxNameCharacters, " characters"));
    }
    if (tier.display_name().empty()) tier.set_display_name(tier.code());
    RETURN_IF_ERROR(CheckBenefits(*tier.mutable_benefits(), field + ".benefits"));
  }
  RETURN_IF_ERROR(CheckLadder(ladder));
  return ladder;
}

std::string DetailOf(const TierPolicyVersion& version) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  v1::TierPolicy policy = version.policy;
  policy.clear_set_at();
  policy.clear_set_by();
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(policy, &text, options);
  if (!printed.ok()) std::abort();  // times were checked, and nothing else can fail
  const auto unit = [](std::string* out, const TierStep& step) {
    absl::StrAppend(out, step.rule.unit);
  };
  return absl::StrCat("{\"heads\":[", absl::StrJoin(version.heads, ","), "],\"units\":[",
                      absl::StrJoin(version.ladder.steps, ",", unit), "],\"policy\":", text, "}");
}

absl::StatusOr<TierPolicies> PoliciesOf(const std::vector<TierPolicyRow>& rows,
                                        const ledger::Program& program) {
  TierPolicies policies;
  ASSIGN_OR_RETURN(policies.zone, base::LoadZone(program.time_zone));
  for (const TierPolicyRow& row : rows) {
    ASSIGN_OR_RETURN(TierPolicyVersion version, VersionOf(row));
    policies.versions.push_back(std::move(version));
  }
  return policies;
}

v1::GetMemberTierResponse TierAnswer(const TierPolicies& policies, const MemberTier& tier) {
  const TierLadder& ladder = *tier.ladder();
  const TierStanding& standing = tier.standing();
  const v1::TierPolicy& policy = policies.Policy(ladder.version);
  const auto rank = static_cast<size_t>(standing.rank);
  v1::GetMemberTierResponse answer;
  *answer.mutable_tier() = policy.tiers(standing.rank);
  answer.set_policy_version(ladder.version);
  rpc::SetTime(standing.since, *answer.mutable_since());
  if (standing.short_since != absl::InfiniteFuture()) {
    rpc::SetTime(standing.short_since, *answer.mutable_short_since());
  }
  if (const std::optional<TierMove> next = tier.NextMove()) {
    *answer.mutable_next_change() = ToContract(*next, "");
    rpc::SetTime(next->at, *answer.mutable_safe_until());
  }
  const absl::Time end = PeriodEnd(ladder, standing.enrolled_at, standing.at, policies.zone);
  rpc::SetTime(end, *answer.mutable_period_ends_at());
  MemberTier ahead = tier;
  ahead.Advance(GraceEnd(end, ladder.grace_days, policies.zone), kAllFacts);
  answer.set_projected_tier(ahead.tier());
  if (rank > 0) *answer.mutable_keeping() = ProgressOf(tier, ladder, rank, policy);
  for (size_t i = rank + 1; i < ladder.steps.size(); ++i) {
    *answer.add_ahead() = ProgressOf(tier, ladder, i, policy);
  }
  return answer;
}

v1::TierChange ToContract(const TierMove& move, const std::string& transaction_id) {
  v1::TierChange change;
  rpc::SetTime(move.at, *change.mutable_at());
  change.set_from(move.from);
  change.set_to(move.to);
  change.set_reason(static_cast<v1::TierChangeReason>(move.reason));
  change.set_policy_version(move.version);
  change.set_transaction_id(transaction_id);
  return change;
}

v1::TierFact ToContract(const TierFact& fact, const TierLadder& ladder, absl::Time enrolled_at,
                        const ledger::Program& program, const absl::TimeZone& zone,
                        const std::vector<ledger::Unit>& units) {
  v1::TierFact out;
  out.set_transaction_id(fact.transaction.ToString());
  rpc::SetTime(fact.at, *out.mutable_counted_at());
  const absl::Time until =
      IsYearly(ladder)
          ? YearOf(ladder, enrolled_at, YearOf(ladder, enrolled_at, fact.at, zone).end, zone).end
          : RollingEnd(ladder.rolling_months, fact.at, zone);
  rpc::SetTime(until, *out.mutable_counts_until());
  const auto unit = std::find_if(units.begin(), units.end(), [&](const ledger::Unit& candidate) {
    return candidate.number == fact.unit;
  });
  if (unit != units.end()) out.set_unit(unit->code);
  out.set_points(fact.kept_points());
  out.set_returned_points(fact.returned);
  rpc::SetMoney({program.currency_code, fact.kept_spend()}, *out.mutable_spend());
  out.set_visit(fact.kept_visit());
  return out;
}

std::string TierSentence(const MemberTier& tier, std::string_view currency) {
  const TierStanding& standing = tier.standing();
  const absl::TimeZone& zone = tier.ladders().zone;
  const auto day = [&](absl::Time at) { return base::FormatDay(base::DayOf(at, zone)); };
  std::string text = absl::StrCat(tier.tier(), " since ", day(standing.since));
  if (standing.rank == 0) return absl::StrCat(text, ", where everybody begins");
  absl::StrAppend(&text, RuleText(tier, currency));
  if (standing.short_since != absl::InfiniteFuture()) {
    absl::StrAppend(&text, "; short of it since ", day(standing.short_since));
  }
  if (standing.held_until > standing.at) {
    absl::StrAppend(&text, "; kept after a step down until ", day(standing.held_until));
  }
  const std::optional<TierMove> next = tier.NextMove();
  if (!next) return absl::StrCat(text, "; nothing ends it");
  return absl::StrCat(text, "; without more it becomes ", next->to, " on ", day(next->at));
}

}  // namespace gratis::members
