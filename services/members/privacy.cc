#include "services/members/privacy.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "common/house/master_keys/master_keys.h"
#include "common/jobs/scheduler.h"
#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/privacy.pb.h"
#include "services/members/group_store.h"
#include "services/members/merging_store.h"
#include "services/members/privacy_contract.h"

namespace gratis::members {
namespace {

constexpr int32_t kPrivacyPage = 1000;

absl::Status NotToldToStop(const std::stop_token& stop) {
  return stop.stop_requested() ? absl::CancelledError("told to stop") : absl::OkStatus();
}

}  // namespace

std::unique_ptr<Erasure> Privacy::Prepare(const ledger::Program& program, const MemberId& member,
                                          absl::Time now) const {
  return std::make_unique<Erasure>(member,
                                   ledger::Beside(program, member, TransactionId{ids_.Next(now)}));
}

ledger::Outcome Privacy::Erase(std::unique_ptr<Erasure> erasure) {
  const ledger::Envelope asked = erasure->envelope;
  if (absl::Status person = CheckNoOpenGroup(asked); !person.ok()) {
    return {.answer = std::move(person)};
  }
  ledger::Outcome outcome = poster_.PostAlone(erasures_, std::move(erasure));
  if (!outcome.answer.ok() || asked.validate_only) return outcome;
  v1::EraseMemberResponse response;
  if (!response.ParseFromString(*outcome.answer)) {
    return {.answer = Error(Reason::kInternal, "a stored answer is not one of an erasure")};
  }
  // A retry adds what the first attempt, cut off, could not.
  absl::Status done =
      log_.Append({LoggedErasure{ErasedAtOf(response), asked.program.number, asked.member}});
  if (done.ok()) done = EraseDuplicates(asked).status();
  if (!done.ok()) outcome.answer = done;
  return outcome;
}

// Beside the heads' locks: nobody becomes a group, and one that was closed stays so.
absl::StatusOr<bool> Privacy::IsOpenGroup(const ledger::Program& program, const MemberId& member,
                                          absl::Time deadline) {
  bool open = false;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    open = false;
    const int32_t partition = ledger::PartitionOf(program, member);
    ASSIGN_OR_RETURN(const auto groups, GroupStore(tx).Read(partition, {member}));
    if (groups.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, {member}));
    const auto state = states.find(member);
    open = state != states.end() && state->second != ledger::MemberState::kClosed &&
           state->second != ledger::MemberState::kErased;
    return absl::OkStatus();
  }));
  return open;
}

absl::Status Privacy::CheckNoOpenGroup(const ledger::Envelope& asked) {
  ASSIGN_OR_RETURN(const bool open, IsOpenGroup(asked.program, asked.member, asked.deadline));
  if (!open) return absl::OkStatus();
  return FieldError(Reason::kFieldInvalid, "member_id",
                    "this is an open group; CloseGroup first gives its members what is theirs");
}

absl::Status Privacy::CloseGroup(const ledger::Program& program, const MemberId& group,
                                 absl::Time now, absl::Time deadline) {
  ASSIGN_OR_RETURN(std::unique_ptr<GroupChange> closing,
                   groups_.Close(program, group, now, deadline, ledger::Deed::kCorrect));
  ledger::Envelope& envelope = closing->envelope;
  envelope.program = program;
  envelope.actor = kMembersActor;
  envelope.now = now;
  envelope.deadline = deadline;
  const absl::Status closed = poster_.Post(group_changes_, std::move(closing)).answer.status();
  const std::optional<Reason> reason = ReasonOf(closed);
  const bool over = reason == Reason::kMemberNotActive || reason == Reason::kMemberErased;
  if (!over) return closed;
  // Never taken on trust: whoever erases an open group ends what its members contributed.
  ASSIGN_OR_RETURN(const bool open, IsOpenGroup(program, group, deadline));
  return open ? closed : absl::OkStatus();
}

