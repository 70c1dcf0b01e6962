#include "services/thanks/member_tiers.h"

#include <nlohmann/json.hpp>

#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::thanks {
namespace {

// The tier that a change of tier led to.
std::string TierOf(const ledger::JournalRow& row) {
  using nlohmann::json;
  const json detail = json::parse(row.fact.detail, nullptr, /*allow_exceptions=*/false);
  if (!detail.is_object()) return "";
  const auto to = detail.find("to");
  return to != detail.end() && to->is_string() ? to->get<std::string>() : "";
}

}  // namespace

pg::Tx::Asked AskTiers(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const MemberId> members) {
  return ledger::AskLastEntries(tx, program, members, {ledger::FactKind::kTierChanged},
                                /*limit=*/1);
}

absl::StatusOr<std::map<MemberId, std::string>> TakeTiers(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const auto changes, ledger::TakeLastEntries(tx, asked));
  std::map<MemberId, std::string> tiers;
  for (const auto& [member, rows] : changes) {
    if (!rows.empty()) tiers[member] = TierOf(rows.front());
  }
  return tiers;
}

}  // namespace gratis::thanks
