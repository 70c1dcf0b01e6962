#include "common/ledger/acts.h"

#include <algorithm>
#include <optional>

#include "common/ledger/ledger_sql.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

constexpr FactKind kActs[] = {
    FactKind::kProgramCreated,
    FactKind::kKeyCreated,
    FactKind::kKeyRevoked,
    FactKind::kClockSet,
    FactKind::kMasterKeyRotated,
    FactKind::kKeyRotated,
    FactKind::kKeySet,
    FactKind::kMemberStateSet,
    FactKind::kAdjusted,
    FactKind::kAdjustmentRequested,
    FactKind::kThanksPolicySet,
    FactKind::kBirthdayPolicySet,
    FactKind::kVoucherVoided,
    FactKind::kBudgetSet,
    FactKind::kUnitSet,
    FactKind::kRateSet,
    FactKind::kPeriodClosed,
    FactKind::kTierPolicySet,
    FactKind::kMembersPolicySet,
    FactKind::kAdjustmentRejected,
    FactKind::kMemberErased,
    FactKind::kProofPolicySet,
    FactKind::kGroupsPolicySet,
    FactKind::kMembersMerged,
    FactKind::kMergeUndone,
    FactKind::kTriggerSet,
    FactKind::kSurpriseDrawn,
    FactKind::kInactivityPolicySet,
    FactKind::kTemplateSet,
    FactKind::kMessagingPolicySet,
    FactKind::kSubscriptionSet,
    FactKind::kSuppressionSet,
    FactKind::kGroupChanged,
    FactKind::kMembersExported,
    FactKind::kMemberUpdated,
    FactKind::kGroupMembershipChanged,
    FactKind::kDeliveriesReplayed,
};
// Of these only what staff did.
constexpr FactKind kEveryday[] = {FactKind::kMemberUpdated, FactKind::kGroupMembershipChanged};

bool IsAmong(absl::Span<const FactKind> kinds, FactKind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace

absl::Span<const FactKind> ActKinds() { return kActs; }

bool IsAct(const Fact& fact) {
  if (IsAmong(kEveryday, fact.kind)) return fact.source == kStaffSource;
  return IsAmong(kActs, fact.kind);
}

absl::StatusOr<std::vector<Act>> ReadActs(pg::Tx& tx, const Program& program,
                                          const ActFilter& filter, int32_t limit) {
  const int32_t house = House().first_partition;
  std::vector<int32_t> partitions{house};
  for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
    if (p != house) partitions.push_back(p);
  }
  const std::vector<int16_t> kinds =
      NumbersOf(filter.kinds.empty() ? ActKinds() : absl::MakeConstSpan(filter.kinds));
  const std::optional<MemberId> member =
      filter.member.IsNil() ? std::nullopt : std::optional(filter.member);
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      tx.Run(sql::kListActs, partitions, kinds, filter.before.recorded_at, filter.before.partition,
             filter.before.seq, filter.actor, filter.from, filter.until, member, house,
             program.number, filter.of_the_house, int64_t{limit}));
  std::vector<Act> acts;
  acts.reserve(rows.size());
  for (const pg::Row row : rows) {
    acts.push_back(
        {.row = ReadJournalRow(row),
         .before = row.Get<std::optional<std::string>>(kJournalColumns).value_or(""),
         .network = row.Get<std::optional<std::string>>(kJournalColumns + 1).value_or("")});
  }
  return acts;
}

}  // namespace gratis::ledger