absl::StatusOr<int64_t> Privacy::EraseDuplicates(const ledger::Envelope& survivor,
                                                 const std::stop_token& stop) {
  std::vector<MemberId> survivors = {survivor.member};
  std::vector<MemberId> duplicates;
  while (!survivors.empty()) {
    std::vector<MemberId> found;
    RETURN_IF_ERROR(
        pg::RunTx(pool_, pg::Reading(survivor.deadline), [&](pg::Tx& tx) -> absl::Status {
          ASSIGN_OR_RETURN(found, ledger::DuplicatesOf(tx, survivors.back(), kPrivacyPage));
          return absl::OkStatus();
        }));
    survivors.pop_back();
    survivors.insert(survivors.end(), found.begin(), found.end());
    duplicates.insert(duplicates.end(), found.begin(), found.end());
  }
  // Those furthest away first: whoever is erased leads to nobody any more.
  std::reverse(duplicates.begin(), duplicates.end());
  int64_t erased = 0;
  for (const MemberId& duplicate : duplicates) {
    RETURN_IF_ERROR(NotToldToStop(stop));
    std::unique_ptr<Erasure> erasure = Prepare(survivor.program, duplicate, survivor.now);
    erasure->envelope.program = survivor.program;
    erasure->envelope.actor = survivor.actor;
    erasure->envelope.network = survivor.network;
    erasure->envelope.now = survivor.now;
    erasure->envelope.deadline = survivor.deadline;
    erasure->envelope.of_merged = true;
    const ledger::Outcome outcome = poster_.PostAlone(erasures_, std::move(erasure));
    if (ReasonOf(outcome.answer.status()) == Reason::kMemberErased) continue;
    RETURN_IF_ERROR(outcome.answer.status());
    RETURN_IF_ERROR(log_.Append({LoggedErasure{survivor.now, survivor.program.number, duplicate}}));
    ++erased;
  }
  return erased;
}

absl::StatusOr<Privacy::Found> Privacy::Find(const ledger::Program& program, const MemberId& member,
                                             absl::Time deadline) const {
  std::optional<ErasedMember> erased;
  std::vector<house::MasterKeyRecord> keys;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(erased, ErasureStore(tx).Find(ledger::PartitionOf(program, member), member));
    ASSIGN_OR_RETURN(keys, house::ListMasterKeys(tx));
    return absl::OkStatus();
  }));
  if (!erased) {
    return FieldError(Reason::kMemberNotFound, "member_id", "nobody of this id was erased");
  }
  Found found{.erased = *erased, .key_retired_at = std::nullopt};
  for (const house::MasterKeyRecord& key : keys) {
    if (key.version == erased->key_version) found.key_retired_at = key.retired_at;
  }
  return found;
}

absl::StatusOr<int64_t> Privacy::EraseAgain(const ledger::Program& program,
                                            absl::Span<const MemberId> members, absl::Time now,
                                            absl::Time deadline, const std::stop_token& stop) {
  std::map<MemberId, ledger::MemberState> states;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(states, ledger::ReadStates(tx, program, members));
    return absl::OkStatus();
  }));
  int64_t erased = 0;
  for (const auto& [member, state] : states) {
    if (state == ledger::MemberState::kErased) continue;
    RETURN_IF_ERROR(NotToldToStop(stop));
    // It was closed before it was erased, and the copy is from before that.
    ASSIGN_OR_RETURN(const bool open_group, IsOpenGroup(program, member, deadline));
    if (open_group) RETURN_IF_ERROR(CloseGroup(program, member, now, deadline));
    std::unique_ptr<Erasure> erasure = Prepare(program, member, now);
    erasure->envelope.program = program;
    erasure->envelope.actor = kMembersActor;
    erasure->envelope.now = now;
    erasure->envelope.deadline = deadline;
    erasure->envelope.of_merged = true;
    const ledger::Outcome outcome = poster_.PostAlone(erasures_, std::move(erasure));
    // Another process may be at it, too.
    if (ReasonOf(outcome.answer.status()) == Reason::kMemberErased) continue;
    RETURN_IF_ERROR(outcome.answer.status());
    ++erased;
  }
  return erased;
}

