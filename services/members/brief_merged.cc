#include "services/members/brief_merged.h"

#include <algorithm>
#include <iterator>

#include "common/status/macros.h"
#include "services/members/brief_store.h"
#include "services/members/recent_rows.h"

namespace gratis::members {
namespace {

using ledger::JournalRow;

// Members, each with their partition.
struct Asked {
  Asked(const ledger::Program& program, const std::set<MemberId>& distinct)
      : members(distinct.begin(), distinct.end()) {
    for (const MemberId& member : members) {
      partitions.push_back(ledger::PartitionOf(program, member));
    }
  }

  std::vector<MemberId> members;
  std::vector<int32_t> partitions;
};

template <class T>
void Append(const std::vector<T>& more, std::vector<T>& to) {
  to.insert(to.end(), more.begin(), more.end());
}

void TakeLater(const std::optional<PastGift>& other, std::optional<PastGift>& gift) {
  if (other && (!gift || gift->given_at < other->given_at)) gift = other;
}

// What is kept of one, and what the journal says of them behind that.
absl::Status Add(const StoredPast& stored, const std::vector<JournalRow>& rows,
                 const absl::TimeZone& zone, MergedPast& merged) {
  ASSIGN_OR_RETURN(const PastStretch stretch, StretchOf(rows, zone));
  for (const auto& [member, day] : VisitDaysOf(stretch)) merged.days.insert(day);
  merged.purchases += stored.past.purchases + std::ssize(stretch.purchases);
  Append(stored.last, merged.last);
  Append(stretch.purchases, merged.last);
  TakeLater(stored.past.gift, merged.gift);
  for (const auto& [member, gift] : stretch.gifts) TakeLater(gift, merged.gift);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::map<MemberId, MergedPast>> ReadMergedPasts(
    pg::Tx& tx, const ledger::Program& program, const absl::TimeZone& zone,
    absl::Span<const std::pair<MemberId, MemberId>> duplicates) {
  std::map<MemberId, MergedPast> all;
  if (duplicates.empty()) return all;
  std::set<MemberId> merged, everyone;
  for (const auto& [survivor, duplicate] : duplicates) {
    merged.insert(duplicate);
    everyone.insert(survivor);
    everyone.insert(duplicate);
  }
  const Asked parts(program, merged);
  const Asked both(program, everyone);
  const PastsAsked pasts_asked = AskPasts(tx, parts.partitions, parts.members, kLastPurchases);
  const pg::Tx::Asked days_asked = AskVisitDays(tx, both.partitions, both.members);
  const pg::Tx::Asked complaints_asked = AskComplaints(tx, parts.partitions, parts.members);
  RecentRows recent(tx, program, parts.members, BriefKinds());
  RETURN_IF_ERROR(recent.Take());
  ASSIGN_OR_RETURN(const auto pasts, TakePasts(tx, pasts_asked, parts.partitions, parts.members));
  ASSIGN_OR_RETURN(const VisitDays visits, TakeVisitDays(tx, days_asked));
  ASSIGN_OR_RETURN(auto complaints, TakeComplaints(tx, complaints_asked));
  std::map<MemberId, std::set<absl::CivilDay>> days;
  for (const auto& [member, day] : visits) days[member].insert(day);

  for (const auto& [survivor, duplicate] : duplicates) {
    const StoredPast& stored = pasts.at(duplicate);
    ASSIGN_OR_RETURN(const std::vector<JournalRow> rows,
                     recent.Behind(duplicate, stored.cursor, BriefKinds()));
    MergedPast& of_one = all[survivor];
    RETURN_IF_ERROR(Add(stored, rows, zone, of_one));
    for (const MemberId& member : {survivor, duplicate}) {
      of_one.days.insert(days[member].begin(), days[member].end());
    }
    std::vector<OpenComplaint> open = complaints[duplicate];
    Apply(ComplaintChangesIn(rows), open);
    Append(open, of_one.complaints);
  }
  return all;
}

void Join(const MergedPast& merged, const VisitDays& behind, Brief& brief) {
  std::set<absl::CivilDay> days = merged.days;
  for (const auto& [member, day] : behind) days.insert(day);
  Past& past = brief.past;
  past.purchases += merged.purchases;
  past.visits = std::ssize(days);
  if (!days.empty()) {
    past.first_visit = *days.begin();
    past.last_visit = *days.rbegin();
  }
  TakeLater(merged.gift, past.gift);

  std::vector<PastPurchase>& last = brief.last_purchases;
  Append(merged.last, last);
  std::sort(last.begin(), last.end(), BoughtLast());
  if (std::ssize(last) > kLastPurchases) last.resize(kLastPurchases);

  std::vector<OpenComplaint>& complaints = brief.complaints;
  Append(merged.complaints, complaints);
  std::sort(complaints.begin(), complaints.end(),
            [](const OpenComplaint& a, const OpenComplaint& b) {
              return std::pair(a.opened_at, a.id) < std::pair(b.opened_at, b.id);
            });
  if (std::ssize(complaints) > kMaxOpenComplaints) complaints.resize(kMaxOpenComplaints);
}

}  // namespace gratis::members
