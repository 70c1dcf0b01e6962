#include "services/members/brief_reads.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "common/base/civil.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/brief_merged.h"
#include "services/members/brief_store.h"
#include "services/members/consent_store.h"
#include "services/members/identities.h"
#include "services/members/proof_store.h"
#include "services/members/recent_rows.h"
#include "services/members/tier_journal.h"
#include "services/members/tier_store.h"
#include "services/members/tiers.h"

namespace gratis::members {
namespace {

using ledger::FactKind;
using ledger::JournalRow;

const std::vector<FactKind>& RecentKinds() {
  static const auto& kinds = *new std::vector<FactKind>([] {
    std::vector<FactKind> all = TierKinds();
    for (const FactKind kind : BriefKinds()) {
      if (std::find(all.begin(), all.end(), kind) == all.end()) all.push_back(kind);
    }
    return all;
  }());
  return kinds;
}

using Located = std::vector<absl::StatusOr<MemberId>>;

std::vector<MemberId> MembersOf(const Located& located) {
  std::set<MemberId> members;
  for (const absl::StatusOr<MemberId>& member : located) {
    if (member.ok()) members.insert(*member);
  }
  return {members.begin(), members.end()};
}

absl::StatusOr<std::optional<TierMove>> LastMove(const MemberTier& tier,
                                                 absl::Span<const JournalRow> recent) {
  if (!tier.moves().empty()) return tier.moves().back();
  for (const JournalRow& row : recent) {
    if (row.fact.kind != FactKind::kTierChanged) continue;
    ASSIGN_OR_RETURN(TierMove move, MoveOf(row.fact));
    return move;
  }
  return std::nullopt;
}

// All that is stored of some members. Everything is asked for before the first answer is awaited,
// but for what is kept of those who were merged into them: it is rare that there are any.
class Reading {
 public:
  Reading(pg::Tx& tx, const ledger::Program& program, const std::vector<MemberId>& members)
      : tx_(tx),
        program_(program),
        members_(members),
        partitions_(ledger::PartitionsOf(program, members)),
        holdings_(tx, program, members),
        rows_asked_(MemberStore(tx).AskAnywhere(partitions_, members)),
        preferences_asked_(AskPreferences(tx, program, members)),
        pasts_asked_(AskPasts(tx, partitions_, members, kLastPurchases)),
        complaints_asked_(AskComplaints(tx, partitions_, members)),
        policies_asked_(AskTierPolicies(tx, program)),
        tiers_asked_(AskStoredTiers(tx, partitions_, members)),
        duplicates_asked_(ledger::AskDuplicates(tx, members)),
        unprofiled_asked_(AskUnprofiled(tx, partitions_, members)),
        recent_(tx, program, members, RecentKinds()) {}

  absl::Status Take();
  bool IsMerged(const MemberId& member) const {
    return holdings_.StateOf(member) == ledger::MemberState::kMerged;
  }
  absl::StatusOr<ReadBrief> Of(const MemberId& member, const BriefQuestion& question);

 private:
  absl::Status AddPast(const MemberId& member, bool as_named, Brief& brief);
  absl::StatusOr<std::optional<BriefTierView>> TierOf(const MemberId& member, absl::Time now);
  std::shared_ptr<const TierLadders> LaddersOf(int32_t partition);

  pg::Tx& tx_;
  const ledger::Program& program_;
  const std::vector<MemberId> members_;
  const std::vector<int32_t> partitions_;
  ledger::HoldingsQuery holdings_;
  const pg::Tx::Asked rows_asked_, preferences_asked_;
  const PastsAsked pasts_asked_;
  const pg::Tx::Asked complaints_asked_, policies_asked_;
  const StoredTiersAsked tiers_asked_;
  const pg::Tx::Asked duplicates_asked_, unprofiled_asked_;
  RecentRows recent_;

