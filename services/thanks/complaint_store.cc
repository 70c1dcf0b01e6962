#include "services/thanks/complaint_store.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "common/status/macros.h"
#include "services/thanks/merged.h"
#include "services/thanks/thanks_sql.h"

namespace gratis::thanks {
namespace {

std::vector<Complaint> ComplaintsOf(const pg::Rows& rows) {
  std::vector<Complaint> complaints;
  for (const pg::Row row : rows) {
    complaints.push_back({.id = row.Get<ComplaintId>(0),
                          .member = row.Get<MemberId>(1),
                          .topic = row.Get<std::string>(2),
                          .purchase = row.Get<std::optional<PurchaseId>>(3).value_or(PurchaseId{}),
                          .reference = row.Get<std::string>(4),
                          .opened_at = row.Get<absl::Time>(5),
                          .resolved_at = row.Get<std::optional<absl::Time>>(6),
                          .outcome = static_cast<ComplaintOutcome>(row.Get<int16_t>(7))});
  }
  return complaints;
}

}  // namespace

absl::StatusOr<std::set<MemberId>> FindComplaining(pg::Tx& tx, const ledger::Program& program,
                                                   const std::vector<MemberId>& members) {
  if (members.empty()) return std::set<MemberId>();
  std::vector<pg::Tx::Asked> asked = AskComplaining(tx, program, members);
  ASSIGN_OR_RETURN(const Merged merged, ReadMerged(tx, members));
  return TakeComplaining(tx, program, std::move(asked), merged);
}

std::vector<pg::Tx::Asked> AskComplaining(pg::Tx& tx, const ledger::Program& program,
                                          const std::vector<MemberId>& members) {
  std::vector<pg::Tx::Asked> asked;
  for (const auto& [partition, here] : ByPartition(program, members)) {
    asked.push_back(tx.Ask(sql::kFindOpenComplaints, partition, here));
  }
  return asked;
}

absl::StatusOr<std::set<MemberId>> TakeComplaining(pg::Tx& tx, const ledger::Program& program,
                                                   std::vector<pg::Tx::Asked> asked,
                                                   const Merged& merged) {
  const std::vector<pg::Tx::Asked> of_merged = AskComplaining(tx, program, EveryoneIn(merged));
  asked.insert(asked.end(), of_merged.begin(), of_merged.end());
  std::set<MemberId> complaining;
  for (const pg::Tx::Asked& one : asked) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(one));
    for (const pg::Row row : rows) complaining.insert(row.Get<MemberId>(0));
  }
  for (const auto& [survivor, duplicates] : merged) {
    const bool any = std::any_of(duplicates.begin(), duplicates.end(),
                                 [&](const MemberId& one) { return complaining.count(one) > 0; });
    if (any) complaining.insert(survivor);
  }
  return complaining;
}

void WriteComplaints(pg::Tx& tx, int32_t partition, absl::Span<const Complaint* const> complaints) {
  std::vector<ComplaintId> ids;
  std::vector<MemberId> members;
  std::vector<std::string_view> topics, references;
  std::vector<std::optional<PurchaseId>> purchases;
  std::vector<absl::Time> opened_at;
  std::vector<std::optional<absl::Time>> resolved_at;
  std::vector<int16_t> outcomes;
  for (const Complaint* complaint : complaints) {
    ids.push_back(complaint->id);
    members.push_back(complaint->member);
    topics.push_back(complaint->topic);
    purchases.push_back(complaint->purchase.IsNil() ? std::nullopt
                                                    : std::optional(complaint->purchase));
    references.push_back(complaint->reference);
    opened_at.push_back(complaint->opened_at);
    resolved_at.push_back(complaint->resolved_at);
    outcomes.push_back(static_cast<int16_t>(complaint->outcome));
  }
  tx.Send(sql::kWriteComplaints, partition, ids, members, topics, purchases, references, opened_at,
          resolved_at, outcomes);
}

absl::StatusOr<std::vector<Complaint>> FindComplaints(pg::Tx& tx, int32_t partition,
                                                      const std::vector<ComplaintId>& ids) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindComplaints, partition, ids));
  return ComplaintsOf(rows);
}

absl::StatusOr<std::vector<Complaint>> ListComplaints(pg::Tx& tx, const ledger::Program& program,
                                                      const MemberId& member,
                                                      const ComplaintId& before, bool open_only,
                                                      int32_t limit, bool as_named) {
  std::vector<MemberId> whose;
  if (!as_named) {
    ASSIGN_OR_RETURN(const Merged merged, ReadMerged(tx, {member}));
    whose = EveryoneIn(merged);
  }
  whose.push_back(member);
  std::vector<Complaint> complaints;
  for (const MemberId& one : whose) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kListComplaints, ledger::PartitionOf(program, one), one, before,
                            open_only, static_cast<int64_t>(limit)));
    for (Complaint& complaint : ComplaintsOf(rows)) complaints.push_back(std::move(complaint));
  }
  const auto newer = [](const Complaint& a, const Complaint& b) { return b.id < a.id; };
  std::sort(complaints.begin(), complaints.end(), newer);
  if (complaints.size() > static_cast<size_t>(limit)) complaints.resize(static_cast<size_t>(limit));
  return complaints;
}

}  // namespace gratis::thanks
