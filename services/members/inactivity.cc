#include "services/members/inactivity.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/hash.h"
#include "common/ledger/activity.h"
#include "common/ledger/feed.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/inactivity_store.h"

namespace gratis::members {
namespace {

constexpr int32_t kPeopleAtOnce = 1'000;
constexpr int32_t kStretchesOfPage = 20;

// Whether the outcome only says that there was nothing to do after all: they came back, left, were
// erased or became part of somebody since they were looked at.
bool IsMoot(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  if (!reason) return absl::IsFailedPrecondition(status);
  return reason == Reason::kMemberErased || reason == Reason::kMemberMerged;
}

absl::Status CutShort() {
  return Error(Reason::kDraining, "the run was cut short; the next one goes on");
}

// What the outcomes of some postings come to, as they come in from the poster's threads.
class Tally {
 public:
  void Expect() {
    const std::lock_guard lock(mutex_);
    ++open_;
  }
  void Settle(const ledger::Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    if (outcome.answer.ok()) {
      if (!outcome.replayed) ++done_;
    } else if (!IsMoot(outcome.answer.status())) {
      first_error_.Update(outcome.answer.status());
    }
    if (--open_ == 0) settled_.notify_all();
  }
  // Waits for all that is expected.
  absl::StatusOr<int64_t> Take() {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [&] { return open_ == 0; });
    RETURN_IF_ERROR(first_error_);
    return done_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable settled_;
  int open_ = 0;
  int64_t done_ = 0;
  absl::Status first_error_;
};

}  // namespace

absl::StatusOr<InactivityPolicy> Inactivity::CurrentPolicy(const ledger::Program& program,
                                                           absl::Time deadline) const {
  InactivityPolicy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(policy, InactivityStore(tx).ReadPolicy(program.number));
    return absl::OkStatus();
  }));
  return policy;
}

std::unique_ptr<InactivityPolicySetting> Inactivity::SetPolicy(const ledger::Program& program,
                                                               const InactivityPolicy& policy,
                                                               absl::Time now) const {
  return std::make_unique<InactivityPolicySetting>(
      policy, ledger::TransactionOfProgram(program, ids_.Next(now)));
}

absl::StatusOr<Inactivity::Stretch> Inactivity::Look(const ledger::Program& program,
                                                     const InactivityPolicy& policy,
                                                     const InactivityPlace& place, absl::Time now,
                                                     absl::Time deadline) const {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program.time_zone));
  const absl::Time since = ActiveAfter(policy, zone, now);
  const int32_t partition = place.partition;
  Stretch stretch;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    stretch = {};
    ASSIGN_OR_RETURN(const std::vector<MemberId> people,
                     InactivityStore(tx).PagePeople(partition, place.after, since, kPeopleAtOnce));
    const bool partition_ended = people.size() < static_cast<size_t>(kPeopleAtOnce);
    stretch.ended = partition_ended && partition == program.last_partition();
    stretch.reached = partition_ended ? InactivityPlace{partition + 1, {}}
                                      : InactivityPlace{partition, people.back()};
    if (people.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(ledger::Cursor heads, ledger::ReadHeads(tx, program));
    ASSIGN_OR_RETURN(const int64_t before, ledger::LastSeqBefore(tx, partition, heads[partition],
                                                                 since - ledger::kClockTolerance));
    ASSIGN_OR_RETURN(const std::vector<MemberId> idle,
                     ledger::FindIdle(tx, partition, people, ActivityKinds(), before, since));
    ASSIGN_OR_RETURN(const std::vector<IdleMember> members,
                     ReadIdleMembers(tx, program, partition, idle));
    for (const IdleMember& member : members) {
      const InactivityVerdict verdict = Judge(member, policy, zone, now);
      if (verdict.step != InactivityStep::kNone) stretch.members.push_back({member, verdict});
    }
    return absl::OkStatus();
  }));
  if (!policy.erase_without_email) {
    RETURN_IF_ERROR(KeepUnreached(program, stretch.members, deadline));
  }
  return stretch;
}

