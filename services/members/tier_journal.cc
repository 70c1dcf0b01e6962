#include "services/members/tier_journal.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/segment_text.h"

namespace gratis::members {
namespace {

using ledger::FactKind;
using nlohmann::json;

absl::StatusOr<json> ReadDetail(const ledger::Fact& fact) {
  json detail = json::parse(fact.detail, nullptr, /*allow_exceptions=*/false);
  if (detail.is_object()) return detail;
  return Error(Reason::kBooksDamaged, "a fact's detail is not a JSON object");
}

absl::StatusOr<TierFact> FactThatCounts(const ledger::JournalRow& row, std::string_view currency) {
  const ledger::Fact& fact = row.fact;
  TierFact counts{.seq = row.seq, .transaction = fact.transaction, .at = fact.effective_at};
  if (fact.lot && fact.lot->origin == ledger::Origin::kPurchase) {
    counts.unit = fact.unit;
    counts.points = fact.points;
  }
  if (fact.kind != FactKind::kPurchase) return counts;
  counts.purchase = true;
  ASSIGN_OR_RETURN(const json detail, ReadDetail(fact));
  const auto code = detail.find("currency");
  const auto total = detail.find("total_minor");
  if (code == detail.end() || !code->is_string() || total == detail.end() ||
      !total->is_number_integer()) {
    return Error(Reason::kBooksDamaged, "a purchase does not say what it cost");
  }
  if (code->get<std::string>() == currency) counts.spend = total->get<int64_t>();
  return counts;
}

// The member and the figure of these names. Nothing if one of them is not there.
std::optional<std::pair<MemberId, int64_t>> MemberAnd(const json& detail, const char* member,
                                                      const char* figure) {
  const auto id = detail.find(member);
  const auto number = detail.find(figure);
  if (id == detail.end() || !id->is_string() || number == detail.end() ||
      !number->is_number_integer()) {
    return std::nullopt;
  }
  const absl::StatusOr<MemberId> parsed = MemberId::Parse(id->get<std::string>());
  if (!parsed.ok()) return std::nullopt;
  return std::pair(*parsed, number->get<int64_t>());
}

// Of the form of a UUIDv7: the milliseconds of the change, then what is its own.
TransactionId TransactionOf(const TierMove& move, const MemberId& member,
                            const ledger::Program& program) {
  const base::Digest digest =
      base::Sha256(absl::StrCat("tier ", member.ToString(), " ", absl::ToUnixMicros(move.at), " ",
                                move.from, " ", move.to, " ", move.version));
  Uuid uuid;
  std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
  const auto milliseconds = static_cast<uint64_t>(absl::ToUnixMillis(move.at));
  for (size_t i = 0; i < 6; ++i) {
    uuid.bytes[i] = static_cast<uint8_t>(milliseconds >> (8 * (5 - i)));
  }
  uuid.bytes[6] = static_cast<uint8_t>(0x70 | (uuid.bytes[6] & 0x0F));
  uuid.bytes[8] = static_cast<uint8_t>(0x80 | (uuid.bytes[8] & 0x3F));
  return ledger::Beside(program, member, TransactionId{uuid});
}

}  // namespace

const std::vector<FactKind>& TierKinds() {
  static const auto& kinds = *new std::vector<FactKind>{
      FactKind::kMemberEnrolled, FactKind::kMemberUpdated, FactKind::kEarn,
      FactKind::kEarnReversed,   FactKind::kPurchase,      FactKind::kTierChanged,
      FactKind::kMembersMerged,  FactKind::kMergeUndone,   FactKind::kMergedReversed,
  };
  return kinds;
}

absl::StatusOr<std::optional<TierMerge>> MergeIn(const ledger::Fact& fact) {
  const bool says = fact.kind == FactKind::kMembersMerged || fact.kind == FactKind::kMergeUndone;
  // The duplicate's says who they became.
  if (!says || !fact.about.IsNil()) return std::nullopt;
  ASSIGN_OR_RETURN(const json detail, ReadDetail(fact));
  if (!detail.contains("place")) return std::nullopt;
  const auto found = MemberAnd(detail, "merged", "place");
  if (!found) return Error(Reason::kBooksDamaged, "a merge does not say whose");
  return TierMerge{.duplicate = found->first, .place = found->second};
}

absl::StatusOr<std::optional<TierTaken>> TakenIn(const ledger::Fact& fact) {
  if (fact.kind == FactKind::kEarnReversed) {
    return TierTaken{.whose = {}, .seq = fact.undoes, .points = fact.points};
  }
  if (fact.kind != FactKind::kMergedReversed) return std::nullopt;
  ASSIGN_OR_RETURN(const json detail, ReadDetail(fact));
  const auto found = MemberAnd(detail, "member", "seq");
  const auto points = detail.find("points");
  if (!found || points == detail.end() || !points->is_number_integer()) {
    return Error(Reason::kBooksDamaged, "a reversal does not say of what");
  }
  return TierTaken{.whose = found->first, .seq = found->second, .points = points->get<int64_t>()};
}

absl::Status Feed(const ledger::JournalRow& row, std::string_view currency,
                  const CarriedFacts& carried, MemberTier& tier) {
  switch (row.fact.kind) {
    case FactKind::kEarn:
    case FactKind::kPurchase: {
      ASSIGN_OR_RETURN(TierFact fact, FactThatCounts(row, currency));
      if (fact.points > 0 || fact.purchase) {
        tier.Count(std::move(fact), row.recorded_at);
      } else {
        tier.Advance(row.recorded_at, row.seq);
      }
      break;
    }
    case FactKind::kEarnReversed:
    case FactKind::kMergedReversed: {
      ASSIGN_OR_RETURN(const std::optional<TierTaken> taken, TakenIn(row.fact));
      if (taken) {
        tier.TakeBackOf(taken->whose, taken->seq, taken->points, row.seq, row.recorded_at);
      }
      break;
    }
    case FactKind::kMembersMerged: {
      ASSIGN_OR_RETURN(const std::optional<TierMerge> merge, MergeIn(row.fact));
      if (!merge) break;
      const auto brought = carried.find({row.partition, row.seq});
      if (brought == carried.end()) {
        return Error(Reason::kInternal, "what came over with a merge was not read");
      }
      tier.Join(brought->second, row.seq, row.recorded_at);
      break;
    }
    case FactKind::kMergeUndone: {
      ASSIGN_OR_RETURN(const std::optional<TierMerge> merge, MergeIn(row.fact));
      if (merge) tier.Part(merge->duplicate, row.seq, row.recorded_at);
      break;
    }
    case FactKind::kMemberUpdated: {
      ASSIGN_OR_RETURN(std::optional<ChangedSegments> changed, SegmentsIn(row.fact));
      if (changed) tier.Mark(std::move(changed->marks), row.seq, row.recorded_at);
      break;
    }
    default:
      tier.Advance(row.recorded_at, row.seq);
  }
  return absl::OkStatus();
}

TierStanding FirstStanding(const ledger::JournalRow& row) {
  return {.enrolled_at = row.fact.effective_at};
}

ledger::Fact FactOf(const TierMove& move, const MemberId& member, const ledger::Program& program) {
  return {.kind = FactKind::kTierChanged,
          .transaction = TransactionOf(move, member, program),
          .member = member,
          .effective_at = move.at,
          .source = move.to,
          .detail = absl::StrCat("{\"from\":", base::JsonString(move.from),
                                 ",\"to\":", base::JsonString(move.to),
                                 ",\"reason\":", static_cast<int>(move.reason),
                                 ",\"policy_version\":", move.version, "}"),
          .by_engine = true};
}

absl::StatusOr<TierMove> MoveOf(const ledger::Fact& fact) {
  ASSIGN_OR_RETURN(const json detail, ReadDetail(fact));
  const auto text = [&](const char* name) {
    const auto found = detail.find(name);
    return found != detail.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto number = [&](const char* name) {
    const auto found = detail.find(name);
    return found != detail.end() && found->is_number_integer() ? found->get<int32_t>() : 0;
  };
  return TierMove{.at = fact.effective_at,
                  .from = text("from"),
                  .to = text("to"),
                  .reason = static_cast<TierChangeReason>(number("reason")),
                  .version = number("policy_version")};
}

}  // namespace gratis::members
