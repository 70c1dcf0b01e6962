#include "services/members/merging.h"

#include <utility>

#include "common/ledger/feed.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/merging.pb.h"
#include "services/members/group_store.h"
#include "services/members/member_store.h"
#include "services/members/merging_contract.h"
#include "services/members/proposal_store.h"

namespace gratis::members {
namespace {

using ledger::Books;
using ledger::FactKind;

// What is posted for a merged member if something it did before is corrected.
const std::vector<FactKind> kCorrections = {
    FactKind::kEarnReversed,  FactKind::kSpendReversed,  FactKind::kVoucherReinstated,
    FactKind::kTransferredIn, FactKind::kTransferredOut, FactKind::kAdjusted,
    FactKind::kHoldCaptured,  FactKind::kHoldReleased,   FactKind::kMemberErased};

// Whether something that the duplicate did before the merge was corrected since, or something that
// whoever had become part of them did: that is the survivor's, too.
absl::StatusOr<bool> IsCorrected(pg::Tx& tx, const ledger::Program& program,
                                 const MergeRow& merge) {
  constexpr int32_t kCorrectionsPage = 500;
  ASSIGN_OR_RETURN(const auto own, ledger::ReadMemberRowsAfter(tx, program, merge.duplicate,
                                                               merge.seq, kCorrections, 1));
  if (!own.empty()) return true;
  ASSIGN_OR_RETURN(const auto parts, ledger::ReadDuplicates(tx, {merge.duplicate}));
  for (const auto& [survivor, part] : parts) {
    std::vector<ledger::JournalRow> rows;
    do {
      const int64_t after = rows.empty() ? 0 : rows.back().seq;
      ASSIGN_OR_RETURN(rows, ledger::ReadMemberRowsAfter(tx, program, part, after, kCorrections,
                                                         kCorrectionsPage));
      for (const ledger::JournalRow& row : rows) {
        if (row.recorded_at > merge.merged_at) return true;
      }
    } while (std::ssize(rows) == kCorrectionsPage);
  }
  return false;
}

absl::StatusOr<bool> IsMember(pg::Tx& tx, const ledger::Program& program, const MemberId& member) {
  // Of who was erased nothing is stored, and the ledger says so.
  ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, {member}));
  const auto state = states.find(member);
  if (state != states.end() && state->second == ledger::MemberState::kErased) return true;
  ASSIGN_OR_RETURN(const std::optional<MemberRow> row,
                   MemberStore(tx).Find(ledger::PartitionOf(program, member), member));
  return row.has_value();
}

// Whether they are in a group that there still is, or invited to one.
absl::StatusOr<bool> IsInGroups(pg::Tx& tx, const ledger::Program& program,
                                const MemberId& member) {
  constexpr int32_t kGroupsAtOnce = 100;
  GroupStore groups(tx);
  for (int32_t partition = program.first_partition; partition <= program.last_partition();
       ++partition) {
    std::vector<MembershipRow> page;
    do {
      const MemberId after = page.empty() ? MemberId{} : page.back().group;
      ASSIGN_OR_RETURN(page, groups.ListGroups(partition, member, after, kGroupsAtOnce));
      std::vector<MemberId> found;
      for (const MembershipRow& row : page) found.push_back(row.group);
      ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, found));
      for (const auto& [group, state] : states) {
        // Of one that was closed or erased nobody can leave, and nobody has to.
        if (BelongsToGroups(state)) return true;
      }
    } while (page.size() == static_cast<size_t>(kGroupsAtOnce));
  }
  return false;
}

// The row of the duplicate's journal that says it.
int64_t SeqOf(const Books& books, const ledger::MergePair& pair) {
  for (auto row = books.rows().rbegin(); row != books.rows().rend(); ++row) {
    if (row->fact.transaction == pair.leaving && row->fact.kind == FactKind::kMembersMerged) {
      return row->seq;
    }
  }
  return 0;
}

ledger::MergePair PairOf(const MergeRow& row) {
  return {.duplicate = row.duplicate,
          .survivor = row.survivor,
          .leaving = row.merge,
          .arriving = row.arriving,
          .effective_at = row.merged_at,
          .source = ""};
}