// Beside the lock: who gets an address, or loses it, does something by that.
absl::Status Inactivity::KeepUnreached(const ledger::Program& program,
                                       std::vector<InactiveMember>& members,
                                       absl::Time deadline) const {
  const auto is_asked_for = [](const InactiveMember& found) {
    // Who left is not waited for to have an address.
    return found.verdict.kept == InactivityKept::kNothing &&
           found.member.state != ledger::MemberState::kClosed;
  };
  std::vector<MemberId> asked;
  for (const InactiveMember& found : members) {
    if (is_asked_for(found)) asked.push_back(found.member.member);
  }
  if (asked.empty()) return absl::OkStatus();
  // Together: whom it keeps once it keeps at every run, however many they are.
  ASSIGN_OR_RETURN(const std::set<MemberId> unreached,
                   members_.FindWithoutEmail(program, asked, deadline));
  for (InactiveMember& found : members) {
    if (is_asked_for(found) && unreached.count(found.member.member) > 0) {
      found.verdict.kept = InactivityKept::kNoEmail;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<InactivePage> Inactivity::List(const ledger::Program& program,
                                              const std::optional<InactivityPolicy>& policy,
                                              const std::optional<InactivityPlace>& place,
                                              int32_t limit, absl::Time now,
                                              absl::Time deadline) const {
  InactivePage page;
  InactivityPolicy judged_by;
  if (policy) {
    judged_by = *policy;
  } else {
    ASSIGN_OR_RETURN(judged_by, CurrentPolicy(program, deadline));
  }
  if (!judged_by.on()) return page;
  InactivityPlace next = place.value_or(InactivityPlace{program.first_partition, {}});
  for (int32_t i = 0; i < kStretchesOfPage; ++i) {
    ASSIGN_OR_RETURN(Stretch stretch, Look(program, judged_by, next, now, deadline));
    for (InactiveMember& member : stretch.members) {
      if (std::ssize(page.members) == limit) {
        page.next = InactivityPlace{next.partition, page.members.back().member.member};
        // The last one taken may be of an earlier partition.
        if (ledger::PartitionOf(program, page.next->after) != next.partition) page.next = next;
        return page;
      }
      page.members.push_back(std::move(member));
    }
    if (stretch.ended) return page;
    next = stretch.reached;
  }
  page.next = next;
  return page;
}

absl::StatusOr<int64_t> Inactivity::GiveNotice(const ledger::Program& program,
                                               const InactivityPolicy& policy,
                                               const std::vector<InactiveMember>& members,
                                               absl::Time now, absl::Time deadline) {
  Tally tally;
  for (const InactiveMember& found : members) {
    const InactivityKept kept = found.verdict.kept;
    if (found.verdict.step != InactivityStep::kNotice) continue;
    // A shop that follows the journal may reach them otherwise.
    if (kept != InactivityKept::kNothing && kept != InactivityKept::kNoEmail) continue;
    auto noticing = std::make_unique<InactivityNoticing>(
        program, found.member, policy,
        ledger::Beside(program, found.member.member, TransactionId{ids_.Next(now)}));
    noticing->envelope.actor = kMembersActor;
    noticing->envelope.now = now;
    noticing->envelope.deadline = deadline;
    tally.Expect();
    poster_.Submit(noticings_, std::move(noticing),
                   [&tally](const ledger::Outcome& outcome) { tally.Settle(outcome); });
  }
  return tally.Take();
}

absl::StatusOr<bool> Inactivity::Erase(const ledger::Program& program, const MemberId& member,
                                       absl::Time now, absl::Time deadline) {
  std::unique_ptr<Erasure> erasure = privacy_.Prepare(program, member, now);
  ledger::Envelope& envelope = erasure->envelope;
  envelope.program = program;
  envelope.request_id = ledger::OwnRequestId(absl::StrCat("inactivity:", member.ToString()));
  const base::Digest fingerprint = base::Sha256(envelope.request_id);
  envelope.fingerprint = std::string(base::AsBytes(fingerprint));
  envelope.actor = kMembersActor;
  envelope.now = now;
  envelope.deadline = deadline;
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program.time_zone));
  erasure->wanted = [program, member, zone, now](pg::Tx& tx) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const InactivityPolicy policy, InactivityStore(tx).ReadPolicy(program.number));
    ASSIGN_OR_RETURN(const std::vector<IdleMember> found,
                     ReadIdleMembers(tx, program, ledger::PartitionOf(program, member), {member}));
    if (found.empty()) return false;
    const InactivityVerdict verdict = Judge(found.front(), policy, zone, now);
    return verdict.step == InactivityStep::kErase && verdict.kept == InactivityKept::kNothing;
  };
  const ledger::Outcome outcome = privacy_.Erase(std::move(erasure));
  if (IsMoot(outcome.answer.status())) return false;
  RETURN_IF_ERROR(outcome.answer.status());
  return !outcome.replayed;
}

absl::StatusOr<InactivityReport> Inactivity::Run(const ledger::Program& program, absl::Time now,
                                                 absl::Time deadline, const std::stop_token& stop) {
  InactivityReport report;
  ASSIGN_OR_RETURN(const InactivityPolicy policy, CurrentPolicy(program, deadline));
  if (!policy.on()) return report;
  InactivityPlace next{program.first_partition, {}};
  bool ended = false;
  while (!ended) {
    if (stop.stop_requested()) return CutShort();
    ASSIGN_OR_RETURN(const Stretch stretch, Look(program, policy, next, now, deadline));
    ASSIGN_OR_RETURN(const int64_t noticed,
                     GiveNotice(program, policy, stretch.members, now, deadline));
    report.noticed += noticed;
    for (const InactiveMember& found : stretch.members) {
      if (stop.stop_requested()) return CutShort();
      if (found.verdict.step != InactivityStep::kErase) continue;
      if (found.verdict.kept != InactivityKept::kNothing) continue;
      ASSIGN_OR_RETURN(const bool erased, Erase(program, found.member.member, now, deadline));
      if (erased) ++report.erased;
    }
    ended = stretch.ended;
    next = stretch.reached;
  }
  return report;
}

}  // namespace gratis::members
