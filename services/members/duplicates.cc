#include "services/members/duplicates.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/ledger/reads.h"
#include "common/pg/pause.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/merging_rules.h"
#include "services/members/proposal_store.h"

namespace gratis::members {
namespace {

constexpr int32_t kPage = 1'000;

// One search.
class DuplicateSearch {
 public:
  DuplicateSearch(pg::Pool& pool, const Members& members, const ledger::Program& program,
                  const MemberId& member, bool dismissed_too, absl::Time deadline, int64_t most)
      : pool_(pool),
        members_(members),
        program_(program),
        member_(member),
        dismissed_too_(dismissed_too),
        deadline_(deadline),
        most_looked_at_(most) {}

  absl::StatusOr<DuplicateList> Run();

 private:
  // Those whom refused requests took for the member.
  absl::Status AddSeen();
  // Those of a page that may be one with somebody of this profile.
  absl::Status AddByName(const Profile& profile, const std::vector<Member>& page);
  // The same of all who have the day of birth, as many as are looked at.
  absl::Status AddBornOn(const Profile& profile);
  // Whether it is full.
  bool Add(Duplicate duplicate);

  pg::Pool& pool_;
  const Members& members_;
  const ledger::Program& program_;
  const MemberId member_;
  const bool dismissed_too_;
  const absl::Time deadline_;
  const int64_t most_looked_at_;
  DuplicateList found_;
};

bool DuplicateSearch::Add(Duplicate duplicate) {
  if (found_.duplicates.size() == kMaxDuplicates) {
    found_.more = true;
  } else {
    found_.duplicates.push_back(std::move(duplicate));
  }
  return found_.more;
}

absl::Status DuplicateSearch::AddSeen() {
  std::vector<ProposedMerge> rows;
  std::map<MemberId, ledger::MemberState> states;
  const auto other = [this](const ProposedMerge& row) {
    return row.pair.low == member_ ? row.pair.high : row.pair.low;
  };
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline_), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(rows, ProposalStore(tx, program_)
                               .ListOf(member_, ProposalPlace(), dismissed_too_,
                                       static_cast<int32_t>(kMaxDuplicates) + 1));
    std::vector<MemberId> others;
    for (const ProposedMerge& row : rows) others.push_back(other(row));
    if (others.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(states, ledger::ReadStates(tx, program_, others));
    return absl::OkStatus();
  }));
  for (ProposedMerge& row : rows) {
    const MemberId id = other(row);
    const auto state = states.find(id);
    if (state == states.end() || !MayBeMerged(state->second)) continue;
    if (Add({.member = id, .seen = std::move(row)})) break;
  }
  return absl::OkStatus();
}

absl::Status DuplicateSearch::AddByName(const Profile& profile, const std::vector<Member>& page) {
  std::vector<MemberId> alike;
  std::vector<MemberPair> pairs;
  for (const Member& other : page) {
    if (other.id == member_ || !MayBeOne(profile, other.profile)) continue;
    const auto seen = std::find_if(found_.duplicates.begin(), found_.duplicates.end(),
                                   [&](const Duplicate& one) { return one.member == other.id; });
    if (seen != found_.duplicates.end()) {
      seen->by_name = true;
      continue;
    }
    alike.push_back(other.id);
    pairs.push_back(InOrder(member_, other.id));
  }
  if (alike.empty()) return absl::OkStatus();
  std::map<MemberId, ledger::MemberState> states;
  std::map<MemberPair, ProposedMerge> rows;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline_), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(states, ledger::ReadStates(tx, program_, alike));
    ASSIGN_OR_RETURN(rows, ProposalStore(tx, program_).Read(pairs));
    return absl::OkStatus();
  }));
  for (const MemberId& id : alike) {
    // They may have been erased a moment ago.
    const auto state = states.find(id);
    if (state == states.end() || !MayBeMerged(state->second)) continue;
    Duplicate duplicate{.member = id, .seen = std::nullopt, .by_name = true};
    if (const auto row = rows.find(InOrder(member_, id)); row != rows.end()) {
      if (row->second.dismissed_at && !dismissed_too_) continue;
      duplicate.seen = row->second;
    }
    if (Add(std::move(duplicate))) break;
  }
  return absl::OkStatus();
}

absl::Status DuplicateSearch::AddBornOn(const Profile& profile) {
  // What was found is to be told while the caller still waits for it: a quarter is left for that.
  const absl::Time begin = pg::RealNow();
  const absl::Time enough = begin + (deadline_ - begin) * 3 / 4;
  std::optional<MemberCursor> after;
  for (int64_t looked_at = 0; !found_.more; looked_at += kPage) {
    if (looked_at >= most_looked_at_ || pg::RealNow() >= enough) {
      found_.more = true;
      break;
    }
    ASSIGN_OR_RETURN(const MemberPage page,
                     members_.ListBornOn(program_, profile.birthday->on, after, kPage, deadline_));
    RETURN_IF_ERROR(AddByName(profile, page.members));
    if (!page.next) break;
    after = page.next;
  }
  return absl::OkStatus();
}

absl::StatusOr<DuplicateList> DuplicateSearch::Run() {
  ASSIGN_OR_RETURN(const Member known, members_.Get(program_, member_, deadline_));
  RETURN_IF_ERROR(AddSeen());
  if (!known.profile.birthday || known.profile.greeting_name.empty()) return std::move(found_);
  const absl::Status searched = AddBornOn(known.profile);
  if (ReasonOf(searched) == Reason::kDeadlineExceeded) {
    found_.more = true;
  } else {
    RETURN_IF_ERROR(searched);
  }
  return std::move(found_);
}

}  // namespace

absl::StatusOr<DuplicateList> FindDuplicates(pg::Pool& pool, const Members& members,
                                             const ledger::Program& program, const MemberId& member,
                                             bool dismissed_too, absl::Time deadline,
                                             int64_t most) {
  return DuplicateSearch(pool, members, program, member, dismissed_too, deadline, most).Run();
}

absl::StatusOr<ProposalPage> ReadProposalPage(pg::Pool& pool, const ledger::Program& program,
                                              const MemberId& member, const ProposalPlace& behind,
                                              bool dismissed_too, int32_t limit,
                                              absl::Time deadline) {
  std::vector<ProposedMerge> rows;
  std::map<MemberId, ledger::MemberState> states;
  RETURN_IF_ERROR(pg::RunTx(pool, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ProposalStore store(tx, program);
    // One more than fits tells whether there is a next page.
    ASSIGN_OR_RETURN(rows, member.IsNil() ? store.List(behind, dismissed_too, limit + 1)
                                          : store.ListOf(member, behind, dismissed_too, limit + 1));
    std::set<MemberId> asked;
    for (const ProposedMerge& row : rows) asked.insert({row.pair.low, row.pair.high});
    // Of one member all is told that is kept.
    if (asked.empty() || !member.IsNil()) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        states, ledger::ReadStates(tx, program, std::vector<MemberId>(asked.begin(), asked.end())));
    return absl::OkStatus();
  }));
  ProposalPage page;
  if (rows.size() > static_cast<size_t>(limit)) {
    rows.resize(static_cast<size_t>(limit));
    page.next = ProposalPlace::Of(rows.back());
  }
  const auto may_be_merged = [&](const MemberId& one) {
    const auto state = states.find(one);
    return !member.IsNil() || (state != states.end() && MayBeMerged(state->second));
  };
  for (ProposedMerge& row : rows) {
    if (may_be_merged(row.pair.low) && may_be_merged(row.pair.high)) {
      page.rows.push_back(std::move(row));
    }
  }
  return page;
}

}  // namespace gratis::members