absl::StatusOr<int64_t> Privacy::EraseOrphans(const ledger::Program& program, absl::Time now,
                                              absl::Time deadline, const std::stop_token& stop) {
  ledger::Envelope survivor;
  survivor.program = program;
  survivor.actor = kMembersActor;
  survivor.now = now;
  survivor.deadline = deadline;
  int64_t erased = 0;
  std::vector<MemberId> survivors;
  do {
    RETURN_IF_ERROR(NotToldToStop(stop));
    const MemberId after = survivors.empty() ? MemberId{} : survivors.back();
    std::map<MemberId, ledger::MemberState> states;
    RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(survivors, MergingStore(tx).ListSurvivors(program, after, kPrivacyPage));
      ASSIGN_OR_RETURN(states, ledger::ReadStates(tx, program, survivors));
      return absl::OkStatus();
    }));
    for (const auto& [member, state] : states) {
      if (state != ledger::MemberState::kErased) continue;
      survivor.member = member;
      ASSIGN_OR_RETURN(const int64_t more, EraseDuplicates(survivor, stop));
      erased += more;
    }
  } while (survivors.size() == static_cast<size_t>(kPrivacyPage));
  return erased;
}

absl::Status Privacy::CompleteLog(absl::Time deadline, const std::stop_token& stop) {
  MemberId after;
  while (true) {
    RETURN_IF_ERROR(NotToldToStop(stop));
    std::vector<ErasureStore::Noted> page;
    RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(page, ErasureStore(tx).List(after, kPrivacyPage));
      return absl::OkStatus();
    }));
    if (page.empty()) return absl::OkStatus();
    std::vector<LoggedErasure> erasures;
    for (const ErasureStore::Noted& noted : page) {
      erasures.push_back({noted.erased_at, noted.program, noted.member});
    }
    RETURN_IF_ERROR(log_.Append(erasures));
    if (page.size() < static_cast<size_t>(kPrivacyPage)) return absl::OkStatus();
    after = page.back().member;
  }
}

absl::StatusOr<int64_t> Privacy::Reconcile(ledger::ProgramDirectory& programs,
                                           const std::function<absl::Time(int32_t program)>& now,
                                           absl::Time deadline, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const std::vector<LoggedErasure> logged, log_.Read());
  std::map<int32_t, std::vector<MemberId>> by_program;
  for (const LoggedErasure& erasure : logged) by_program[erasure.program].push_back(erasure.member);
  int64_t erased = 0;
  for (const auto& [number, members] : by_program) {
    const absl::StatusOr<ledger::Program> program = programs.Find(number, deadline);
    // The copy is older than the program.
    if (ReasonOf(program.status()) == Reason::kProgramNotFound) continue;
    RETURN_IF_ERROR(program.status());
    for (size_t begin = 0; begin < members.size(); begin += kPrivacyPage) {
      const size_t count = std::min<size_t>(kPrivacyPage, members.size() - begin);
      ASSIGN_OR_RETURN(const int64_t again,
                       EraseAgain(*program, absl::MakeConstSpan(members).subspan(begin, count),
                                  now(number), deadline, stop));
      erased += again;
    }
  }
  ASSIGN_OR_RETURN(const std::vector<ledger::Program> all, jobs::AllPrograms(programs, deadline));
  for (const ledger::Program& program : all) {
    ASSIGN_OR_RETURN(const int64_t orphans,
                     EraseOrphans(program, now(program.number), deadline, stop));
    erased += orphans;
  }
  RETURN_IF_ERROR(CompleteLog(deadline, stop));
  return erased;
}

}  // namespace gratis::members
