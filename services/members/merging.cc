#include "services/members/merging.h"

#include <limits>
#include <utility>

#include "common/ledger/feed.h"
#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/merging.pb.h"
#include "services/members/group_store.h"
#include "services/members/member_store.h"
#include "services/members/merging_contract.h"
#include "services/members/merging_rules.h"
#include "services/members/proposal_store.h"

namespace gratis::members {
namespace {

using ledger::Books;
using ledger::FactKind;

// All that a duplicate may have said; more than purposes and channels there are.
constexpr int32_t kMaxWords = 1'000;

// What is posted for a merged member if something it did before is corrected.
const std::vector<FactKind> kCorrections = {
    FactKind::kEarnReversed,  FactKind::kSpendReversed,  FactKind::kVoucherReinstated,
    FactKind::kTransferredIn, FactKind::kTransferredOut, FactKind::kAdjusted,
    FactKind::kHoldCaptured,  FactKind::kHoldReleased,   FactKind::kMemberErased};

absl::StatusOr<bool> IsMember(pg::Tx& tx, const ledger::Program& program, const MemberId& member) {
  // Of who was erased nothing is stored, and the ledger says so.
  ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, {member}));
  const auto state = states.find(member);
  if (state != states.end() && state->second == ledger::MemberState::kErased) return true;
  ASSIGN_OR_RETURN(const std::optional<MemberRow> row,
                   MemberStore(tx).Find(ledger::PartitionOf(program, member), member));
  return row.has_value();
}

absl::StatusOr<bool> IsInGroups(pg::Tx& tx, const ledger::Program& program,
                                const MemberId& member) {
  GroupStore groups(tx);
  for (int32_t partition = program.first_partition; partition <= program.last_partition();
       ++partition) {
    ASSIGN_OR_RETURN(const auto found, groups.ListGroups(partition, member, MemberId{}, 1));
    if (!found.empty()) return true;
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

absl::StatusOr<std::vector<Consent>> SurvivorsWords::InForce(pg::Tx& tx,
                                                             const ledger::Program& program,
                                                             const MemberId& member) {
  ASSIGN_OR_RETURN(auto found, ReadConsents(tx, program, {member}));
  return std::move(found[member]);
}

absl::Status SurvivorsWords::Load(pg::Tx& tx, const ledger::Program& program,
                                  const MemberId& survivor) {
  survivor_ = survivor;
  ASSIGN_OR_RETURN(auto numbers,
                   ReadLastConsentNumbers(tx, ledger::PartitionOf(program, survivor), {survivor}));
  last_ = numbers[survivor];
  return absl::OkStatus();
}

absl::Status SurvivorsWords::Say(Books& books, const ledger::Envelope& envelope,
                                 const TransactionId& transaction,
                                 const std::vector<Consent>& words) {
  records_.clear();
  for (const Consent& consent : words) {
    RETURN_IF_ERROR(books
                        .Post({.kind = FactKind::kConsentRecorded,
                               .transaction = transaction,
                               .member = survivor_,
                               .effective_at = consent.decided_at,
                               .source = consent.objection ? "objection" : "consent",
                               .detail = ConsentDetail({consent.decision}, consent)})
                        .status());
    records_.push_back({survivor_,
                        {.number = last_ + static_cast<int64_t>(records_.size()) + 1,
                         .consent = consent,
                         .recorded_at = books.recorded_at(),
                         .actor = envelope.actor,
                         .transaction = transaction}});
  }
  return absl::OkStatus();
}

void SurvivorsWords::Write(pg::Tx& tx, const ledger::Program& program) const {
  if (!records_.empty()) InsertConsents(tx, ledger::PartitionOf(program, survivor_), records_);
}

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
  RETURN_IF_ERROR(words_.Say(books, envelope, pair_.arriving, taken_));
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
  response.mutable_moved()->set_consents(static_cast<int32_t>(taken_.size()));
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
    ASSIGN_OR_RETURN(const std::vector<Consent> own,
                     SurvivorsWords::InForce(tx, program, pair.survivor));
    ASSIGN_OR_RETURN(const std::vector<Consent> theirs,
                     SurvivorsWords::InForce(tx, program, pair.duplicate));
    merge->taken_ = TakenOver(own, theirs);
    RETURN_IF_ERROR(merge->words_.Load(tx, program, pair.survivor));
    RETURN_IF_ERROR(merge->likes_.Load(tx, vault_, program, pair.survivor, pair.duplicate));
    RETURN_IF_ERROR(merge->segments_.Load(tx, program, pair.survivor, pair.duplicate));
  }
  return absl::OkStatus();
}

absl::Status Merges::WriteAll(pg::Tx& tx, absl::Span<Merge* const> set) {
  for (const Merge* merge : set) {
    MergingStore(tx).Insert(merge->envelope.home(), *merge->row_);
    // Whoever they might have been, they are the survivor now.
    ProposalStore(tx, merge->envelope.program).DeleteOf({merge->pair_.duplicate});
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
  const std::vector<Consent> back = GivenBack(in_force_, came_over_, envelope.now);
  RETURN_IF_ERROR(words_.Say(books, envelope, undo_.arriving, back));
  ASSIGN_OR_RETURN(const size_t likes, likes_.GiveBack(books, undo_.arriving, envelope.now));
  ASSIGN_OR_RETURN(const size_t segments,
                   segments_.GiveBack(books, merge_.arriving, undo_.arriving, envelope.now));
  MergeRow undone = merge_;
  undone.undone_at = books.recorded_at();
  v1::UndoMergeResponse response;
  ToContract(undone, *response.mutable_merge());
  RETURN_IF_ERROR(ToContract(books, carried, *response.mutable_moved()));
  response.mutable_moved()->set_consents(static_cast<int32_t>(back.size()));
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
    ASSIGN_OR_RETURN(
        const auto corrections,
        ledger::ReadMemberRowsAfter(tx, program, merge.duplicate, merge.seq, kCorrections, 1));
    undo->corrected_ = !corrections.empty();
    ASSIGN_OR_RETURN(undo->in_force_, SurvivorsWords::InForce(tx, program, merge.survivor));
    ASSIGN_OR_RETURN(
        const std::vector<ConsentRecord> history,
        ListConsentHistory(tx, ledger::PartitionOf(program, merge.survivor), merge.survivor,
                           std::numeric_limits<int64_t>::max(), kMaxWords));
    undo->came_over_.clear();
    for (const ConsentRecord& record : history) {
      if (record.transaction == merge.arriving) undo->came_over_.push_back(record.consent);
    }
    RETURN_IF_ERROR(undo->words_.Load(tx, program, merge.survivor));
    RETURN_IF_ERROR(undo->likes_.Load(tx, program, merge.survivor, merge.merged_at));
    RETURN_IF_ERROR(undo->segments_.Load(tx, program, merge.survivor));
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
