#include "services/members/brief_complaints.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/status/macros.h"
#include "services/members/fact_detail.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

using nlohmann::json;

OpenComplaint Opened(const ledger::Fact& fact) {
  const json detail = ObjectOf(fact);
  return {.id = {fact.about},
          .member = fact.member,
          .topic = TextIn(detail, "topic"),
          .purchase = TextIn(detail, "purchase"),
          .opened_at = fact.effective_at};
}

auto Is(const ComplaintId& id) {
  return [id](const OpenComplaint& complaint) { return complaint.id == id; };
}

}  // namespace

ComplaintChanges ComplaintChangesIn(absl::Span<const ledger::JournalRow> rows) {
  ComplaintChanges changes;
  for (const ledger::JournalRow& row : rows) {
    const ledger::Fact& fact = row.fact;
    if (fact.kind == ledger::FactKind::kComplaintOpened) changes.opened.push_back(Opened(fact));
    if (fact.kind != ledger::FactKind::kComplaintResolved) continue;
    if (std::erase_if(changes.opened, Is({fact.about})) > 0) continue;
    changes.resolved.push_back(
        {.id = {fact.about}, .member = fact.member, .topic = "", .purchase = "", .opened_at = {}});
  }
  return changes;
}

void Apply(const ComplaintChanges& changes, std::vector<OpenComplaint>& open) {
  for (const OpenComplaint& resolved : changes.resolved) std::erase_if(open, Is(resolved.id));
  open.insert(open.end(), changes.opened.begin(), changes.opened.end());
}

void WriteComplaints(pg::Tx& tx, int32_t partition, const ComplaintChanges& changes) {
  std::vector<MemberId> members;
  std::vector<ComplaintId> ids;
  if (!changes.resolved.empty()) {
    for (const OpenComplaint& resolved : changes.resolved) {
      members.push_back(resolved.member);
      ids.push_back(resolved.id);
    }
    tx.Send(sql::kDeleteBriefComplaints, partition, members, ids);
  }
  if (changes.opened.empty()) return;
  members.clear();
  ids.clear();
  std::vector<std::string> topics, purchases;
  std::vector<absl::Time> opened_at;
  for (const OpenComplaint& opened : changes.opened) {
    members.push_back(opened.member);
    ids.push_back(opened.id);
    topics.push_back(opened.topic);
    purchases.push_back(opened.purchase);
    opened_at.push_back(opened.opened_at);
  }
  tx.Send(sql::kInsertBriefComplaints, partition, members, ids, topics, purchases, opened_at);
}

pg::Tx::Asked AskComplaints(pg::Tx& tx, const std::vector<int32_t>& partitions,
                            const std::vector<MemberId>& members) {
  return tx.Ask(sql::kListBriefComplaints, partitions, members, kMaxOpenComplaints);
}

absl::StatusOr<std::map<MemberId, std::vector<OpenComplaint>>> TakeComplaints(pg::Tx& tx,
                                                                              pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::map<MemberId, std::vector<OpenComplaint>> open;
  for (const pg::Row row : rows) {
    const auto member = row.Get<MemberId>(0);
    open[member].push_back({.id = row.Get<ComplaintId>(1),
                            .member = member,
                            .topic = row.Get<std::string>(2),
                            .purchase = row.Get<std::string>(3),
                            .opened_at = row.Get<absl::Time>(4)});
  }
  return open;
}

}  // namespace gratis::members