void NeedAll(const MemberId& member, ledger::Wants& wants) {
  wants.member_holds.insert(member);
  wants.member_vouchers.insert(member);
  wants.lots[{member, ledger::kPointsUnit}] = ledger::Wants::kAll;
}

}  // namespace

Merge::Merge(ledger::MergePair pair) : pair_(std::move(pair)) {
  envelope.member = pair_.duplicate;
  // Where pairs are proposed, too.
  envelope.also = {pair_.survivor, MemberId{}};
  envelope.of_merged = true;
}

void Merge::AddNeeds(ledger::Wants& wants) const { NeedAll(pair_.duplicate, wants); }

absl::StatusOr<std::string> Merge::Decide(Books& books) {
  pair_.effective_at = envelope.now;
  if (!are_members_) {
    return Error(Reason::kMemberNotFound, "one of the two is no member of the program");
  }
  ASSIGN_OR_RETURN(const ledger::Carried carried, ledger::MergeMembers(books, pair_));
  if (is_group_) {
    return Error(Reason::kMergeRefused, "one of the two is a group, not a person",
                 {{"why", "group"}});
  }
  if (in_groups_) {
    return Error(Reason::kMergeRefused,
                 "the duplicate is in a group or invited to one: have them leave it first",
                 {{"why", "groups"}});
  }
  ASSIGN_OR_RETURN(const size_t words, words_.Take(books, envelope, pair_.arriving));
  ASSIGN_OR_RETURN(const size_t likes, likes_.Take(books, pair_.arriving, envelope.now));
  ASSIGN_OR_RETURN(const size_t segments, segments_.Take(books, pair_.arriving, envelope.now));
  row_ = MergeRow{.merge = pair_.leaving,
                  .duplicate = pair_.duplicate,
                  .survivor = pair_.survivor,
                  .arriving = pair_.arriving,
                  .seq = SeqOf(books, pair_),
                  .merged_at = books.recorded_at(),
                  .undo_until = books.recorded_at() + kUndoPeriod,
                  .undone_at = std::nullopt};
  v1::MergeMembersResponse response;
  if (!envelope.validate_only) ToContract(*row_, *response.mutable_merge());
  RETURN_IF_ERROR(ToContract(books, carried, *response.mutable_moved()));
  response.mutable_moved()->set_consents(static_cast<int32_t>(words));
  response.mutable_moved()->set_preferences(static_cast<int32_t>(likes));
  response.mutable_moved()->set_segments(static_cast<int32_t>(segments));
  return response.SerializeAsString();
}

absl::Status Merges::LoadAll(pg::Tx& tx, absl::Span<Merge* const> set) {
  for (Merge* merge : set) {
    const ledger::Program& program = merge->envelope.program;
    const ledger::MergePair& pair = merge->pair_;
    ASSIGN_OR_RETURN(const bool is_survivor, IsMember(tx, program, pair.survivor));
    ASSIGN_OR_RETURN(const bool is_duplicate, IsMember(tx, program, pair.duplicate));
    merge->are_members_ = is_survivor && is_duplicate;
    merge->is_group_ = false;
    for (const MemberId& member : {pair.duplicate, pair.survivor}) {
      ASSIGN_OR_RETURN(const auto groups,
                       GroupStore(tx).Read(ledger::PartitionOf(program, member), {member}));
      merge->is_group_ = merge->is_group_ || !groups.empty();
    }
    ASSIGN_OR_RETURN(merge->in_groups_, IsInGroups(tx, program, pair.duplicate));
    RETURN_IF_ERROR(merge->words_.Load(tx, program, pair.survivor, pair.duplicate));
    RETURN_IF_ERROR(merge->likes_.Load(tx, vault_, program, pair.survivor, pair.duplicate));
    RETURN_IF_ERROR(merge->segments_.Load(tx, program, pair.survivor, pair.duplicate));
  }
  return absl::OkStatus();
}

