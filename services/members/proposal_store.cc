#include "services/members/proposal_store.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

ProposedMerge ReadProposal(const pg::Row& row) {
  return {.pair = {row.Get<MemberId>(0), row.Get<MemberId>(1)},
          .shared = row.Get<int16_t>(2),
          .times = row.Get<int64_t>(3),
          .first_seen = row.Get<absl::Time>(4),
          .last_seen = row.Get<absl::Time>(5),
          .dismissed_at = row.Get<std::optional<absl::Time>>(6),
          .dismissed_by = row.Get<std::string>(7)};
}

std::vector<ProposedMerge> ReadProposals(const pg::Rows& rows) {
  std::vector<ProposedMerge> proposals;
  for (const pg::Row row : rows) proposals.push_back(ReadProposal(row));
  return proposals;
}

}  // namespace

std::string ProposalPlace::ToString() const {
  return absl::StrCat(absl::ToUnixMicros(last_seen), "/", pair.low.ToString(), "/",
                      pair.high.ToString());
}

absl::StatusOr<ProposalPlace> ProposalPlace::Parse(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(base::Abs(text), '/');
  int64_t seen_us = 0;
  if (parts.size() == 3 && absl::SimpleAtoi(parts[0], &seen_us)) {
    const absl::StatusOr<MemberId> low = MemberId::Parse(parts[1]);
    const absl::StatusOr<MemberId> high = MemberId::Parse(parts[2]);
    if (low.ok() && high.ok()) {
      return ProposalPlace{.last_seen = absl::FromUnixMicros(seen_us), .pair = {*low, *high}};
    }
  }
  return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
}

pg::Tx::Asked ProposalStore::Ask(absl::Span<const MemberPair> pairs) {
  std::vector<MemberId> low, high;
  for (const MemberPair& pair : pairs) {
    low.push_back(pair.low);
    high.push_back(pair.high);
  }
  return tx_.Ask(sql::kReadProposedMerges, partition_, low, high);
}

absl::StatusOr<std::map<MemberPair, ProposedMerge>> ProposalStore::Take(pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(asked));
  std::map<MemberPair, ProposedMerge> found;
  for (ProposedMerge& row : ReadProposals(rows)) {
    const MemberPair pair = row.pair;
    found.emplace(pair, std::move(row));
  }
  return found;
}

pg::Tx::Asked ProposalStore::AskCounts(const std::vector<MemberId>& members) {
  return tx_.Ask(sql::kCountProposedMerges, partition_, members);
}

absl::StatusOr<std::map<MemberId, int64_t>> ProposalStore::TakeCounts(pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(asked));
  std::map<MemberId, int64_t> counts;
  for (const pg::Row row : rows) counts[row.Get<MemberId>(0)] = row.Get<int64_t>(1);
  return counts;
}

pg::Tx::Asked ProposalStore::AskProposedOf(const MemberId& member, int64_t limit) {
  const ProposalPlace first;
  return tx_.Ask(sql::kListProposedMergesOf, partition_, first.last_seen, first.pair.low,
                 first.pair.high, /*dismissed_too=*/false, limit, member);
}

absl::StatusOr<std::vector<ProposedMerge>> ProposalStore::TakeList(pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(asked));
  return ReadProposals(rows);
}

pg::Tx::Asked ProposalStore::AskGroups(const std::vector<int32_t>& partitions,
                                       const std::vector<MemberId>& members) {
  return tx_.Ask(sql::kFindGroups, partitions, members);
}

absl::StatusOr<std::set<MemberId>> ProposalStore::TakeGroups(pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(asked));
  std::set<MemberId> groups;
  for (const pg::Row row : rows) groups.insert(row.Get<MemberId>(0));
  return groups;
}

absl::StatusOr<std::vector<ProposedMerge>> ProposalStore::List(const ProposalPlace& behind,
                                                               bool dismissed_too, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kListProposedMerges, partition_, behind.last_seen, behind.pair.low,
                           behind.pair.high, dismissed_too, static_cast<int64_t>(limit)));
  return ReadProposals(rows);
}

absl::StatusOr<std::vector<ProposedMerge>> ProposalStore::ListOf(const MemberId& member,
                                                                 const ProposalPlace& behind,
                                                                 bool dismissed_too,
                                                                 int32_t limit) {
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      tx_.Run(sql::kListProposedMergesOf, partition_, behind.last_seen, behind.pair.low,
              behind.pair.high, dismissed_too, static_cast<int64_t>(limit), member));
  return ReadProposals(rows);
}

void ProposalStore::Write(const std::map<MemberPair, ProposedMerge>& rows) {
  std::vector<MemberId> low, high;
  std::vector<int16_t> shared;
  std::vector<int64_t> times;
  std::vector<absl::Time> first_seen, last_seen;
  std::vector<std::optional<absl::Time>> dismissed_at;
  std::vector<std::string_view> dismissed_by;
  for (const auto& [pair, row] : rows) {
    low.push_back(pair.low);
    high.push_back(pair.high);
    shared.push_back(row.shared);
    times.push_back(row.times);
    first_seen.push_back(row.first_seen);
    last_seen.push_back(row.last_seen);
    dismissed_at.push_back(row.dismissed_at);
    dismissed_by.push_back(row.dismissed_by);
  }
  tx_.Send(sql::kWriteProposedMerges, partition_, low, high, shared, times, first_seen, last_seen,
           dismissed_at, dismissed_by);
}

void ProposalStore::Delete(absl::Span<const MemberPair> pairs) {
  std::vector<MemberId> low, high;
  for (const MemberPair& pair : pairs) {
    low.push_back(pair.low);
    high.push_back(pair.high);
  }
  tx_.Send(sql::kDeleteProposedPairs, partition_, low, high);
}

void ProposalStore::Move(const MemberId& duplicate, const MemberId& survivor) {
  tx_.Send(sql::kKeepDismissals, partition_, duplicate, survivor);
  DeleteOf({duplicate});
}

void ProposalStore::DeleteOf(const std::vector<MemberId>& members) {
  tx_.Send(sql::kDeleteProposedMerges, partition_, members);
}

}  // namespace gratis::members
