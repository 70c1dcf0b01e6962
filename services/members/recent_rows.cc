#include "services/members/recent_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/ledger/feed.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::members {
namespace {

constexpr int32_t kRecent = 8;      // more than happen to a member within a follower's moment
constexpr int kRowsAtOnce = 1'000;  // of those who are far behind
constexpr int kMaxStretches = 10'000;

}  // namespace

RecentRows::RecentRows(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const MemberId> members,
                       const std::vector<ledger::FactKind>& kinds)
    : tx_(tx),
      program_(program),
      asked_(ledger::AskLastEntries(tx, program, members, kinds, kRecent)) {}

absl::Status RecentRows::Take() {
  ASSIGN_OR_RETURN(rows_, ledger::TakeLastEntries(tx_, asked_));
  return absl::OkStatus();
}

absl::Span<const ledger::JournalRow> RecentRows::Of(const MemberId& member) const {
  const auto found = rows_.find(member);
  if (found == rows_.end()) return {};
  return found->second;
}

absl::StatusOr<std::vector<ledger::JournalRow>> RecentRows::Behind(
    const MemberId& member, int64_t cursor, const std::vector<ledger::FactKind>& kinds) const {
  const absl::Span<const ledger::JournalRow> recent = Of(member);
  std::vector<ledger::JournalRow> behind;
  if (recent.size() < kRecent || recent.back().seq <= cursor) {
    for (auto row = recent.rbegin(); row != recent.rend(); ++row) {
      const bool wanted = std::find(kinds.begin(), kinds.end(), row->fact.kind) != kinds.end();
      if (row->seq > cursor && wanted) behind.push_back(*row);
    }
    return behind;
  }
  for (int i = 0; i < kMaxStretches; ++i) {
    ASSIGN_OR_RETURN(
        std::vector<ledger::JournalRow> more,
        ledger::ReadMemberRowsAfter(tx_, program_, member, cursor, kinds, kRowsAtOnce));
    const bool last = std::ssize(more) < kRowsAtOnce;
    if (!more.empty()) cursor = more.back().seq;
    std::move(more.begin(), more.end(), std::back_inserter(behind));
    if (last) break;
  }
  return behind;
}

}  // namespace gratis::members