absl::Status Merges::WriteAll(pg::Tx& tx, absl::Span<Merge* const> set) {
  for (const Merge* merge : set) {
    MergingStore(tx).Insert(merge->envelope.home(), *merge->row_);
    // Whoever they might have been, they are the survivor now.
    ProposalStore(tx, merge->envelope.program).Move(merge->pair_.duplicate, merge->pair_.survivor);
    merge->words_.Write(tx, merge->envelope.program);
    merge->likes_.Write(tx, merge->envelope.program);
    merge->segments_.Write(tx, merge->envelope.program);
  }
  return absl::OkStatus();
}

MergeUndo::MergeUndo(MergeRow merge, ledger::MergePair undo)
    : merge_(std::move(merge)), undo_(std::move(undo)) {
  envelope.member = merge_.duplicate;
  envelope.also = {merge_.survivor};
  envelope.of_merged = true;
}

void MergeUndo::AddNeeds(ledger::Wants& wants) const {
  wants.transactions.insert(merge_.merge);
  wants.transactions.insert(merge_.arriving);
}

absl::StatusOr<std::string> MergeUndo::Decide(Books& books) {
  if (merge_.undone_at) {
    return Error(Reason::kMergeContradicted, "the merge was undone before", {{"why", "state"}});
  }
  if (envelope.now > merge_.undo_until) {
    return Error(Reason::kMergeContradicted, "the time in which a merge may be undone is over",
                 {{"why", "period"}});
  }
  undo_.effective_at = envelope.now;
  ASSIGN_OR_RETURN(const ledger::Carried carried, ledger::UndoMerge(books, PairOf(merge_), undo_));
  if (corrected_) {
    return Error(Reason::kMergeContradicted,
                 "something that the duplicate did before the merge was corrected since",
                 {{"why", "correction"}});
  }
  ASSIGN_OR_RETURN(const size_t words, words_.GiveBack(books, envelope, undo_));
  ASSIGN_OR_RETURN(const size_t likes, likes_.GiveBack(books, undo_));
  ASSIGN_OR_RETURN(const size_t segments, segments_.GiveBack(books, undo_));
  MergeRow undone = merge_;
  undone.undone_at = books.recorded_at();
  v1::UndoMergeResponse response;
  ToContract(undone, *response.mutable_merge());
  RETURN_IF_ERROR(ToContract(books, carried, *response.mutable_moved()));
  response.mutable_moved()->set_consents(static_cast<int32_t>(words));
  response.mutable_moved()->set_preferences(static_cast<int32_t>(likes));
  response.mutable_moved()->set_segments(static_cast<int32_t>(segments));
  return response.SerializeAsString();
}

absl::Status MergeUndos::LoadAll(pg::Tx& tx, absl::Span<MergeUndo* const> set) {
  for (MergeUndo* undo : set) {
    const ledger::Program& program = undo->envelope.program;
    MergeRow& merge = undo->merge_;
    ASSIGN_OR_RETURN(const std::optional<MergeRow> row,
                     MergingStore(tx).Find(undo->envelope.home(), merge.merge));
    if (row) merge = *row;
    ASSIGN_OR_RETURN(undo->corrected_, IsCorrected(tx, program, merge));
    ASSIGN_OR_RETURN(const Parting parting, ReadParting(tx, program, merge));
    RETURN_IF_ERROR(undo->words_.Load(tx, program, parting));
    RETURN_IF_ERROR(undo->likes_.Load(tx, vault_, program, parting));
    RETURN_IF_ERROR(undo->segments_.Load(tx, program, parting));
  }
  return absl::OkStatus();
}

absl::Status MergeUndos::WriteAll(pg::Tx& tx, absl::Span<MergeUndo* const> set) {
  for (const MergeUndo* undo : set) {
    MergingStore(tx).Undo(undo->envelope.home(), undo->merge_.merge, undo->envelope.now);
    undo->words_.Write(tx, undo->envelope.program);
    undo->likes_.Write(tx, undo->envelope.program);
    undo->segments_.Write(tx, undo->envelope.program);
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