  absl::TimeZone zone_;
  std::map<MemberId, MemberRow> rows_;
  std::map<MemberId, std::vector<SealedPreference>> preferences_;
  std::map<MemberId, StoredPast> pasts_;
  std::map<MemberId, std::vector<OpenComplaint>> complaints_;
  std::set<MemberId> unprofiled_;
  std::map<MemberId, MergedPast> merged_;
  std::map<MemberId, StoredTier> tiers_;
  std::shared_ptr<const TierPolicies> policies_;                   // null: there are none
  std::map<int32_t, std::shared_ptr<const TierLadders>> ladders_;  // by partition
};

absl::Status Reading::Take() {
  ASSIGN_OR_RETURN(zone_, base::LoadZone(program_.time_zone));
  RETURN_IF_ERROR(recent_.Take());
  RETURN_IF_ERROR(holdings_.Take());
  ASSIGN_OR_RETURN(std::vector<MemberRow> rows, MemberStore(tx_).TakeAnywhere(rows_asked_));
  for (MemberRow& row : rows) {
    const MemberId id = row.id;
    rows_.emplace(id, std::move(row));
  }
  ASSIGN_OR_RETURN(std::vector<SealedPreference> sealed, TakePreferences(tx_, preferences_asked_));
  for (SealedPreference& one : sealed) {
    const MemberId id = one.member;
    preferences_[id].push_back(std::move(one));
  }
  ASSIGN_OR_RETURN(pasts_, TakePasts(tx_, pasts_asked_, partitions_, members_));
  ASSIGN_OR_RETURN(complaints_, TakeComplaints(tx_, complaints_asked_));
  ASSIGN_OR_RETURN(const std::vector<TierPolicyRow> policies,
                   TakeTierPolicies(tx_, policies_asked_));
  if (!policies.empty()) {
    ASSIGN_OR_RETURN(TierPolicies parsed, PoliciesOf(policies, program_));
    policies_ = std::make_shared<const TierPolicies>(std::move(parsed));
  }
  ASSIGN_OR_RETURN(tiers_, TakeStoredTiers(tx_, tiers_asked_, partitions_, members_));
  ASSIGN_OR_RETURN(const auto duplicates, ledger::TakeDuplicates(tx_, duplicates_asked_));
  ASSIGN_OR_RETURN(unprofiled_, TakeUnprofiled(tx_, unprofiled_asked_));
  ASSIGN_OR_RETURN(merged_, ReadMergedPasts(tx_, program_, zone_, duplicates));
  return absl::OkStatus();
}

absl::StatusOr<ReadBrief> Reading::Of(const MemberId& member, const BriefQuestion& question) {
  ReadBrief read;
  ASSIGN_OR_RETURN(read.brief.holdings, holdings_.Of(member, question.now));
  const auto row = rows_.find(member);
  if (row == rows_.end()) return Error(Reason::kBooksDamaged, "a holder's profile is not there");
  read.row = row->second;
  if (const auto found = preferences_.find(member); found != preferences_.end()) {
    read.preferences = found->second;
  }
  read.brief.no_profiling = unprofiled_.count(member) > 0;
  RETURN_IF_ERROR(AddPast(member, question.as_named, read.brief));
  ASSIGN_OR_RETURN(read.brief.tier, TierOf(member, question.now));
  return read;
}

absl::Status Reading::AddPast(const MemberId& member, bool as_named, Brief& brief) {
  const StoredPast& stored = pasts_[member];
  ASSIGN_OR_RETURN(const std::vector<JournalRow> rows,
                   recent_.Behind(member, stored.cursor, BriefKinds()));
  ASSIGN_OR_RETURN(PastStretch stretch, StretchOf(rows, zone_));
  const VisitDays behind = VisitDaysOf(stretch);
  ASSIGN_OR_RETURN(const VisitDays known,
                   FindVisits(tx_, ledger::PartitionOf(program_, member), behind));
  brief.past = stored.past;
  for (const auto& [whose, more] : Additions(stretch, known)) brief.past.Add(more);
  brief.complaints = complaints_[member];
  Apply(ComplaintChangesIn(rows), brief.complaints);
  std::vector<PastPurchase>& last = brief.last_purchases;
  last = stored.last;
  std::move(stretch.purchases.begin(), stretch.purchases.end(), std::back_inserter(last));
  std::sort(last.begin(), last.end(), NewestFirst());
  if (std::ssize(last) > kLastPurchases) last.resize(kLastPurchases);
  const auto merged = merged_.find(member);
  if (!as_named && merged != merged_.end()) Join(merged->second, behind, brief);
  return absl::OkStatus();
}

std::shared_ptr<const TierLadders> Reading::LaddersOf(int32_t partition) {
  std::shared_ptr<const TierLadders>& ladders = ladders_[partition];
  if (!ladders) {
    ladders =
        std::make_shared<const TierLadders>(policies_->For(partition - program_.first_partition));
  }
  return ladders;
}

absl::StatusOr<std::optional<BriefTierView>> Reading::TierOf(const MemberId& member,
                                                             absl::Time now) {
  if (!policies_) return std::nullopt;
  BriefTierView view{.policies = policies_,
                     .ladders = LaddersOf(ledger::PartitionOf(program_, member)),
                     .tier = {},
                     .last_move = {}};
  const StoredTier& stored = tiers_[member];
  if (stored.standing) view.tier.emplace(*view.ladders, *stored.standing, stored.facts);
  ASSIGN_OR_RETURN(const std::vector<JournalRow> rows,
                   recent_.Behind(member, stored.cursor, TierKinds()));
  RETURN_IF_ERROR(AddRows(tx_, program_, rows, *view.ladders, view.tier));
  if (!view.tier) return std::nullopt;
  view.tier->Advance(now, kAllFacts);
  if (view.tier->ladder() == nullptr) return std::nullopt;
  ASSIGN_OR_RETURN(view.last_move, LastMove(*view.tier, recent_.Of(member)));
  return view;
}

// Whom each question means; `policy` is read where names are looked up.
absl::StatusOr<Located> Locate(pg::Tx& tx, const ledger::Program& program,
                               absl::Span<const BriefQuestion* const> questions,
                               ProofPolicy& policy) {
  Located located;
  std::vector<KnownBy> names;
  for (const BriefQuestion* question : questions) {
    located.emplace_back(question->member);
    if (question->member.IsNil()) names.push_back(question->known_by);
  }
  if (names.empty()) return located;
  ProofStore proofs(tx);
  const pg::Tx::Asked policy_asked = proofs.AskPolicy(program.number);
  ASSIGN_OR_RETURN(const Located found, LocateAll(tx, program, names));
  ASSIGN_OR_RETURN(policy, proofs.TakePolicy(policy_asked));
  auto next = found.begin();
  for (size_t i = 0; i < questions.size(); ++i) {
    if (questions[i]->member.IsNil()) located[i] = *next++;
  }
  return located;
}

// Of those who were found by names that lead to somebody who is merged, whom they became. It is
// rare that there are any. An id that was sent is a survivor's already.
absl::StatusOr<std::map<MemberId, MemberId>> SurvivorsOf(
    pg::Tx& tx, const ledger::Program& program, absl::Span<const BriefQuestion* const> questions,
    const Located& located, const Reading& reading) {
  std::vector<MemberId> merged;
  for (size_t i = 0; i < questions.size(); ++i) {
    if (!questions[i]->member.IsNil() || !located[i].ok()) continue;
    if (reading.IsMerged(*located[i])) merged.push_back(*located[i]);
  }
  if (merged.empty()) return std::map<MemberId, MemberId>();
  return ledger::ReadSurvivors(tx, program, merged);
}

bool WantsCelebrations(const std::vector<KeptPreference>& preferences) {
  return std::none_of(preferences.begin(), preferences.end(), [](const KeptPreference& kept) {
    const bool* const wished = std::get_if<bool>(&kept.preference.value);
    return kept.preference.key == kNoCelebrations && wished && *wished;
  });
}

std::optional<BriefFacts::Reached> ReachedOf(const BriefTierView& view,
                                             const absl::TimeZone& zone) {
  const TierStanding& standing = view.tier->standing();
  const std::optional<TierMove>& move = view.last_move;
  if (!move || move->reason != TierChangeReason::kReached || move->at != standing.since) {
    return std::nullopt;
  }
  const v1::TierPolicy& policy = view.policies->Policy(standing.version);
  return BriefFacts::Reached{.tier = policy.tiers(standing.rank).display_name(),
                             .on = base::DayOf(move->at, zone)};
}

}  // namespace

absl::StatusOr<std::vector<absl::StatusOr<ReadBrief>>> ReadBriefs(
    pg::Tx& tx, absl::Span<const BriefQuestion* const> questions) {
  const ledger::Program& program = questions.front()->program;
  ProofPolicy policy;
  ASSIGN_OR_RETURN(Located located, Locate(tx, program, questions, policy));
  Reading reading(tx, program, MembersOf(located));
  RETURN_IF_ERROR(reading.Take());
  ASSIGN_OR_RETURN(const auto survivors, SurvivorsOf(tx, program, questions, located, reading));
  std::optional<Reading> of_survivors;
  if (!survivors.empty()) {
    for (absl::StatusOr<MemberId>& member : located) {
      if (member.ok() && survivors.count(*member) > 0) member = survivors.at(*member);
    }
    of_survivors.emplace(tx, program, MembersOf(located));
    RETURN_IF_ERROR(of_survivors->Take());
  }
  std::vector<absl::StatusOr<ReadBrief>> briefs;
  briefs.reserve(questions.size());
  for (size_t i = 0; i < questions.size(); ++i) {
    if (!located[i].ok()) {
      briefs.emplace_back(located[i].status());
      continue;
    }
    briefs.push_back((of_survivors ? *of_survivors : reading).Of(*located[i], *questions[i]));
    if (briefs.back().ok()) briefs.back()->brief.proof_policy = policy;
  }
  return briefs;
}

absl::StatusOr<BriefFacts> FactsOf(const Brief& brief, const BriefQuestion& question) {
  const Profile& profile = brief.member.profile;
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(question.program.time_zone));
  absl::TimeZone home = zone;
  if (!profile.time_zone.empty()) {
    ASSIGN_OR_RETURN(home, base::LoadZone(profile.time_zone));
  }
  const auto day = [&](absl::Time time) { return base::DayOf(time, zone); };
  BriefFacts facts;
  facts.greeted = ledger::Allows(brief.member.state, ledger::Deed::kEarn);
  facts.in_person = question.in_person;
  facts.has_name = !profile.greeting_name.empty();
  facts.no_profiling = brief.no_profiling;
  facts.today = day(question.now);
  facts.enrolled_on = day(brief.member.enrolled_at);
  facts.visits = brief.past.visits;
  facts.first_visit = brief.past.first_visit;
  facts.last_visit = brief.past.last_visit;
  facts.birthday_today = base::DayOf(question.now, home);
  if (profile.birthday && WantsCelebrations(brief.preferences)) {
    facts.birthday = profile.birthday->on;
  }
  if (brief.tier) facts.reached = ReachedOf(*brief.tier, zone);
  if (brief.past.gift) facts.gift_on = day(brief.past.gift->given_at);
  if (!brief.complaints.empty()) {
    const OpenComplaint& oldest = brief.complaints.front();
    facts.complaint = {.topic = oldest.topic,
                       .since = day(oldest.opened_at),
                       .count = std::ssize(brief.complaints)};
  }
  for (const ledger::LiveVoucher& voucher : brief.holdings.vouchers) {
    if (voucher.lot.expires_at == absl::InfiniteFuture()) continue;
    facts.voucher_ends.push_back(day(voucher.lot.expires_at));
  }
  const auto points = brief.holdings.by_unit.find(ledger::kPointsUnit);
  if (points != brief.holdings.by_unit.end() && points->second.expires) {
    facts.points_end = day(points->second.expires->at);
  }
  return facts;
}

}  // namespace gratis::members
